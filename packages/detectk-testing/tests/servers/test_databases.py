"""Databases that tests and folders have of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectk.testing.servers import Server, ask, database_for

pytestmark = pytest.mark.server


@pytest.mark.parametrize("name", ["postgresql_server", "mariadb_server", "clickhouse_server"])
def test_a_folder_has_one_database_for_good(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(name)
    first = database_for(server, tmp_path / "a")
    assert database_for(server, tmp_path / "b") != first
    assert database_for(server, tmp_path / "b" / ".." / "a") == first
    assert ask(server, "SELECT 1", database=first.rpartition("/")[2])


def test_the_urls_name_databases_that_are_there(
    postgresql_url: str, mysql_url: str, clickhouse_url: str
) -> None:
    for kind, url in {
        "postgresql": postgresql_url,
        "mysql": mysql_url,
        "clickhouse": clickhouse_url,
    }.items():
        assert ask(Server.given(kind, url), "SELECT 1")


def test_a_transaction_left_open_does_not_hold_up_the_end(mariadb_server: Server) -> None:
    import pymysql

    from detectk.testing.servers import fresh_database

    with fresh_database(mariadb_server) as url:
        given = Server.given("mysql", url)
        login = {"host": given.host, "port": given.port, "user": given.user}
        left = pymysql.connect(**login, password=given.password, database=given.database)
        with left.cursor() as cursor:
            cursor.execute("CREATE TABLE t (n int)")
            cursor.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(pymysql.err.Error):
        left.ping(reconnect=False)
    left._force_close()
