"""A database server that tests may use: where it listens, who may log in, and how to kill it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from detectk.errors import DetectKError

__all__ = ["Control", "Kind", "MissingServerError", "Server", "ServerError"]

Kind = Literal["postgresql", "mysql", "clickhouse"]
"""Which driver speaks to it: MariaDB is of the kind ``mysql``, every ClickHouse of one kind."""

_PORTS: dict[Kind, int] = {"postgresql": 5432, "mysql": 3306, "clickhouse": 9000}
_USERS: dict[Kind, str] = {"postgresql": "postgres", "mysql": "root", "clickhouse": "default"}
_HOMES: dict[Kind, str] = {"postgresql": "postgres", "mysql": "mysql", "clickhouse": "default"}


class ServerError(DetectKError):
    """A server did not start, or cannot do what was asked of it."""


class MissingServerError(ServerError):
    """There is nothing on this machine to start; the hint is the line that installs it."""


class Control(Protocol):
    """Power over a server that we started."""

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        ...

    def stop(self) -> None:
        """Ask it to end and wait until it has."""
        ...

    def kill(self) -> None:
        """End it without a warning, as a power cut would."""
        ...

    def restart(self) -> None:
        """End it if it runs, start it again over the same data, and wait until it answers."""
        ...


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens and how to log in; pickled, it is no longer controllable.

    Attributes:
        kind: Which driver speaks to it.
        host: Name or address.
        port: Of the protocol that the driver speaks.
        user: May create and drop databases.
        password: Of that user; drawn for each server that is started.
        database: One that is always there, to log in to before there is another.
        version: As the server says it.
        query: The end of the URL, for a server that was given with one.
        http_port: Of ClickHouse's second protocol; 0 without it.
        secure_port: Of ClickHouse's protocol over TLS; 0 without it. Others speak both on ``port``.
        authority: The certificate that verifies the server's; None where it does not speak TLS.
        reader: A user with the same password who may only read; empty without one.
        control: None when the server was given, not started.
    """

    kind: Kind
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    version: str = ""
    query: str = ""
    http_port: int = 0
    secure_port: int = 0
    authority: Path | None = None
    reader: str = ""
    control: Control | None = field(default=None, repr=False, compare=False)

    def __reduce__(self) -> tuple[type[Server], tuple[object, ...]]:
        fields = dataclasses.fields(self)
        return Server, tuple(getattr(self, each.name) for each in fields if each.name != "control")

    @classmethod
    def given(cls, kind: Kind, url: str) -> Server:
        """Return the server that ``url`` names; its version is not known before somebody asks."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise ServerError(f"no host in the url of a {kind} server", hint="write kind://host/")
        return cls(
            kind=kind,
            host=parts.hostname,
            port=parts.port or _PORTS[kind],
            user=unquote(parts.username or _USERS[kind]),
            password=unquote(parts.password or ""),
            database=unquote(parts.path.lstrip("/")) or _HOMES[kind],
            query=parts.query,
        )

    @property
    def url(self) -> str:
        """The URL of the database that is always there, password included."""
        return self.url_of(self.database)

    def url_of(self, database: str, *, user: str = "", password: str | None = None) -> str:
        """Return the URL of ``database``, for another ``user`` or a wrong ``password`` if given."""
        login = quote(user or self.user, safe="")
        secret = self.password if password is None else password
        if secret:
            login += f":{quote(secret, safe='')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        place = f"{login}@{host}:{self.port}"
        return urlunsplit((self.kind, place, f"/{quote(database, safe='')}", self.query, ""))

    @property
    def controllable(self) -> bool:
        """Whether we started it, and so may stop, kill and restart it."""
        return self.control is not None

    @property
    def running(self) -> bool:
        """Whether the process we started is alive."""
        return self._controlled().running

    def stop(self) -> None:
        """Ask the server to end and wait until it has."""
        self._controlled().stop()

    def kill(self) -> None:
        """End the server with SIGKILL, its children too."""
        self._controlled().kill()

    def restart(self) -> None:
        """Start the server again on the same port over the same data; end it first if it runs."""
        self._controlled().restart()

    def _controlled(self) -> Control:
        if self.control is None:
            raise ServerError(
                f"a server that was given at {self.host}:{self.port} is not ours to control",
                hint="unset its DETECTK_TEST_..._URL to have one started",
            )
        return self.control
