"""The Python API exactly as the founding documents use it."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.check import MetricCheck
from detectk.config import ConfigLoader
from detectk.errors import ConfigError

if TYPE_CHECKING:
    from conftest import Shop

START = datetime(2024, 3, 1, tzinfo=timezone.utc)
AT = START + timedelta(hours=48, minutes=1)


def test_a_result_has_what_founding_code_reads(shop: Shop) -> None:
    result = MetricCheck().execute(str(shop.metric()), execution_time=AT)
    assert result.metric_name == "orders"
    assert result.timestamp == START + timedelta(hours=47)
    assert result.value == 102.0
    assert type(result.value) is float
    assert any(d.is_anomaly for d in result.detections) is False
    assert result.alert_sent is False
    assert result.errors == ()


def test_an_anomaly_is_sent_and_said(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.add(47, 3.0)
    path = shop.metric(extra="alerter: {type: console}\n")
    result = MetricCheck().execute(path, execution_time="2024-03-03T00:01:00")
    assert result.is_anomaly
    assert result.alert_sent
    assert result.alert_reason == "fired"
    assert result.detection is not None
    assert result.detection.direction == "down"
    assert "orders" in capsys.readouterr().out
    again = MetricCheck().execute(path, execution_time="2024-03-03T00:02:00Z")
    assert not again.alert_sent


def test_a_metric_without_rows_is_no_zero(shop: Shop) -> None:
    with sqlite3.connect(shop.root / "shop.db") as source:
        source.execute("DELETE FROM shop")
    source.close()
    result = MetricCheck().execute(shop.metric(), execution_time=AT)
    assert result.value is None
    assert result.detections == ()
    assert result.errors == ()


def test_a_missing_point_is_none_and_says_so(shop: Shop) -> None:
    path = shop.metric()
    MetricCheck().execute(path, execution_time=AT)
    result = MetricCheck().execute(path, execution_time=AT + timedelta(hours=1))
    assert result.value is None
    assert result.detection is not None
    assert (result.detection.verdict, result.detection.direction) == ("unjudged", "missing")


def test_a_null_is_stored_as_no_value(shop: Shop) -> None:
    shop.add(47, None)
    result = MetricCheck().execute(shop.metric(), execution_time=AT)
    assert result.value is None
    assert not result.is_anomaly


def test_a_broken_source_is_an_error_in_the_result(shop: Shop) -> None:
    path = shop.metric()
    path.write_text(path.read_text().replace("FROM shop", "FROM shops"))
    result = MetricCheck().execute(path, execution_time=AT)
    assert len(result.errors) == 1
    assert "shops" in result.errors[0]


def test_a_broken_file_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("name: x\n")
    with pytest.raises(ConfigError, match=r"broken\.yaml"):
        MetricCheck().execute(path)
    with pytest.raises(ConfigError, match="ISO 8601"):
        MetricCheck().execute(path, execution_time="yesterday")


def test_the_loader_gives_what_founding_code_reads(shop: Shop) -> None:
    config = ConfigLoader().load(str(shop.metric(extra="tags: [shop, hourly]\n")))
    assert set(config.tags) == {"shop", "hourly"}
    assert config.schedule.interval == "1 hour"
    assert {config.schedule.interval: 1}
    assert config.collector.type == "sql"
    assert [detector.type for detector in config.get_detectors()] == ["threshold"]
