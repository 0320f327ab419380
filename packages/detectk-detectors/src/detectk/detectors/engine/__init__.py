"""Exact sliding statistics in pure Python: the reference that any faster kernel must equal."""

__all__: list[str] = []
