"""The in-memory storage passes the suites for which it is the reference itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from detectk.contracts import Services, Storage
from detectk.plugin.builtin import detectk_components
from detectk.storage import MemoryOptions, MemoryStorage
from detectk.testing.history import HistorySuite
from detectk.testing.state import StateSuite


def storage() -> MemoryStorage:
    return MemoryStorage(MemoryOptions(), Services())


class TestMemoryHistory(HistorySuite):
    durable = False
    examples = 10

    def storage(self, folder: Path) -> Storage[Any]:
        return storage()


class TestMemoryState(StateSuite):
    durable = False
    examples = 10

    def storage(self, folder: Path) -> Storage[Any]:
        return storage()


def test_a_lease_lasts_as_long_as_it_was_given_for() -> None:
    state = storage().state()
    state.lease(["orders"], holder="a", ttl=timedelta(microseconds=1))
    while "orders" not in (leases := state.lease(["orders"], holder="b", ttl=timedelta(1))).held:
        assert leases.refused == {"orders": "a"}
    assert leases.held["orders"].token == 2


def test_every_storage_of_a_run_is_the_same_database() -> None:
    assert storage().identity() == storage().identity() == "memory"
    assert storage().check().ok


def test_the_core_offers_it() -> None:
    [offer] = [offer for offer in detectk_components() if offer.kind == "storage"]
    assert (offer.name, offer.target) == ("memory", "detectk.storage.memory:MemoryStorage")
    assert offer.options == "detectk.storage.options:MemoryOptions"
