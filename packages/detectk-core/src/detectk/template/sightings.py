"""Say what was seen in one interval, and how it compares with what was expected."""

from __future__ import annotations

from typing import Final

from detectk.template.words import band, known, number, percent
from detectk.values.incident import Sighting

__all__ = [
    "against",
    "deviation",
    "expecting",
    "percent_deviation",
    "percent_off",
    "value",
    "wanted",
]

_MOVED: Final = {-1: "dropped to", 0: "is at", 1: "rose to"}


def value(seen: Sighting) -> str:
    """Write the value, with digits enough to tell it from its band."""
    return number(seen.value, unlike=(known(seen.lower), known(seen.upper)))


def wanted(seen: Sighting) -> str:
    """Write what was expected: the band, or else the centre; empty when there is neither."""
    centre = known(seen.expected)
    around = f"about {number(centre, unlike=(seen.value,))}" if centre is not None else ""
    return band(seen.lower, seen.upper, unlike=(seen.value,)) or around


def expecting(seen: Sighting) -> str:
    """Write "0, expected 21.4 to 58.9"."""
    expected = wanted(seen)
    return f"{value(seen)}, expected {expected}" if expected else value(seen)


def against(seen: Sighting) -> str:
    """Write "dropped to 0, expected 21.4 to 58.9"."""
    if known(seen.value) is None:
        return "has no value where one is expected"
    return f"{_MOVED[seen.direction]} {expecting(seen)}"


def deviation(seen: Sighting) -> str:
    """Write "40.15 below the centre (-100%)"; empty where there is no centre."""
    at, centre = known(seen.value), known(seen.expected)
    if at is None or centre is None or at == centre:
        return ""
    side = "above" if at > centre else "below"
    share = percent_off(seen)
    return f"{number(abs(at - centre))} {side} the centre{f' ({share})' if share else ''}"


def percent_off(seen: Sighting) -> str:
    """Write "-100%"; empty where there is nothing to compare with."""
    share = percent_deviation(seen)
    return percent(share) if share is not None else ""


def percent_deviation(seen: Sighting) -> float | None:
    """Return 100 (value - reference) / |reference|: the centre, or else the bound it crossed."""
    at, reference = known(seen.value), known(seen.expected)
    if reference is None:
        reference = known(seen.upper if seen.direction > 0 else seen.lower)
    if at is None or not reference:
        return None
    return 100.0 * (at - reference) / abs(reference)
