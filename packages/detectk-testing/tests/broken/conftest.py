"""Faults are to be found, not to be explained: the same examples every time, none made smaller."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile("broken", derandomize=True, database=None, phases=[Phase.generate])
settings.load_profile("broken")
