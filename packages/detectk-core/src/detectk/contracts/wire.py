"""Values as text and back: what a State keeps and an outbox row carries."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from detectk.errors import StorageError

__all__ = ["decode", "encode"]

T = TypeVar("T")

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


def encode(value: object) -> str:
    """Return a frozen value as JSON; it must hold no NaN and no infinity."""
    return _adapter(type(value)).dump_json(value).decode()


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


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
