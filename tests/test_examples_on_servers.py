"""What the examples find in SQLite they find in every database, word for word, on real servers."""

from __future__ import annotations

import io
import re
import runpy
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

from detectk.check import Checker
from detectk.clock import SystemClock, VirtualClock
from detectk.config import ConfigLoader
from detectk.testing.servers import Server, fresh_database
from detectk.values import MetricReport, Notice

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
OUTSIDE = ("acme-detectk-jsonfile", "data", "__pycache__", ".detectk")
A_WEEK_AGO = datetime(2024, 6, 24, 0, 1, tzinfo=timezone.utc)
NOW = datetime(2024, 7, 1, 0, 1, tzinfo=timezone.utc)

SERVERS = ("postgresql", "mariadb", "clickhouse", "old_clickhouse")
HERE = "  type: sqlite\n  params:\n    path: data/shop.db\n"
HERE_BY_VARIABLE = HERE.replace("data/shop.db", '"${SHOP_DB:-data/shop.db}"')
# What SQLite says otherwise than a server: an expression to what each says instead.
WORDS: Mapping[str, Mapping[str, str]] = {
    r"strftime\('%Y-%m-%d %H:00:00', (\w+)\)": {
        "postgresql": r"date_trunc('hour', \1)",
        "mysql": r"date_format(\1, '%Y-%m-%d %H:00:00')",
        "clickhouse": r"toStartOfHour(\1)",
    },
    r"strftime\('%Y-%m-01', day\)": {
        "postgresql": "date_trunc('month', day)::date",
        "mysql": "date_format(day, '%Y-%m-01')",
        "clickhouse": "toStartOfMonth(day)",
    },
    r"date\(day, '-6 days', 'weekday 1'\)": {
        "postgresql": "date_trunc('week', day)::date",
        "mysql": "subdate(day, weekday(day))",
        "clickhouse": "toMonday(day)",
    },
    r"date\('({{ \w+ }})'\)": {
        "postgresql": r"date '\1'",
        "mysql": r"date('\1')",
        "clickhouse": r"toDate(toDateTime('\1'))",
    },
    r"round\(sum\(amount\), 2\)": {
        "postgresql": "round(sum(amount)::numeric, 2)",
        "mysql": "round(sum(amount), 2)",
        "clickhouse": "round(sum(amount), 2)",
    },
    r"sum\(NOT paid\)": dict.fromkeys(("postgresql", "mysql", "clickhouse"), "sum(1 - paid)"),
}
# Those that no mechanical change makes right: a recursive query, and channels that are not here.
NOT_MOVED = {"freshness/age.yaml", "alerting/slack.yaml", "alerting/mattermost.yaml"}
LOADS = {"history/revenue_load.yaml"}


def movable() -> list[str]:
    """Return the examples whose source is the shop's SQLite file, relative to their folder."""
    paths = sorted(EXAMPLES.glob("[!d]*/*.yaml"))  # all but databases/
    files = [str(path.relative_to(EXAMPLES)) for path in paths if reads_shop(path.read_text())]
    return [file for file in files if file not in NOT_MOVED | LOADS]


def reads_shop(text: str) -> bool:
    return "\nname: " in text and (HERE in text or HERE_BY_VARIABLE in text)


