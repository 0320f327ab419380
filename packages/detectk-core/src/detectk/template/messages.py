"""The default words of every message, shared by all channels."""

from __future__ import annotations

from typing import Final

from detectk.template.facts import Fact, facts
from detectk.template.headlines import Look, headline, look
from detectk.values.message import Message

__all__ = ["Fact", "Look", "as_text", "facts", "footer", "headline", "look"]

_WIDEST: Final = 28


def footer(message: Message) -> str:
    """Return the small print: how often it is looked at, the rule, the id to ask about it."""
    return f"every {message.interval} · rule {message.rule} · id {message.dedup_key}"


def as_text(message: Message) -> str:
    """Return the message as plain text: headline, facts in two columns, small print."""
    told = facts(message)
    width = min(_WIDEST, max((len(fact.label) for fact in told), default=0))
    rows = [f"  {fact.label:<{width}}  {fact.value}" for fact in told]
    return "\n".join([headline(message), *rows, f"  {footer(message)}"])
