"""The text of a new project: the files that metrics share."""

from __future__ import annotations

from typing import Final

__all__ = ["DATABASES", "SPELLINGS", "project_files"]

_POSTGRESQL: Final = """\
warehouse:
  type: postgresql  # pip install "detectk[postgresql]"
  params:
    host: ${POSTGRES_HOST:-localhost}
    port: ${POSTGRES_PORT:-5432}
    database: ${POSTGRES_DATABASE:-analytics}
    user: ${POSTGRES_USER:-detectk}
    password: ${POSTGRES_PASSWORD}
"""
_MYSQL: Final = """\
warehouse:
  type: mysql  # MariaDB too; pip install "detectk[mysql]"
  params:
    host: ${MYSQL_HOST:-localhost}
    port: ${MYSQL_PORT:-3306}
    database: ${MYSQL_DATABASE:-analytics}
    user: ${MYSQL_USER:-detectk}
    password: ${MYSQL_PASSWORD}
"""
_CLICKHOUSE: Final = """\
warehouse:
  type: clickhouse  # pip install "detectk[clickhouse]"
  params:
    host: ${CLICKHOUSE_HOST:-localhost}  # or several: ch1,ch2
    port: ${CLICKHOUSE_PORT:-9000}  # of the native protocol
    database: ${CLICKHOUSE_DATABASE:-default}
    user: ${CLICKHOUSE_USER:-default}
    password: ${CLICKHOUSE_PASSWORD}
"""
_SQLITE: Final = """\
warehouse:
  type: sqlite
  params:
    path: ${WAREHOUSE_FILE:-sample.db}  # seen from this folder
"""
_SERVER_VARIABLES: Final = """\
{prefix}_HOST=localhost
{prefix}_PORT=
{prefix}_DATABASE=
{prefix}_USER=
{prefix}_PASSWORD=
"""

DATABASES: Final[dict[str, tuple[str, str]]] = {
    "sqlite": (_SQLITE, "WAREHOUSE_FILE=sample.db\n"),
    "postgresql": (_POSTGRESQL, _SERVER_VARIABLES.format(prefix="POSTGRES")),
    "mysql": (_MYSQL, _SERVER_VARIABLES.format(prefix="MYSQL")),
    "clickhouse": (_CLICKHOUSE, _SERVER_VARIABLES.format(prefix="CLICKHOUSE")),
}
"""Name to profile and environment."""

SPELLINGS: Final = {"postgres": "postgresql", "mariadb": "mysql"}

_PROFILES: Final = """\
# Connections, by name; a metric uses one with `profile: warehouse`.
# ${NAME} is taken from the environment, ${NAME:-default} has a default.
"""
_MORE: Final = """
# A metric may also keep its history there: `storage: {profile: warehouse}`, as a user who may
# create tables. Without a storage: block it is kept in .detectk/detectk.db.
"""
_PROJECT: Final = """\
# This file marks the project's folder: relative paths start here.
name: {name}

# When people are told, for every metric that says nothing else:
# alerting:
#   consecutive_anomalies: 2
#   cooldown_minutes: 120
"""
_ENVIRONMENT: Final = """\
# Copy this to .env, fill it in, and load it before running: set -a; . ./.env; set +a
# Lines without `export` also serve systemd as an EnvironmentFile.
"""
_IGNORE: Final = """\
.detectk/
.env
sample.db
"""
_README: Final = """\
# {name}

Metrics watched by DetectK: one file in `metrics/` is one metric.

    dtk init metrics/orders.yaml --profile warehouse   # write a metric
    dtk validate --connect                             # check every file, and ask every database
    dtk preview metrics/orders.yaml                    # see what its source answers
    dtk run                                            # check every metric once

`detectk_profiles.yaml` has the connections, `.env.example` the variables they need: copy it to
`.env`, fill it in, and load it with `set -a; . ./.env; set +a`. Points, verdicts and alert states
are kept in `.detectk/`.

From cron, every ten minutes:

    */10 * * * * cd /path/to/{name} && set -a && . ./.env && dtk run >> dtk.log 2>&1
"""


def project_files(name: str, database: str) -> dict[str, str]:
    """Return path to text of the files of a new project."""
    profile, variables = DATABASES[database]
    return {
        "detectk_project.yaml": _PROJECT.format(name=name),
        "detectk_profiles.yaml": _PROFILES + profile + (_MORE if database != "sqlite" else ""),
        ".env.example": _ENVIRONMENT + variables,
        ".gitignore": _IGNORE,
        "README.md": _README.format(name=name),
    }
