"""What a failure of ClickHouse means for a person, and what to do about it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from clickhouse_driver.errors import Error, ServerException

from detectk.collectors.clickhouse.session import OverdueError, TooManyRowsError

__all__ = ["FOREIGN", "NETWORK", "Trouble", "UnreachableError", "code_of", "trouble_of"]

NETWORK: Final = (EOFError, OSError)
"""What the driver raises when the other side is gone; time-outs are among them."""


class UnreachableError(Exception):
    """No host answered; the text names each and why."""

    hint = (
        "check that ClickHouse runs there; its native port is 9000, or 9440 with secure, "
        "while 8123 and 8443 speak HTTP"
    )


FOREIGN: Final = (Error, EOFError, OSError, OverdueError, TooManyRowsError, UnreachableError)
"""Everything that asking a ClickHouse may raise."""


class Trouble(NamedTuple):
    """One failure.

    Attributes:
        message: What is wrong.
        hint: What to do.
        retryable: Whether the same may succeed later without anybody's help.
    """

    message: str
    hint: str
    retryable: bool = False


_HINTS: Final[dict[int, tuple[str, bool]]] = {
    16: ("correct the name of the column", False),
    47: ("correct the name of the column", False),
    36: ("correct the query", False),
    43: ("give the function the types it takes, with a CAST", False),
    46: ("correct the function; an old ClickHouse lacks many", False),
    60: ("correct the name of the table, or GRANT SELECT ON it to the user", False),
    62: ("correct the query", False),
    81: ("correct database, or create it: CREATE DATABASE", False),
    115: ("remove it from settings, or upgrade ClickHouse", False),
    158: ("read less, or raise the limit in settings", False),
    164: ("a source is only read: write a SELECT; storage needs a user who may write", False),
    179: ("rename one with AS", False),
    192: ("check user and password", False),
    193: ("check user and password", False),
    194: ("check user and password", False),
    516: ("check user and password", False),
    195: ("let this host in, in the user's networks", False),
    202: ("run fewer queries at once, or raise max_concurrent_queries", True),
    209: ("look at the network and the server's load", True),
    210: ("look at the network and the server's log", True),
    236: ("somebody stopped the query; run it again", True),
    241: ("aggregate more in the query, or raise max_memory_usage", True),
    242: ("the table is read-only: look at its replica and its disk", True),
    243: ("free space on the server's disk", True),
    252: ("merges lag behind the writes; wait, or write less often", True),
    394: ("somebody stopped the query; run it again", True),
    396: ("aggregate in the query, or raise max_rows", False),
    497: ("", False),
    999: ("look at ClickHouse Keeper", True),
}
_NETWORK_CODES: Final = frozenset({209, 210})
_OVERDUE: Final = 159
_TOO_MANY: Final = 396
_MISSING_GRANT: Final = 497
_GRANT = re.compile(
    r"have the grant (?P<grant>.+?)(?: ON (?P<what>[^\s,;]+?))?\.?(?:\s*\(Missing perm.*)?$",
    re.MULTILINE,
)
_USER = re.compile(r"^(?P<user>[^\s:]+): Not enough privileges")
_NOISE = re.compile(
    r"[\s:.]*(?:Stack trace:|\(version |Expected one of:|\. If you (?:use|have)).*", re.DOTALL
)


def trouble_of(error: Exception, *, timeout: float, max_rows: int = 0) -> Trouble:
    """Return what ``error``, one of `FOREIGN`, means.

    Args:
        error: What was raised.
        timeout: Seconds that the statement had.
        max_rows: Rows that it was allowed to give.
    """
    code = code_of(error)
    if isinstance(error, OverdueError) or code == _OVERDUE:
        hint = "read less at once, or raise timeout"
        return Trouble(f"took longer than {timeout:g} seconds", hint, retryable=True)
    if isinstance(error, TooManyRowsError) or (code == _TOO_MANY and max_rows):
        hint = "aggregate in the query, or raise max_rows"
        return Trouble(f"the query gives more than {max_rows} rows", hint)
    if isinstance(error, UnreachableError):
        return Trouble(str(error), error.hint, retryable=True)
    if isinstance(error, ServerException):
        text = said(error)
        hint, retryable = _HINTS.get(int(code or 0), ("look at the server's log", False))
        return Trouble(text, _grant(error.message) if code == _MISSING_GRANT else hint, retryable)
    if isinstance(error, NETWORK) or code in _NETWORK_CODES:
        why = getattr(error, "strerror", None) or type(error).__name__
        return Trouble(f"the connection broke: {why}", "look at the server's log", retryable=True)
    return Trouble(f"{type(error).__name__}: {error}", "look at the server's log")


def code_of(error: Exception) -> int | None:
    """Return the number that ClickHouse gives to ``error``, where it gave one."""
    code = getattr(error, "code", None)
    return code if isinstance(code, int) else None


def said(error: ServerException) -> str:
    """Return the server's words on one line, without its stack."""
    text = str(error.message).removeprefix("DB::Exception: ")
    text = " ".join(_NOISE.sub("", text).split()).rstrip(".")
    return f"{text[:1].lower()}{text[1:]} (code {error.code})" if text else f"code {error.code}"


def _grant(message: str) -> str:
    text = _NOISE.sub("", str(message).removeprefix("DB::Exception: ")).strip()
    found, user = _GRANT.search(text), _USER.search(text)
    if not found:
        return "grant the user what is missing"
    what = f" ON {found['what']}" if found["what"] else ""
    return f"run: GRANT {found['grant']}{what} TO {user['user'] if user else 'the user'}"
