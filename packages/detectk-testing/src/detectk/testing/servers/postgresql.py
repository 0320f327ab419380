"""A private PostgreSQL, from the binaries of the machine."""

from __future__ import annotations

import re
import secrets
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from detectk.testing.servers.clients import ask, need_driver
from detectk.testing.servers.home import Home, home, unprivileged
from detectk.testing.servers.process import Ports, Recipe, serving
from detectk.testing.servers.server import MissingServerError, Server
from detectk.testing.servers.tls import Certificate, certificate

__all__ = ["started_postgresql"]

_VERSIONED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
)
_HASTY: Final = {"fsync": "off", "full_page_writes": "off"}
"""Loses data when the machine falls, never when the process does; ``synchronous_commit`` off would
lose it then too."""


@contextmanager
def started_postgresql(
    settings: Mapping[str, str] | None = None,
    *,
    data: Path | None = None,
    durable: bool = False,
    tls: bool = False,
) -> Iterator[Server]:
    """Have a private PostgreSQL while inside ``with``.

    Args:
        settings: More of its settings, by the names of ``postgresql.conf``.
        data: Keep its data in a new folder of this one, which user ``nobody`` must be able to
            enter when we are root.
        durable: Wait for the disk as in production.
        tls: Offer TLS besides plain connections, if there is an ``openssl`` to make a certificate.

    Raises:
        MissingServerError: It is not installed, or its driver is not.
        ServerError: It does not start.
    """
    need_driver("postgresql")
    programs = _programs()
    owner = unprivileged()
    with home(owner, data=data) as place:
        password = secrets.token_hex(8)
        chosen = {**({} if durable else _HASTY), "timezone": "UTC", **(settings or {})}
        made = certificate(place) if tls else None
        server = Server(
            kind="postgresql",
            host="127.0.0.1",
            port=0,
            user="detectk",
            password=password,
            database="postgres",
            authority=made.public if made else None,
        )
        _initialize(place, programs, server)
        recipe = Recipe(
            "postgresql",
            command=lambda ports: _command(place, programs, {**chosen, **_listen(ports, made)}),
            probe=lambda ports: ask(replace(server, port=ports[0]), "SELECT 1"),
            farewell=signal.SIGINT,  # SIGTERM waits for every client to leave
            careless=False,  # killed, it leaves shared memory behind
        )
        with serving(place, recipe) as process:
            server = replace(server, port=process.ports[0], control=process)
            yield replace(server, version=str(ask(server, "SELECT version()")[0][0]))


def _programs() -> Path:
    found = [path for pattern in _VERSIONED for path in Path("/").glob(pattern[1:])]
    found = [path for path in found if (path / "initdb").exists() and (path / "postgres").exists()]
    if found:
        return max(found, key=lambda path: [int(part) for part in re.findall(r"\d+", str(path))])
    if at := shutil.which("initdb"):
        return Path(at).resolve().parent
    raise MissingServerError("postgresql is not installed", hint="apt-get install postgresql")


def _initialize(place: Home, programs: Path, server: Server) -> None:
    secret = place.write("pw", server.password)
    initdb = [str(programs / "initdb"), "-D", str(place.data), "-U", server.user]
    how = [f"--pwfile={secret}", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync"]
    place.run([*initdb, *how])


def _listen(ports: Ports, made: Certificate | None) -> dict[str, str]:
    listen = {"port": str(ports[0]), "listen_addresses": "127.0.0.1"}
    if made is None:
        return listen
    files = {"ssl_cert_file": str(made.public), "ssl_key_file": str(made.key)}
    return {**listen, "ssl": "on", **files}


def _command(place: Home, programs: Path, settings: Mapping[str, str]) -> Sequence[str]:
    every = {**settings, "unix_socket_directories": ""}  # whose paths have a low limit
    options = [part for name, value in every.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(place.data), *options]
