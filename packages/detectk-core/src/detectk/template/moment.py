"""A time as a query writes it."""

from __future__ import annotations

from datetime import datetime

from detectk.values.zones import zone_info

__all__ = ["Moment"]


class Moment(str):
    """A time as text, ``2024-11-01 10:00:00``, that still knows which time it is.

    Attributes:
        at: The time, in the zone in which it is written.
    """

    __slots__ = ("at",)

    at: datetime

    @classmethod
    def of(cls, at: datetime, zone: str) -> Moment:
        """Return ``at`` as the clock of ``zone`` shows it, without fractions of a second."""
        local = at.astimezone(zone_info(zone))
        moment = cls(f"{local:%Y-%m-%d %H:%M:%S}")
        moment.at = local
        return moment
