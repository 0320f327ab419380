"""Real database servers for tests, benchmarks and curious contributors.

``with started_postgresql() as server:`` gives one to whoever asks. Under pytest the fixtures
``postgresql_server``, ``mariadb_server``, ``clickhouse_server`` and ``old_clickhouse_server`` are
one each a session; ``postgresql_url``, ``mysql_url`` and ``clickhouse_url`` name a fresh database.
"""

from detectk.testing.servers.clickhouse import started_clickhouse
from detectk.testing.servers.clients import ask, tell
from detectk.testing.servers.databases import database_for, fresh_database
from detectk.testing.servers.mariadb import started_mariadb
from detectk.testing.servers.offered import offered
from detectk.testing.servers.old_clickhouse import started_old_clickhouse
from detectk.testing.servers.postgresql import started_postgresql
from detectk.testing.servers.server import MissingServerError, Server, ServerError

__all__ = [
    "MissingServerError",
    "Server",
    "ServerError",
    "ask",
    "database_for",
    "fresh_database",
    "offered",
    "started_clickhouse",
    "started_mariadb",
    "started_old_clickhouse",
    "started_postgresql",
    "tell",
]
