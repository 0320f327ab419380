"""Every storage that the project has, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectk.contracts import Options, Services, Storage
from detectk.testing.servers import Server

NAMES = ("sqlite", "postgresql", "mariadb", "clickhouse")


@dataclass(frozen=True)
class Place:
    """One kind of storage, with an empty database."""

    name: str
    kind: type[Storage[Any]]
    options: Options
    root: Path
    server: Server | None = None

    def storage(self) -> Storage[Any]:
        return self.kind(self.options, Services(root=self.root))


def options_of(name: str, url: str) -> tuple[type[Storage[Any]], Options]:
    """Return the storage of ``url`` and its options."""
    if name == "clickhouse":
        from detectk.collectors.clickhouse.options import ClickHouseStorageOptions
        from detectk.collectors.clickhouse.storage import ClickHouseStorage

        return ClickHouseStorage, ClickHouseStorageOptions.model_validate(
            {"connection_string": url}
        )
    from detectk.collectors.sql.options import SqlStorageOptions
    from detectk.collectors.sql.storage import SqlStorage

    dialect = {"postgresql": "postgresql", "mariadb": "mysql", "sqlite": "sqlite"}[name]
    return SqlStorage, SqlStorageOptions.model_validate(
        {"dialect": dialect, "connection_string": url}
    )