MOVABLE = movable()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the examples, with their data."""
    folder = tmp_path_factory.mktemp("shop") / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(*OUTSIDE))
    runpy.run_path(str(folder / "make_data.py"), run_name="__main__")
    return folder


class Told(NamedTuple):
    """A notice: what it says, and begin, end and worst value of its incident."""

    kind: str
    series: str
    onset: datetime
    until: datetime
    worst: str


@dataclass(frozen=True)
class Said:
    """What an example said a week ago, and of all that was between when it ran now.

    Attributes:
        text: Word for word, with how each run ended.
        told: Its notices.
    """

    text: str
    told: tuple[Told, ...]


def lived(folder: Path, files: Iterable[str], **environ: str) -> dict[str, Said]:
    """Return what each example says."""
    clock = VirtualClock(A_WEEK_AGO)
    loader = ConfigLoader(environ={"HOME": str(folder), **environ})
    said = {}
    with Checker(loader=loader, clock=clock) as checker:
        for file in dict.fromkeys(files):
            config, text = loader.load(folder / file), io.StringIO()
            reports: list[MetricReport] = []
            for now in (A_WEEK_AGO, NOW):
                clock.set(now)
                with redirect_stdout(text):
                    reports += checker.run([config]).metrics
                ended = reports[-1]
                text.write(f"{ended.error or 'done'} {ended.warnings} {ended.pending}\n")
            told = [
                Told(one.kind, one.series, one.incident.onset, one.incident.until, worst(one))
                for report in reports
                for one in report.notices
            ]
            said[file] = Said(text.getvalue(), tuple(told))
    return said


def worst(notice: Notice) -> str:
    value = notice.incident.peak.value
    return "" if value is None else f"{value:.6g}"


@pytest.fixture(scope="module")
def in_sqlite(shop: Path) -> Mapping[str, Said]:
    """Return what each example says where it is at home."""
    return lived(shop, [*MOVABLE, *SIBLINGS.values()])


def moved(text: str, server: Server, url: str) -> str:
    """Return an example whose source is on ``server``: another type, other words of SQL."""
    options = f'  type: {server.kind}\n  params:\n    connection_string: "{url}"\n'
    text = text.replace(HERE, options).replace(HERE_BY_VARIABLE, options)
    for expression, words in WORDS.items():
        text = re.sub(expression, words[server.kind], text)
    return text


@pytest.fixture(scope="module")
def databases(shop: Path, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Return what gives a server and the URL of a database on it that has the shop's tables."""
    load = runpy.run_path(str(shop / "databases" / "load_data.py"))["main"]
    opened: dict[str, tuple[Server, str]] = {}
    contexts = []

    def having(name: str) -> tuple[Server, str]:
        if name not in opened:
            server: Server = request.getfixturevalue(f"{name}_server")
            context = fresh_database(server)
            url = context.__enter__()
            contexts.append(context)
            load(url)
            opened[name] = (server, url)
        return opened[name]

    yield having
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture(scope="module", params=SERVERS)
def on_server(
    request: pytest.FixtureRequest,
    databases: Any,
    shop: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Mapping[str, Said]:
    """Return what each example says when its source is on a server."""
    server, url = databases(request.param)
    folder = tmp_path_factory.mktemp(request.param) / "examples"
    shutil.copytree(shop, folder, ignore=shutil.ignore_patterns(".detectk", "shop.db", "*.db"))
    for file in MOVABLE:
        path = folder / file
        path.write_text(moved(path.read_text(), server, url))
        assert "shop.db" not in path.read_text()
    return lived(folder, MOVABLE)


@pytest.mark.parametrize("file", MOVABLE)
def test_an_example_says_the_same_of_every_database(
    file: str, in_sqlite: Mapping[str, Said], on_server: Mapping[str, Said]
) -> None:
    assert on_server[file] == in_sqlite[file]


def test_every_folder_that_reads_the_shop_is_tried_on_servers() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/*.yaml") if HERE in path.read_text()}
    assert {Path(file).parts[0] for file in MOVABLE} >= folders - {"databases"}
    assert len(MOVABLE) > 50


# An example of databases/ to the one that asks SQLite the same.
SIBLINGS: Mapping[str, str] = {
    "databases/postgresql.yaml": "alerting/consecutive.yaml",
    "databases/postgresql_many.yaml": "sources/dimensions.yaml",
    "databases/mysql.yaml": "thresholds/greater_equal.yaml",
    "databases/mariadb_connection_string.yaml": "thresholds/greater_than.yaml",
    "databases/clickhouse.yaml": "alerting/consecutive.yaml",
    "databases/clickhouse_failover.yaml": "thresholds/greater_than.yaml",
    "databases/http_json.yaml": "sources/dimensions.yaml",
    "databases/http_csv.yaml": "files/csv.yaml",
    "databases/prometheus.yaml": "thresholds/greater_than.yaml",
    "databases/storage_postgresql.yaml": "thresholds/greater_than.yaml",
    "databases/storage_mysql.yaml": "thresholds/greater_than.yaml",
    "databases/storage_clickhouse.yaml": "thresholds/greater_than.yaml",
    "databases/storage_clickhouse_state.yaml": "thresholds/greater_than.yaml",
}
ON_SERVERS = sorted(path.relative_to(EXAMPLES) for path in EXAMPLES.glob("databases/[!d]*.yaml"))


@pytest.fixture(scope="module")
def api(shop: Path) -> Iterator[str]:
    """Return the address of the endpoint that the HTTP examples ask."""
    server = runpy.run_path(str(shop / "databases" / "serve_data.py"))["Shop"](0, shop / "data")
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def prometheus(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a private Prometheus that has the shop's queue."""
    programs = [shutil.which(name) for name in ("prometheus", "promtool")]
    if not all(programs):
        pytest.skip("Prometheus is not installed: apt-get install prometheus")
    folder = tmp_path_factory.mktemp("prometheus")
    load = runpy.run_path(str(shop / "databases" / "load_data.py"))["main"]
    next_steps = load(str(folder / "queue.om"), shop / "data" / "shop.db").splitlines()[1:]
    fill, serve = (line.split() for line in next_steps)
    subprocess.run(fill, cwd=folder, check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "log").open("wb") as log:
        command = [*serve, f"--web.listen-address=127.0.0.1:{port}"]
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        wait_for(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(30)


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens."""
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert server.poll() is None
        SystemClock().sleep(0.1)
    raise AssertionError("Prometheus does not listen")


@pytest.fixture
def environ(file: str, request: pytest.FixtureRequest, databases: Any) -> dict[str, str]:
    """Return the variables that the profiles of databases/ take, for what one example needs."""
    name = Path(file).stem
    if "postgresql" in name:
        return variables("POSTGRES", databases("postgresql")[1])
    if "mysql" in name:
        return variables("MYSQL", databases("mariadb")[1])
    if "mariadb" in name:
        url = databases("mariadb")[1]
        return {"MARIADB_URL": url.replace("mysql://", "mysql+pymysql://")}
    if "clickhouse" in name:
        found = variables("CLICKHOUSE", databases("clickhouse")[1])
        alive = f"{found['CLICKHOUSE_HOST']}:{found['CLICKHOUSE_PORT']}"
        return {**found, "CLICKHOUSE_HOSTS": f"127.0.0.1:9,{alive}"}
    if "http" in name:
        return {"SHOP_API": request.getfixturevalue("api")}
    return {"PROMETHEUS_URL": request.getfixturevalue("prometheus")}


def variables(prefix: str, url: str) -> dict[str, str]:
    """Return a URL as the variables of a profile."""
    parts = urlsplit(url)
    return {
        f"{prefix}_HOST": parts.hostname or "",
        f"{prefix}_PORT": str(parts.port),
        f"{prefix}_USER": unquote(parts.username or ""),
        f"{prefix}_PASSWORD": unquote(parts.password or ""),
        f"{prefix}_DATABASE": parts.path.removeprefix("/"),
    }


@pytest.mark.parametrize("file", sorted(SIBLINGS))
def test_an_example_of_a_server_finds_what_its_sibling_finds(
    file: str, shop: Path, environ: dict[str, str], in_sqlite: Mapping[str, Said]
) -> None:
    found = lived(shop, [file], **environ)[file]
    assert found.text.count("done () 0\n") == 2
    told = found.told
    if file.endswith("prometheus.yaml"):  # it has a label where the sibling has none
        assert {one.series for one in told} == {'{"queue":"mail"}'}
        told = tuple(one._replace(series="{}") for one in told)
    assert told == in_sqlite[SIBLINGS[file]].told
    assert told


@pytest.mark.parametrize("file", ["databases/clickhouse_quantiles.yaml"])
def test_a_quantile_of_the_hour_tells_of_the_hour(
    file: str, shop: Path, environ: dict[str, str]
) -> None:
    """The queue grew from 10:00 on by 100 every five minutes, for 40 minutes, from 200."""
    first = lived(shop, [file], **environ)[file].told[0]
    ten = datetime(2024, 6, 28, 10, tzinfo=timezone.utc)
    assert first == Told("fired", "{}", ten, ten + timedelta(hours=1), "1000")


def test_every_example_of_a_server_is_tried() -> None:
    tried = {*SIBLINGS, "databases/clickhouse_quantiles.yaml"}
    assert {str(path) for path in ON_SERVERS} == tried


@pytest.mark.parametrize("file", sorted(map(str, ON_SERVERS)))
def test_an_example_of_a_server_is_valid_without_the_server(file: str, shop: Path) -> None:
    assert not ConfigLoader(environ={"HOME": str(shop)}).load(shop / file).warnings
