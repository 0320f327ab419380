"""Every hook DetectK calls; implement one with ``detectk.plugin.hookimpl``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from detectk.plugin.component import Component
    from detectk.values.report import Delivery, MetricReport, Report

__all__ = ["hookimpl", "hookspec"]

hookspec = pluggy.HookspecMarker("detectk")
hookimpl = pluggy.HookimplMarker("detectk")


# ------------------------------------------------------------------------------------------
# What there is
# ------------------------------------------------------------------------------------------


@hookspec
def detectk_components() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return the components of this distribution.

    Called once, when the catalogue is first needed. Keep the module that implements it light:
    no driver, no numpy, no polars; a `Component` names its classes as text.
    """


@hookspec
def detectk_commands() -> Iterable[Component]:  # type: ignore[empty-body]
    """Return extra ``dtk`` subcommands: components of kind ``command``.

    ``target`` names a typer app or a function; it is imported when the command is called.
    """


@hookspec
def detectk_template_filters() -> Mapping[str, Callable[..., object]]:  # type: ignore[empty-body]
    """Return filters for query and message templates, by name; pure functions only."""


# ------------------------------------------------------------------------------------------
# Secrets
# ------------------------------------------------------------------------------------------


@hookspec(firstresult=True)
def detectk_secret(scheme: str, name: str) -> str | None:
    """Return the value of ``${scheme:name}``, or None when the scheme is not yours.

    Called while a config is loaded, once a reference. The value never reaches a log or a report.
    Raise `LookupError` when the scheme is yours and the name is unknown.
    """


# ------------------------------------------------------------------------------------------
# Observers: their errors are logged and change nothing
# ------------------------------------------------------------------------------------------


@hookspec
def detectk_run_started(metrics: tuple[str, ...]) -> None:
    """Be told that a run over ``metrics`` begins."""


@hookspec
def detectk_metric_checked(report: MetricReport) -> None:
    """Be told what became of one metric."""


@hookspec
def detectk_message_sent(metric: str, delivery: Delivery) -> None:
    """Be told that a message was, or was not, delivered."""


@hookspec
def detectk_run_finished(report: Report) -> None:
    """Be told that the run is over."""
