"""Every config of the founding documents loads as it stands there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from detectk.config import ConfigLoader, MetricConfig

Load = Callable[[str], MetricConfig]
Write = Callable[[str, str], str]

# README, "Create a Metric Configuration"
SESSIONS = """\
name: "sessions_10min"
description: "Monitor user sessions every 10 minutes"

# Data collection - returns TIME SERIES (multiple rows)
collector:
  type: "clickhouse"
  params:
    host: "${CLICKHOUSE_HOST}"
    database: "analytics"
    # IMPORTANT: Query returns multiple rows with timestamps!
    query: |
      SELECT
        toStartOfInterval(timestamp, INTERVAL {{ interval }}) AS period_time,
        count(DISTINCT user_id) AS value,
        toHour(period_time) AS hour_of_day  -- optional context
      FROM sessions
      WHERE timestamp >= toDateTime('{{ period_start }}')
        AND timestamp < toDateTime('{{ period_finish }}')
      GROUP BY period_time
      ORDER BY period_time
    # Column mapping (flexible naming)
    timestamp_column: "period_time"
    value_column: "value"
    context_columns: ["hour_of_day"]

# Storage for historical window (required for detection)
storage:
  enabled: true
  type: "clickhouse"
  params:
    connection_string: "${METRICS_DB_URL}"

# Anomaly detection
detector:
  type: "mad"  # Median Absolute Deviation (robust)
  params:
    window_size: "30 days"
    n_sigma: 3.0

# Alert delivery
alerter:
  enabled: true  # Set to false for historical loads
  type: "mattermost"
  params:
    webhook_url: "${MATTERMOST_WEBHOOK}"
    channel: "#ops-alerts"

# Scheduling
schedule:
  interval: "10 minutes"  # Continuous monitoring
"""

# README, "Load Historical Data"
HISTORICAL = """\
schedule:
  start_time: "2024-01-01"   # Load from here
  end_time: "2024-11-01"     # Load until here
  interval: "10 minutes"
  batch_load_days: 30        # Load in 30-day batches

alerter:
  enabled: false  # NO alerts during historical load
"""

# DEPLOYMENT, "Connection Profiles"
PROFILES = """\
# Production ClickHouse
clickhouse_prod:
  type: "clickhouse"
  host: "clickhouse-prod.example.com"
  port: 9000
  user: "detectk"
  password: "${CLICKHOUSE_PASSWORD}"
  database: "analytics"

# Metrics storage
clickhouse_metrics:
  type: "clickhouse"
  host: "clickhouse-metrics.example.com"
  port: 9000
  user: "detectk"
  password: "${METRICS_DB_PASSWORD}"
  database: "metrics"

# Mattermost alerts
mattermost_ops:
  type: "mattermost"
  webhook_url: "${MATTERMOST_WEBHOOK}"
  channel: "#ops-alerts"
  username: "DetectK Monitor"
"""
PROFILED = """\
collector:
  profile: "clickhouse_prod"
  params:
    query: |
      ...

storage:
  enabled: true
  profile: "clickhouse_metrics"

alerter:
  profile: "mattermost_ops"
"""


def test_the_readmes_metric_loads(load: Load) -> None:
    config = load(SESSIONS)
    assert config.name == "sessions_10min"
    assert config.warnings == ()
    assert "-- optional context" in config.collector.options.model_dump()["query"]
    assert config.collector.options.model_dump()["context_columns"] == ("hour_of_day",)
    assert config.storage.type == "clickhouse"
    assert config.detectors[0].options.model_dump()["window_size"] == "30 days"
    assert config.alerters[0].enabled
    assert config.rules["default"].cooldown == timedelta(minutes=60)
    assert config.schedule.interval == "10 minutes"
    assert config.redactor.redact("hunter2hunter2", parts=True) == "***"


def test_the_readmes_historical_metric_is_a_load_definition(
    loader: ConfigLoader, write: Write
) -> None:
    head = SESSIONS.partition("# Alert delivery")[0]
    write("configs/sessions_10min.yaml", SESSIONS)
    write("configs/sessions_10min_historical.yaml", head + HISTORICAL)
    loaded = loader.load_many(["configs/"])
    assert loaded.errors == ()
    [live], [load] = loaded.configs, loaded.load_definitions
    assert live.name == load.name == "sessions_10min"
    schedule = load.schedule.to_schedule()
    assert schedule.start
    assert schedule.end
    assert (schedule.end - schedule.start).days == 305
    assert schedule.batch == timedelta(days=30)


def test_the_profiles_of_the_deployment_guide_work(
    loader: ConfigLoader, write: Write, project: Path
) -> None:
    write("configs/detectk_profiles.yaml", PROFILES)
    path = write(
        "configs/production/sessions_10min.yaml",
        f"name: sessions_10min\n{PROFILED}detector: {{type: mad}}\n",
    )
    config = loader.load(path)
    assert config.project.root == project / "configs"
    assert config.collector.options.model_dump()["host"] == "clickhouse-prod.example.com"
    assert config.storage.options
    assert config.storage.options.model_dump()["database"] == "metrics"
    [alerter] = config.alerters
    assert alerter.type == "mattermost"
    assert alerter.options
    assert alerter.options.model_dump()["username"] == "DetectK Monitor"


FRAGMENTS = {
    "a flexible column naming": (
        "collector:",
        """\
collector:
  type: clickhouse
  params:
    query: |
      SELECT
        toStartOfInterval(timestamp, INTERVAL {{ interval }}) AS ts,
        count() AS metric_val
      FROM my_table
      WHERE timestamp >= toDateTime('{{ period_start }}')
        AND timestamp < toDateTime('{{ period_finish }}')
      GROUP BY ts
      ORDER BY ts
    timestamp_column: "ts"         # Tell DetectK which column is timestamp
    value_column: "metric_val"     # Tell DetectK which column is value
""",
    ),
    "a threshold": (
        "detector:",
        """\
detector:
  type: "threshold"
  params:
    operator: "less_than"
    threshold: 1000
""",
    ),
    "weights": (
        "detector:",
        """\
detector:
  type: "mad"
  params:
    window_size: "30 days"
    n_sigma: 3.0
    use_weighted: true
    weights_type: "exponential"
""",
    ),
    "a detector with a comment for its last param": (
        "detector:",
        """\
detector:
  type: "mad"
  params:
    window_size: "30 days"
    # Detector can use context for seasonal adjustment
""",
    ),
    "a password from the environment": (
        "collector:",
        """\
collector:
  type: clickhouse
  params:
    query: x
    password: "${CLICKHOUSE_PASSWORD}"
""",
    ),
    "tls": (
        "collector:",
        """\
collector:
  type: clickhouse
  params:
    query: x
    secure: true  # Use TLS
    verify: true  # Verify certificates
""",
    ),
    "several hosts": (
        "storage:",
        """\
storage:
  type: clickhouse
  params:
    # Multiple hosts, automatic failover
    host: "ch1.example.com,ch2.example.com,ch3.example.com"
""",
    ),
    "tags": ("tags:", 'tags: ["hourly", "critical", "revenue"]\n'),
}


@pytest.mark.parametrize("title", FRAGMENTS)
def test_every_fragment_loads_in_a_whole_metric(load: Load, title: str) -> None:
    key, fragment = FRAGMENTS[title]
    rest = {
        "collector:": "collector: {type: clickhouse, params: {query: x}}\n",
        "detector:": "detector: {type: mad}\n",
    }
    whole = "name: m\n" + "".join(text for block, text in rest.items() if block != key)
    assert load(whole + fragment).name == "m"
