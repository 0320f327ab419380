"""Which series there are and how far they reach: one small row a series, noted after its rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final

import numpy as np

from detectk.clock import Clock
from detectk.collectors.clickhouse.blocks import Repeated
from detectk.collectors.clickhouse.database import Database, chunks, literals
from detectk.values.labels import Labels

__all__ = ["NOTHING", "Entry", "Registry", "key_of"]

NOTHING: Final = (1, 0)
"""Oldest and newest of a series without rows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One series of a metric: its points, or the verdicts of one detector on it.

    Attributes:
        metric: Name of the metric.
        detector: Id of the detector, empty for points.
        series: `Labels.key`.
        oldest: Time of its first row, in microseconds since 1970.
        newest: Time of its last one; before ``oldest`` where there is none.
        texts: Whether any row ever had context or evidence.
        version: Counts the changes.
    """

    metric: str
    detector: str
    series: str
    oldest: int = NOTHING[0]
    newest: int = NOTHING[1]
    texts: bool = False
    version: int = 0

    @property
    def key(self) -> int:
        """What its rows are found by."""
        return key_of(self.metric, self.detector, self.series)

    @property
    def labels(self) -> Labels:
        """Which series of its metric."""
        return Labels.from_key(self.series)

    @property
    def empty(self) -> bool:
        """Whether it has no rows."""
        return self.newest < self.oldest

    def meets(self, start: int, end: int) -> bool:
        """Whether rows may lie in ``start <= time < end``."""
        return not self.empty and self.oldest < end and start <= self.newest

    def grown(self, oldest: int, newest: int, *, texts: bool) -> Entry:
        """Return it with rows from ``oldest`` to ``newest`` added."""
        if not self.empty:
            oldest, newest = min(oldest, self.oldest), max(newest, self.newest)
        return replace(self, oldest=oldest, newest=newest, texts=texts or self.texts)


class Registry:
    """The table ``dtk_series``.

    A row is written after the rows it speaks of, so that what it promises is there: a load that
    was cut off before it does its work again, and finds its rows to be the same.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def load(self, metrics: Sequence[str]) -> Mapping[str, dict[int, Entry]]:
        """Return, for each metric, its series by key."""
        found: dict[str, dict[int, Entry]] = {metric: {} for metric in metrics}
        for some in chunks(list(found)):
            answer = self._database.ask(
                "SELECT metric_name, detector_id, series, oldest, newest, texts, version, key"  # noqa: S608
                f" FROM dtk_series FINAL WHERE metric_name IN ({literals(some)})"
            )
            for metric, detector, series, oldest, newest, texts, version, key in answer.rows():
                entry = Entry(metric, detector, series, oldest, newest, bool(texts), version)
                found[metric][key] = entry
        return found

    def metrics(self) -> list[str]:
        """Return the names of the metrics that have rows, ordered."""
        answer = self._database.ask(
            "SELECT DISTINCT metric_name FROM dtk_series FINAL WHERE oldest <= newest"
        )
        return sorted(answer.columns[0])

    def note(self, entries: Iterable[Entry]) -> None:
        """Keep ``entries`` in place of what they were."""
        rows = list(entries)
        if not rows:
            return
        now = int(self._clock.now().timestamp() * 1e6)
        ones = [1] * len(rows)
        self._database.insert(
            "dtk_series",
            {
                "metric_name": Repeated([row.metric for row in rows], ones),
                "detector_id": Repeated([row.detector for row in rows], ones),
                "series": Repeated([row.series for row in rows], ones),
                "key": np.array([row.key for row in rows], np.uint64),
                "oldest": np.array([row.oldest for row in rows], np.int64),
                "newest": np.array([row.newest for row in rows], np.int64),
                "texts": np.array([row.texts for row in rows], np.uint8),
                # A clock that lags behind another host's must not make the change disappear.
                "version": np.array([max(row.version + 1, now) for row in rows], np.uint64),
            },
        )


def key_of(metric: str, detector: str, series: str) -> int:
    """Return 64 bits that name a series' points, or a detector's verdicts on it."""
    text = json.dumps([metric, detector, series], ensure_ascii=False)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
