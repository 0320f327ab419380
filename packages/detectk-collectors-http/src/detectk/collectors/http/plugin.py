"""What this distribution offers."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the collector of HTTP endpoints."""
    return (
        Component(
            kind="collector",
            name="http",
            target="detectk.collectors.http.collector:HttpCollector",
            options="detectk.collectors.http.options:HttpOptions",
            summary="ask an HTTP endpoint for JSON, CSV or text, or Prometheus for a range",
            aliases={"rest": {}, "prometheus": {"mode": "prometheus"}},
        ),
    )
