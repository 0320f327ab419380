"""What this distribution offers."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the collector of files."""
    return (
        Component(
            kind="collector",
            name="files",
            target="detectk.collectors.files.collector:FilesCollector",
            options="detectk.collectors.files.options:FilesOptions",
            summary="read CSV, Parquet and NDJSON files",
            aliases={
                "csv": {"format": "csv"},
                "parquet": {"format": "parquet"},
                "ndjson": {"format": "ndjson"},
            },
        ),
    )
