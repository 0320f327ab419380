"""A real HTTP server on loopback that answers like a webhook, or as badly as it is told to."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Answer", "Dialect", "Received", "WebhookServer"]

_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says to one request.

    Attributes:
        status: HTTP status.
        body: Text.
        headers: Besides the usual ones.
        hold: Say nothing until the server closes: the client runs into its time-out.
        drop: Break the connection instead.
    """

    status: int = 200
    body: str = "ok"
    headers: Mapping[str, str] = field(default_factory=dict)
    hold: bool = False
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request.

    Attributes:
        path: With its query.
        headers: By lower-case name.
        body: As it came.
        status: What it was answered with; 0 for silence.
    """

    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int

    @property
    def payload(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Dialect = Callable[[bytes], Answer]
"""Answers a body as the real thing would: what it takes, and how it refuses the rest."""


def anything(body: bytes) -> Answer:  # noqa: ARG001 - a dialect that does not look
    """Take every body."""
    return Answer()


class WebhookServer:
    """Listens on a free port of loopback while inside ``with``; remembers every request.

    Args:
        dialect: How requests are answered when nothing else is scripted.
        path: The webhook's path; its last segment is the secret.
    """

    secret: ClassVar[str] = "s3cr3tTokenOfTheWebhook"  # noqa: S105 - made up, and looked for

    def __init__(self, dialect: Dialect = anything, path: str = "/services/T0/B0/") -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._dialect, self._path = dialect, path
        self._script: deque[Answer] = deque()
        self._closing = Event()
        server = self

        class Handler(_Handler):
            webhook = server

        self._http = _Quiet(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def url(self) -> str:
        """The webhook's address, secret included."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}{self._path}{self.secret}"

    def script(self, *answers: Answer) -> None:
        """Give ``answers`` to the next requests, one each, whatever they hold."""
        self._script.extend(answers)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(_PATIENCE)

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Remember a request and return what to say to it."""
        known = path == f"{self._path}{self.secret}"
        judged = self._dialect(body) if known else Answer(404, "no_service")
        answer = self._script.popleft() if self._script else judged
        status = 0 if answer.hold or answer.drop else answer.status
        self.received.append(Received(path, headers, body, status))
        return answer

    def wait_for_the_end(self) -> None:
        """Block until the server closes."""
        self._closing.wait(_PATIENCE)


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that hangs up early is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    webhook: ClassVar[WebhookServer]

    def setup(self) -> None:
        super().setup()
        self.webhook.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.webhook.take(self.path, headers, body)
        if answer.hold:
            self.webhook.wait_for_the_end()
        if answer.hold or answer.drop:
            self.close_connection = True
            return
        said = answer.body.encode()
        self.send_response(answer.status)
        for name, value in {"Content-Length": str(len(said)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Keep quiet."""
