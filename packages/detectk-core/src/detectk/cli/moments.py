"""Read the times that people type on the command line."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from detectk.errors import ConfigError

__all__ = ["read_moment"]


def read_moment(text: str, *, option: str, zone: str = "UTC") -> datetime:
    """Return an aware time; one without a zone is in ``zone``.

    Raises:
        ConfigError: It is no ISO 8601 time.
    """
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        raise ConfigError(
            f"{text!r} is not a time",
            where=option,
            hint="write it like 2024-01-31 or 2024-01-31T10:00:00+00:00",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
