"""Exact statistics of windows: the reference that any faster kernel must equal.

Many targets share a sliding window in pure Python; the few of a tick read theirs from arrays.
"""

__all__: list[str] = []
