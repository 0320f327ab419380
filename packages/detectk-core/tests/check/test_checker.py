"""Many metrics at once: run, load, look and ask who answers."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from detectk.check import Checker, exit_code
from detectk.clock import VirtualClock
from detectk.config import ConfigLoader, MetricConfig
from detectk.errors import CollectError, ConfigError, PluginError
from detectk.plugin import Catalogue
from detectk.plugin.discovery import Plugins
from detectk.values import MetricReport, Report, Status, Window

if TYPE_CHECKING:
    from conftest import Shop

START = datetime(2024, 3, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)
MAD = "  type: mad\n  params: {window_size: 24, min_samples: 5}\n"


def at(hour: int) -> VirtualClock:
    return VirtualClock(START + hour * HOUR + timedelta(minutes=1))


def config_of(
    shop: Shop, name: str = "orders", *, detector: str = "", extra: str = ""
) -> MetricConfig:
    return ConfigLoader().load(shop.metric(name, detector=detector, extra=extra))


def test_a_broken_metric_leaves_the_others_alone(shop: Shop) -> None:
    good, bad = config_of(shop), config_of(shop, "other")
    path = shop.metric("broken")
    path.write_text(path.read_text().replace("FROM shop", "FROM shops"))
    broken = ConfigLoader().load(path)
    with Checker(clock=at(48)) as checker:
        report = checker.run([good, broken, bad])
    assert [metric.metric for metric in report.metrics] == ["orders", "broken", "other"]
    assert [metric.error is None for metric in report.metrics] == [True, False, True]
    assert exit_code(report) == 4


def test_metrics_share_one_database(shop: Shop) -> None:
    with Checker(clock=at(48)) as checker:
        checker.run([config_of(shop), config_of(shop, "other")])
    stored = sqlite3.connect(shop.root / ".detectk" / "detectk.db")
    names = stored.execute("SELECT DISTINCT metric_name FROM dtk_datapoints ORDER BY 1").fetchall()
    stored.close()
    assert names == [("orders",), ("other",)]


def test_a_dry_run_decides_but_keeps_and_sends_nothing(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add(47, 1.0)
    config = config_of(shop, extra="alerter: {type: console}\n")
    with Checker(clock=at(48)) as checker:
        first = checker.run([config], dry_run=True)
        again = checker.run([config], dry_run=True)
    for report in (first, again):
        assert [notice.kind for notice in report.metrics[0].notices] == ["fired"]
        assert report.metrics[0].deliveries == ()
    assert capsys.readouterr().out == ""
    assert not (shop.root / ".detectk").exists()
    with Checker(clock=at(48)) as checker:
        assert len(checker.run([config]).metrics[0].deliveries) == 1


def test_a_dry_run_after_real_ones_sees_their_state(shop: Shop) -> None:
    shop.add(47, 1.0)
    shop.add(48, 1.0)
    config = config_of(shop, extra="alerter: {type: console}\n")
    with Checker(clock=at(48)) as checker:
        checker.run([config])
    with Checker(clock=at(49)) as checker:
        assert checker.run([config], dry_run=True).metrics[0].notices == ()


def test_load_then_run_judges_with_the_loaded_history(shop: Shop) -> None:
    config = config_of(shop, detector=MAD, extra="")
    with Checker(clock=at(47)) as checker:
        assert len(checker.batches(config, start=START)) == 1
        done = checker.load(config, start=START)
        assert (done.rows, checker.batches(config, start=START)) == (47, [])
        past = checker.past(config, Window(START, START + 50 * HOUR))
        assert len(past.series[0]) == len(past.verdicts[0]) == 47
    shop.add(47, 900.0)
    with Checker(clock=at(48)) as checker:
        (metric,) = checker.run([config]).metrics
    assert metric.collected == 1
    assert metric.verdicts[0].verdict.tolist() == [1]


def test_a_load_that_fails_names_the_metric(shop: Shop) -> None:
    path = shop.metric()
    path.write_text(path.read_text().replace("FROM shop", "FROM shops"))
    with Checker(clock=at(48)) as checker, pytest.raises(CollectError, match=r"orders: .*shops"):
        checker.load(ConfigLoader().load(path), start=START)


def test_preview_shows_the_question_the_rows_and_what_they_advise(shop: Shop) -> None:
    for hour in (25, 29, 32, 37, 41):
        with sqlite3.connect(shop.root / "shop.db") as source:
            moment = (START + hour * HOUR).strftime("%Y-%m-%d %H:%M:%S")
            source.execute("DELETE FROM shop WHERE at = ?", (moment,))
        source.close()
    with Checker(clock=at(48)) as checker:
        preview = checker.preview(config_of(shop, detector=MAD), rows=3)
    assert "FROM shop" in preview.query
    assert "2024-03-0" in preview.query
    assert len(preview.series[0]) == 3
    assert preview.interval == preview.inferred == "1 hour"
    assert 0.05 < preview.missing_share < 0.3
    assert any("fill to zero" in sentence for sentence in preview.advice)


def test_preview_advises_a_season_that_is_there(shop: Shop) -> None:
    for hour in range(24 * 9):
        shop.add(hour, 100.0 * (hour % 24) + hour % 5)
    window = MAD.replace("window_size: 24", "window_size: 8 days")
    with Checker(clock=at(24 * 9)) as checker:
        preview = checker.preview(config_of(shop, detector=window))
    assert any("hour_of_day" in sentence for sentence in preview.advice)


def test_preview_of_an_empty_source_says_what_to_check(shop: Shop) -> None:
    with Checker(clock=at(24 * 400)) as checker:
        preview = checker.preview(config_of(shop))
    assert preview.points == 0
    assert preview.inferred is None
    assert len(preview.advice) == 1


def test_preview_sees_a_grid_that_does_not_fit(shop: Shop) -> None:
    path = shop.metric()
    path.write_text(path.read_text().replace("1 hour", "10 minutes"))
    with Checker(clock=at(48)) as checker:
        preview = checker.preview(ConfigLoader().load(path))
    assert (preview.interval, preview.inferred) == ("10 minutes", "1 hour")
    assert any("make them agree" in sentence for sentence in preview.advice)


def test_health_asks_source_and_storage(shop: Shop) -> None:
    config = config_of(shop)
    (shop.root / "gone.db").unlink(missing_ok=True)
    path = shop.metric("gone")
    path.write_text(path.read_text().replace("shop.db", "gone.db"))
    with Checker(clock=at(48)) as checker:
        found = checker.health([config, ConfigLoader().load(path)])
    assert [(c.metric, c.part, c.ok) for c in found] == [
        ("orders", "collector", True),
        ("orders", "storage", True),
        ("gone", "collector", False),
        ("gone", "storage", True),
    ]
    assert "gone.db" in found[2].detail


def test_a_detector_that_needs_history_refuses_to_run_without_storage(shop: Shop) -> None:
    config = config_of(shop, detector=MAD, extra="storage: {enabled: false}\n")
    with Checker(clock=at(48)) as checker:
        report = checker.run([config])
    assert isinstance(report.metrics[0].error, ConfigError)
    assert exit_code(report) == 2


def test_a_threshold_runs_without_storage(shop: Shop) -> None:
    config = config_of(shop, extra="storage: {enabled: false}\n")
    with Checker(clock=at(48)) as checker:
        (metric,) = checker.run([config]).metrics
    assert metric.error is None
    assert metric.verdicts[0].status.tolist() == [Status.VALUE]


def test_alerters_of_one_type_have_names_of_their_own(shop: Shop) -> None:
    shop.add(47, 1.0)
    config = config_of(shop, extra="alerters: [{type: console}, {type: console}]\n")
    with Checker(clock=at(48)) as checker:
        (metric,) = checker.run([config]).metrics
    assert [delivery.channel for delivery in metric.deliveries] == ["console", "console-2"]


def test_a_disabled_alerter_sends_nothing_and_forgets_nothing(shop: Shop) -> None:
    for hour in (47, 48):
        shop.add(hour, 1.0)
    off = config_of(shop, extra="alerter: {type: console, enabled: false}\n")
    with Checker(clock=at(48)) as checker:
        assert checker.run([off]).metrics[0].notices == ()
    on = config_of(shop, extra="alerter: {type: console}\n")
    with Checker(clock=at(49)) as checker:
        (metric,) = checker.run([on]).metrics
    assert [notice.kind for notice in metric.notices] == ["fired"]
    assert metric.notices[0].incident.onset == START + 47 * HOUR


def report_of(*metrics: MetricReport) -> Report:
    return Report(START, metrics)


@pytest.mark.parametrize(
    ("metrics", "code"),
    [
        ([], 0),
        ([MetricReport("a")], 0),
        ([MetricReport("a", held="x")], 75),
        ([MetricReport("a", held="x"), MetricReport("b")], 0),
        ([MetricReport("a", pending=1)], 4),
        ([MetricReport("a", pending=1), MetricReport("b", error=PluginError("p"))], 3),
        ([MetricReport("a", error=ConfigError("c")), MetricReport("b", error=PluginError("p"))], 2),
        ([MetricReport("a", error=CollectError("c")), MetricReport("b", held="x")], 4),
    ],
)
def test_the_exit_code_is_the_highest_ranked(metrics: list[MetricReport], code: int) -> None:
    assert exit_code(report_of(*metrics)) == code


def test_files_that_could_not_be_read_count(shop: Shop) -> None:
    assert exit_code(report_of(MetricReport("a")), [ConfigError("c")]) == 2


def test_an_anomaly_is_a_result_unless_asked(shop: Shop) -> None:
    shop.add(47, 1.0)
    with Checker(clock=at(48)) as checker:
        report = checker.run([config_of(shop)])
    assert exit_code(report) == 0
    assert exit_code(report, fail_on_anomaly=True) == 1


def test_closing_twice_is_safe(shop: Shop) -> None:
    checker = Checker(clock=at(48))
    checker.run([config_of(shop)])
    checker.close()
    checker.close()


def test_without_the_sql_distribution_everything_runs_in_memory_and_says_so(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    whole = Catalogue.default()
    bare = Catalogue(Plugins(whole.plugins, whole.hooks))
    for plugin in whole.plugins:
        for component in plugin.components:
            if component.kind == "storage" and component.name == "sql":
                less = tuple(c for c in plugin.components if c is not component)
                changed = replace(plugin, components=less)
                plugins = tuple(changed if p is plugin else p for p in whole.plugins)
                bare = Catalogue(Plugins(plugins, whole.hooks))
    with Checker(catalogue=bare, clock=at(48)) as checker:
        (metric,) = checker.run([config_of(shop)]).metrics
    assert metric.error is None
    assert "nothing is kept after this run, cooldowns included" in caplog.text
    assert not (shop.root / ".detectk").exists()


def test_state_may_live_elsewhere(shop: Shop) -> None:
    config = config_of(shop, extra="state: {type: sqlite, params: {path: state.db}}\n")
    with Checker(clock=at(48)) as checker:
        (metric,) = checker.run([config]).metrics
        found = checker.health([config])
    assert metric.error is None
    assert (shop.root / "state.db").exists()
    assert [connection.part for connection in found] == ["collector", "storage", "state"]
