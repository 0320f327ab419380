"""Values as text and back: what a State keeps and an outbox row carries."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from detectk.errors import StorageError

__all__ = ["decode", "encode"]

T = TypeVar("T")


@lru_cache(maxsize=16)
def _adapter(kind: type[T]) -> TypeAdapter[T]:
    return TypeAdapter(kind)


def encode(value: object) -> str:
    """Return a frozen value as JSON; it must hold no NaN and no infinity."""
    adapter: TypeAdapter[Any] = _adapter(type(value))
    return adapter.dump_json(value).decode()


def decode(kind: type[T], text: str) -> T:
    """Return the value of ``kind`` that `encode` turned into ``text``.

    Raises:
        StorageError: The text is not such a value: written by a newer version, or damaged.
    """
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        msg = f"stored {kind.__name__} cannot be read ({error.error_count()} problems)"
        raise StorageError(msg, hint="it was written by another version of DetectK") from error
