"""Offer the ClickHouse collector and the ClickHouse storage to the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer one collector and one storage."""
    return (
        Component(
            kind="collector",
            name="clickhouse",
            target="detectk.collectors.clickhouse.collector:ClickHouseCollector",
            options="detectk.collectors.clickhouse.options:ClickHouseCollectorOptions",
            summary="rows of a ClickHouse query",
        ),
        Component(
            kind="storage",
            name="clickhouse",
            target="detectk.collectors.clickhouse.storage:ClickHouseStorage",
            options="detectk.collectors.clickhouse.options:ClickHouseStorageOptions",
            summary="points, verdicts and, on one server, alert state in ClickHouse",
        ),
    )
