"""One database that keeps history and, where it can, state."""

from __future__ import annotations

from abc import abstractmethod

from detectk.contracts.history import History
from detectk.contracts.part import Health, O, Part
from detectk.contracts.state import State

__all__ = ["Storage"]


class Storage(Part[O]):
    """What a ``storage:`` block names; opens nothing before one of its halves is used."""

    @abstractmethod
    def history(self) -> History:
        """Return the half that keeps points and verdicts; the same object every time."""

    @abstractmethod
    def state(self) -> State | None:
        """Return the half that keeps alert state, or None where the database cannot."""

    @abstractmethod
    def check(self) -> Health:
        """Return whether points can be kept there; never raises, and may make the tables."""

    @abstractmethod
    def identity(self) -> str:
        """Return what tells this database from another, without secrets.

        Metrics whose storages have one identity share one connection and one transaction log.
        """
