"""Points of PostgreSQL, read as columns: a window of thousands never becomes Python's objects."""

# every name in a statement is our own

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from detectk.collectors.sql.row_versions import RowVersions
from detectk.collectors.sql.versions import Rows, Wanted
from detectk.contracts.json_rows import unpack_rows

__all__ = ["PostgresqlVersions"]

_AT_ONCE: Final = 500
_SENT: Final = {"time": ">i8", "value": ">f8", "status": ">i2", "seen": ">i8"}
"""Column to how PostgreSQL sends it."""
_POINTS: Final = """
SELECT series,
    string_agg(int8send(time), ''),
    string_agg(float8send(coalesce(value, 'NaN')), ''),
    string_agg(int2send(status), ''),
    CASE WHEN bool_or(seen <> time) THEN string_agg(int8send(seen), '') END,
    CASE WHEN bool_or(context <> '{}') THEN array_agg(context) END
FROM dtk_points WHERE series = ANY (?) AND time >= ? AND time < ? GROUP BY series
"""


class PostgresqlVersions(RowVersions):
    """Rows as everywhere else; the server packs the points of a series into one answer."""

    def read(self, wanted: Sequence[Wanted], *, every: bool = False) -> Sequence[Rows]:
        """Return the rows in force, or ``every`` version, an item for each of ``wanted``."""
        if every or self._kind.name != "points":
            return super().read(wanted, every=every)
        groups: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for item in wanted:
            groups[item.start, item.end].append(item.owner)
        found: dict[tuple[int, int, int], Rows] = {}
        for (start, end), owners in groups.items():
            for first in range(0, len(owners), _AT_ONCE):
                some = owners[first : first + _AT_ONCE]
                for owner, rows in self._points(some, start, end):
                    found[owner, start, end] = rows
        nothing = Rows(np.empty(0, np.int64), {"value": np.empty(0), "status": np.empty(0, "u1")})
        return [found.get((item.owner, item.start, item.end), nothing) for item in wanted]

    def _points(self, owners: list[int], start: int, end: int) -> Iterator[tuple[int, Rows]]:
        for owner, *sent, context in self._database.query(_POINTS, (owners, start, end)):
            cells = dict(zip(_SENT, sent, strict=True))
            columns = {
                name: np.frombuffer(cells[name], shape).astype(shape.replace(">", "="))
                for name, shape in _SENT.items()
                if cells[name] is not None
            }
            yield owner, _in_order(columns, context)


def _in_order(columns: dict[str, Any], context: list[str] | None) -> Rows:
    """Return one series; every aggregate met its rows in the same order, which need not be time."""
    order = np.argsort(columns["time"], kind="stable")
    columns = {name: column[order] for name, column in columns.items()}
    return Rows(
        columns["time"],
        {"value": columns["value"], "status": columns["status"].astype(np.uint8)},
        unpack_rows([context[n] for n in order.tolist()]) if context else {},
        columns.get("seen", np.empty(0, np.int64)),
    )
