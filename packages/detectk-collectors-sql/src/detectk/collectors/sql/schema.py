"""Create the tables, or bring them up to this version."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from detectk.clock import Clock
from detectk.collectors.sql.database import Database
from detectk.errors import StorageError

__all__ = ["prepare"]

_VERSIONS = "dtk_schema"


def prepare(database: Database, clock: Clock) -> None:
    """Apply the migrations that are missing, in one transaction.

    Raises:
        StorageError: A newer version has been here, or the database cannot be written.
    """
    migrations = database.dialect.migrations
    if database.prepared:
        return
    if _version(database) == len(migrations):
        database.prepared = True
        return
    with database.transaction():
        version = _version(database)
        if version > len(migrations):
            raise StorageError(
                f"the database has tables of version {version}, "
                f"this detectk-collectors-sql knows {len(migrations)}",
                hint="upgrade it: pip install -U detectk-collectors-sql",
            )
        for migration in migrations[version:]:
            for statement in migration:
                database.run(statement)
        if not version:
            database.run(f"CREATE TABLE {_VERSIONS} (version INTEGER, migrated_at TEXT)")
        database.run(f"DELETE FROM {_VERSIONS}")
        row = (len(migrations), clock.now().isoformat(timespec="seconds"))
        database.insert(_VERSIONS, ("version", "migrated_at"), [row])


def _version(database: Database) -> int:
    if not database.has_table(_VERSIONS):
        return 0
    return int(database.query(f"SELECT version FROM {_VERSIONS}")[0][0])
