"""What differs from one SQL database to the next: one small module each."""

from detectk.collectors.sql.dialects.cells import Cells, Columns
from detectk.collectors.sql.dialects.dialect import Connection, Cursor, Dialect, Trouble
from detectk.collectors.sql.dialects.sqlite import SqliteDialect

__all__ = ["Cells", "Columns", "Connection", "Cursor", "Dialect", "SqliteDialect", "Trouble"]
