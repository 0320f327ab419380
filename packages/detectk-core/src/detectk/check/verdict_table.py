"""Write verdicts as rows: one for each row that came in, in the same order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from detectk.check.table import why
from detectk.check.trial import Judged
from detectk.errors import ConfigError
from detectk.values import Verdict, Verdicts

if TYPE_CHECKING:
    from detectk.values.arrays import Floats, Indices

__all__ = ["COLUMNS", "csv_text", "score_of", "write_csv"]

COLUMNS: Final = (
    "timestamp",
    "value",
    "expected",
    "lower",
    "upper",
    "score",
    "excess",
    "direction",
    "state",
    "is_anomaly",
)
_STATES: Final = np.array([verdict.name.lower() for verdict in Verdict])
_DIRECTIONS: Final = np.array(["down", "", "up"])
_IN_QUOTES: Final = (",", '"', "\n", "\r")


def score_of(excess: Floats) -> Floats:
    """Return how anomalous points are, from 0 to 1; 0.5 is the edge of the band.

    Unlike `Verdicts.score`, which is in the unit of its detector, it can be compared between
    detectors and metrics.
    """
    return excess / (1.0 + excess)


def csv_text(judged: Judged, *, gaps: bool = False) -> str:
    """Return the verdicts as a CSV.

    There is one row for each row of the input, in its order. A row whose interval holds a later
    one is ``unjudged``. Numbers are as exact as float64 is; an empty cell is no number.

    Args:
        judged: What to write.
        gaps: Write a row for each interval without a point as well, all in order of time.
    """
    rows = _rows(judged, gaps=gaps)
    at, held, verdicts = rows.at, rows.held, judged.verdicts
    judging = held & np.isin(verdicts.verdict[at], (Verdict.OK, Verdict.ANOMALY))
    columns: list[Sequence[str]] = [
        rows.stamps,
        _texts(rows.values),
        *(_texts(np.where(held, column[at], np.nan)) for column in _bounds(verdicts)),
        *(_texts(np.where(judging, column[at], np.nan)) for column in _measures(verdicts)),
        np.where(judging, _DIRECTIONS[verdicts.direction[at] + 1], "").tolist(),
        _STATES[np.where(held, verdicts.verdict[at], Verdict.UNJUDGED)].tolist(),
        np.where(judging & (verdicts.verdict[at] == Verdict.ANOMALY), "1", "0").tolist(),
    ]
    return "\n".join([",".join(COLUMNS), *map(",".join, zip(*columns, strict=True)), ""])


def write_csv(judged: Judged, path: str, *, gaps: bool = False) -> None:
    """Write the verdicts to a file, as `csv_text` does.

    Raises:
        ConfigError: It cannot be written.
    """
    text = csv_text(judged, gaps=gaps)
    try:
        Path(path).write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise ConfigError(f"cannot be written: {why(error)}", where=path) from error


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What is written: times as text, values, rows of the verdicts, and whether they hold."""

    stamps: list[str]
    values: Floats
    at: Indices
    held: npt.NDArray[np.bool_]


def _rows(judged: Judged, *, gaps: bool) -> _Rows:
    points, placed, zone = judged.points, judged.placed, judged.placed.interval.zone
    written = (
        points.stamps if points.stamps is not None else points.spelling.write(points.times, zone)
    )
    stamps = _quoted(written)
    holes = np.flatnonzero(judged.holes)
    if not gaps or not len(holes):
        return _Rows(stamps, points.values, placed.rows, placed.held)
    empty = judged.verdicts.times[holes]
    stamps += points.spelling.write(empty, zone)
    order = np.argsort(np.concatenate([points.times, empty]), kind="stable")
    values = np.concatenate([points.values, np.full(len(holes), np.nan)])
    at = np.concatenate([placed.rows, holes])
    held = np.concatenate([placed.held, np.ones(len(holes), bool)])
    return _Rows([stamps[row] for row in order.tolist()], values[order], at[order], held[order])


def _bounds(verdicts: Verdicts) -> tuple[Floats, ...]:
    return (verdicts.expected, verdicts.lower, verdicts.upper)


def _measures(verdicts: Verdicts) -> tuple[Floats, ...]:
    return (score_of(verdicts.excess), verdicts.excess)


def _texts(column: Floats) -> list[str]:
    """Write numbers so that they read back as the same; nothing for NaN and infinities."""
    finite = np.isfinite(column)
    if not finite.any():
        return [""] * len(column)
    # json writes as many digits as repr does, twice as fast.
    texts = json.dumps(np.where(finite, column, 0.0).tolist())[1:-1].split(", ")
    for row in np.flatnonzero(~finite).tolist():
        texts[row] = ""
    return texts


def _quoted(texts: Sequence[str]) -> list[str]:
    if not any(sign in "".join(texts) for sign in _IN_QUOTES):
        return list(texts)
    doubled = (text.replace('"', '""') for text in texts)
    return [f'"{text}"' for text in doubled]
