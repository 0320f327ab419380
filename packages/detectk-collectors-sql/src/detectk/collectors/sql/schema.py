"""Create the tables, or bring them up to this version."""

# ruff: noqa: S608  # every name in a statement is our own

from __future__ import annotations

from detectk.clock import Clock
from detectk.collectors.sql.database import Database
from detectk.errors import StorageError

__all__ = ["prepare"]

_VERSIONS = "dtk_schema"


def prepare(database: Database, clock: Clock) -> None:
    """Apply the migrations that are missing, one process at a time.

    Where the database can, all of it is one transaction; elsewhere every statement may run
    again, and the version is written last.

    Raises:
        StorageError: A newer version has been here, or the database cannot be written.
    """
    if database.prepared:
        return
    if _version(database) != len(database.dialect.migrations):
        database.alone(lambda: _migrate(database, clock))
    database.prepared = True


def _migrate(database: Database, clock: Clock) -> None:
    migrations = database.dialect.migrations
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
    row = (len(migrations), clock.now().isoformat(timespec="seconds"))
    if not version:
        columns = "version INTEGER NOT NULL PRIMARY KEY, migrated_at TEXT"
        database.run(f"CREATE TABLE IF NOT EXISTS {_VERSIONS} ({columns})")
        database.run(f"INSERT INTO {_VERSIONS} (version, migrated_at) VALUES (?, ?)", row)
    else:
        database.run(f"UPDATE {_VERSIONS} SET version = ?, migrated_at = ?", row)


def _version(database: Database) -> int:
    if not database.has_table(_VERSIONS):
        return 0
    rows = database.query(f"SELECT max(version) FROM {_VERSIONS}")
    return int(rows[0][0] or 0)
