"""What PostgreSQL's errors mean and what to do about them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from detectk.collectors.sql.dialects.dialect import Trouble

if TYPE_CHECKING:
    from detectk.collectors.sql.dialects.server import ServerDialect

__all__ = ["explained"]

_AGAIN: Final = "run again; it was nobody's fault"
_LATER: Final = "run again when the server is back"
_SLOW: Final = "ask for less, add an index, or raise timeout"
_LOGIN: Final = "correct user and password"
_QUERY: Final = "correct the query"

_BY_STATE: Final[dict[str, tuple[str, str]]] = {
    "28P01": ("{place} refuses the login of {user!r}", _LOGIN),
    "28000": ("{place} refuses the login of {user!r} ({text})", _LOGIN),
    "3D000": ("{text} on {place}", "correct database, or create it: CREATE DATABASE ..."),
    "42501": ("{text}", "{grant}"),
    "25006": ("{text}", "{read_only}"),
    "57014": ("the query took longer than {timeout:g} s", _SLOW),
    "55P03": ("another transaction held a lock longer than {timeout:g} s", "run again"),
    "40P01": ("{place} undid the transaction for another one's sake ({text})", _AGAIN),
    "40001": ("{place} undid the transaction for another one's sake ({text})", _AGAIN),
    "53100": ("no room on {place} ({text})", "free some space on the server"),
    "53200": ("{place} is out of memory ({text})", "ask for less"),
    "53300": ("{place} has too many connections", "lower pool_size, or raise max_connections"),
    "57P03": ("{place} is starting or stopping ({text})", _LATER),
}
_RETRYABLE: Final = frozenset(
    {"57014", "55P03", "40P01", "40001", "53100", "53200", "53300", "57P03"}
)
_UNDONE: Final = frozenset({"40P01", "40001"})
_LOST: Final = ("08", "57P01", "57P02", "57P05", "25P03")
_CUT: Final = (
    "consuming input failed",
    "could not receive data",
    "could not send data",
    "flushing failed",
    "sending ",
    "server closed the connection",
    "SSL SYSCALL",
    "SSL connection has been closed",
    "the connection is closed",
    "the connection is lost",
)
"""How the driver says it of a connection that there was."""
_BY_WORDS: Final = (
    ("password authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("role ", "28000"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("the database system is", "57P03"),
)
_DENIED = re.compile(r"permission denied for (table|view|relation|sequence|schema|database) (\S+)")


def explained(error: Any, dialect: ServerDialect, *, source: bool) -> Trouble:
    """Return what an error of psycopg means, as a ``source`` of metrics or as storage."""
    if isinstance(error, ImportError):
        line = "pip install 'detectk-collectors-sql[postgresql]'"
        return Trouble(f"the driver psycopg is not installed ({dialect.hidden(str(error))})", line)
    primary = error.diag.message_primary
    text = dialect.hidden(primary or str(error))
    state = error.sqlstate or _state_of(str(error))
    if not state and _is_connection(error) and not text.startswith(_CUT):
        return _unreachable(text, dialect)
    if state.startswith(_LOST) or text.startswith(_CUT):
        return Trouble(
            f"the connection to {dialect.address.place} was cut ({text})",
            _LATER,
            retryable=True,
            lost=True,
        )
    if state == "42P01" and not source:
        return Trouble(
            f"{dialect.address.place} has no tables yet ({text})", "call prepare() first"
        )
    fallback = ("{text}", _QUERY) if source else ("{place}: {text}", "look at the server's log")
    message, hint = _BY_STATE.get(state, fallback)
    about = {
        "place": dialect.address.place,
        "user": dialect.address.user,
        "text": text,
        "timeout": dialect.timeout,
        "grant": _grant(text, dialect.address.user, source=source),
        "read_only": "a source is only read" if source else "connect to the primary server",
    }
    return Trouble(
        message.format(**about),
        hint.format(**about),
        retryable=state in _RETRYABLE,
        undone=state in _UNDONE,
    )


def _state_of(text: str) -> str:
    """Return the code of an error that came without one, as all do before there is a session."""
    if re.search(r'database "[^"]*" does not exist', text):
        return "3D000"
    return next((state for words, state in _BY_WORDS if words in text), "")


def _is_connection(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"OperationalError", "InterfaceError"})


def _unreachable(text: str, dialect: ServerDialect) -> Trouble:
    place = dialect.address.place
    if "certificate" in text or "SSL" in text or "root.crt" in text:
        hint = "correct tls and tls_ca"
        return Trouble(f"no TLS with {place} ({text})", hint, lost=True)
    return Trouble(
        f"cannot reach {place} ({text})",
        "look whether it runs, and at host and port",
        retryable=True,
        lost=True,
    )


def _grant(text: str, user: str, *, source: bool) -> str:
    denied = _DENIED.search(text)
    kind, name = denied.groups() if denied else ("", "")
    who = user or "the user"
    if source:
        if kind == "schema":
            return f"GRANT USAGE ON SCHEMA {name} TO {who}"
        return f"GRANT SELECT ON {name or 'the table'} TO {who}"
    if kind in ("table", "view", "relation"):
        return f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {who}"
    return f"GRANT USAGE, CREATE ON SCHEMA {name or 'public'} TO {who}"
