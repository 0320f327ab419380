"""What a user may write to name a database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

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
        ({"connection_string": "oracle://scott:tiger@db/x"}, "not a SQLite file"),
        ({"connection_string": "postgresql://u:tiger@db/x"}, "'postgresql' is not available in"),
        ({"connection_string": "postgres://u:tiger@db/x"}, "'postgresql' is not available in"),
        ({"connection_string": "mysql+pymysql://u:tiger@db/x"}, "'mysql' is not available in"),
        ({"dialect": "postgresql", "path": "a"}, "install a later detectk-collectors-sql"),
        ({"dialect": "mariadb", "path": "a"}, "'mysql' is not available in this version"),
        ({"dialect": "oracle", "path": "a"}, "Input should be 'sqlite'"),
        ({"path": "a", "timeout": 0}, "greater than 0"),
        ({"path": "a", "query": ""}, "at least 1 character"),
        ({"path": "a", "host": "db"}, "Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_said_without_the_secret(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError) as failure:
        SqlCollectorOptions.model_validate({"query": "SELECT 1", **values})
    assert complaint in str(failure.value)
    assert "tiger" not in str(failure.value)
