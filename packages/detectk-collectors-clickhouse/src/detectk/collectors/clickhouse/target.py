"""Where a ClickHouse is: hosts in the order they are tried, and how to be let in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

__all__ = ["Address", "Target", "parse_hosts", "parse_url"]

_SCHEMES: Final = {
    "clickhouse": False,
    "clickhouse+native": False,
    "clickhouses": True,
    "clickhouses+native": True,
}
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})
_PORTS: Final = range(1, 65536)


class Address(NamedTuple):
    """One host."""

    host: str
    port: int

    def __str__(self) -> str:
        """``host:port``, as a person writes it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Target:
    """What makes two connections the same.

    Attributes:
        addresses: Hosts in the order they are tried.
        database: Where names without one are looked up.
        user: Who asks.
        password: The user's password.
        secure: Whether to speak TLS.
        verify: Whether the certificate is checked, or the file with the authorities to trust.
        compression: ``off``, ``lz4`` or ``zstd``.
        connect_timeout: Seconds for each host.
        settings: Settings of ClickHouse for every statement.
    """

    addresses: tuple[Address, ...]
    database: str = "default"
    user: str = "default"
    password: str = field(default="", repr=False)
    secure: bool = False
    verify: bool | str = True
    compression: str = "off"
    connect_timeout: float = 10.0
    settings: tuple[tuple[str, str | int | float], ...] = ()

    def __str__(self) -> str:
        """``host:port,host:port/database``."""
        return f"{','.join(map(str, self.addresses))}/{self.database}"


def parse_hosts(text: str, default_port: int) -> tuple[Address, ...]:
    """Return the addresses of ``a,b:9001,[::1]:9000``.

    Raises:
        ValueError: One of them is no host, or its port is none.
    """
    return tuple(_address(part.strip(), default_port) for part in text.split(","))


def parse_url(text: str) -> Mapping[str, Any]:
    """Return the options that a connection string stands for; those it does not say are absent.

    What it asks for after the question mark and is no option of ours is a setting of ClickHouse.

    Raises:
        ValueError: It is none; the message does not repeat it, since it may hold a password.
    """
    scheme, mark, rest = text.strip().partition("://")
    if not mark or scheme.lower() not in _SCHEMES:
        raise ValueError("not a connection string; write clickhouse://user:password@host:9000/db")
    place, _, query = rest.partition("?")
    place, _, database = place.partition("/")
    login, _, hosts = place.rpartition("@")
    user, colon, password = login.partition(":")
    found: dict[str, Any] = {"secure": True} if _SCHEMES[scheme.lower()] else {}
    if hosts:
        found["host"] = hosts
    if user:
        found["user"] = unquote(user)
    if colon:
        found["password"] = unquote(password)
    if database:
        found["database"] = unquote(database)
    settings: dict[str, str | int | float] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name == "secure":
            found["secure"] = _flag(name, value)
        elif name == "verify":
            known = value.lower() in _TRUE | _FALSE
            found["verify"] = _flag(name, value) if known else value
        elif name in {"compression", "timeout", "connect_timeout", "port"}:
            found[name] = value
        else:
            settings[name] = value
    return found | ({"settings": settings} if settings else {})


def _address(text: str, default_port: int) -> Address:
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = text.partition(":")
    if not host or any(sign in host for sign in "/@ "):
        raise ValueError("host has an empty or impossible name; write host: 'ch1,ch2:9001'")
    if port and (not port.isdecimal() or int(port) not in _PORTS):
        raise ValueError(f"{port!r} is no port; write {host}:{default_port}")
    return Address(host, int(port or default_port))


def _flag(name: str, value: str) -> bool:
    if value.lower() not in _TRUE | _FALSE:
        raise ValueError(f"{name}={value!r} in the connection string is neither true nor false")
    return value.lower() in _TRUE
