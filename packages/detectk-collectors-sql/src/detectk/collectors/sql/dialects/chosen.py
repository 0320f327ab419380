"""The dialect that options name; drivers are imported when they connect."""

from __future__ import annotations

from pathlib import Path

from detectk.collectors.sql.dialects.dialect import Dialect
from detectk.collectors.sql.dialects.mysql import MysqlDialect
from detectk.collectors.sql.dialects.postgresql import PostgresqlDialect
from detectk.collectors.sql.dialects.sqlite import SqliteDialect
from detectk.collectors.sql.options import SqlOptions

__all__ = ["dialect_of"]


def dialect_of(options: SqlOptions, root: Path) -> Dialect:
    """Return the dialect of a database; relative paths start at ``root``."""
    if options.dialect == "sqlite":
        return SqliteDialect(options.file(root), timeout=options.timeout)
    kind = PostgresqlDialect if options.dialect == "postgresql" else MysqlDialect
    return kind(
        options.address(root),
        timeout=options.timeout,
        connections=options.pool_size + options.max_overflow,
    )
