"""Options of the in-memory storage."""

from __future__ import annotations

from detectk.contracts.options import Options

__all__ = ["MemoryOptions"]


class MemoryOptions(Options):
    """Nothing to choose: everything is gone when the process ends."""
