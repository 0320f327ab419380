"""Copy the shop's tables from ``data/shop.db`` into a server, or the queue into a file.

    python make_data.py
    python databases/load_data.py postgresql://shop:secret@localhost:5432/shop
    python databases/load_data.py mysql://shop:secret@127.0.0.1:3306/shop
    python databases/load_data.py clickhouse://default:secret@localhost:9000/default
    python databases/load_data.py queue.om

Tables of the same names are replaced. The file is for Prometheus; how it gets there is told.
"""

from __future__ import annotations

import sqlite3
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

SHOP = Path(__file__).parents[1] / "data" / "shop.db"
AT_ONCE = 5000


@dataclass(frozen=True)
class Table:
    """A table; each column is a ``moment``, a ``day``, a ``text``, ``whole`` or ``real``."""

    name: str
    columns: dict[str, str]
    rows: Sequence[Sequence[Any]]


def main(target: str, shop: Path = SHOP) -> str:
    """Copy to ``target``, the URL of a server or the name of a file, and say what was copied."""
    if not shop.exists():
        sys.exit(f"{shop} is not there; python make_data.py writes it")
    if "://" not in target:
        return write_openmetrics(Path(target), shop)
    url = urlsplit(target)
    loaders: dict[str, Callable[[SplitResult, Sequence[Table]], None]] = {
        "postgresql": into_postgresql,
        "mysql": into_mysql,
        "clickhouse": into_clickhouse,
    }
    if url.scheme not in loaders:
        sys.exit(f"{url.scheme}:// is none of {', '.join(loaders)}")
    tables = list(read(shop))
    loaders[url.scheme](url, tables)
    return f"{sum(len(table.rows) for table in tables):,} rows in {len(tables)} tables"


def read(shop: Path) -> Iterator[Table]:
    """Read every table, times and days as what they are."""
    read_as = {"moment": moment, "day": date.fromisoformat}
    with closing(sqlite3.connect(shop)) as database:
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            found = database.execute(f"PRAGMA table_info({name})").fetchall()
            columns = {column: kind_of(column, declared) for _, column, declared, *_ in found}
            casts = [read_as.get(kind) for kind in columns.values()]
            rows = [
                [cast(cell) if cast else cell for cell, cast in zip(row, casts, strict=True)]
                for row in database.execute(f"SELECT * FROM {name}")  # noqa: S608  # its own names
            ]
            yield Table(name, columns, rows)


def kind_of(column: str, declared: str) -> str:
    """Return what a column holds: SQLite keeps times as text."""
    if column == "day":
        return "day"
    if column == "period_time" or column.endswith("_at"):
        return "moment"
    return {"TEXT": "text", "INTEGER": "whole", "REAL": "real"}[declared]


def moment(text: str) -> datetime:
    """Read a time, which is in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def into_postgresql(url: SplitResult, tables: Sequence[Table]) -> None:
    """Copy with COPY; times are ``timestamptz``."""
    import psycopg

    types = {
        "moment": "timestamptz",
        "day": "date",
        "text": "text",
        "whole": "integer",
        "real": "double precision",
    }
    with psycopg.connect(url.geturl()) as connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE IF EXISTS {table.name}".encode())
            cursor.execute(f"CREATE TABLE {table.name} ({declared(table, types)})".encode())
            with cursor.copy(f"COPY {table.name} FROM STDIN".encode()) as copy:
                for row in table.rows:
                    copy.write_row(row)
        cursor.execute("CREATE INDEX orders_placed ON orders (placed_at)")
        cursor.execute("ANALYZE")


def into_mysql(url: SplitResult, tables: Sequence[Table]) -> None:
    """Copy with INSERT; times are ``DATETIME``, which knows no zone and is read as UTC."""
    import pymysql

    types = {
        "moment": "datetime",
        "day": "date",
        "text": "varchar(100)",
        "whole": "integer",
        "real": "double",
    }
    connection = pymysql.connect(**login(url, port=3306), charset="utf8mb4")
    with connection, connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DROP TABLE IF EXISTS {table.name}")
            cursor.execute(f"CREATE TABLE {table.name} ({declared(table, types, '`')})")
            marks = ", ".join(["%s"] * len(table.columns))
            insert = f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608  # the shop's names
            rows = [[plain(cell) for cell in row] for row in table.rows]
            for start in range(0, len(rows), AT_ONCE):
                cursor.executemany(insert, rows[start : start + AT_ONCE])
        cursor.execute("CREATE INDEX orders_placed ON orders (placed_at)")
        connection.commit()


def plain(cell: object) -> object:
    """Return a time without its zone, as MySQL takes it."""
    return cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell


def into_clickhouse(url: SplitResult, tables: Sequence[Table]) -> None:
    """Copy column by column; times are ``DateTime`` in UTC."""
    from clickhouse_driver import Client

    types = {
        "moment": "DateTime('UTC')",
        "day": "Date",
        "text": "String",
        "whole": "Int64",
        "real": "Float64",
    }
    client = Client(**login(url, port=9000))
    for table in tables:
        client.execute(f"DROP TABLE IF EXISTS {table.name}")
        client.execute(
            f"CREATE TABLE {table.name} ({declared(table, types)}) "
            f"ENGINE = MergeTree ORDER BY {next(iter(table.columns))}"
        )
        columns = list(zip(*table.rows, strict=True))
        client.execute(f"INSERT INTO {table.name} VALUES", columns, columnar=True)
    client.disconnect()


def declared(table: Table, types: dict[str, str], quote: str = "") -> str:
    """Return the columns as CREATE TABLE wants them."""
    return ", ".join(f"{quote}{name}{quote} {types[kind]}" for name, kind in table.columns.items())


def login(url: SplitResult, *, port: int) -> dict[str, Any]:
    """Return where and as whom, as the drivers of MySQL and ClickHouse call it."""
    return {
        "host": url.hostname or "localhost",
        "port": url.port or port,
        "user": unquote(url.username or ""),
        "password": unquote(url.password or ""),
        "database": unquote(url.path.removeprefix("/")),
    }


def write_openmetrics(path: Path, shop: Path) -> str:
    """Write the queue as samples of a gauge, and say how Prometheus takes them."""
    with closing(sqlite3.connect(shop)) as database:
        rows = database.execute("SELECT period_time, depth FROM queue ORDER BY 1").fetchall()
    lines = ["# TYPE shop_queue_depth gauge"]
    for at, depth in rows:
        lines.append(f'shop_queue_depth{{queue="mail"}} {depth} {moment(at).timestamp():.0f}')
    path.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    return f"""{len(rows):,} samples; next:
  promtool tsdb create-blocks-from openmetrics {path} prometheus-data
  prometheus --storage.tsdb.path=prometheus-data --storage.tsdb.retention.time=100y"""


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("target", help="URL of a server, or name of a file")
    print(main(parser.parse_args().target))  # noqa: T201  # a script
