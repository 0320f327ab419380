"""A metric file, a real server and a whole run."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from detectk.check import Checker
from detectk.clock import VirtualClock
from detectk.config import ConfigLoader

START = datetime(2024, 7, 1, tzinfo=timezone.utc)
TAIL = """
storage:
  type: memory
schedule:
  interval: 1 hour
detector:
  type: threshold
  params: {operator: greater_than, threshold: 150}
alerter:
  type: console
"""


def run(folder: Path, text: str, *hours: int) -> list[Any]:
    """Return the reports of runs at these hours of 1 July 2024."""
    path = folder / "metric.yaml"
    path.write_text(text + TAIL)
    loader = ConfigLoader(environ={"HOME": str(folder), "TOKEN": "hunter2-hunter2"})
    config = loader.load(path)
    assert config.warnings == ()
    clock = VirtualClock(START)
    reports = []
    with Checker(loader=loader, clock=clock) as checker:
        for hour in hours:
            clock.set(START + timedelta(hours=hour, minutes=1))
            reports += checker.run([config]).metrics
    return reports


def test_a_metric_of_prometheus_is_watched(tmp_path: Path, prometheus: str) -> None:
    text = f"""
name: requests
collector:
  type: prometheus
  params:
    url: {prometheus}
    query: sum by (path) (requests{{path="/"}})
"""
    first, second = run(tmp_path, text, 2, 4)
    assert first.error is second.error is None
    assert first.notices == ()
    # 180 at 03:00 and 240 at 04:00 are above 150; the intervals begin an hour earlier.
    (notice,) = second.notices
    assert notice.incident.onset == START + timedelta(hours=2)
    assert [str(verdicts.labels) for verdicts in second.verdicts] == ["path=/"]


def test_one_value_of_an_endpoint_is_watched(tmp_path: Path, site: Any) -> None:
    text = f"""
name: queue
collector:
  type: rest
  params:
    url: {site.url}
    auth: {{token: "${{TOKEN}}"}}
    value_path: waiting
"""
    site.says({"waiting": 151})
    (report,) = run(tmp_path, text, 2)
    (notice,) = report.notices
    assert notice.incident.onset == START + timedelta(hours=1)
    assert site.asked[0].headers["authorization"] == "Bearer hunter2-hunter2"


@pytest.mark.parametrize("status", [401, 503])
def test_a_failure_is_the_error_of_the_run(
    tmp_path: Path, site: Any, answer: Any, status: int
) -> None:
    site.page = lambda asked: answer("no", status)
    text = (
        f"\nname: queue\ncollector: {{type: http, params: {{url: '{site.url}', value_path: a}}}}\n"
    )
    (report,) = run(tmp_path, text, 2)
    assert f"answered {status}: no" in str(report.error)
