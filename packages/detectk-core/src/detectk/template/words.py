"""Numbers, times and lengths of time as people read them."""

from __future__ import annotations

import math
import unicodedata
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

__all__ = [
    "NO_VALUE",
    "band",
    "count",
    "elapsed",
    "known",
    "moment",
    "number",
    "one_line",
    "percent",
    "period",
    "shorten",
    "span",
]

NO_VALUE = "no value"

_DIGITS = 4
_EXACT = 17  # significant digits that tell any two float64 apart
_HUGE, _TINY = 15, -4  # powers of ten beyond which an exponent reads better
_ROOM_FOR_A_COUNT = 80
_UNSEEN = ("Cc", "Cs")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def known(value: float | None) -> float | None:
    """Return ``value`` if it is a finite number, else None."""
    return value if value is not None and math.isfinite(value) else None


def number(value: float | None, *, unlike: tuple[float | None, ...] = ()) -> str:
    """Write a number with four significant digits, thousands apart: 1,234, 0.0423, 12.3.

    Args:
        value: None and NaN are "no value".
        unlike: Numbers it will stand beside; where a different one would read the same, both
            get as many digits as it takes to tell them apart.
    """
    if value is None or math.isnan(value):
        return NO_VALUE
    others = [other for other in unlike if known(other) is not None and other != value]
    texts = (
        (_digits(value, digits), {_digits(o, digits) for o in others if o is not None})
        for digits in range(_DIGITS, _EXACT + 1)
    )
    return next((text for text, taken in texts if text not in taken), repr(value))


def band(lower: float | None, upper: float | None, *, unlike: tuple[float | None, ...] = ()) -> str:
    """Write a band, "21.4 to 58.9", "at least 5", "at most 100"; empty when there is none."""
    low, high = known(lower), known(upper)
    beside = (*unlike, low, high)
    if low is not None and high is not None:
        return f"{number(low, unlike=beside)} to {number(high, unlike=beside)}"
    if low is not None:
        return f"at least {number(low, unlike=beside)}"
    return f"at most {number(high, unlike=beside)}" if high is not None else ""


def percent(share: float) -> str:
    """Write a signed percentage: +12.3%, -100%, +1,240%."""
    places = 0 if abs(share) >= 100 or share == round(share) else 1  # noqa: PLR2004 - digits
    return f"{share:+,.{places}f}%"


def count(amount: int, noun: str, plural: str = "") -> str:
    """Write "1 point", "1,200 points", "3 series"."""
    return f"{amount:,} {noun if amount == 1 else plural or f'{noun}s'}"


def moment(at: datetime, zone: str) -> str:
    """Write a time in ``zone``, named: "2013-02-08 14:00 EST"."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{_clock(local)} {local:%Z}"


def period(start: datetime, end: datetime, zone: str) -> str:
    """Write a stretch of time in ``zone``: "2013-02-08 14:00 to 18:00 EST"."""
    first, last = (at.astimezone(ZoneInfo(zone)) for at in (start, end))
    if first.tzname() != last.tzname():
        return f"{moment(start, zone)} to {moment(end, zone)}"
    until = _clock(last)
    if first.date() == last.date():
        until = until.partition(" ")[2]
    return f"{_clock(first)} to {until} {last:%Z}"


def elapsed(start: datetime, end: datetime) -> timedelta:
    """Return the real time between two aware moments; a local day may have 23 or 25 hours."""
    return end.astimezone(timezone.utc) - start.astimezone(timezone.utc)


def span(length: timedelta) -> str:
    """Write a length of time in its two largest units: "34 hours", "2 days 3 hours"."""
    left = round(length.total_seconds())
    units = [("hour", 3_600), ("minute", 60), ("second", 1)]
    if left >= 48 * 3_600:  # below two days, hours read better
        units.insert(0, ("day", 86_400))
    amounts = []
    for name, seconds in units:
        amount, left = divmod(left, seconds)
        amounts.append((amount, name))
    first = next((i for i, (amount, _) in enumerate(amounts) if amount), len(amounts) - 1)
    shown = [count(a, name) for i, (a, name) in enumerate(amounts[first : first + 2]) if a or not i]
    return " ".join(shown)


def shorten(text: str, limit: int) -> str:
    """Return ``text`` in at most ``limit`` characters, saying that, and how much, is left out."""
    if len(text) <= limit:
        return text
    if limit < _ROOM_FOR_A_COUNT:
        return f"{text[: limit - 1].rstrip()}…"
    room = limit - len(f"… ({len(text):,} characters left out)")
    return f"{text[:room]}… ({len(text) - room:,} characters left out)"


def one_line(text: str) -> str:
    """Return ``text`` on one line, without control characters and changes of direction.

    What a source or a label holds must not move a terminal's cursor, nor turn a line around.
    """
    flat = " ".join(text.split())
    return "".join(c for c in flat if unicodedata.category(c) not in _UNSEEN and c not in _TURNING)


def _digits(value: float, digits: int) -> str:
    if math.isinf(value):
        return "infinity" if value > 0 else "-infinity"
    if value == 0:
        return "0"
    size = math.floor(math.log10(abs(value)))
    if not _TINY <= size < _HUGE:
        return f"{value:.{digits - 1}e}"
    if value == int(value):
        return f"{int(value):,}"
    text = f"{value:,.{max(0, digits - 1 - size)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _clock(local: datetime) -> str:
    return f"{local:%Y-%m-%d %H:%M:%S}" if local.second else f"{local:%Y-%m-%d %H:%M}"
