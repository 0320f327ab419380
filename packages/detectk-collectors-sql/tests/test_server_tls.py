"""Connections that are as safe as they were asked for, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import Services
from detectk.errors import StorageError
from detectk.testing.servers import Server

pytestmark = pytest.mark.server


@pytest.fixture(params=["postgresql_server", "mariadb_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def storage(url: str, **options: Any) -> SqlStorage:
    values = {"connection_string": url, **options}
    return SqlStorage(SqlStorageOptions.model_validate(values), Services(root=Path("nowhere")))


def failure(part: SqlStorage) -> StorageError:
    with pytest.raises(StorageError) as caught:
        part.history().prepare()
    return caught.value


def encrypted(part: SqlStorage) -> bool:
    connection = part.connect()
    cursor = connection.cursor()
    if part.options.dialect == "postgresql":
        cursor.execute("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        answer = cursor.fetchall()[0][0] == "true"
    else:
        cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        answer = bool(cursor.fetchall()[0][1])
    connection.close()
    return answer


def test_tls_is_as_safe_as_it_was_asked_for(server: Server) -> None:
    if server.authority is None:
        return
    url = server.url
    assert not encrypted(storage(url, tls="off"))
    assert encrypted(storage(url, tls="require"))
    assert encrypted(storage(url, tls="verify", tls_ca=str(server.authority)))
    assert encrypted(storage(url, tls_ca=str(server.authority)))
    assert encrypted(storage(f"{url}?sslmode=verify-full&sslrootcert={server.authority}"))
    error = failure(storage(url, tls="verify"))
    assert "no TLS with" in str(error)
    assert "correct tls and tls_ca" in str(error)
    assert not storage(url, tls="verify", tls_ca="/nowhere.pem").check().ok
