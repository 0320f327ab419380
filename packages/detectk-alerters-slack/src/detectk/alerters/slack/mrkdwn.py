"""Slack's markup, mrkdwn: make text harmless, make it fit."""

from __future__ import annotations

import re

from detectk.template.words import shorten

__all__ = ["escape", "fit"]

_SHOUT = re.compile(r"@(?=(?:here|channel|everyone)\b)", re.IGNORECASE)


def escape(text: str) -> str:
    """Return ``text`` so that Slack shows it as it is and calls nobody.

    Source: https://docs.slack.dev/messaging/formatting-message-text ("Escaping text").
    """
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SHOUT.sub("@\u200b", text)


def fit(text: str, limit: int) -> str:
    """Return ``text`` escaped and, if it must be, shortened to ``limit`` characters as sent."""
    room = limit
    while len(escaped := escape(shorten(text, room))) > limit:
        room -= max(1, (len(escaped) - limit) // 5)
    return escaped
