"""The components that come with the core."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the console alerter and the in-memory storage."""
    return (
        Component(
            kind="alerter",
            name="console",
            target="detectk.console.alerter:ConsoleAlerter",
            options="detectk.console.options:ConsoleOptions",
            summary="print messages to standard output",
        ),
        Component(
            kind="storage",
            name="memory",
            target="detectk.storage.memory:MemoryStorage",
            options="detectk.storage.options:MemoryOptions",
            summary="keep everything in memory, for one run",
        ),
    )
