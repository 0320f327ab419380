"""A private ClickHouse of today: the server inside the wheel ``chdb-core``, in a child process."""

from __future__ import annotations

import importlib.util
import secrets
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from detectk.testing.servers.clients import ask, need_driver
from detectk.testing.servers.home import Home, home
from detectk.testing.servers.process import Ports, Recipe, serving
from detectk.testing.servers.server import MissingServerError, Server

__all__ = ["Xml", "started_clickhouse", "users", "xml"]

Xml = Mapping[str, "str | Xml"]
"""Elements by name: text, or elements again."""

# The call reads config.xml from the working directory and lives as long as its last statement:
# one row a block keeps each block below the longest sleep allowed, the sum keeps the sleep in.
# TCP comes last because it is what we ask: once it answers, HTTP does too.
_CHILD: Final = """
import sys
from chdb import _chdb
listen = "SYSTEM START LISTEN HTTP; SYSTEM START LISTEN TCP; "
forever = "SELECT sum(sleepEachRow(3)) FROM numbers(10000000) SETTINGS max_block_size=1"
_chdb.query(listen + forever, "TSV", path=sys.argv[1])
"""

_DURABLE: Final[Xml] = {"merge_tree": {"fsync_after_insert": "1", "fsync_part_directory": "1"}}


@contextmanager
def started_clickhouse(
    settings: Xml | None = None,
    *,
    data: Path | None = None,
    durable: bool = False,
) -> Iterator[Server]:
    """Have a private ClickHouse while inside ``with``.

    The user ``default`` has no password, ``detectk`` has one, and ``reader`` has the same but may
    only read. It does not speak TLS: the server inside the wheel cannot.

    Args:
        settings: More of its settings, by the elements of ``config.xml``.
        data: Keep its data in a new folder of this one.
        durable: Wait for the disk after each insert.

    Raises:
        MissingServerError: It is not installed, or its driver is not.
        ServerError: It does not start.
    """
    need_driver("clickhouse")
    if importlib.util.find_spec("chdb") is None:
        raise MissingServerError("chdb-core is not installed", hint="pip install chdb-core==26.9.*")
    with home(None, data=data) as place:  # the interpreter may be one that only root can read
        server = Server(
            kind="clickhouse",
            host="127.0.0.1",
            port=0,
            user="detectk",
            password=secrets.token_hex(8),
            database="default",
            reader="reader",
        )
        place.write("users.xml", xml("clickhouse", users(server.password)))
        chosen = {**(_DURABLE if durable else {}), **(settings or {})}
        recipe = Recipe(
            "clickhouse",
            command=lambda ports: _command(place, ports, chosen),
            probe=lambda ports: ask(replace(server, port=ports[0]), "SELECT 1"),
            ports=2,
        )
        with serving(place, recipe) as process:
            server = replace(server, port=process.ports[0], http_port=process.ports[1])
            version = str(ask(server, "SELECT version()")[0][0])
            yield replace(server, version=version, control=process)


def xml(name: str, content: str | Xml) -> str:
    """Return the element ``name``."""
    if isinstance(content, str):
        return f"<{name}>{escape(content)}</{name}>"
    inside = "".join(xml(each, content[each]) for each in content)
    return f"<{name}>{inside}</{name}>"


def users(password: str) -> Xml:
    """Return the users that every ClickHouse of ours has, whatever its age."""

    def user(secret: str, profile: str) -> Xml:
        networks = {"ip": "127.0.0.1"}
        rest = {"profile": profile, "quota": "default"}
        return {"password": secret, "networks": networks, **rest}

    return {
        "profiles": {"default": {}, "readonly": {"readonly": "1"}},
        "users": {
            "default": user("", "default"),
            "detectk": user(password, "default"),
            "reader": user(password, "readonly"),
        },
        "quotas": {"default": {}},
    }


def _command(place: Home, ports: Ports, settings: Xml) -> Sequence[str]:
    config: dict[str, str | Xml] = {
        "listen_host": "127.0.0.1",
        "tcp_port": str(ports[0]),
        "http_port": str(ports[1]),
        "timezone": "UTC",
        "users_config": "users.xml",
        "database_atomic_delay_before_drop_table_sec": "0",
        "query_log": {
            "database": "system",
            "table": "query_log",
            "flush_interval_milliseconds": "500",
        },
    }
    place.write("config.xml", xml("clickhouse", {**config, **settings}))
    return [sys.executable, "-c", _CHILD, str(place.data)]
