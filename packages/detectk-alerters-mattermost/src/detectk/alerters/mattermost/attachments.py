"""Lay a message out as a Mattermost attachment, within the server's limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from detectk.alerters.mattermost.markdown import escape, quiet
from detectk.template.messages import Fact, facts, footer, headline, look
from detectk.template.words import shorten
from detectk.values.message import Message

__all__ = ["custom_payload", "default_payload"]

# Source: PostMessageMaxRunesV2 in mattermost/server/public/model/post.go. All attachments of a
# post may have 800,000 characters; the limits below keep far from it, and old servers with 8,000
# get a message that is cut rather than refused.
_TEXT: Final = 16_383
_LINES: Final = 4_000
_VALUE: Final = 300
_TITLE: Final = 500


def default_payload(message: Message, *, note: str = "") -> dict[str, object]:
    """Return the payload of the default words.

    Args:
        message: What to say.
        note: One more line of small print.
    """
    title = headline(message)
    told = facts(message)
    small = [footer(message), *([note] if note else [])]
    attachment: dict[str, object] = {
        "fallback": quiet(shorten(title, _TITLE)),
        "color": look(message).colour,
        "title": quiet(shorten(title, _TITLE)),
        "text": _lines(fact for fact in told if fact.wide),
        "fields": [_field(fact) for fact in told if not fact.wide],
        "footer": quiet(shorten(" · ".join(small), _TITLE)),
    }
    return {"attachments": [{key: value for key, value in attachment.items() if value}]}


def custom_payload(text: str) -> dict[str, object]:
    """Return the payload of the user's own words, as written."""
    return {"text": shorten(text, _TEXT)}


def _lines(told: Iterable[Fact]) -> str:
    """Return a list of full-width facts; the last ones are left out, and counted, if too many."""
    lines = [
        f"- **{escape(fact.label)}**: {escape(shorten(fact.value, 2 * _VALUE))}" for fact in told
    ]
    size, kept = 0, 0
    for line in lines:
        size += len(line) + 1
        kept += size <= _LINES
    left = len(lines) - kept
    return "\n".join([*lines[:kept], *([f"- and {left} more"] if left else [])])


def _field(fact: Fact) -> dict[str, object]:
    return {"short": True, "title": fact.label, "value": escape(shorten(fact.value, _VALUE))}
