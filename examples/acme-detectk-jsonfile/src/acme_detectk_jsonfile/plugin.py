"""What this distribution offers: imported at every start of ``dtk``, so it imports nothing."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin import Component, hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the collector; its classes are named as text and imported when a metric uses them."""
    return (
        Component(
            kind="collector",
            name="jsonfile",
            target="acme_detectk_jsonfile.collector:JsonFileCollector",
            options="acme_detectk_jsonfile.options:JsonFileOptions",
            summary="read the rows of a JSON file",
        ),
    )
