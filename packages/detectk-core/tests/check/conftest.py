"""A small project on a real SQLite file."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

START = datetime(2024, 3, 1, tzinfo=timezone.utc)
QUERY = """
      SELECT at AS period_time, orders AS value FROM shop
      WHERE at >= '{{ period_start }}' AND at < '{{ period_finish }}'
"""


@dataclass(frozen=True)
class Shop:
    """A source of hourly orders, and the folder of the project that watches it."""

    root: Path

    def add(self, hour: int, orders: float | None) -> None:
        at = (START + timedelta(hours=hour)).strftime("%Y-%m-%d %H:%M:%S")
        with sqlite3.connect(self.root / "shop.db") as source:
            source.execute("INSERT OR REPLACE INTO shop VALUES (?, ?)", (at, orders))
        source.close()

    def metric(self, name: str = "orders", *, detector: str = "", extra: str = "") -> Path:
        path = self.root / f"{name}.yaml"
        detector = detector or "  type: threshold\n  params: {operator: less_than, threshold: 50}\n"
        path.write_text(
            f"name: {name}\ncollector:\n  type: sqlite\n  params:\n    path: shop.db\n"
            f"    query: |{QUERY}detector:\n{detector}schedule: {{interval: 1 hour}}\n{extra}"
        )
        return path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.delenv("DETECTK_HOME", raising=False)
    with sqlite3.connect(tmp_path / "shop.db") as source:
        source.execute("CREATE TABLE shop (at TEXT PRIMARY KEY, orders REAL)")
    source.close()
    made = Shop(tmp_path)
    for hour in range(48):
        made.add(hour, 100.0 + hour % 3)
    return made
