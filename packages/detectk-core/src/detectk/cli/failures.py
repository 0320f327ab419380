"""Errors as results: one form for people, one for programs, and the code of several."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from detectk.errors import DetectKError, Place

__all__ = ["error_object", "error_objects", "worst_code"]

_RANK: Final = (2, 3, 4, 75)


def error_object(error: DetectKError) -> dict[str, object]:
    """Return what a program wants to know of an error."""
    where: dict[str, object] = {"where": str(error.where)}
    if isinstance(error.where, Place):
        place = error.where
        where |= {"path": place.path, "line": place.line or None, "column": place.column or None}
    return {
        "message": error.message,
        **where,
        "hint": error.hint,
        "exit_code": error.exit_code,
    }


def error_objects(errors: Iterable[DetectKError]) -> list[dict[str, object]]:
    """Return each error as `error_object` does."""
    return [error_object(error) for error in errors]


def worst_code(errors: Sequence[DetectKError]) -> int:
    """Return the highest-ranked exit code, 0 without errors."""
    found = {error.exit_code for error in errors}
    return next((code for code in _RANK if code in found), 0)
