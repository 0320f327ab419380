"""The in-memory storage, which the suites compare others with, passes them itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from detectk.contracts import Services, Storage
from detectk.storage import MemoryOptions, MemoryStorage
from detectk.testing.history import HistorySuite


class TestMemoryHistory(HistorySuite):
    durable = False
    examples = 10

    def storage(self, folder: Path) -> Storage[Any]:
        return MemoryStorage(MemoryOptions(), Services(root=folder))
