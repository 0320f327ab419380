"""Which windows of a metric were loaded, and by which question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from detectk.collectors.sql.database import Database
from detectk.collectors.sql.rows import from_micros, to_micros
from detectk.contracts.history import note_loaded
from detectk.values.window import Window

__all__ = ["Covered"]

Loaded: TypeAlias = Mapping[str, tuple[Window, ...]]
Row: TypeAlias = tuple[int, str, int, int]
K = TypeVar("K", str, int)

_BY_NAME: Final = """
SELECT m.name, c.fingerprint, c.begins, c.ends
FROM dtk_covered c JOIN dtk_metrics m ON m.id = c.metric
WHERE m.name IN ({}) ORDER BY m.name, c.begins
"""
_BY_NUMBER: Final = """
SELECT metric, fingerprint, begins, ends FROM dtk_covered
WHERE metric IN ({}) ORDER BY metric, begins
"""
_COLUMNS: Final = ("metric", "fingerprint", "begins", "ends")


class Covered:
    """The loaded windows of metrics, one row each; no two of one metric overlap."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, names: Sequence[str]) -> Mapping[str, Loaded]:
        """Return metric to what `note_loaded` made of its windows, of those that have any."""
        return _by_metric(self._database.query_in(_BY_NAME, names))

    def note(self, covered: Sequence[tuple[int, Window, str]]) -> None:
        """Note what questions have answered: (metric, window, fingerprint), in order.

        Only the rows that are others than before are written; to be called in a transaction.
        """
        if not covered:
            return
        metrics = sorted({metric for metric, _, _ in covered})
        before = self._database.query_in(_BY_NUMBER, metrics)
        longer, others = _longer(covered, before)
        loaded = dict(_by_metric(row for row in before if row[0] not in longer))
        for metric, window, fingerprint in others:
            loaded[metric] = note_loaded(loaded.get(metric, {}), window, fingerprint)
        after = [
            (metric, fingerprint, to_micros(window.start), to_micros(window.end))
            for metric, questions in loaded.items()
            for fingerprint, windows in questions.items()
            for window in windows
        ]
        after += longer.values()
        kept = {(metric, begins) for metric, _, begins, _ in after}
        gone = [(row[0], row[2]) for row in before if (row[0], row[2]) not in kept]
        self._database.run_many("DELETE FROM dtk_covered WHERE metric = ? AND begins = ?", gone)
        if new := sorted(set(after) - set(map(tuple, before))):
            cells = map(list, zip(*new, strict=True))
            columns = dict(zip(_COLUMNS, cells, strict=True))
            self._database.replace("dtk_covered", ("metric", "begins"), columns)


def _longer(
    covered: Sequence[tuple[int, Window, str]], before: Sequence[Row]
) -> tuple[dict[int, Row], list[tuple[int, Window, str]]]:
    """Return metric to its only row where that just becomes longer, and what is not so simple.

    In a tick that is nearly everything.
    """
    rows = Counter(metric for metric, *_ in before)
    notes = Counter(metric for metric, *_ in covered)
    only = {row[0]: row for row in before if rows[row[0]] == notes[row[0]] == 1}
    longer: dict[int, Row] = {}
    others: list[tuple[int, Window, str]] = []
    for item in covered:
        metric, window, fingerprint = item
        row = only.get(metric)
        start, end = to_micros(window.start), to_micros(window.end)
        if row and row[1] == fingerprint and row[2] <= start <= row[3]:
            longer[metric] = (metric, fingerprint, row[2], max(row[3], end))
        else:
            others.append(item)
    return longer, others


def _by_metric(rows: Iterable[tuple[K, str, int, int]]) -> dict[K, Loaded]:
    found: defaultdict[K, defaultdict[str, list[Window]]] = defaultdict(_lists)
    for metric, fingerprint, begins, ends in rows:
        found[metric][fingerprint].append(Window(from_micros(begins), from_micros(ends)))
    return {
        metric: {fingerprint: tuple(windows) for fingerprint, windows in questions.items()}
        for metric, questions in found.items()
    }


def _lists() -> defaultdict[Any, list[Window]]:
    return defaultdict(list)
