"""The array types that cross DetectK's borders."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["Bytes", "Context", "Floats", "Indices", "Signs", "Times", "to_datetime", "to_instant"]

Floats: TypeAlias = npt.NDArray[np.float64]
Times: TypeAlias = npt.NDArray[np.datetime64]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Signs: TypeAlias = npt.NDArray[np.int8]
Indices: TypeAlias = npt.NDArray[np.intp]
Context: TypeAlias = npt.NDArray[Any]


def to_instant(at: datetime) -> np.datetime64:
    """Return an aware ``datetime`` as a UTC ``datetime64[us]``."""
    return _instant(at if at.tzinfo is timezone.utc else at.astimezone(timezone.utc))


@lru_cache(maxsize=4096)  # thousands of metrics of one run speak of the same moments
def to_datetime(instant: np.datetime64) -> datetime:
    """Return a UTC ``datetime64`` as an aware ``datetime``."""
    at: datetime = instant.astype("datetime64[us]").item()
    return at.replace(tzinfo=timezone.utc)


@lru_cache(maxsize=4096)
def _instant(at: datetime) -> np.datetime64:
    # Asked for in UTC only: elsewhere two moments of a repeated hour are equal.
    return np.datetime64(at.replace(tzinfo=None), "us")
