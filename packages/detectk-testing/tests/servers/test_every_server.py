"""One canary for each server: it starts, guards its door and forgets nothing."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

from detectk.testing.servers import (
    Server,
    ServerError,
    ask,
    fresh_database,
    started_clickhouse,
    started_mariadb,
    started_old_clickhouse,
    started_postgresql,
    tell,
)

pytestmark = pytest.mark.server

Start = Callable[[], AbstractContextManager[Server]]

FIXTURES = {
    "postgresql_server": "PostgreSQL",
    "mariadb_server": "MariaDB",
    "clickhouse_server": "26.",
    "old_clickhouse_server": "18.",
}
STARTS = [started_postgresql, started_mariadb, started_clickhouse, started_old_clickhouse]
TABLE = {
    "postgresql": "CREATE TABLE orders (n int)",
    "mysql": "CREATE TABLE orders (n int)",
    "clickhouse": "CREATE TABLE orders (n Int32) ENGINE = MergeTree ORDER BY n",
}


@pytest.fixture(params=FIXTURES)
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found


def database_of(url: str) -> str:
    return url.rpartition("/")[2]


def test_it_answers_its_driver(server: Server) -> None:
    assert [tuple(row) for row in ask(server, "SELECT 1")] == [(1,)]


def test_it_says_its_version(server: Server, request: pytest.FixtureRequest) -> None:
    if not server.controllable:
        assert server.version
        return
    assert FIXTURES[request.node.callspec.params["server"]] in server.version


def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(Exception, match=r"(?i)password|access denied"):
        ask(replace(server, password="wrong"), "SELECT 1")  # noqa: S106  # that is the point
    assert ask(server, "SELECT 1")


def test_fresh_databases_are_separate_and_go_away(server: Server) -> None:
    with fresh_database(server) as one, fresh_database(server) as other:
        names = database_of(one), database_of(other)
        for name in names:
            tell(server, TABLE[server.kind], database=name)
        tell(server, "INSERT INTO orders SELECT 1", database=names[0])
        counts = [ask(server, "SELECT count(*) FROM orders", database=name) for name in names]
        assert [tuple(rows[0]) for rows in counts] == [(1,), (0,)]
    with pytest.raises(Exception, match=names[0]):
        ask(server, "SELECT count(*) FROM orders", database=names[0])


def test_pickled_it_tells_where_it_is_and_no_more(server: Server) -> None:
    arrived = pickle.loads(pickle.dumps(server))  # noqa: S301  # our own
    assert arrived == server
    assert not arrived.controllable


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.__name__)
def test_killed_it_keeps_what_was_committed(start: Start) -> None:
    with start() as server:
        tell(server, "CREATE DATABASE kept")
        tell(server, TABLE[server.kind], database="kept")
        tell(server, "INSERT INTO orders SELECT 7", database="kept")
        server.kill()
        assert not server.running
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((server.host, server.port), timeout=5)
        server.restart()
        assert server.running
        assert [*ask(server, "SELECT n FROM orders", database="kept")[0]] == [7]
        server.stop()
        assert not server.running


def test_a_database_is_fresh_on_a_server_that_was_left_dead(old_clickhouse_server: Server) -> None:
    if old_clickhouse_server.controllable:
        old_clickhouse_server.kill()
    with fresh_database(old_clickhouse_server) as url:
        assert ask(old_clickhouse_server, "SELECT 1", database=database_of(url))


def test_what_did_not_start_shows_its_last_words() -> None:
    with (
        pytest.raises(ServerError, match="no_such_setting"),
        started_postgresql({"no_such_setting": "1"}),
    ):
        pass
