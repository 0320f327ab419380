"""Where the server of a test comes from."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from detectk.testing.servers import MissingServerError, Server, ask, database_for, offered

pytestmark = pytest.mark.server

AUTHORS_TEST = "def test_mine(mysql_url): ..."

WITHOUT_THE_DRIVER = """
import sys
import pytest
sys.modules["pymysql"] = None
options = ["-p", "detectk.testing.pytest_plugin", "-p", "no:cacheprovider", "-rs", "-q"]
sys.exit(pytest.main(options))
"""


def test_a_url_in_the_environment_is_used_as_it_is(
    clickhouse_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DETECTK_TEST_CLICKHOUSE_URL", clickhouse_server.url)
    with offered("clickhouse") as server:
        assert server.url == clickhouse_server.url
        assert server.version == clickhouse_server.version
        assert not server.controllable
        name = database_for(server, tmp_path).rpartition("/")[2]
        assert (name,) in ask(clickhouse_server, "SHOW DATABASES")
    assert (name,) not in ask(clickhouse_server, "SHOW DATABASES")


def test_without_a_driver_the_line_that_installs_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DETECTK_TEST_MYSQL_URL", raising=False)
    monkeypatch.setitem(sys.modules, "pymysql", None)
    with pytest.raises(MissingServerError, match="pip install pymysql"), offered("mariadb"):
        pass


def test_a_test_whose_server_is_missing_is_skipped_with_the_line(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(AUTHORS_TEST)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    environment.pop("DETECTK_TEST_MYSQL_URL", None)
    done = subprocess.run(  # noqa: S603  # this interpreter
        [sys.executable, "-c", WITHOUT_THE_DRIVER],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 skipped" in done.stdout, done.stdout + done.stderr
    assert "pip install pymysql" in done.stdout
