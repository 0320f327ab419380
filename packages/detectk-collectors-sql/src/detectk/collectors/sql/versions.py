"""Tables of versioned rows: a row that changes leaves its old version behind."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from detectk.collectors.sql.database import Database
from detectk.values.verdicts import Verdicts

__all__ = ["POINTS", "VERDICTS", "Row", "Versions"]

Row: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """A table keyed by an owner and a time, and the one that takes its superseded rows.

    Attributes:
        name: The table.
        revisions: Where superseded rows go.
        owner: Column with the number of whom a row belongs to.
        compared: Columns that make a row differ.
        carried: Columns that come along.
    """

    name: str
    revisions: str
    owner: str
    compared: tuple[str, ...]
    carried: tuple[str, ...] = ()

    @property
    def content(self) -> tuple[str, ...]:
        """What a written row holds, in order."""
        return ("time", *self.compared, *self.carried)

    def keep(self, database: Database, owner: int, rows: list[Row], *, step: int, now: int) -> None:
        """Write rows of `content`, ordered by time, as `detectk.contracts.History` says.

        Plain statements only, so that any database takes them. To be called in a transaction.

        Args:
            database: Where.
            owner: Whose rows.
            rows: At least none; microseconds since 1970 first.
            step: What becomes ``seen`` of a changed row.
            now: Wall time in microseconds.
        """
        known = self._known(database, owner, rows)
        fresh = [row for row in rows if row[0] not in known] if known else rows
        columns = (self.owner, *self.content, "seen", "first_seen", "revised_at")
        database.insert(self.name, columns, ((owner, *row, row[0], now, None) for row in fresh))
        width = 1 + len(self.compared)
        changes = [
            (row, known[row[0]])
            for row in (rows if known else ())
            if row[0] in known and row[:width] != known[row[0]][:width]
        ]
        if not changes:
            return
        database.insert(self.revisions, columns, ((owner, *old) for _, old in changes))
        database.run_many(
            f"DELETE FROM {self.name} WHERE {self.owner} = ? AND time = ?",
            ((owner, row[0]) for row, _ in changes),
        )
        database.insert(
            self.name, columns, ((owner, *row, step, old[-2], now) for row, old in changes)
        )

    def prune(self, database: Database, owners: str, metric: str, before: int) -> int:
        """Delete rows and revisions of a metric's ``owners``, a query, and say how many."""
        where = f"{self.owner} IN ({owners}) AND time < ?"
        return sum(
            database.run(f"DELETE FROM {table} WHERE {where}", (metric, before))
            for table in (self.name, self.revisions)
        )

    def _known(self, database: Database, owner: int, rows: list[Row]) -> dict[int, Row]:
        if not rows:
            return {}
        sql = (
            f"SELECT {', '.join(self.content)}, seen, first_seen, revised_at FROM {self.name} "
            f"WHERE {self.owner} = ? AND time BETWEEN ? AND ?"
        )
        return {row[0]: row for row in database.query(sql, (owner, rows[0][0], rows[-1][0]))}


POINTS: Final = Versions(
    "dtk_points", "dtk_point_revisions", "series", ("value", "status", "context")
)
VERDICTS: Final = Versions(
    "dtk_verdicts", "dtk_verdict_revisions", "judge", Verdicts.COLUMNS, ("evidence",)
)
