"""What a SQL database must say of itself, so that everything else is written once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from detectk.clock import Clock

__all__ = ["Connection", "Cursor", "Dialect", "Trouble"]


class Cursor(Protocol):
    """The part of a PEP 249 cursor that is used."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """One item a column, its name first; None when the statement gave no rows."""
        ...

    @property
    def rowcount(self) -> int:
        """Rows that the last statement changed."""
        ...

    def execute(self, sql: str, args: Sequence[Any] = ..., /) -> object:
        """Run one statement."""
        ...

    def executemany(self, sql: str, args: Iterable[Sequence[Any]], /) -> object:
        """Run one statement for each of many rows."""
        ...

    def fetchall(self) -> list[Any]:
        """Return the rows that are left."""
        ...

    def fetchmany(self, size: int = ..., /) -> list[Any]:
        """Return at most ``size`` of the rows that are left."""
        ...


class Connection(Protocol):
    """The part of a PEP 249 connection that is used; every statement commits unless in BEGIN."""

    def cursor(self) -> Cursor:
        """Return a new cursor."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a driver's error means.

    Attributes:
        message: What is wrong, without secrets.
        hint: What to do.
        retryable: Whether the same call may succeed later without anybody's help.
    """

    message: str
    hint: str
    retryable: bool = False


class Dialect(ABC):
    """One kind of database, at one address.

    The statements elsewhere are plain SQL with ``?`` for an argument, and identifiers that no
    database reserves.
    """

    name: ClassVar[str]
    errors: ClassVar[tuple[type[Exception], ...]]
    """What its driver raises."""
    begin: ClassVar[str]
    """Starts a transaction that waits for its turn to write."""
    now: ClassVar[str]
    """SQL expression: seconds since 1970 by the database's own clock, a fraction included."""
    migrations: ClassVar[Sequence[Sequence[str]]]
    """Statements that lead from version n to version n + 1; never change one that was released."""
    embedded: ClassVar[bool] = False
    """Whether everybody who uses the database runs on this host."""

    @property
    @abstractmethod
    def identity(self) -> str:
        """What tells this database from another, without secrets."""

    def exists(self) -> bool:
        """Return whether there is a database to connect to; asking creates none."""
        return True

    @abstractmethod
    def connect(self) -> Connection:
        """Return a connection that may write, usable from any thread by one at a time."""

    @abstractmethod
    def source(self, clock: Clock) -> Connection:
        """Return a connection that cannot write and that stops a query at the time limit."""

    @abstractmethod
    def check(self, *, source: bool) -> str:
        """Return one line about the server, or raise what `trouble` explains."""

    @abstractmethod
    def trouble(self, error: Exception, *, source: bool) -> Trouble:
        """Explain an error of the driver, as a ``source`` of metrics or as storage."""

    @abstractmethod
    def has_table(self, cursor: Cursor, table: str) -> bool:
        """Return whether ``table`` is there."""
