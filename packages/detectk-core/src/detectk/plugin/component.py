"""How a distribution names what it offers, without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Component", "Kind"]

Kind = Literal["collector", "storage", "detector", "alerter", "command"]


@dataclass(frozen=True, slots=True)
class Component:
    """One entry of the catalogue.

    Attributes:
        kind: What it is.
        name: The ``type:`` a user writes.
        target: ``package.module:Class``, imported at the moment of use.
        options: ``package.options:Model``, imported when a config is validated.
        summary: One line for ``dtk list-...``.
        aliases: Other names to the options they preset: ``{"sqlite": {"dialect": "sqlite"}}``.
    """

    kind: Kind
    name: str
    target: str
    options: str = ""
    summary: str = ""
    aliases: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
