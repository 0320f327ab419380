"""Offer the SQL collector and the SQL storage to the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

__all__ = ["detectk_components"]

_ALIASES = {
    "sqlite": {"dialect": "sqlite"},
    "postgres": {"dialect": "postgresql"},
    "postgresql": {"dialect": "postgresql"},
    "mysql": {"dialect": "mysql"},
    "mariadb": {"dialect": "mysql"},
}


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer one collector and one storage; the dialect is an option."""
    return (
        Component(
            kind="collector",
            name="sql",
            target="detectk.collectors.sql.collector:SqlCollector",
            options="detectk.collectors.sql.options:SqlCollectorOptions",
            summary="rows of a SQL query: SQLite, PostgreSQL, MySQL and MariaDB",
            aliases=_ALIASES,
        ),
        Component(
            kind="storage",
            name="sql",
            target="detectk.collectors.sql.storage:SqlStorage",
            options="detectk.collectors.sql.options:SqlStorageOptions",
            summary="points, verdicts and alert state in SQLite, PostgreSQL, MySQL or MariaDB",
            aliases=_ALIASES,
        ),
    )
