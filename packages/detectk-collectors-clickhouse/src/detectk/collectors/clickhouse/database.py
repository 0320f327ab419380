"""Statements to the ClickHouse that keeps our tables; foreign errors end here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from detectk.collectors.clickhouse.blocks import Cells, Repeated
from detectk.collectors.clickhouse.options import ClickHouseOptions
from detectk.collectors.clickhouse.servers import Servers
from detectk.collectors.clickhouse.session import Answer, Session
from detectk.collectors.clickhouse.troubles import FOREIGN, code_of, trouble_of
from detectk.contracts.services import Services
from detectk.errors import StorageError

__all__ = ["Database", "chunks", "literals"]

T = TypeVar("T")

_MANY: Final = 2_000
"""Names in one statement, so that its text stays well below what a server takes."""
_QUERY_SIZE: Final = 1 << 26
# Rows must be there when the next statement looks, and a load may touch many months.
_WRITING: Final = {"async_insert": 0, "max_partitions_per_insert_block": 0}
_UNKNOWN_DATABASE: Final = 81
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "'": "\\'", "\0": "\\0", "\n": "\\n", "\r": "\\r"})


class Database:
    """One database; each statement takes a connection of the shared pool.

    Attributes:
        servers: Its hosts.
    """

    def __init__(self, options: ClickHouseOptions, services: Services) -> None:
        self.servers = Servers(options, services)
        self._timeout = options.timeout

    def ask(self, query: str, *, patience: float = 1) -> Answer:
        """Return what ``query`` gives.

        Args:
            query: One statement, which does no harm when it is run twice.
            patience: How many times the usual time it may take.
        """
        timeout = self._timeout * patience
        settings = {"max_query_size": _QUERY_SIZE, "max_execution_time": math.ceil(timeout)}
        return self._run(
            lambda session: session.ask(query, timeout=timeout, settings=settings), timeout
        )

    def insert(self, table: str, columns: Mapping[str, Cells | Repeated]) -> None:
        """Add rows in one block, which is kept whole or not at all within each partition.

        Args:
            table: Its name.
            columns: Name to cells; rows that do no harm when they are there twice.
        """

        def work(session: Session) -> None:
            settings = {} if session.old else _WRITING
            session.insert(table, columns, timeout=self._timeout, settings=settings)

        self._run(work, self._timeout)

    def old(self) -> bool:
        """Return whether the server is of the time before version 20."""
        return self._run(lambda session: session.old, self._timeout)

    def has_table(self, table: str) -> bool:
        """Return whether ``table`` is there; not in a database that is not there either."""
        query = (
            "SELECT count() FROM system.tables "  # noqa: S608  # our own names
            f"WHERE database = currentDatabase() AND name = '{table}'"
        )
        try:
            return bool(self.ask(query).columns[0][0])
        except StorageError as error:
            if isinstance(error.__cause__, Exception) and code_of(error.__cause__) == (
                _UNKNOWN_DATABASE
            ):
                return False
            raise

    def _run(self, work: Callable[[Session], T], timeout: float) -> T:
        try:
            return self.servers.run(work)
        except FOREIGN as error:
            trouble = trouble_of(error, timeout=timeout)
            raise StorageError(
                trouble.message,
                where=f"ClickHouse {self.servers.hosts.target}",
                hint=trouble.hint,
                retryable=trouble.retryable,
            ) from error


def literals(values: Iterable[str | int]) -> str:
    """Return ``values`` as the inside of an IN list."""
    return ", ".join(
        str(value) if isinstance(value, int) else f"'{value.translate(_ESCAPES)}'"
        for value in values
    )


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return ``values`` in pieces that fit into one statement."""
    return (values[start : start + _MANY] for start in range(0, len(values), _MANY))
