"""Times as a ClickHouse shows them, and what they mean."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

import numpy as np

from detectk.collectors.clickhouse.blocks import zone_of
from detectk.values.zones import pieces_between

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from detectk.collectors.clickhouse.blocks import Cells
    from detectk.collectors.clickhouse.session import Answer
    from detectk.values.arrays import Times

__all__ = ["moments", "on_the_wall", "readable", "same_zone"]

_UTC: Final = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal"})
_MICRO: Final = 1_000_000
_DATE = re.compile(r"\bDate(32)?\b")


def readable(
    answer: Answer, *, time: str, zone: str, server_zone: str, old: bool
) -> tuple[Mapping[str, Cells], bool]:
    """Return the columns of ``answer`` with times as a person sees them.

    A type without a zone is on the clock of the server, and what that clock shows is then read
    in ``zone``, as the query's own literals are. An old server writes its own zone into the type
    of some expressions, which says nothing.

    Args:
        answer: What the server gave.
        time: The column that is the time of a row.
        zone: Of times without one.
        server_zone: Of the server.
        old: Whether the server is of the time before version 20.

    Returns:
        Name to cells, and whether those of ``time`` are in UTC rather than in ``zone``.
    """
    columns: dict[str, Cells] = {}
    exact = False
    for name, kind, cells in zip(answer.names, answer.kinds, answer.columns, strict=True):
        own = zone_of(kind)
        columns[name] = cells
        if own is None or not isinstance(cells, np.ndarray):
            continue
        own = "" if old and own == server_zone else own
        if name == time and (own or same_zone(server_zone, zone)):
            exact = True
        else:
            columns[name] = on_the_wall(cells, own or server_zone)
    return columns, exact


def moments(
    answer: Answer, *, zone: str, server_zone: str, old: bool
) -> Mapping[str, Sequence[object]]:
    """Return the columns of ``answer`` as cells that say themselves what time they mean.

    A time of a type without a zone has none, and is to be read in ``zone``; as for `readable`.
    A date is a date.
    """
    columns: dict[str, Sequence[object]] = {}
    for name, kind in zip(answer.names, answer.kinds, strict=True):
        readings, exact = readable(answer, time=name, zone=zone, server_zone=server_zone, old=old)
        cells = readings[name]
        listed = cells.tolist() if isinstance(cells, np.ndarray) else list(cells)
        if exact:
            listed = [cell and cell.replace(tzinfo=timezone.utc) for cell in listed]
        elif _DATE.search(kind):
            listed = [cell.date() if isinstance(cell, datetime) else cell for cell in listed]
        columns[name] = listed
    return columns


def same_zone(one: str, other: str) -> bool:
    """Return whether two names are of one zone."""
    return one == other or {one, other} <= _UTC


def on_the_wall(instants: Times, zone: str) -> Times:
    """Return what the clock of ``zone`` shows at UTC ``instants``; NaT stays."""
    known = ~np.isnat(instants)
    if zone in _UTC or not known.any():
        return instants
    micros = instants[known].astype(np.int64)
    seconds = micros // _MICRO
    pieces = list(pieces_between(zone, int(seconds.min()), int(seconds.max()) + 1))
    starts = np.array([piece.start for piece in pieces], np.int64)
    offsets = np.array([piece.offset for piece in pieces], np.int64)
    shift = offsets[np.searchsorted(starts, seconds, side="right") - 1]
    walls: Times = instants.copy()
    walls[known] = (micros + shift * _MICRO).astype("datetime64[us]")
    return walls
