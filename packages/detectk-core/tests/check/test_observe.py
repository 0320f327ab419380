"""Plugins that watch are told, and cannot do harm."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pluggy

from detectk.check.observe import observer_of
from detectk.plugin import Catalogue, hookimpl
from detectk.plugin import hookspecs as specs
from detectk.plugin.discovery import Plugins
from detectk.values import Delivery, MetricReport, Report

if TYPE_CHECKING:
    import pytest


class Watcher:
    def __init__(self) -> None:
        self.seen: list[str] = []

    @hookimpl
    def detectk_run_started(self, metrics: tuple[str, ...]) -> None:
        self.seen.append(f"started {','.join(metrics)}")

    @hookimpl
    def detectk_metric_checked(self, report: MetricReport) -> None:
        self.seen.append(f"checked {report.metric}")

    @hookimpl
    def detectk_message_sent(self, metric: str, delivery: Delivery) -> None:
        self.seen.append(f"sent {metric} {delivery.channel}")

    @hookimpl
    def detectk_run_finished(self, report: Report) -> None:
        self.seen.append(f"finished {len(report.metrics)}")


class Clumsy:
    @hookimpl
    def detectk_metric_checked(self) -> None:
        msg = "tripped"
        raise RuntimeError(msg)


def test_watchers_are_told_and_a_clumsy_one_is_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    manager = pluggy.PluginManager("detectk")
    manager.add_hookspecs(specs)
    watcher = Watcher()
    manager.register(watcher)
    manager.register(Clumsy(), "clumsy")
    observer = observer_of(Catalogue(Plugins((), manager.hook)))
    report = MetricReport("orders")
    with caplog.at_level(logging.WARNING):
        observer.started(("orders",))
        observer.checked(report)
        observer.sent("orders", Delivery("console", "k", "fired", delivered=True))
        observer.finished(Report(datetime(2024, 1, 1, tzinfo=timezone.utc), (report,)))
    assert watcher.seen == [
        "started orders",
        "checked orders",
        "sent orders console",
        "finished 1",
    ]
    assert "clumsy failed in detectk_metric_checked: tripped" in caplog.text
