"""What differs from one SQL database to the next: one small module each."""

from detectk.collectors.sql.dialects.cells import Cells, Columns
from detectk.collectors.sql.dialects.chosen import dialect_of
from detectk.collectors.sql.dialects.dialect import Connection, Cursor, Dialect, Source, Trouble
from detectk.collectors.sql.dialects.sqlite import SqliteDialect

__all__ = [
    "Cells",
    "Columns",
    "Connection",
    "Cursor",
    "Dialect",
    "Source",
    "SqliteDialect",
    "Trouble",
    "dialect_of",
]
