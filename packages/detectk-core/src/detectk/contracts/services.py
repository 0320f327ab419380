"""What the core lends to a component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from detectk.clock import Clock, SystemClock
from detectk.contracts.pool import Shared

__all__ = ["Services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Handed to every component when it is built.

    Attributes:
        clock: The only source of time.
        root: The project's root folder; relative paths in options start here.
        where: What the component belongs to, for error messages: ``metrics/orders.yaml``; empty
            for a detector, which metrics that say the same of it share.
        filters: Template filters of the plugins, by name.
        shared: Pools of connections that parts of one run use together; whoever made it closes
            it, never a part.
    """

    clock: Clock = field(default_factory=SystemClock)
    root: Path = field(default_factory=Path.cwd)
    where: str = ""
    filters: Mapping[str, Callable[..., object]] = field(default_factory=dict)
    shared: Shared = field(default_factory=Shared)
