"""Lay a message out in Block Kit, within Slack's limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from detectk.alerters.slack.mrkdwn import fit
from detectk.template.messages import Fact, facts, footer, headline, look
from detectk.template.words import shorten
from detectk.values.message import Message

__all__ = ["custom_payload", "default_payload"]

# Source: https://docs.slack.dev/reference/block-kit/blocks, and chat.postMessage for the text.
_HEADER: Final = 150
_FIELD: Final = 2_000
_FIELDS: Final = 10
_SECTION: Final = 3_000
_TEXT: Final = 40_000
_LABEL: Final = 500
_FALLBACK: Final = 1_000

_Block = dict[str, object]


def default_payload(message: Message, *, note: str = "") -> dict[str, object]:
    """Return the payload of the default words.

    The headline stands alone above, so that the channel's list and the locked screen show it; the
    facts hang below it at a bar in the colour of the severity.

    Args:
        message: What to say.
        note: One more line of small print.
    """
    title = headline(message)
    below = facts(message)
    blocks = [
        *_lines([Fact("", title)] if len(title) > _HEADER else []),
        *_lines(fact for fact in below if fact.wide),
        *_columns([fact for fact in below if not fact.wide]),
        _small_print([footer(message), *([note] if note else [])]),
    ]
    head = {"type": "plain_text", "text": shorten(title, _HEADER), "emoji": False}
    return {
        "text": fit(title, _FALLBACK),
        "blocks": [{"type": "header", "text": head}],
        "attachments": [{"color": look(message).colour, "blocks": blocks}],
    }


def custom_payload(text: str) -> dict[str, object]:
    """Return the payload of the user's own words, as written."""
    return {"text": shorten(text, _TEXT)}


def _lines(told: Iterable[Fact]) -> Iterator[_Block]:
    """Yield sections of full-width lines, as many lines in each as fit."""
    section = ""
    for fact in told:
        label = f"*{fit(fact.label, _LABEL)}*: " if fact.label else ""
        line = label + fit(fact.value, _SECTION - len(label))
        if section and len(section) + 1 + len(line) > _SECTION:
            yield {"type": "section", "text": _mrkdwn(section)}
            section = ""
        section = f"{section}\n{line}" if section else line
    if section:
        yield {"type": "section", "text": _mrkdwn(section)}


def _columns(told: Sequence[Fact]) -> Iterator[_Block]:
    """Yield sections of facts in two columns, ten facts in each at most."""
    for start in range(0, len(told), _FIELDS):
        fields = []
        for fact in told[start : start + _FIELDS]:
            label = f"*{fit(fact.label, _LABEL)}*\n"
            fields.append(_mrkdwn(label + fit(fact.value, _FIELD - len(label))))
        yield {"type": "section", "fields": fields}


def _small_print(texts: Sequence[str]) -> _Block:
    elements = [_mrkdwn(fit(text, _FIELD)) for text in texts]
    return {"type": "context", "elements": elements}


def _mrkdwn(text: str) -> _Block:
    return {"type": "mrkdwn", "text": text}
