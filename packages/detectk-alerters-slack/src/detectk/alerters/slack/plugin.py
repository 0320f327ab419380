"""Offer the Slack alerter to DetectK; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin import Component, hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the alerter ``slack``."""
    return (
        Component(
            kind="alerter",
            name="slack",
            target="detectk.alerters.slack.alerter:SlackAlerter",
            options="detectk.alerters.slack.options:SlackOptions",
            summary="post to a Slack channel through an incoming webhook",
        ),
    )
