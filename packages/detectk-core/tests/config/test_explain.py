"""The merged config, with the origin of every value."""

from __future__ import annotations

from collections.abc import Callable

from detectk.config import MetricConfig, explain

Load = Callable[[str], MetricConfig]

METRIC = """\
name: orders
description: Orders per minute
tags: [critical]
collector:
  profile: prod
  params:
    query: |
      SELECT '{{ period_start }}',
        '{{ period_finish }}'
    timeout: 1.5
storage: {type: sqlite, params: {path: a.db}}
state: {type: postgres}
detectors: [{type: mad, id: wide, params: {seasonal_features: [hour]}}, {type: plain}]
alerter:
  type: slack
  params: {webhook_url: "${SLACK_WEBHOOK}", username: "yes: ${POSTGRES_PASSWORD}"}
  conditions: {for: 90 minutes, cooldown: 1 day, keep_firing_for: 30}
schedule: {interval: 1 hour, start_time: 2024-01-01}
metadata: {team: shop, budget: 3}
"""


def test_every_value_says_where_it_is_from(
    load: Load, write: Callable[[str, str], str], project: object
) -> None:
    write("detectk_profiles.yaml", "prod: {type: clickhouse, port: 9440, user: true_false}")
    text = explain(load(METRIC))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines[0] == f"# m.yaml, project {project}"
    for line in (
        "name: orders",
        "description: Orders per minute",
        'tags: ["critical"]',
        "profile: prod",
        "host: ch.example.com # env CLICKHOUSE_HOST",
        "port: 9440 # profile 'prod'",
        "timeout: 1.5 # param",
        "database: default # default",
        "query: | # param",
        "SELECT '{{ period_start }}',",
        "type: sql # written 'sqlite'",
        "dialect: sqlite # type 'sqlite'",
        "dialect: postgresql # type 'postgres'",
        "path: a.db # param",
        "- id: wide",
        'seasonal_features: ["hour"] # param',
        "n_sigma: 3.0 # default",
        "min_samples: null # default",
        '"***" # param',
        'username: "yes: ***" # param',
        'for: "90 minutes" # rule',
        'cooldown: "1 day" # rule',
        'keep_firing_for: "30 seconds" # rule',
        "consecutive: 1 # default",
        'no_data: {"after": 3, "keep_state": false, "sparse_guard": true} # default',
        'interval: "1 hour" # param',
        "end_time: null # default",
        'metadata: {"team": "shop", "budget": 3}',
    ):
        assert line in lines or any(found.endswith(line) for found in lines), line
    assert "s3cret" not in text
    assert "2024-01-01T00:00:00+00:00" in text


def test_nothing_given_is_all_defaults(load: Load) -> None:
    text = explain(
        load(
            "name: orders\ncollector: {type: http, params: {url: http://x/y, auth: {username: u, "
            "password: s3cret-auth}}}\ndetector: {type: plain}\nalerter: {enabled: false}"
        )
    )
    assert "# embedded SQLite in" in text
    assert "s3cret" not in text
    assert '"password": "***"' in text
    assert "metadata" not in text
    assert "tags" not in text
