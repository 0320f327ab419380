"""What goes over the wire: a request, its answer, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timezone
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias

from detectk.clock import Clock

__all__ = ["Call", "ExchangeError", "Kind", "Reply", "retry_after", "worth_repeating"]

Kind: TypeAlias = Literal["late", "broken", "untrusted", "senseless", "unusable", "garbled"]

_MAY_PASS = frozenset({408, 425, 429})
_NEVER_PASSES = frozenset({501, 505})


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        method: ``GET`` or ``POST``.
        url: Where to.
        headers: Names and values; they win over ours.
        params: Added to the URL's query; a name may come several times.
        content: The body.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    params: tuple[tuple[str, str], ...] = ()
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whatever its status.

    Attributes:
        status: HTTP status.
        headers: By lower-case name.
        body: Unpacked.
        cut: Whether the body went on beyond the limit.
        location: Where a redirect leads to, absolute; empty for anything else.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool = False
    location: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is a success."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the successes of HTTP

    @property
    def text(self) -> str:
        """The body in the encoding it names, UTF-8 otherwise; what is not in it is replaced."""
        kind = self.headers.get("content-type", "")
        charset = re.search(r"charset=\"?([\w.:-]+)", kind, re.IGNORECASE)
        try:
            text = self.body.decode(charset[1] if charset else "utf-8", "replace")
        except LookupError:
            text = self.body.decode("utf-8", "replace")
        return text.removeprefix("\ufeff")


class ExchangeError(Exception):
    """There was no answer; never leaves ``delivery``.

    Args:
        kind: What happened: no answer in time, no connection or a broken one, a certificate that
            is not trusted, a request that cannot be sent, a client that cannot be built, an
            answer that cannot be unpacked.
        reason: The client's words, which may quote the request.
    """

    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


def worth_repeating(status: int) -> bool:
    """Whether what failed with ``status`` may succeed later."""
    return status in _MAY_PASS or (status >= 500 and status not in _NEVER_PASSES)  # noqa: PLR2004 - server errors


def retry_after(reply: Reply, clock: Clock) -> float | None:
    """Return how many seconds an answer asks to wait, None if it does not say."""
    text = reply.headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=timezone.utc)
    return max(0.0, (at - clock.now()).total_seconds())
