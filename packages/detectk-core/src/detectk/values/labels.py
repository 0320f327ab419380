"""Which series of a metric: its dimensions and their values."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

__all__ = ["NO_LABELS", "Labels"]

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True, order=True)
class Labels:
    """Dimension and value pairs, sorted by dimension; empty for a plain metric.

    Build it with `Labels.of`, which normalises; the constructor trusts its argument.
    """

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, mapping: Mapping[str, object]) -> Labels:
        """Return the labels of ``mapping``: names and values as NFC strings, sorted by name."""
        nfc = unicodedata.normalize
        pairs = ((nfc("NFC", k), nfc("NFC", str(v))) for k, v in mapping.items())
        return cls(tuple(sorted(pairs)))

    @classmethod
    def from_key(cls, key: str) -> Labels:
        """Return the labels whose `key` is ``key``."""
        return cls.of(json.loads(key))

    @property
    def key(self) -> str:
        """The series key: canonical JSON of the labels, ``{}`` for a plain metric."""
        return _encode(dict(self.pairs)) if self.pairs else "{}"

    @property
    def digest(self) -> str:
        """128-bit BLAKE2 of `key` as 32 hex digits, where a database wants a short key."""
        return blake2b(self.key.encode(), digest_size=16).hexdigest()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Iterate over the pairs."""
        return iter(self.pairs)

    def __bool__(self) -> bool:
        """Whether there is any dimension."""
        return bool(self.pairs)

    def __str__(self) -> str:
        """``country=DE, device=phone``, or nothing for a plain metric."""
        return ", ".join(f"{name}={value}" for name, value in self.pairs)


NO_LABELS = Labels()
