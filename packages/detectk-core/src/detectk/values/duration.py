"""Lengths of time as people write them: "10 minutes", "1.5h", 600."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta
from fractions import Fraction
from typing import Final, Literal

Unit = Literal["second", "minute", "hour", "day", "week", "month"]

SECONDS: Final[dict[Unit, int]] = {
    "second": 1,
    "minute": 60,
    "hour": 3_600,
    "day": 86_400,
    "week": 604_800,
}

_SPELLINGS: Final[dict[Unit, tuple[str, ...]]] = {
    "second": ("s", "sec", "secs", "second", "seconds"),
    "minute": ("m", "min", "mins", "minute", "minutes"),
    "hour": ("h", "hr", "hrs", "hour", "hours"),
    "day": ("d", "day", "days"),
    "week": ("w", "week", "weeks"),
    "month": ("mo", "month", "months"),
}
_UNITS: Final = {spelling: unit for unit, all_ in _SPELLINGS.items() for spelling in all_}
_SHAPE = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([^\W\d_]*)\s*", re.ASCII)


def duration(text: str | float | timedelta) -> timedelta:
    """Read a length of time; a number alone is seconds, zero is allowed.

    Raises:
        ValueError: not a length of time, negative, in months, or longer than a timedelta can hold.
    """
    if isinstance(text, timedelta):
        length, unit = text, "second"
    else:
        amount, unit = read_amount(text)
        if unit == "month":
            message = f"{text!r} has no fixed length; write it in days or weeks"
            raise ValueError(message)
        try:
            length = timedelta(microseconds=round(amount * SECONDS[unit] * 1_000_000))
        except OverflowError:
            message = f"{text!r} is too long; write a length of time below 2700000 years"
            raise ValueError(message) from None
    if length < timedelta(0):
        message = f"{text!r} is negative; write a length of time of 0 or more"
        raise ValueError(message)
    return length


def read_amount(text: str | float) -> tuple[Fraction, Unit]:
    """Split a length of time into its number and its unit.

    Raises:
        ValueError: no number, or a unit that is unknown; the message has a near name.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        message = f"{text!r} is not a length of time; write it like '10 minutes'"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns only ValueError into a config error
    shape = _SHAPE.fullmatch(text if isinstance(text, str) else _plain(text))
    if shape is None:
        message = f"{text!r} is not a length of time; write it like '10 minutes'"
        raise ValueError(message)
    number, spelling = shape.groups()
    if spelling == "M":
        message = f"{text!r} could mean minutes or months; write the unit out"
        raise ValueError(message)
    return Fraction(number), _unit(spelling or "s", text=text)


def _plain(number: float) -> str:
    """Write a number without an exponent; a NaN and an infinity stay words and match nothing."""
    return str(number) if isinstance(number, int) else f"{number:.6f}"


def _unit(spelling: str, *, text: str | float) -> Unit:
    unit = _UNITS.get(spelling.casefold())
    if unit is None:
        words = [word for word in _UNITS if len(word) > 2]  # noqa: PLR2004 - not the abbreviations
        near = difflib.get_close_matches(spelling.casefold(), words, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "use seconds, minutes, hours, days, weeks"
        message = f"unit {spelling!r} of {text!r} is unknown; {hint}"
        raise ValueError(message)
    return unit
