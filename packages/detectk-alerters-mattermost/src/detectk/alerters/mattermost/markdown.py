"""Mattermost's Markdown: make text harmless."""

from __future__ import annotations

import re

__all__ = ["escape", "quiet"]

_MARKUP = re.compile(r"([\\`*~\[\]<>|]|(?<!\w)_|_(?!\w))")
_MENTION = re.compile(r"@(?=\w)")


def escape(text: str) -> str:
    """Return ``text`` on one line so that Mattermost shows it as it is and calls nobody.

    An underscore within a word is left alone: it means nothing there, and the phone's
    notification shows a backslash as it is.
    """
    return quiet(_MARKUP.sub(r"\\\1", " ".join(text.splitlines())))


def quiet(text: str) -> str:
    """Return ``text`` with its markup and without its mentions: data must not call @all."""
    return _MENTION.sub("@\u200b", text)
