"""What a detector may ask of a window."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["COLUMNS", "Measure"]

Measure = Literal["deviation", "quartiles", "mean"]
"""Median and deviations from it; the same with quartiles; or mean and standard deviation."""

COLUMNS: Final[dict[Measure, tuple[str, ...]]] = {
    "deviation": ("deviation", "tail"),
    "quartiles": ("deviation", "tail", "first", "third"),
    "mean": ("deviation",),
}
"""The columns of a spread."""
