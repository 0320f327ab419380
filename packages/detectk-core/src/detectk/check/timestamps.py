"""Read a column of times as people write them, many at once, and write one the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.contracts.cells import Column, instants
from detectk.values import Window
from detectk.values.zones import wall_to_utc, zone_info

if TYPE_CHECKING:
    from detectk.values.arrays import Times

__all__ = ["Spelling", "is_time", "read_times", "spelling_of"]

Clock: TypeAlias = Literal["wall", "utc", "epoch"]

_MICRO: Final = 1_000_000
_ALL_TIME: Final = Window(
    datetime(1, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 31, tzinfo=timezone.utc)
)
# Room at both ends for a zone, and for an interval of a century around a time.
_FIRST, _LAST = np.datetime64("0200", "us"), np.datetime64("9800", "us")
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d(?:([T ])\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)"
    r"(?: ?(Z|UTC|[+-]\d\d(?::?\d\d)?))?",
    re.ASCII,
)
_EPOCH = re.compile(r"\d{9,}(\.\d+)?", re.ASCII)
_NOUGHT: Final = ord("0")
_NINE: Final = 9
_SIGNS: Final = ("+", "-")
_CODE: Final = 4
"""Bytes of one character in an array of texts."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the times of a file are written.

    Attributes:
        clock: ``wall`` is the zone's clock, ``utc`` has an offset, ``epoch`` counts since 1970.
        between: What stands between day and clock.
        suffix: What says that it is UTC, for ``utc``.
        per_second: Counts a second, for ``epoch``.
    """

    clock: Clock = "utc"
    between: str = "T"
    suffix: str = "+00:00"
    per_second: int = 1

    def write(self, times: Times, zone: str) -> list[str]:
        """Return UTC times as text, to the second; a wall clock is that of ``zone``."""
        micros = times.astype("datetime64[us]").astype(np.int64)
        if self.clock == "epoch":
            return [str(count) for count in (micros * self.per_second // _MICRO).tolist()]
        if self.clock == "wall" and zone != "UTC":
            local = zone_info(zone)
            moments = (datetime.fromtimestamp(s, local) for s in (micros // _MICRO).tolist())
            return [f"{moment:%Y-%m-%d{self.between}%H:%M:%S}" for moment in moments]
        texts: list[str] = np.datetime_as_string(times, unit="s").tolist()
        suffix = "" if self.clock == "wall" else self.suffix
        return [text.replace("T", self.between) + suffix for text in texts]


def spelling_of(cell: object) -> Spelling:
    """Return how ``cell``, the first of a column, is written; ISO 8601 in UTC for no text."""
    text = cell.strip() if isinstance(cell, str) else ""
    if _EPOCH.fullmatch(text):
        digits = len(text.partition(".")[0])
        per_second = max(1, 10 ** (3 * ((digits - 10 + 2) // 3)))
        return Spelling("epoch", per_second=per_second)
    iso = _ISO.fullmatch(text)
    if iso is None:
        return Spelling()
    _, between, suffix = iso.groups()
    if suffix is None:
        return Spelling("wall", between or " ")
    return Spelling("utc", between or " ", suffix if suffix in ("Z", "UTC") else "+00:00")


def read_times(cells: Column, zone: str) -> Times:
    """Return the UTC times of a column.

    Args:
        cells: (n,) texts in ISO 8601 or seconds, milliseconds, ... since 1970, or what
            `detectk.contracts.cells.instants` takes besides.
        zone: IANA zone of times without an offset; a time its clock shows twice is the first.

    Returns:
        (n,) datetime64[us].

    Raises:
        ValueError: A cell is no time.
    """
    zone_info(zone)
    times = _alike(cells, zone) if len(cells) and isinstance(cells[0], str) else None
    if times is None:
        if not isinstance(cells, np.ndarray) and isinstance(next(iter(cells), None), np.datetime64):
            cells = np.array(cells)
        times = instants(cells, zone=zone, window=_ALL_TIME)
    if ((times < _FIRST) | (times >= _LAST)).any():
        raise ValueError("a time is no time of the calendar")
    return times


def is_time(cell: object) -> bool:
    """Whether one cell is a time."""
    try:
        read_times([cell], "UTC")
    except (OverflowError, ValueError):
        return False
    return True


def _alike(cells: Sequence[Any] | npt.NDArray[Any], zone: str) -> Times | None:
    """Read texts that differ in nothing but their digits; None where that is not so."""
    first = str(cells[0])
    iso, epoch = _ISO.fullmatch(first), _EPOCH.fullmatch(first)
    offset = (iso[3] or "") if iso else ""
    sign_at = iso.start(3) if iso and offset[:1] in _SIGNS else None
    text = _same_shape(cells, first, sign_at) if iso or epoch else None
    if text is None:
        return None
    if epoch:
        kind = np.float64 if epoch[1] else np.int64
        return instants(text.astype(kind), zone="UTC", window=_ALL_TIME)
    assert iso is not None  # noqa: S101 - one of the two
    try:
        walls: Times = text.astype(f"U{iso.end(1)}").astype("datetime64[us]")
    except ValueError:  # a month of 13: whoever goes cell by cell can say where
        return None
    if not offset:
        return _in_utc(walls, zone)
    return walls if sign_at is None else walls - _offsets(text, sign_at)


def _same_shape(
    cells: Sequence[Any] | npt.NDArray[Any], first: str, sign_at: int | None
) -> npt.NDArray[np.str_] | None:
    """Return the cells as an array if they have digits where ``first`` has, and else its signs."""
    text = np.array(cells, np.str_)
    if text.ndim != 1 or text.dtype.itemsize // _CODE != len(first):
        return None
    codes = _codes(text)
    digits = [place for place, sign in enumerate(first) if sign.isdigit()]
    fixed = [place for place in range(len(first)) if place not in (*digits, sign_at)]
    # An unsigned number below the nought wraps around to one far above the nine.
    alike = (codes[:, digits] - _NOUGHT <= _NINE).all() and (codes == codes[0])[:, fixed].all()
    if sign_at is not None:
        alike = alike and np.isin(codes[:, sign_at], [ord(sign) for sign in _SIGNS]).all()
    return text if alike else None


def _codes(text: npt.NDArray[np.str_]) -> npt.NDArray[np.uint32]:
    return text.view(np.uint32).reshape(len(text), -1)


def _offsets(text: npt.NDArray[np.str_], sign_at: int) -> npt.NDArray[np.timedelta64]:
    """Return how far each clock is ahead of UTC: ``+01``, ``+0100`` or ``+01:00``."""
    codes = _codes(text)[:, sign_at:]
    figures = codes[:, 1:].astype(np.int64) - _NOUGHT
    minutes = (figures[:, 0] * 10 + figures[:, 1]) * 60
    if figures.shape[1] > 2:  # noqa: PLR2004 - the hours
        minutes += figures[:, -2] * 10 + figures[:, -1]
    return np.where(codes[:, 0] == ord("-"), -minutes, minutes).astype("timedelta64[m]")


def _in_utc(walls: Times, zone: str) -> Times:
    if zone == "UTC":
        return walls
    micros = walls.astype(np.int64)
    seconds = micros // _MICRO
    shifted = micros + (wall_to_utc(zone, seconds) - seconds) * _MICRO
    times: Times = shifted.astype("datetime64[us]")
    return times
