"""How often a window meets the groups of the calendar: some can never fill."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from math import ceil, lcm

from detectk.values.interval import Interval

__all__ = ["never_filled"]

_HOUR, _DAY, _WEEK, _MONTH = 3_600, 86_400, 604_800, 2_592_000
_LONGEST_MONTH = 31 * _DAY
_PERIOD = {
    "hour_of_day": _DAY,
    "day_of_week": _WEEK,
    "hour_of_week": _WEEK,
    "business_day": _WEEK,
    "day_of_month": _MONTH,
    "month_end": _MONTH,
}
_OF_AN_HOUR = {"hour_of_day", "hour_of_week"}
_WEEKEND = 2


def never_filled(
    features: Collection[str], window: timedelta, *, interval: Interval, least: int
) -> str:
    """Say why groups can never have ``least`` values; empty when they can.

    Only what the clock gives is looked at: a column of the query may be anything, and how often
    there is a holiday or an event nobody knows. A month counts as 30 days.

    Args:
        features: What the points of a group agree in; call it once a feature where they are
            separate.
        window: Length of the baseline.
        interval: The grid.
        least: Values without which a group is thin.
    """
    known = [name for name in features if name in _PERIOD]
    if not known:
        return ""
    step = int(interval.nominal.total_seconds())
    length = _HOUR if _OF_AN_HOUR & set(known) else _DAY
    period = lcm(*(_PERIOD[name] for name in known))
    if step > length:
        # The grid meets the same hour, or day, of the period only where both begin together.
        period = lcm(period, step)
    values = max(1, length // step)
    if "business_day" in known and not {"day_of_week", "hour_of_week"} & set(known):
        values *= _WEEKEND
    periods, rest = divmod(int(window.total_seconds()), period)
    held = periods * values + min(values - 1, rest // step)
    if held >= least:
        return ""
    longest = period // _MONTH * _LONGEST_MONTH if period % _MONTH == 0 else period
    days = ceil(ceil(least / values) * longest / _DAY)
    return (
        f"a window of {_spoken(window)} holds {held or 'no'} value{'' if held == 1 else 's'} of "
        f"each {' x '.join(known)}, min_group_samples is {least}: "
        f"make the window {days} days or longer"
    )


def _spoken(window: timedelta) -> str:
    days, rest = divmod(window, timedelta(days=1))
    if rest:
        return f"{window / timedelta(hours=1):g} hours"
    return f"{days} day{'' if days == 1 else 's'}"
