"""Lengths of time as people write them: "10 minutes", "1.5h", 600."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta
from fractions import Fraction
from typing import Final, Literal, TypeAlias

__all__ = ["SECONDS", "Unit", "duration", "read_amount"]

Unit: TypeAlias = Literal["second", "minute", "hour", "day", "week", "month"]

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
        ValueError: Not a length of time, negative, in months, or longer than a timedelta can hold.
    """
    if isinstance(text, timedelta):
        length, unit = text, "second"
    else:
        amount, unit = read_amount(text)
        if unit == "month":
            raise ValueError(f"{text!r} has no fixed length; write it in days or weeks")
        try:
            length = timedelta(microseconds=round(amount * SECONDS[unit] * 1_000_000))
        except OverflowError:
            raise ValueError(
                f"{text!r} is too long; write a length of time below 2700000 years"
            ) from None
    if length < timedelta(0):
        raise ValueError(f"{text!r} is negative; write a length of time of 0 or more")
    return length


def read_amount(text: str | float) -> tuple[Fraction, Unit]:
    """Split a length of time into its number and its unit.

    Raises:
        ValueError: No number, or a unit that is unknown; the message has a near name.
    """
    shape = _SHAPE.fullmatch(_plain(text))
    if shape is None:
        raise ValueError(f"{text!r} is not a length of time; write it like '10 minutes'")
    number, spelling = shape.groups()
    if spelling == "M":
        raise ValueError(f"{text!r} could mean minutes or months; write the unit out")
    return Fraction(number), _unit(spelling or "s", text=text)


def _plain(text: str | float) -> str:
    """Write numbers without an exponent; NaN, infinity and True become words that match nothing."""
    return f"{text:.6f}" if isinstance(text, float) else str(text)


def _unit(spelling: str, *, text: str | float) -> Unit:
    unit = _UNITS.get(spelling.casefold())
    if unit is None:
        words = [word for word in _UNITS if len(word) > 2]  # noqa: PLR2004 - not the abbreviations
        near = difflib.get_close_matches(spelling.casefold(), words, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else "use seconds, minutes, hours, days, weeks"
        raise ValueError(f"unit {spelling!r} of {text!r} is unknown; {hint}")
    return unit
