"""Tell the plugins that watch; whatever they raise is logged and changes nothing."""

from __future__ import annotations

import logging
from typing import Any

from detectk.pipeline import Observer
from detectk.plugin import Catalogue

__all__ = ["observer_of"]

_log = logging.getLogger(__name__)


def observer_of(catalogue: Catalogue) -> Observer:
    """Return an observer that calls the hooks of every healthy plugin."""
    hooks = catalogue.hooks

    def call(hook: Any, **arguments: Any) -> None:
        for implementation in hook.get_hookimpls():
            names = implementation.argnames
            try:
                implementation.function(*(arguments[name] for name in names))
            except Exception as error:  # noqa: BLE001  # a watcher may raise anything
                _log.warning(
                    "plugin %s failed in %s: %s", implementation.plugin_name, hook.name, error
                )

    return Observer(
        started=lambda metrics: call(hooks.detectk_run_started, metrics=metrics),
        checked=lambda report: call(hooks.detectk_metric_checked, report=report),
        sent=lambda metric, delivery: call(
            hooks.detectk_message_sent, metric=metric, delivery=delivery
        ),
        finished=lambda report: call(hooks.detectk_run_finished, report=report),
    )
