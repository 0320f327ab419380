"""The text of a new project: the files that metrics share."""

from __future__ import annotations

from typing import Final

__all__ = ["DATABASES", "SPELLINGS", "project_files"]

_POSTGRES: Final = """\
warehouse:
  type: postgres
  params:
    host: ${POSTGRES_HOST:-localhost}
    port: 5432
    database: ${POSTGRES_DATABASE:-analytics}
    user: ${POSTGRES_USER:-detectk}
    password: ${POSTGRES_PASSWORD}
"""
_MYSQL: Final = """\
warehouse:
  type: mysql
  params:
    host: ${MYSQL_HOST:-localhost}
    port: 3306
    database: ${MYSQL_DATABASE:-analytics}
    user: ${MYSQL_USER:-detectk}
    password: ${MYSQL_PASSWORD}
"""
_CLICKHOUSE: Final = """\
warehouse:
  type: clickhouse
  params:
    host: ${CLICKHOUSE_HOST:-localhost}
    port: 9000
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

DATABASES: Final[dict[str, tuple[str, str]]] = {
    "sqlite": (_SQLITE, "WAREHOUSE_FILE=sample.db\n"),
    "postgresql": (_POSTGRES, "POSTGRES_HOST=localhost\nPOSTGRES_PASSWORD=\n"),
    "mysql": (_MYSQL, "MYSQL_HOST=localhost\nMYSQL_PASSWORD=\n"),
    "clickhouse": (_CLICKHOUSE, "CLICKHOUSE_HOST=localhost\nCLICKHOUSE_PASSWORD=\n"),
}
"""Name to profile and environment."""

_READY: Final = ("sqlite",)
_LATER: Final = """
# {database} cannot be read by this version; when it can, take the signs away.
"""

SPELLINGS: Final = {"postgres": "postgresql", "mariadb": "mysql"}

_PROFILES: Final = """\
# Connections, by name; a metric uses one with `profile: warehouse`.
# ${NAME} is taken from the environment, ${NAME:-default} has a default.
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

    dtk init metrics/orders.yaml -d mad    # write a metric
    dtk validate                           # check every file
    dtk preview metrics/orders.yaml        # see what its source answers
    dtk run                                # check every metric once

`detectk_profiles.yaml` has the connections, `.env.example` the variables they need. Points,
verdicts and alert states are kept in `.detectk/`.

From cron, every ten minutes:

    */10 * * * * cd /path/to/{name} && dtk run >> dtk.log 2>&1
"""


def project_files(name: str, database: str) -> dict[str, str]:
    """Return path to text of the files of a new project."""
    profile, variables = DATABASES[database]
    if database not in _READY:
        quoted = "".join(f"# {line}\n" for line in profile.splitlines())
        profile = f"{_SQLITE}{_LATER.format(database=database)}{quoted}"
    return {
        "detectk_project.yaml": _PROJECT.format(name=name),
        "detectk_profiles.yaml": _PROFILES + profile,
        ".env.example": _ENVIRONMENT + variables,
        ".gitignore": _IGNORE,
        "README.md": _README.format(name=name),
    }
