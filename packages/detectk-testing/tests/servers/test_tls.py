"""TLS that stands on a certificate which no authority knows."""

from __future__ import annotations

import ssl

import pytest

from detectk.testing.servers import Server

pytestmark = pytest.mark.server


def need_tls(server: Server) -> str:
    if server.authority is None:
        pytest.skip("this server does not speak TLS; apt-get install openssl")
    return str(server.authority)


def test_postgresql_is_verified_by_its_own_authority_only(postgresql_server: Server) -> None:
    import psycopg

    authority, url = need_tls(postgresql_server), postgresql_server.url
    with psycopg.connect(url, sslmode="require") as connection:
        assert connection.pgconn.ssl_in_use
    with psycopg.connect(url, sslmode="verify-full", sslrootcert=authority) as connection:
        assert connection.pgconn.ssl_in_use
    with pytest.raises(psycopg.OperationalError, match="certificate"):
        psycopg.connect(url, sslmode="verify-full", sslrootcert="system")
    with psycopg.connect(url, sslmode="disable") as connection:
        assert not connection.pgconn.ssl_in_use


def test_mariadb_is_verified_by_its_own_authority_only(mariadb_server: Server) -> None:
    import pymysql

    authority = need_tls(mariadb_server)
    login = {"host": mariadb_server.host, "port": mariadb_server.port, "user": mariadb_server.user}
    login["password"] = mariadb_server.password
    trusting = ssl.create_default_context(cafile=authority)
    with pymysql.connect(**login, ssl=trusting) as connection, connection.cursor() as cursor:
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()[1]
    with pytest.raises(pymysql.err.OperationalError, match="certificate"):
        pymysql.connect(**login, ssl=ssl.create_default_context())


def test_clickhouse_is_verified_by_its_own_authority_only(old_clickhouse_server: Server) -> None:
    from clickhouse_driver import Client
    from clickhouse_driver.errors import NetworkError

    authority = need_tls(old_clickhouse_server)

    def client(**options: str) -> Client:
        login = {"user": old_clickhouse_server.user, "password": old_clickhouse_server.password}
        port = old_clickhouse_server.secure_port
        return Client(old_clickhouse_server.host, port, secure=True, **login, **options)

    trusting = client(ca_certs=authority)
    assert trusting.execute("SELECT 1") == [(1,)]
    trusting.disconnect()
    with pytest.raises(NetworkError, match=r"(?i)certificate"):
        client().execute("SELECT 1")
