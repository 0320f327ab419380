"""The SQLite storage and collector against the suites that every plugin passes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import Services, Storage
from detectk.testing.history import HistorySuite


def storage(folder: Path) -> Storage[Any]:
    return SqlStorage(SqlStorageOptions(path=Path("metrics.db")), Services(root=folder))


class TestSqliteHistory(HistorySuite):
    def storage(self, folder: Path) -> Storage[Any]:
        return storage(folder)
