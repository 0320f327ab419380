"""What a layout of tables must do with versioned rows: old versions of a row are kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from detectk.values.arrays import Context
from detectk.values.verdicts import Verdicts

__all__ = ["POINTS", "VERDICTS", "Kept", "Kind", "Micros", "Rows", "Versions", "Wanted"]

Micros: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the rows of a table hold.

    Attributes:
        name: ``points`` or ``verdicts``; tables are named after it.
        owner: Column with the number of whom a row belongs to.
        columns: Name to numpy dtype; they decide whether a row differs. NaN equals NaN.
        notes: Name of the scalars beside them, kept as JSON.
        notes_count: Whether other notes make a row differ too.
    """

    name: str
    owner: str
    columns: Mapping[str, str]
    notes: str
    notes_count: bool


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of one owner as columns of equal length, ordered by time.

    Attributes:
        time: (n,) microseconds since 1970; strictly increasing, except where every version was
            asked for: then ordered by (time, seen, order of writing).
        columns: The columns of the kind, in their dtypes; NaN where there is no number.
        notes: Name to (n,) cells, as `detectk.contracts.pack_rows` takes them.
        seen: (n,) microseconds; empty where each row was seen in its own step.
    """

    time: Micros
    columns: Mapping[str, npt.NDArray[Any]]
    notes: Mapping[str, Context] = field(default_factory=dict)
    seen: Micros = field(default_factory=lambda: np.empty(0, np.int64))


class Kept(NamedTuple):
    """Rows to write for one owner, at most one item an owner; ``step`` becomes a change's seen."""

    owner: int
    rows: Rows
    step: int


class Wanted(NamedTuple):
    """Rows to read of one owner, ``start <= time < end`` in microseconds."""

    owner: int
    start: int
    end: int


class Versions(ABC):
    """The versioned rows of one kind, in any number of tables; called inside a transaction.

    As `detectk.contracts.History` says: a new key is stored with ``seen`` equal to its own time,
    an equal row changes nothing, a changed one moves the old version to the revisions and is
    stored with the batch's step. ``first_seen`` and ``revised_at`` are wall times.
    """

    @abstractmethod
    def keep(self, batch: Sequence[Kept], *, now: int) -> None:
        """Write rows; ``now`` is the wall time in microseconds."""

    @abstractmethod
    def read(self, wanted: Sequence[Wanted], *, every: bool = False) -> Sequence[Rows]:
        """Return the rows in force, or ``every`` version, an item for each of ``wanted``."""

    @abstractmethod
    def extents(self, owners: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """Return owner to the times of its first and newest row, of those that have any."""

    @abstractmethod
    def prune(self, before: Mapping[int, int], *, execute: bool) -> Mapping[int, int]:
        """Delete what is older, every version; return owner to how many went, or would go."""


POINTS: Final = Kind(
    name="points",
    owner="series",
    columns={"value": "f8", "status": "u1"},
    notes="context",
    notes_count=True,
)
VERDICTS: Final = Kind(
    name="verdicts",
    owner="judge",
    columns={
        **dict.fromkeys(Verdicts.COLUMNS[:6], "f8"),
        "direction": "i1",
        "verdict": "u1",
        "status": "u1",
    },
    notes="evidence",
    notes_count=False,
)
