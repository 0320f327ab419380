"""What the errors of MySQL and MariaDB mean and what to do about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from detectk.collectors.sql.dialects.dialect import Trouble

if TYPE_CHECKING:
    from detectk.collectors.sql.dialects.server import ServerDialect

__all__ = ["RefusedError", "explained"]

_AGAIN: Final = "run again; it was nobody's fault"
_LATER: Final = "run again when the server is back"
_SLOW: Final = "ask for less, add an index, or raise timeout"
_LOGIN: Final = "correct user and password"
_ROOM: Final = "free some space on the server"
_READ_ONLY: Final = "{read_only}"
_CROWDED: Final = "lower pool_size, or raise max_connections"
_TLS: Final = "correct tls and tls_ca"


class RefusedError(Exception):
    """There is no connection as safe as it was asked for; the second argument is what to do."""


def _same(numbers: tuple[int, ...], message: str, hint: str) -> dict[int, tuple[str, str]]:
    return dict.fromkeys(numbers, (message, hint))


_BY_NUMBER: Final[dict[int, tuple[str, str]]] = {
    **_same((1045, 1698), "{place} refuses the login of {user!r}", _LOGIN),
    **_same((1049,), "{text} on {place}", "correct database, or create it: CREATE DATABASE ..."),
    **_same((1044, 1142, 1143, 1227, 1370, 1410), "{text}", "{grant}"),
    **_same((1792,), "a query must not write ({text})", "a source is only read: write a SELECT"),
    **_same((1290, 1836), "{place} takes no changes ({text})", _READ_ONLY),
    **_same((1969, 3024, 1317), "the query took longer than {timeout:g} s", _SLOW),
    **_same((1205,), "another transaction held a lock longer than {timeout:g} s", "run again"),
    **_same((1213,), "{place} undid the transaction for another one's sake", _AGAIN),
    **_same((3, 1021, 1026, 1114), "no room on {place} ({text})", _ROOM),
    **_same((1040, 1203, 1226), "{place} has too many connections ({text})", _CROWDED),
    **_same((1153,), "{text}", "raise max_allowed_packet on the server"),
    **_same((2026,), "no TLS with {place} ({text})", _TLS),
}
_UNREACHABLE: Final = frozenset({2002, 2003, 2005})
_LOST: Final = frozenset(
    {0, 1053, 1079, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2014, 2055, 4031}
)
_RETRYABLE: Final = frozenset({1205, 1213, 1317, 1969, 3024, 1040, 1203, 1226, 3, 1021, 1026, 1114})
_NO_TABLE: Final = 1146
_DEADLOCK: Final = 1213
_DENIED = re.compile(r"command denied to user .* for (?:table|routine|column .* in table) (\S+)")


def explained(error: Exception, dialect: ServerDialect, *, source: bool) -> Trouble:
    """Return what an error of pymysql means, as a ``source`` of metrics or as storage."""
    if isinstance(error, ImportError):
        line = "pip install 'detectk-collectors-sql[mysql]'"
        return Trouble(f"the driver pymysql is not installed ({dialect.hidden(str(error))})", line)
    if isinstance(error, RefusedError):
        message, hint = error.args
        return Trouble(message, hint)
    first = error.args[0] if error.args else 0
    number = first if isinstance(first, int) else -1
    text = dialect.hidden(str(error.args[-1]) if error.args else type(error).__name__)
    if number in _UNREACHABLE or number in _LOST:
        return _apart(number, text, dialect.address.place)
    message, hint = _BY_NUMBER.get(number, ("{text}", "correct the query"))
    if number == _NO_TABLE and not source:
        message, hint = "{place} has no tables yet ({text})", "call prepare() first"
    elif number not in _BY_NUMBER and not source:
        message, hint = "{place}: {text}", "look at the server's log"
    about = {
        "place": dialect.address.place,
        "user": dialect.address.user,
        "text": text,
        "timeout": dialect.timeout,
        "grant": _grant(text, dialect, source=source),
        "read_only": "a source is only read" if source else "connect to the primary server",
    }
    return Trouble(
        message.format(**about),
        hint.format(**about),
        retryable=number in _RETRYABLE,
        undone=number == _DEADLOCK,
    )


def _apart(number: int, text: str, place: str) -> Trouble:
    """Explain why there is no connection."""
    if number in _LOST:
        message = f"the connection to {place} was cut ({text or 'it is closed'})"
        return Trouble(message, _LATER, retryable=True, lost=True)
    if "certificate" in text or "SSL" in text:
        return Trouble(f"no TLS with {place} ({text})", _TLS, lost=True)
    hint = "look whether it runs, and at host and port"
    return Trouble(f"cannot reach {place} ({text})", hint, retryable=True, lost=True)


def _grant(text: str, dialect: ServerDialect, *, source: bool) -> str:
    denied = _DENIED.search(text)
    user = dialect.address.user or "the user"
    if source:
        table = denied[1].replace("`", "") if denied else f"{dialect.address.database}.*"
        return f"GRANT SELECT ON {table} TO {user}"
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, CREATE VIEW, DROP"
    return f"GRANT {rights} ON {dialect.address.database}.* TO {user}"
