"""Where a database server is and how to log in, read from a connection string."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

__all__ = ["SCHEMES", "Address", "Tls", "parsed", "scheme_of"]

Tls: TypeAlias = Literal["off", "prefer", "require", "verify"]

SCHEMES: Final = {
    "sqlite": "sqlite",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
"""What a connection string begins with to the dialect it means; ``+driver`` is left out."""

_TLS: Final[dict[str, Tls]] = {
    **dict.fromkeys(("off", "disable", "disabled", "false", "0"), "off"),
    **dict.fromkeys(("allow", "prefer", "preferred"), "prefer"),
    **dict.fromkeys(("require", "required", "true", "1"), "require"),
    **dict.fromkeys(("verify", "verify_ca", "verify_full", "verify_identity"), "verify"),
}
_SAME: Final = {
    "host": "host",
    "port": "port",
    "user": "user",
    "password": "password",
    "dbname": "database",
    "database": "database",
    "unix_socket": "host",
    "connect_timeout": "connect_timeout",
    "sslrootcert": "tls_ca",
    "ssl_ca": "tls_ca",
    "tls_ca": "tls_ca",
}
_OURS: Final = frozenset({"charset", "client_encoding", "timezone"})
"""What a string may say and we decide."""
_MYSQL: Final = frozenset({"ssl_cert", "ssl_key"})
"""What else its driver is told; the other driver takes whatever its library knows."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server, a database on it and a login.

    Attributes:
        host: Name, address, or the folder or file of a unix socket, which begins with ``/``.
        port: 0 for the usual one.
        database: Name.
        user: Empty for the driver's own idea of it.
        password: Empty without one.
        tls: How much of TLS is wanted.
        tls_ca: File of the authority that vouches for the server; empty for the system's.
        connect_timeout: In seconds.
        more: What else the driver is told.
    """

    host: str = "localhost"
    port: int = 0
    database: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = "prefer"
    tls_ca: str = ""
    connect_timeout: float = 10
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def place(self) -> str:
        """``host:port/database``, without secrets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{host}{port}/{self.database}"


def scheme_of(text: str) -> str:
    """Return what a connection string begins with, without a driver, in lower case."""
    return text.partition("://")[0].partition("+")[0].lower()


def parsed(text: str) -> dict[str, Any]:
    """Return the fields of an `Address` that a connection string gives.

    Raises:
        ValueError: It cannot be read; the message holds nothing of it but names of parameters.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(
            "not the address of a server; write scheme://user:password@host:port/database, "
            "and %40 for @, %2F for / in a password"
        ) from None
    found: dict[str, Any] = _login(parts)
    if port:
        found["port"] = port
    more: list[tuple[str, str]] = []
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        key = name.lower().replace("-", "_")
        if key in _SAME:
            found[_SAME[key]] = _NUMBERS.get(_SAME[key], _as_it_is)(name, value)
        elif key in _MODES:
            found |= _MODES[key](name, value)
        elif key not in _OURS:
            if SCHEMES.get(scheme_of(text)) == "mysql" and key not in _MYSQL:
                raise ValueError(f"parameter {name!r} is not known; leave it out")
            more.append((key, value))
    return {**found, "more": tuple(more)} if more else found


def _login(parts: SplitResult) -> dict[str, Any]:
    raw = parts.netloc.rpartition("@")[2].partition(":")[0]
    given = {
        # A name is the same in any case, the path of a socket is not.
        "host": raw if raw[:3].lower() == "%2f" else parts.hostname,
        "database": parts.path.removeprefix("/"),
        "user": parts.username,
        "password": parts.password,
    }
    return {name: unquote(value) for name, value in given.items() if value}


def _mode(name: str, value: str) -> dict[str, Tls]:
    try:
        return {"tls": _TLS[value.lower().replace("-", "_")]}
    except KeyError:
        raise ValueError(
            f"parameter {name!r} is none of disable, prefer, require, verify-full"
        ) from None


def _if_true(mode: Tls) -> Callable[[str, str], dict[str, Tls]]:
    return lambda name, value: {"tls": mode} if _mode(name, value)["tls"] == "require" else {}


def _as_it_is(name: str, value: str) -> str:  # noqa: ARG001  # it has the name of a number
    return value


def _whole(name: str, value: str) -> int:
    if not value.isdecimal():
        raise ValueError(f"parameter {name!r} is no whole number")
    return int(value)


_NUMBERS: Final[dict[str, Callable[[str, str], int | str]]] = {
    "port": _whole,
    "connect_timeout": _whole,
}
_MODES: Final[dict[str, Callable[[str, str], dict[str, Tls]]]] = {
    **dict.fromkeys(("sslmode", "ssl_mode", "ssl", "tls"), _mode),
    "ssl_disabled": _if_true("off"),
    "ssl_verify_cert": _if_true("verify"),
    "ssl_verify_identity": _if_true("verify"),
}
