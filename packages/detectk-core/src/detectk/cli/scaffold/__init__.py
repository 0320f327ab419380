"""The files that ``init`` and ``init-project`` write."""
