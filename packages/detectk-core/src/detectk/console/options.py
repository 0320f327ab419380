"""Options of the console alerter."""

from __future__ import annotations

from typing import Literal

from pydantic import AliasChoices, Field

from detectk.contracts.options import Options
from detectk.template.custom import MessageTemplate

__all__ = ["ConsoleOptions"]


class ConsoleOptions(Options):
    """How messages look in a terminal."""

    color: Literal["auto", "always", "never"] = Field(
        default="auto", description="Colour the first word: auto does on a terminal."
    )
    message_template: MessageTemplate | None = Field(
        default=None,
        validation_alias=AliasChoices("message_template", "template"),
        description="Jinja template that replaces the default words.",
    )
