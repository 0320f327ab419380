"""The tables, and how they are made or brought up to this version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from detectk.collectors.clickhouse.database import Database
from detectk.errors import StorageError

__all__ = ["HISTORY", "MONTH", "STATE", "prepare"]

_STATUS: Final = "['value', 'null', 'missing', 'late', 'failed', 'skipped']"
_VERDICT: Final = "['ok', 'anomaly', 'insufficient', 'unjudged']"
MONTH: Final = "toYYYYMM(toDateTime(intDiv(time, 1000000), 'UTC'))"
_NUMBERS: Final = ("value", "expected", "lower", "upper", "score", "excess")

_VERSIONS: Final = """CREATE TABLE IF NOT EXISTS dtk_schema (
    part String, version UInt32, migrated_at DateTime DEFAULT now()
) ENGINE = ReplacingMergeTree(version) ORDER BY part"""


def _history(*, old: bool) -> Sequence[str]:
    return (
        f"""CREATE TABLE IF NOT EXISTS dtk_points (
            metric_name String, series String, key UInt64, time Int64, version UInt32,
            value Float64, status UInt8, context String, seen Int64, written UInt64
        ) ENGINE = ReplacingMergeTree(written)
        PARTITION BY {MONTH} ORDER BY (metric_name, key, time, version)""",
        f"""CREATE TABLE IF NOT EXISTS dtk_verdicts (
            metric_name String, series String, detector_id String, key UInt64, time Int64,
            version UInt32, {", ".join(f"{name} Float64" for name in _NUMBERS)}, direction Int8,
            verdict UInt8, status UInt8, explain String, seen Int64, written UInt64
        ) ENGINE = ReplacingMergeTree(written)
        PARTITION BY {MONTH} ORDER BY (metric_name, key, time, version)""",
        """CREATE TABLE IF NOT EXISTS dtk_series (
            metric_name String, detector_id String, series String, key UInt64,
            oldest Int64, newest Int64, texts UInt8, version UInt64
        ) ENGINE = ReplacingMergeTree(version) ORDER BY (metric_name, key)""",
        """CREATE TABLE IF NOT EXISTS dtk_coverage (
            metric_name String, loaded String, version UInt64
        ) ENGINE = ReplacingMergeTree(version) ORDER BY metric_name""",
        _view(
            "dtk_datapoints",
            "dtk_points",
            keys=("metric_name", "series"),
            shown={
                "value": "if(isNaN(value_), NULL, value_)",
                "status": f"arrayElement({_STATUS}, status_ + 1)",
                "context": "if(context_ = '', '{}', context_)",
            },
            old=old,
        ),
        _view(
            "dtk_detections",
            "dtk_verdicts",
            keys=("metric_name", "series", "detector_id"),
            shown={
                **{name: f"if(isNaN({name}_), NULL, {name}_)" for name in _NUMBERS},
                "direction": "direction_",
                "verdict": f"arrayElement({_VERDICT}, verdict_ + 1)",
                "status": f"arrayElement({_STATUS}, status_ + 1)",
                "explain": "if(explain_ = '', '{}', explain_)",
            },
            old=old,
        ),
    )


def _view(
    name: str, table: str, *, keys: Sequence[str], shown: Mapping[str, str], old: bool
) -> str:
    """Return a view of the versions in force, so that a person need not know of the others."""

    def moment(micros: str) -> str:
        if old:
            return f"toDateTime(intDiv({micros}, 1000000), 'UTC')"
        return f"fromUnixTimestamp64Micro(toInt64({micros}), 'UTC')"

    newest = ", ".join(f"argMax({one}, (version, written)) AS {one}_" for one in (*shown, "seen"))
    columns = ", ".join(f"{how} AS {one}" for one, how in shown.items())
    verb = "CREATE VIEW IF NOT EXISTS" if old else "CREATE OR REPLACE VIEW"
    return f"""{verb} {name} AS SELECT {", ".join(keys)}, {moment("time")} AS collected_at,
        {columns}, time AS collected_us, {moment("seen_")} AS seen,
        {moment("first_")} AS first_seen, if(version_ = 0, NULL, {moment("last_")}) AS revised_at
    FROM (
        SELECT {", ".join(keys)}, time, {newest}, max(version) AS version_,
            min(written) AS first_, max(written) AS last_
        FROM {table} GROUP BY {", ".join(keys)}, time
    )"""  # noqa: S608  # every name is our own


def _state(*, old: bool) -> Sequence[str]:
    if old:
        raise StorageError(
            "alert state needs a ClickHouse of version 22 or newer",
            hint="keep alert state elsewhere: add a state: block, for instance type: sqlite",
        )
    # What a metric's state becomes replaces what it was; claims that are long over go by
    # themselves, and the highest token stays.
    return (
        """CREATE TABLE IF NOT EXISTS dtk_state (
            metric_name String, kind LowCardinality(String), name String, version UInt128,
            token UInt64, until Int64, waiting Array(String), body String,
            kept_until DateTime DEFAULT toDateTime('2100-01-01 00:00:00', 'UTC')
        ) ENGINE = ReplacingMergeTree(version) ORDER BY (metric_name, kind, name)
        TTL kept_until DELETE WHERE kind = 'claim'
        SETTINGS merge_with_ttl_timeout = 600""",
    )


HISTORY: Final = ("history", (_history,))
STATE: Final = ("state", (_state,))


def prepare(database: Database, part: tuple[str, Sequence[Callable[..., Sequence[str]]]]) -> None:
    """Apply the migrations of ``part`` that are missing; each may be applied twice.

    Raises:
        StorageError: A newer version has been here, or the tables cannot be made.
    """
    name, migrations = part
    version = _version(database, name)
    if version > len(migrations):
        raise StorageError(
            f"the database has {name} tables of version {version}, "
            f"this detectk-collectors-clickhouse knows {len(migrations)}",
            where=f"ClickHouse {database.servers.hosts.target}",
            hint="upgrade it: pip install -U detectk-collectors-clickhouse",
        )
    if version == len(migrations):
        return
    old = database.old()
    for migration in migrations[version:]:
        for statement in migration(old=old):
            database.ask(statement)
    database.ask(_VERSIONS)
    database.insert("dtk_schema", {"part": [name], "version": [len(migrations)]})


def _version(database: Database, part: str) -> int:
    if not database.has_table("dtk_schema"):
        return 0
    query = f"SELECT max(version) FROM dtk_schema WHERE part = '{part}'"  # noqa: S608  # our own
    return int(database.ask(query).columns[0][0])
