"""What only a ClickHouse of ours has."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from detectk.testing.servers import Server, ask, started_clickhouse, tell

pytestmark = pytest.mark.server


@pytest.fixture(params=["clickhouse_server", "old_clickhouse_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    if not found.controllable:
        pytest.skip("a server that was given has users of its own")
    return found


def test_the_default_user_has_no_password(server: Server) -> None:
    assert ask(replace(server, user="default", password=""), "SELECT 1")


def test_the_reader_may_read_and_not_write(server: Server) -> None:
    reader = replace(server, user=server.reader)
    assert ask(reader, "SELECT 1")
    with pytest.raises(Exception, match=r"(?i)readonly"):
        tell(reader, "CREATE DATABASE forbidden")


def test_it_speaks_http_too(server: Server) -> None:
    with socket.create_connection((server.host, server.http_port), timeout=10) as connection:
        connection.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.0 200")


def test_settings_and_the_folder_of_the_data_can_be_chosen(tmp_path: Path) -> None:
    with started_clickhouse({"max_concurrent_queries": "7"}, data=tmp_path, durable=True) as server:
        question = "SELECT value FROM system.server_settings WHERE name = 'max_concurrent_queries'"
        assert ask(server, question) == [("7",)]
        assert any(tmp_path.glob("dtk-*/*"))
    assert not any(tmp_path.iterdir())
