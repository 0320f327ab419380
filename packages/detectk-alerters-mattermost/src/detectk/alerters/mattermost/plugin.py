"""Offer the Mattermost alerter to DetectK; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin import Component, hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the alerter ``mattermost``."""
    return (
        Component(
            kind="alerter",
            name="mattermost",
            target="detectk.alerters.mattermost.alerter:MattermostAlerter",
            options="detectk.alerters.mattermost.options:MattermostOptions",
            summary="post to a Mattermost channel through an incoming webhook",
        ),
    )
