"""The suite that every history passes, with chunks so small that each test makes and folds some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detectk.collectors.sql.chunk_versions import ChunkVersions
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import SqliteDialect
from detectk.collectors.sql.history import SqlHistory
from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.collectors.sql.versions import Kind, Versions
from detectk.contracts import Services, Storage
from detectk.testing.history import HistorySuite


class Tiny(SqliteDialect):
    """Chunks of at most three rows."""

    def versions(self, database: Database, kind: Kind) -> Versions:
        return ChunkVersions(database, kind, rows=3, hot=2, bulk=3)


class TinyStorage(SqlStorage):
    """A storage of such chunks."""

    def __init__(self, options: SqlStorageOptions, services: Services) -> None:
        super().__init__(options, services)
        dialect = Tiny(services.root / "tiny.db")
        self._database = Database(dialect, dialect.connect)
        self._history = SqlHistory(self._database, services.clock)


class TestTinyChunks(HistorySuite):
    def storage(self, folder: Path) -> Storage[Any]:
        return TinyStorage(SqlStorageOptions(path=Path("tiny.db")), Services(root=folder))
