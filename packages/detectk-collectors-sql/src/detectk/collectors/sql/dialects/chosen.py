"""The dialect that options name; drivers are imported when they connect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from detectk.collectors.sql.dialects.dialect import Dialect
from detectk.collectors.sql.options import SqlOptions

if TYPE_CHECKING:
    from detectk.collectors.sql.dialects.server import ServerDialect

__all__ = ["dialect_of"]


def dialect_of(options: SqlOptions, root: Path) -> Dialect:
    """Return the dialect of a database; relative paths start at ``root``."""
    # One is enough for most runs, and each has many modules.
    if options.dialect == "sqlite":
        from detectk.collectors.sql.dialects.sqlite import SqliteDialect

        return SqliteDialect(options.file(root), timeout=options.timeout)
    kind: type[ServerDialect]
    if options.dialect == "postgresql":
        from detectk.collectors.sql.dialects.postgresql import PostgresqlDialect

        kind = PostgresqlDialect
    else:
        from detectk.collectors.sql.dialects.mysql import MysqlDialect

        kind = MysqlDialect
    return kind(
        options.address(root),
        timeout=options.timeout,
        connections=options.pool_size + options.max_overflow,
    )
