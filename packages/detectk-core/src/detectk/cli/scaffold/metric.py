"""The text of a new metric: every one validates and runs as it is written."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import Final

from detectk.cli.scaffold.project import SPELLINGS
from detectk.cli.scaffold.sample import SAMPLE

__all__ = ["NewMetric"]

_QUERY: Final = """\
SELECT
  {hour} AS period_time,
  {value}
FROM sessions{remark}
WHERE started_at >= '{{ period_start }}'
  AND started_at < '{{ period_finish }}'
GROUP BY 1
ORDER BY 1
"""
_REMARK: Final = "  -- your own table, and your own column of its time"
_SQLITE: Final = "strftime('%Y-%m-%d %H:00:00', started_at)"
_HOURS: Final = {
    "postgresql": "date_trunc('hour', started_at)",
    "mysql": "date_format(started_at, '%Y-%m-%d %H:00:00')",
    "clickhouse": "toStartOfHour(started_at)",
}
"""Name of a database to its words for the hour of a row."""

_COUNT: Final = "count(*) AS value"
_SHARE: Final = """\
avg(CASE WHEN visitor < 50000 THEN 1.0 ELSE 0 END) AS value,
  count(*) AS trials"""

_SAMPLE_SOURCE: Final = f"""\
  # The sample database that was made with this file, so that it runs as it is.
  # Your own database: name its file here, or write its address into
  # detectk_profiles.yaml and put `profile: NAME` in the place of `type` and `path`.
  type: sqlite
  params:
    path: {SAMPLE}  # seen from the project's folder
"""

_PROFILE_SOURCE: Final = """\
  # type, address and password are in detectk_profiles.yaml
  profile: {profile}
  params:
"""

_SLIDING: Final = """\
  params:
    window_size: 30 days  # the past that each new value is compared with
    {width}
    # Compare ten in the morning with ten in the morning. Others: day_of_week, hour_of_week.
    seasonal_features: [hour_of_day]
"""

_DETECTORS: Final = {
    "threshold": """\
  params:
    operator: less_than  # or greater_than, outside with upper_threshold, ...
    threshold: 5
""",
    "mad": _SLIDING.format(
        width="n_sigma: 3  # half the width of the band; more means fewer alarms"
    ),
    "zscore": _SLIDING.format(
        width="n_sigma: 3  # half the width of the band; more means fewer alarms"
    ),
    "iqr": _SLIDING.format(
        width="threshold: 1.5  # way beyond the quartiles, in interquartile ranges"
    ),
    "missing_data": """\
  params:
    consecutive_missing: 2  # so many intervals without a row in a row are an anomaly
""",
    "poisson": _SLIDING.format(
        width="n_sigma: 4  # an anomaly is rarer than a normal value so far out"
    ),
    "binomial": """\
  params:
    trials: trials  # the column with the number that the value is a share of
    window_size: 30 days  # the past that each new value is compared with
    n_sigma: 4  # an anomaly is rarer than a normal value so far out
""",
    "autoreg": """\
  params:
    lags: 5  # each value is forecast from so many points before it
    season: 1 day  # and from what was at this time of the last days
    n_sigma: 5  # half the width of the band; more means fewer alarms
""",
    "changepoint": """\
  params:
    points: 1 day  # the median of the newest points is compared
    window_size: 30 days  # with the level of the window before them
    n_sigma: 4  # half the width of the band; more means fewer alarms
""",
    "flatline": """\
  params:
    # How long is too long is learnt from the window; or say it: duration: 6 hours
    window_size: 30 days
    factor: 3  # too long is so many times the longest run in the window
""",
}

_COLUMNS: Final = {
    "poisson": "fill: zero  # an interval without a row had no events",
    "binomial": "context_columns: [trials]",
}
_FILL: Final = "# fill: zero  # an interval without a row is 0, not missing: often right for counts"

_TEXT: Final = """\
# One file is one metric. Next:
#   dtk validate {path}
#   dtk preview {path}
#   dtk run {path}
name: {name}
description: {description}
tags: [{tag}]

collector:
{source}\
    # One query for every period: it is asked for period_start <= time < period_finish.
    query: |
{query}\
    timestamp_column: period_time
    value_column: value
    {columns}

detector:
  type: {detector}
{parameters}\

# Points and verdicts are kept in .detectk/detectk.db, unless a storage: block says otherwise.

alerter:
  type: console  # or slack, mattermost: see dtk list-alerters
  conditions:
    consecutive_anomalies: 1  # anomalies in a row before anybody is told
    cooldown_minutes: 60  # quiet after a message about the same trouble

schedule:
  interval: 1 hour  # the grid; run dtk as often, from cron say
"""


@dataclass(frozen=True, slots=True)
class NewMetric:
    """What a new metric is made of.

    Attributes:
        name: Its name.
        path: Its file, as the user will type it.
        detector: A type of detector.
        query: The user's SQL; empty for one of the sample.
        profile: The profile of the user's database; empty for the sample.
        database: Type of that database, in any spelling; empty where nobody knows.
    """

    name: str
    path: str
    detector: str
    query: str = ""
    profile: str = ""
    database: str = ""

    def text(self) -> str:
        """Return the file."""
        own = self.query or self.profile
        source = _PROFILE_SOURCE.format(profile=self.profile) if self.profile else _SAMPLE_SOURCE
        hour = _HOURS.get(SPELLINGS.get(self.database, self.database), _SQLITE)
        shared = self.detector == "binomial"
        sample = _QUERY.replace("{hour}", hour).replace("{value}", _SHARE if shared else _COUNT)
        sample = sample.replace("{remark}", _REMARK if self.profile else "")
        described = "share of sessions by old visitors" if shared else "sessions per hour"
        query = (self.query or sample).strip().replace("\t", "  ")
        return _TEXT.format(
            path=self.path,
            name=self.name,
            description="what it counts, and why it matters" if own else described,
            tag="new" if own else "sample",
            source=source,
            query=indent(query, " " * 6) + "\n",
            columns=_COLUMNS.get(self.detector, _FILL),
            detector=self.detector,
            parameters=_DETECTORS.get(self.detector, ""),
        )
