"""Servers of the tests: a web server that behaves as badly as it is told to, and Prometheus."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from detectk.clock import SystemClock, VirtualClock
from detectk.collectors.http.collector import HttpCollector
from detectk.collectors.http.options import HttpOptions
from detectk.contracts import Request, Services
from detectk.values import Interval, Window

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What the server says: ``pieces`` come after ``body``, ``pause`` seconds apart."""

    body: bytes | str = b""
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: int = 0
    pause: float = 0.0
    hold: bool = False
    drop: bool = False


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    params: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes


class Site:
    """Answers from ``script`` while there is any, then as ``page`` says."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self.page: Callable[[Asked], Answer] = lambda asked: Answer("[]")
        self._script: deque[Answer] = deque()
        self.closing = Event()
        site = self

        class Handler(_Handler):
            here = site

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        if context:
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        self._scheme = "https" if context else "http"
        self._thread = Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.host}/data"

    def script(self, *answers: Answer) -> None:
        self._script.extend(answers)

    def says(self, document: object, **more: Any) -> None:
        """Answer everything with a document, or a text as it is."""
        text = document if isinstance(document, str | bytes) else json.dumps(document)
        self.page = lambda asked: Answer(text, **more)

    def take(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        return self._script.popleft() if self._script else self.page(asked)

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(10)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    here: Site

    def setup(self) -> None:
        super().setup()
        self.here.connections += 1

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        params = parse_qsl(parts.query, keep_blank_values=True)
        answer = self.here.take(Asked(self.command, parts.path, params, headers, body))
        if answer.hold:
            self.here.closing.wait(30)
        if answer.hold or answer.drop:
            self.close_connection = True
            return
        said = answer.body.encode() if isinstance(answer.body, str) else answer.body
        self.send_response(answer.status)
        length = len(said) * (answer.pieces or 1)
        headers = {"Content-Length": str(length), "Content-Type": answer.kind, **answer.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):
            for _ in range(answer.pieces or 1):
                self.wfile.write(said)
                if answer.pause and self.here.closing.wait(answer.pause):
                    break

    do_POST = do_GET  # noqa: N815 - the parent's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Keep quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def request_for() -> Callable[..., Request]:
    """Return a maker of requests: hours of 1 July 2024, or another grid and start."""

    def make(
        intervals: int = 6, every: str = "1 hour", start: datetime = START, zone: str = "UTC"
    ) -> Request:
        grid = Interval.parse(every, zone)
        end = start
        for _ in range(intervals):
            end = grid.next(end)
        return Request("orders", Window(start, end), grid, end)

    return make


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Callable[..., HttpCollector]]:
    """Return a maker of collectors; those with ``real_time`` wait for real."""
    made: list[HttpCollector] = []

    def make(*, real_time: bool = False, **options: Any) -> HttpCollector:
        clock = SystemClock() if real_time else VirtualClock(START + timedelta(hours=6))
        services = Services(clock=clock, root=tmp_path, where="metrics/orders.yaml")
        made.append(HttpCollector(HttpOptions.model_validate(options), services))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate of 127.0.0.1 that signs itself, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1"
    extensions = ("subjectAltName=IP:127.0.0.1", "keyUsage=digitalSignature,keyCertSign")
    added = [word for extension in extensions for word in ("-addext", extension)]
    subprocess.run(  # noqa: S603 - our own words
        [*command.split(), *added, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    return both


@pytest.fixture
def secure_site(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    made = Site(context)
    yield made
    made.close()


def samples() -> str:
    """Return what Prometheus has stored: a value a minute, eight hours from midnight on."""

    def at(minute: float) -> str:
        return f"{START.timestamp() + 60 * minute:.0f}"

    lines = ["# TYPE requests gauge"]
    for path, first in (("/", 0), ("/größe", 1000)):
        lines += [f'requests{{path="{path}",pod="a"}} {first + m} {at(m)}' for m in range(481)]
    lines += ["# TYPE orders counter"]
    lines += [f"orders_total {2 * m} {at(m)}" for m in range(481)]
    lines += ["# TYPE odd gauge"]
    odd = {60: "NaN", 120: "+Inf", 180: "-Inf"}
    lines += [f"odd {odd.get(m, '5')} {at(m)}" for m in range(0, 481, 60)]
    lines += ["# TYPE gone gauge"]
    lines += [f"gone {m} {at(m)}" for m in range(121)]
    # An hour's number since 1970, around the night of 31 March 2024 in which Berlin loses an hour.
    lines += ["# TYPE hours gauge"]
    first = datetime(2024, 3, 29, tzinfo=UTC).timestamp()
    lines += [f"hours {first / 3600 + h:.0f} {first + 3600 * h:.0f}" for h in range(121)]
    return "\n".join([*lines, "# EOF", ""])


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a private Prometheus that has the `samples`."""
    server_program, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if not server_program or not promtool:
        pytest.skip("Prometheus is not installed: apt-get install prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "samples.txt").write_text(samples())
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    subprocess.run(  # noqa: S603 - found on the path
        [promtool, "tsdb", "create-blocks-from", "openmetrics", "samples.txt", "data"],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(  # noqa: S603 - found on the path
            [
                server_program,
                "--config.file=prometheus.yml",
                "--storage.tsdb.path=data",
                "--storage.tsdb.retention.time=100y",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, folder / "log", server)
        yield url
    finally:
        server.terminate()
        server.wait(30)


def wait_until_ready(url: str, log: Path, server: subprocess.Popen[bytes]) -> None:
    clock = SystemClock()
    options = {"mode": "prometheus", "url": url, "query": "count(hours)", "retry_count": 0}
    one = HttpCollector(HttpOptions.model_validate(options), Services(clock=clock))
    for _ in range(600):
        if one.check().ok:
            one.close()
            return
        assert server.poll() is None, log.read_text()
        clock.sleep(0.1)
    raise AssertionError(log.read_text())
