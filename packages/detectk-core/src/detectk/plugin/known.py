"""Components the project publishes, so that a missing one can be named with its install line."""

from __future__ import annotations

from detectk.plugin.component import Kind

__all__ = ["KNOWN"]

_SQL = ("sql", "sqlite", "postgres", "postgresql", "mysql", "mariadb")
_HTTP = ("http", "rest", "prometheus")
_FILES = ("files", "csv", "parquet", "ndjson")
_DETECTORS = (
    *("threshold", "manual_bounds", "mad", "zscore", "iqr", "poisson", "binomial"),
    *("autoreg", "changepoint", "flatline", "missing_data"),
)

KNOWN: dict[tuple[Kind, str], str] = {
    **{("collector", name): "detectk-collectors-sql" for name in _SQL},
    **{("storage", name): "detectk-collectors-sql" for name in _SQL},
    ("collector", "clickhouse"): "detectk-collectors-clickhouse",
    ("storage", "clickhouse"): "detectk-collectors-clickhouse",
    **{("collector", name): "detectk-collectors-http" for name in _HTTP},
    **{("collector", name): "detectk-collectors-files" for name in _FILES},
    **{("detector", name): "detectk-detectors" for name in _DETECTORS},
    ("alerter", "mattermost"): "detectk-alerters-mattermost",
    ("alerter", "slack"): "detectk-alerters-slack",
}
"""(kind, type or alias) to the distribution that has it."""
