"""Fixtures for authors; pytest loads this module, so it imports nothing slow by itself."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from detectk.clock import VirtualClock
    from detectk.contracts.services import Services

__all__ = ["services", "virtual_clock"]


pytest.register_assert_rewrite(
    "detectk.testing.alerter",
    "detectk.testing.collector",
    "detectk.testing.detector",
    "detectk.testing.history",
    "detectk.testing.plugin",
    "detectk.testing.state",
)


@pytest.fixture
def virtual_clock() -> VirtualClock:
    """Return a clock that stands at noon of Monday, 1 July 2024, UTC, until it is moved."""
    from detectk.clock import VirtualClock

    return VirtualClock(datetime(2024, 7, 1, 12, tzinfo=timezone.utc))


@pytest.fixture
def services(virtual_clock: VirtualClock, tmp_path: Path) -> Services:
    """Return what the core lends to a part: the virtual clock and a folder of its own."""
    from detectk.contracts.services import Services

    return Services(clock=virtual_clock, root=tmp_path, where="metrics/example.yaml")
