"""What somebody types who has a database server: a project, a metric, a run; on real servers."""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from detectk.testing.servers import Server, fresh_database

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parents[1] / "examples"
DTK = Path(sys.executable).with_name("dtk")
SERVERS = {"postgresql": "POSTGRES", "mariadb": "MYSQL", "clickhouse": "CLICKHOUSE"}

Type = Callable[..., str]


@pytest.fixture(scope="module", params=SERVERS)
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """Return the name of a database, as it is typed, and its URL; it has the shop's tables."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    shop = tmp_path_factory.mktemp("examples")
    (shop / "databases").mkdir()
    shutil.copy(EXAMPLES / "make_data.py", shop)
    shutil.copy(EXAMPLES / "databases" / "load_data.py", shop / "databases")
    runpy.run_path(str(shop / "make_data.py"), run_name="__main__")
    with fresh_database(server) as url:
        runpy.run_path(str(shop / "databases" / "load_data.py"))["main"](url)
        yield request.param, url


@pytest.fixture
def typed(tmp_path: Path) -> Type:
    """Return what types a command in the project and returns all that it prints."""

    def run(*words: str, code: int = 0, **environ: str) -> str:
        done = subprocess.run(
            [DTK, *words],
            cwd=tmp_path / "shop" if (tmp_path / "shop").exists() else tmp_path,
            env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "TZ": "UTC", **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    return run


def test_from_an_empty_folder_to_a_run_against_a_server(
    database: tuple[str, str], typed: Type, tmp_path: Path
) -> None:
    name, url = database
    typed("init-project", "shop", "-d", name, "--no-git")
    assert "sessions: ok" in typed("run", "-q")  # the sample, without a server
    typed("init", "metrics/orders.yaml", "--profile", "warehouse")

    metric = tmp_path / "shop" / "metrics" / "orders.yaml"
    text = metric.read_text().replace("FROM sessions ", "FROM orders ")
    metric.write_text(text.replace("started_at", "placed_at"))

    missing = typed("validate", "metrics/orders.yaml", code=2)
    assert f"environment variable {SERVERS[name]}_PASSWORD is not set" in missing

    where = variables(SERVERS[name], url)
    password = where[f"{SERVERS[name]}_PASSWORD"]
    answer = typed("validate", "--connect", "metrics/orders.yaml", **where)
    assert "collector" in answer
    assert "NO ANSWER" not in answer
    now = ("-t", "2024-07-01 00:01")
    assert "\ncost      " in typed("preview", "orders", *now, **where)
    rehearsed = typed("run", "metrics/orders.yaml", *now, "--dry-run", "-q", **where)
    assert "cost: " in rehearsed
    batches = typed(
        *("load-history", "metrics/orders.yaml", "--from", "2024-05-06", "--to", "2024-06-05"),
        *("--dry-run", "-q"),
        **where,
    )
    assert batches.startswith("orders: 1 batch to load\n  2024-05-06 00:00 to 2024-06-05 00:00 UTC")
    ran = typed("run", "metrics/orders.yaml", *now, **where)
    assert "INFO [orders] Collection successful: 71" in ran  # of 720 hours four had no order
    assert "orders: ok, " in ran
    assert "orders: up to date" in typed("run", "metrics/orders.yaml", *now, "-q", **where)
    for shown in (missing, answer, rehearsed, batches, ran):
        assert password not in shown


def test_a_project_may_keep_all_it_knows_on_its_server(
    database: tuple[str, str], typed: Type, tmp_path: Path
) -> None:
    name, url = database
    where = variables(SERVERS[name], url)
    typed("init-project", "shop", "-d", name, "--minimal", "--no-git")
    typed("init", "metrics/orders.yaml", "--profile", "warehouse")
    metric = tmp_path / "shop" / "metrics" / "orders.yaml"
    text = metric.read_text().replace("FROM sessions ", "FROM orders ")
    text = text.replace("started_at", "placed_at") + "storage:\n  profile: warehouse\n"
    metric.write_text(text)

    to = ("--from", "2024-06-01", "--to", "2024-06-05", "-q")
    loaded = typed("load-history", "metrics/orders.yaml", *to, **where)
    assert loaded == "orders: loaded 96 points in 1 batch, 96 verdicts\n"
    again = typed("load-history", "metrics/orders.yaml", *to, **where)
    assert again == "orders: everything is loaded already; --force asks again\n"
    assert typed("unlock", "--all", **where) == "orders: nobody held it\n"
    would = typed("clean", "-q", **where)
    assert would.endswith(
        "96 points and 96 verdicts would go; nothing was deleted, add --execute\n"
    )
    gone = typed("clean", "-q", "--execute", **where)
    assert gone.endswith("deleted 96 points and 96 verdicts\n")
    assert typed("clean", "-q", **where) == "nothing is too old\n"
    assert not (tmp_path / "shop" / ".detectk").exists()


def variables(prefix: str, url: str) -> dict[str, str]:
    """Return what goes into ``.env``."""
    parts = urlsplit(url)
    return {
        f"{prefix}_HOST": parts.hostname or "",
        f"{prefix}_PORT": str(parts.port),
        f"{prefix}_DATABASE": parts.path.removeprefix("/"),
        f"{prefix}_USER": unquote(parts.username or ""),
        f"{prefix}_PASSWORD": unquote(parts.password or ""),
    }
