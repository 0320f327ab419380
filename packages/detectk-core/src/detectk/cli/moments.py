"""Read the times that people type on the command line."""

from __future__ import annotations

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

from detectk.clock import Clock, SystemClock, VirtualClock
from detectk.errors import ConfigError

__all__ = ["clock_at", "read_moment"]

_log = logging.getLogger(__name__)


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


def clock_at(execution_time: str) -> Clock:
    """Return a clock that stands at a time people typed, or the machine's for no text.

    Raises:
        ConfigError: It is no ISO 8601 time.
    """
    if not execution_time:
        return SystemClock()
    at = read_moment(execution_time, option="--execution-time")
    if at > SystemClock().now():
        _log.warning("the execution time %s is in the future", at.isoformat())
    _log.info("Checking as if it were %s", at.isoformat(sep=" "))
    return VirtualClock(at)
