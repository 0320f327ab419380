"""What a user may write to name a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from detectk.collectors.sql.address import Address
from detectk.collectors.sql.options import SqlCollectorOptions, SqlStorageOptions

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("values", "file"),
    [
        ({"connection_string": "sqlite:///shop.db"}, "/project/shop.db"),
        ({"connection_string": "sqlite:///data/shop.db"}, "/project/data/shop.db"),
        ({"connection_string": "sqlite:////srv/shop.db"}, "/srv/shop.db"),
        ({"path": "shop.db"}, "/project/shop.db"),
        ({"path": "/srv/shop.db"}, "/srv/shop.db"),
        ({"database": "shop.db"}, "/project/shop.db"),
        ({"dialect": "sqlite", "path": "a b.db"}, "/project/a b.db"),
    ],
)
def test_a_file_may_be_named_in_many_ways(values: dict[str, Any], file: str) -> None:
    assert SqlStorageOptions.model_validate(values).file(ROOT) == Path(file)
    collector = SqlCollectorOptions.model_validate({**values, "query": "SELECT 1"})
    assert collector.file(ROOT) == Path(file)


def test_a_storage_has_a_place_by_default() -> None:
    assert SqlStorageOptions().file(ROOT) == Path("/project/.detectk/detectk.db")


def test_a_home_folder_is_found() -> None:
    assert SqlStorageOptions(path=Path("~/shop.db")).file(ROOT) == Path.home() / "shop.db"


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({}, "no database is named; give path"),
        ({"path": "a", "database": "b"}, "path and database name the same thing"),
        ({"path": "a", "connection_string": "sqlite:///b"}, "connection_string and path name"),
        ({"connection_string": "sqlite://"}, "not a SQLite file; write sqlite:///"),
        ({"connection_string": "sqlite:///"}, "not a SQLite file"),
        ({"connection_string": "sqlite:///:memory:"}, "not a SQLite file"),
        ({"connection_string": "oracle://scott:tiger@db/x"}, "not a connection string that is"),
        ({"connection_string": "tiger"}, "not a connection string that is known"),
        ({"connection_string": "mysql://u:ti/ger:x@db/x"}, "not the address of a server"),
        ({"connection_string": "postgresql://u:tiger@db"}, "no database is named; give database"),
        ({"connection_string": "mysql://u:tiger@db/x?tigger=1"}, "'tigger' is not known"),
        ({"connection_string": "mysql://u:tiger@db/x?ssl_mode=tiger"}, "'ssl_mode' is none of"),
        ({"connection_string": "mysql://u:tiger@db/x", "host": "a"}, "connection_string and host"),
        ({"connection_string": "mysql://u:tiger@db/x", "dialect": "postgres"}, "is for mysql"),
        ({"dialect": "postgresql", "path": "a"}, "path is for SQLite; name the postgresql server"),
        ({"dialect": "mariadb", "host": "a"}, "no database is named; give database: NAME"),
        ({"dialect": "oracle", "path": "a"}, "Input should be 'sqlite'"),
        ({"path": "a", "timeout": 0}, "greater than 0"),
        ({"path": "a", "query": ""}, "at least 1 character"),
        ({"path": "a", "host": "db"}, "host is for a server; add dialect: postgresql or mysql"),
        ({"path": "a", "hots": "db"}, "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_said_without_the_secret(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as failure:
        SqlCollectorOptions.model_validate({"query": "SELECT 1", **values})
    assert complaint in str(failure.value)
    assert "tiger" not in str(failure.value)
    assert "ti/ger" not in str(failure.value)


def test_an_address_shows_no_password() -> None:
    values = {"connection_string": "mysql://u:tiger@db/x?ssl_key=tiger", "password": "tiger"}
    options = SqlStorageOptions.model_validate(values)
    assert "tiger" not in repr(options)
    assert "tiger" not in repr(options.address(ROOT))


PLAIN = Address("db", 5433, "shop", "me", "p@ss/wörd:%")


@pytest.mark.parametrize(
    ("text", "dialect", "address"),
    [
        ("postgres://db/shop", "postgresql", Address("db", 0, "shop")),
        ("postgresql://me@db:5433/shop", "postgresql", Address("db", 5433, "shop", "me")),
        ("postgresql+psycopg://me:p%40ss%2Fw%C3%B6rd%3A%25@db:5433/shop", "postgresql", PLAIN),
        ("postgresql+psycopg2://me:p%40ss%2Fw%C3%B6rd%3A%25@db:5433/shop", "postgresql", PLAIN),
        ("mysql://me:p%40ss%2Fw%C3%B6rd%3A%25@db:5433/shop?charset=utf8mb4", "mysql", PLAIN),
        ("MySQL+pymysql://db/shop", "mysql", Address("db", 0, "shop")),
        ("mariadb://db/a%20b", "mysql", Address("db", 0, "a b")),
        ("mariadb+pymysql://[::1]:3307/x", "mysql", Address("::1", 3307, "x")),
        ("mysql:///x?unix_socket=/run/my.sock", "mysql", Address("/run/my.sock", 0, "x")),
        ("postgresql:///x?host=/run/pg&user=me", "postgresql", Address("/run/pg", 0, "x", "me")),
        ("postgresql://%2Frun%2FPg/x", "postgresql", Address("/run/Pg", 0, "x")),
        ("postgresql://db/x?sslmode=disable", "postgresql", Address("db", 0, "x", tls="off")),
        ("postgresql://db/x?sslmode=verify-ca", "postgresql", Address("db", 0, "x", tls="verify")),
        ("mysql://db/x?ssl-mode=REQUIRED", "mysql", Address("db", 0, "x", tls="require")),
        ("mysql://db/x?ssl_disabled=true", "mysql", Address("db", 0, "x", tls="off")),
        ("mysql://db/x?ssl_verify_cert=false", "mysql", Address("db", 0, "x")),
        (
            "mysql://db/x?ssl_ca=/ca.pem&connect_timeout=3",
            "mysql",
            Address("db", 0, "x", tls="verify", tls_ca="/ca.pem", connect_timeout=3),
        ),
        (
            "postgresql://db/x?sslrootcert=ca.pem&application_name=a&sslmode=require",
            "postgresql",
            Address(
                "db",
                0,
                "x",
                tls="require",
                tls_ca="/project/ca.pem",
                more=(("application_name", "a"),),
            ),
        ),
    ],
)
def test_a_server_may_be_named_by_a_string(text: str, dialect: str, address: Address) -> None:
    options = SqlStorageOptions.model_validate({"connection_string": text})
    assert (options.dialect, options.address(ROOT)) == (dialect, address)


@pytest.mark.parametrize("dialect", ["postgres", "postgresql", "mysql", "mariadb"])
def test_a_server_may_be_named_by_keys(dialect: str) -> None:
    values = {
        "dialect": dialect,
        "host": "db",
        "port": 5433,
        "database": "shop",
        "user": "me",
        "password": "p@ss/wörd:%",
    }
    options = SqlStorageOptions.model_validate(values)
    assert options.address(ROOT) == PLAIN
    assert options.address(ROOT).place == "db:5433/shop"


def test_keys_may_complete_a_string() -> None:
    text = "postgresql://me@db:5433/shop"
    values = {"connection_string": text, "password": "x", "tls": "require", "connect_timeout": 3}
    expected = Address("db", 5433, "shop", "me", "x", tls="require", connect_timeout=3)
    assert SqlStorageOptions.model_validate(values).address(ROOT) == expected


def test_a_server_is_on_this_host_by_default() -> None:
    options = SqlStorageOptions.model_validate({"dialect": "mysql", "database": "x"})
    assert options.address(ROOT) == Address("localhost", 0, "x")
    assert Address("::1", 1, "x").place == "[::1]:1/x"
