"""One connection to one ClickHouse: questions, rows to keep, and a deadline that holds."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Timer
from typing import Any, Final
from uuid import uuid4

import numpy as np
from clickhouse_driver.block import ColumnOrientedBlock, RowOrientedBlock
from clickhouse_driver.protocol import ServerPacketTypes

from detectk.collectors.clickhouse.blocks import ArrayConnection, Cells, Repeated, join_chunks
from detectk.collectors.clickhouse.target import Address, Target

__all__ = ["Answer", "OverdueError", "Session", "TooManyRowsError"]

# Each failed attempt to connect would be told with its traceback; it is in the error we raise.
logging.getLogger("clickhouse_driver").setLevel(logging.CRITICAL)

_SLACK: Final = 5.0
"""Seconds that the socket waits longer than the deadline, which is to come first."""


class OverdueError(Exception):
    """The server did not answer in time; its query was cut off."""


class TooManyRowsError(Exception):
    """The server gave more rows than were asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns of a result.

    Attributes:
        names: What they are called, in order.
        kinds: Their types, as ClickHouse writes them.
        columns: Their cells; empty ones where there are no rows.
    """

    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    columns: tuple[Cells, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0]) if self.columns else 0

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Iterate over the rows, cells as plain Python."""
        plain = (c.tolist() if isinstance(c, np.ndarray) else c for c in self.columns)
        return zip(*plain, strict=True)


@dataclass(slots=True)
class Session:
    """Opened by `connect`; one thread at a time.

    Attributes:
        target: Whom it asks for.
        address: Which of the target's hosts.
        version: Of the server: major, minor, patch.
        zone: The server's own time zone.
        query_id: Of the last statement.
    """

    target: Target
    address: Address
    version: tuple[int, int, int] = (0, 0, 0)
    zone: str = ""
    query_id: str = ""
    _connection: Any = field(default=None, repr=False)

    def connect(self) -> None:
        """Open the connection; what the driver raises comes through."""
        target = self.target
        authorities = {"ca_certs": target.verify} if isinstance(target.verify, str) else {}
        self._connection = ArrayConnection(
            self.address.host,
            self.address.port,
            database=target.database,
            user=target.user,
            password=target.password,
            client_name="detectk",
            connect_timeout=target.connect_timeout,
            compression=False if target.compression == "off" else target.compression,
            secure=target.secure,
            verify=bool(target.verify),
            **authorities,
        )
        self._connection.connect()
        info = self._connection.server_info
        self.version = (info.version_major, info.version_minor, info.version_patch)
        self.zone = info.get_timezone() or "UTC"

    @property
    def old(self) -> bool:
        """Whether the server is of the time before version 20."""
        return self.version[0] < 20  # noqa: PLR2004  # the year

    def ask(
        self,
        query: str,
        *,
        timeout: float,
        settings: Mapping[str, str | int | float] | None = None,
        max_rows: float = math.inf,
    ) -> Answer:
        """Return what ``query`` gives.

        Args:
            query: One statement.
            timeout: Seconds until it is cut off.
            settings: Settings of ClickHouse for this statement.
            max_rows: More are an error.

        Raises:
            OverdueError: It took too long.
            TooManyRowsError: It gave too much.
        """
        with self._deadline(timeout):
            self._send(query, settings)
            return self._answer(max_rows)

    def insert(
        self,
        table: str,
        columns: Mapping[str, Cells | Repeated],
        *,
        timeout: float,
        settings: Mapping[str, str | int | float] | None = None,
    ) -> None:
        """Add rows to ``table``, in one block.

        Args:
            table: Its name.
            columns: Name to cells, of equal length.
            timeout: Seconds until it is cut off.
            settings: Settings of ClickHouse for this statement.
        """
        with self._deadline(timeout):
            self._send(f"INSERT INTO {table} ({', '.join(columns)}) VALUES", settings)
            heads = self._sample()
            block = ColumnOrientedBlock(heads, [columns[name] for name, _ in heads])
            self._connection.send_data(block)
            self._connection.send_data(ColumnOrientedBlock())
            self._answer(math.inf)

    def close(self) -> None:
        """Close the connection; safe to call twice."""
        if self._connection is not None:
            with suppress(Exception):
                self._connection.disconnect()

    def __del__(self) -> None:
        self.close()

    def _send(self, query: str, settings: Mapping[str, str | int | float] | None) -> None:
        connection = self._connection
        connection.context.settings = {**dict(self.target.settings), **(settings or {})}
        self.query_id = f"detectk-{uuid4().hex}"
        connection.send_query(query, query_id=self.query_id)
        connection.send_data(RowOrientedBlock())

    def _answer(self, max_rows: float) -> Answer:
        heads: list[tuple[str, str]] = []
        chunks: list[list[Cells]] = []
        count = 0
        while True:
            packet = self._packet()
            if packet.type == ServerPacketTypes.END_OF_STREAM:
                break
            block = packet.block if packet.type == ServerPacketTypes.DATA else None
            if block is None:
                continue
            heads = heads or list(block.columns_with_types)
            if block.num_rows:
                chunks.append(block.data)
                count += block.num_rows
            if count > max_rows:
                raise TooManyRowsError
        columns = [join_chunks(pieces) for pieces in zip(*chunks, strict=True)]
        return Answer(
            tuple(name for name, _ in heads),
            tuple(kind for _, kind in heads),
            tuple(columns or [[] for _ in heads]),
        )

    def _sample(self) -> list[tuple[str, str]]:
        """Wait for the types in which the server wants the rows."""
        while True:
            packet = self._packet()
            if packet.type == ServerPacketTypes.DATA:
                return list(packet.block.columns_with_types)

    def _packet(self) -> Any:
        packet = self._connection.receive_packet()
        if packet.type == ServerPacketTypes.EXCEPTION:
            raise packet.exception
        return packet

    @contextmanager
    def _deadline(self, timeout: float) -> Iterator[None]:
        """Cut the connection after ``timeout``: whoever waits for the server wakes up.

        The driver's own time-out is for each read, and a server that reports progress never
        lets it pass.
        """
        socket = self._connection.socket
        if socket is None:
            raise EOFError("the connection is closed")
        over: list[bool] = []

        def cut() -> None:
            over.append(True)
            with suppress(OSError):
                socket.shutdown(2)

        socket.settimeout(timeout + _SLACK)
        timer = Timer(timeout, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (EOFError, OSError, ValueError) as error:
            if over:
                raise OverdueError from error
            raise
        finally:
            timer.cancel()
