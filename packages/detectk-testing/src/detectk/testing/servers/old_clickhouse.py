"""A private ClickHouse of 2018, which Debian still ships: what old servers lack shows there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from detectk.testing.servers.clickhouse import Xml, users, xml
from detectk.testing.servers.clients import ask, need_driver
from detectk.testing.servers.home import Home, home, program, unprivileged
from detectk.testing.servers.process import Ports, Recipe, serving
from detectk.testing.servers.server import MissingServerError, Server
from detectk.testing.servers.tls import Certificate, certificate

__all__ = ["started_old_clickhouse"]


@contextmanager
def started_old_clickhouse(
    settings: Xml | None = None,
    *,
    data: Path | None = None,
    tls: bool = False,
) -> Iterator[Server]:
    """Have a private ``clickhouse-server`` of the machine while inside ``with``.

    Users are those of `started_clickhouse`. An ``INSERT ... VALUES`` with its rows in the text
    hangs on it: give the rows to the driver.

    Args:
        settings: More of its settings, by the elements of ``config.xml``.
        data: Keep its data in a new folder of this one, which user ``nobody`` must be able to
            enter when we are root.
        tls: Listen on `Server.secure_port` too, if there is an ``openssl`` to make a certificate.

    Raises:
        MissingServerError: It is not installed, or its driver is not.
        ServerError: It does not start.
    """
    need_driver("clickhouse")
    daemon = program("clickhouse-server")
    if daemon is None:
        hint = "apt-get install clickhouse-server"
        raise MissingServerError("clickhouse-server is not installed", hint=hint)
    with home(unprivileged(), data=data) as place:
        made = certificate(place) if tls else None
        server = Server(
            kind="clickhouse",
            host="127.0.0.1",
            port=0,
            user="detectk",
            password=secrets.token_hex(8),
            database="default",
            authority=made.public if made else None,
            reader="reader",
        )
        place.write("users.xml", xml("yandex", users(server.password)))
        recipe = Recipe(
            "clickhouse-server",
            command=lambda ports: _command(
                place, daemon, ports, {**_secure(ports, made), **(settings or {})}
            ),
            probe=lambda ports: ask(replace(server, port=ports[0]), "SELECT 1"),
            ports=4,
        )
        with serving(place, recipe) as process:
            native, http, secure, _ = process.ports
            server = replace(server, port=native, http_port=http)
            if made:
                server = replace(server, secure_port=secure)
            version = str(ask(server, "SELECT version()")[0][0])
            yield replace(server, version=version, control=process)


def _secure(ports: Ports, made: Certificate | None) -> Xml:
    if made is None:
        return {}
    files = {"certificateFile": str(made.public), "privateKeyFile": str(made.key)}
    return {"tcp_port_secure": str(ports[2]), "openSSL": {"server": files}}


def _command(place: Home, daemon: str, ports: Ports, settings: Xml) -> Sequence[str]:
    folders = {
        "path": f"{place.data}/",
        "tmp_path": f"{place.data}/scratch/",
        "user_files_path": f"{place.data}/user_files/",
        "format_schema_path": f"{place.data}/format_schemas/",
    }
    log = str(place.log)
    config: Xml = {
        "logger": {"level": "warning", "log": log, "errorlog": log},
        "listen_host": "127.0.0.1",
        "tcp_port": str(ports[0]),
        "http_port": str(ports[1]),
        "interserver_http_port": str(ports[3]),
        "max_connections": "200",
        "uncompressed_cache_size": "67108864",
        "mark_cache_size": "134217728",
        **folders,
        "users_config": "users.xml",
        "default_profile": "default",
        "default_database": "default",
        "timezone": "UTC",
        "query_log": {
            "database": "system",
            "table": "query_log",
            "flush_interval_milliseconds": "500",
        },
    }
    path = place.write("config.xml", xml("yandex", {**config, **settings}))
    return [daemon, f"--config-file={path}"]
