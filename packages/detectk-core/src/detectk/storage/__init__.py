"""The storage that comes with the core: in memory, and the reference for every other one."""

from detectk.storage.memory import MemoryHistory, MemoryState, MemoryStorage
from detectk.storage.options import MemoryOptions

__all__ = ["MemoryHistory", "MemoryOptions", "MemoryState", "MemoryStorage"]
