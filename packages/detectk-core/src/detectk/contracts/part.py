"""What every component has in common."""

from __future__ import annotations

from abc import ABC
from dataclasses import dataclass
from typing import Generic, TypeVar

from detectk.contracts.options import Options
from detectk.contracts.services import Services

__all__ = ["Health", "Part"]

O = TypeVar("O", bound=Options)  # noqa: E741  # the one type variable of the contracts


@dataclass(frozen=True, slots=True)
class Health:
    """Answer of a connectivity check.

    Attributes:
        ok: Whether the other side answered.
        detail: One line: the server's version, or what is wrong.
    """

    ok: bool
    detail: str


class Part(ABC, Generic[O]):
    """A collector, storage, detector or alerter.

    Args:
        options: The component's validated options.
        services: Clock, project root and place.

    Building one does no I/O: connect at the first use, so that ``dtk validate`` stays offline.
    """

    def __init__(self, options: O, services: Services) -> None:
        self.options = options
        self.services = services

    def close(self) -> None:  # many parts have nothing to close
        """Release what was opened; safe to call twice, and on a part that was never used."""
