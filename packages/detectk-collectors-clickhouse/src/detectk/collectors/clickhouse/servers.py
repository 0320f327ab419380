"""The hosts of one database: which of them to ask, and connections kept between questions."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Final, TypeVar

from clickhouse_driver.errors import (
    NetworkError,
    ServerException,
    SocketTimeoutError,
    UnexpectedPacketFromServerError,
    UnknownCompressionMethod,
)

from detectk.clock import Clock
from detectk.collectors.clickhouse.options import ClickHouseOptions
from detectk.collectors.clickhouse.session import OverdueError, Session
from detectk.collectors.clickhouse.target import Address, Target
from detectk.collectors.clickhouse.troubles import NETWORK, UnreachableError
from detectk.contracts.pool import Pool
from detectk.contracts.services import Services
from detectk.errors import ConfigError

__all__ = ["Hosts", "Servers"]

T = TypeVar("T")

_REST: Final = 30.0
"""Seconds that a host which did not answer is left alone while another one does."""
_KILL_TIMEOUT: Final = 5.0
_BROKEN: Final = (NetworkError, SocketTimeoutError, *NETWORK)
_SILENT: Final = (UnexpectedPacketFromServerError, *_BROKEN)


class Hosts:
    """Connects to the first host that answers, the last good one before the others.

    Attributes:
        target: The hosts, and how to be let in.
        good: The host that answered last.
    """

    def __init__(self, target: Target, clock: Clock) -> None:
        self.target = target
        self.good = target.addresses[0]
        self._clock = clock
        self._lock = Lock()
        self._rests: dict[Address, float] = {}

    def open(self) -> Session:
        """Return a new connection.

        Raises:
            UnreachableError: No host answers.
        """
        session = Session(self.target, self.good)
        self.connect(session)
        return session

    def connect(self, session: Session) -> None:
        """Connect ``session``, anew if it was connected.

        Raises:
            UnreachableError: No host answers.
            ConfigError: What the options ask for is not installed.
        """
        said = []
        for address in self._candidates():
            session.close()
            session.address = address
            try:
                session.connect()
            except ServerException:
                session.close()
                raise  # it answers, and lets nobody in
            except _SILENT as error:
                session.close()
                said.append(f"{address} ({_why(error)})")
                with self._lock:
                    self._rests[address] = self._clock.monotonic() + _REST
            except (ImportError, RuntimeError, UnknownCompressionMethod) as error:
                raise ConfigError(
                    f"compression {self.target.compression!r} is not installed",
                    hint="pip install 'detectk-collectors-clickhouse[compression]'",
                ) from error
            else:
                with self._lock:
                    self.good = address
                    self._rests.pop(address, None)
                return
        raise UnreachableError(f"no ClickHouse answers at {', '.join(said)}")

    def _candidates(self) -> list[Address]:
        """Return the hosts, the last good one first; resting ones come last."""
        with self._lock:
            now = self._clock.monotonic()
            rests = {address for address, until in self._rests.items() if until > now}
            order = dict.fromkeys((self.good, *self.target.addresses))
        return sorted(order, key=rests.__contains__)


class Servers:
    """Runs work on the connections that the parts of a run share.

    Attributes:
        hosts: Whom it asks.
    """

    def __init__(self, options: ClickHouseOptions, services: Services) -> None:
        hosts = self.hosts = Hosts(options.target, services.clock)
        size = options.pool_size
        self._pool = services.shared.pool(
            ("clickhouse", options.target, size),
            lambda: Pool(hosts.open, Session.close, size=size),
        )

    def run(self, work: Callable[[Session], T]) -> T:
        """Return what ``work`` makes of a connection; one that had broken is replaced, once.

        Args:
            work: Does no harm when it is done twice.

        Raises:
            UnreachableError: No host answers.
            ConfigError: What the options ask for is not installed.
        """
        try:
            with self._pool.borrow() as session:
                return _guarded(session, work)
        except _BROKEN:
            # The server was restarted, or something between us forgot the connection.
            with self._pool.borrow() as session:
                self.hosts.connect(session)
                return _guarded(session, work)


def _guarded(session: Session, work: Callable[[Session], T]) -> T:
    try:
        return work(session)
    except OverdueError:
        _kill(session)
        raise


def _kill(session: Session) -> None:
    """Tell the server to drop what nobody waits for any more."""
    with suppress(Exception):
        other = Session(session.target, session.address)
        other.connect()
        try:
            text = f"KILL QUERY WHERE query_id = '{session.query_id}' ASYNC"
            other.ask(text, timeout=_KILL_TIMEOUT)
        finally:
            other.close()


def _why(error: Exception) -> str:
    if isinstance(error, UnexpectedPacketFromServerError):
        return "something else answers"
    # The driver's text is the system's words and the address once more.
    words = str(error.args[0] if error.args else "").rpartition(" (")[0].lower()
    return words or "no answer in time"
