"""A private MariaDB, from the binaries of the machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from detectk.testing.servers.clients import ask, need_driver
from detectk.testing.servers.home import Home, home, program, unprivileged
from detectk.testing.servers.process import Ports, Recipe, serving
from detectk.testing.servers.server import MissingServerError, Server
from detectk.testing.servers.tls import Certificate, certificate

__all__ = ["started_mariadb"]

_HASTY: Final = {"innodb-flush-log-at-trx-commit": "2"}
"""Loses data when the machine falls, never when the process does; 0 would lose it then too."""

_LIGHT: Final = {
    "skip-name-resolve": "1",
    "skip-log-bin": "1",
    "local-infile": "1",
    "default-time-zone": "+00:00",
    "innodb-log-file-size": "32M",
}


@contextmanager
def started_mariadb(
    settings: Mapping[str, str] | None = None,
    *,
    data: Path | None = None,
    durable: bool = False,
    tls: bool = False,
) -> Iterator[Server]:
    """Have a private MariaDB while inside ``with``.

    Args:
        settings: More of its settings, by the names of its command line.
        data: Keep its data in a new folder of this one, which user ``nobody`` must be able to
            enter when we are root.
        durable: Wait for the disk as in production.
        tls: Offer TLS besides plain connections, if there is an ``openssl`` to make a certificate.

    Raises:
        MissingServerError: It is not installed, or its driver is not.
        ServerError: It does not start.
    """
    need_driver("mysql")
    daemon, installer = program("mariadbd", "mysqld"), program("mariadb-install-db")
    if daemon is None or installer is None:
        raise MissingServerError("mariadb is not installed", hint="apt-get install mariadb-server")
    with home(unprivileged(), data=data) as place:
        made = certificate(place) if tls else None
        server = Server(
            kind="mysql",
            host="127.0.0.1",
            port=0,
            user="detectk",
            password=secrets.token_hex(8),
            database="mysql",
            authority=made.public if made else None,
        )
        _initialize(place, installer)
        first = place.write("first.sql", _first_words(server))
        chosen = {**_LIGHT, **({} if durable else _HASTY), **_secure(made), **(settings or {})}
        recipe = Recipe(
            "mariadb",
            command=lambda ports: _command(
                place, daemon, {**chosen, "init-file": str(first)}, ports
            ),
            probe=lambda ports: ask(replace(server, port=ports[0]), "SELECT 1"),
        )
        with serving(place, recipe) as process:
            server = replace(server, port=process.ports[0], control=process)
            yield replace(server, version=str(ask(server, "SELECT version()")[0][0]))


def _initialize(place: Home, installer: str) -> None:
    hasty = ["--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=32M"]
    place.run([
        *(installer, "--no-defaults", f"--datadir={place.data}", "--skip-test-db"),
        *("--auth-root-authentication-method=normal", "--skip-name-resolve", *hasty),
    ])  # fmt: skip


def _first_words(server: Server) -> str:
    """Return what the server does at each start: our user is there, and nobody without password."""
    who = f"'{server.user}'@'%'"
    return "\n".join([
        f"CREATE USER IF NOT EXISTS {who} IDENTIFIED BY '{server.password}';",
        f"GRANT ALL PRIVILEGES ON *.* TO {who} WITH GRANT OPTION;",
        "DROP USER IF EXISTS root@localhost, root@127.0.0.1, root@'::1';",
        "",
    ])  # fmt: skip


def _secure(made: Certificate | None) -> dict[str, str]:
    if made is None:
        return {}
    return {"ssl-ca": str(made.public), "ssl-cert": str(made.public), "ssl-key": str(made.key)}


def _command(place: Home, daemon: str, settings: Mapping[str, str], ports: Ports) -> Sequence[str]:
    listen = {"port": str(ports[0]), "bind-address": "127.0.0.1"}
    # Relative to the data, as the path of a socket has a low limit.
    files = {"socket": "s", "pid-file": "pid"}
    every = {**settings, **listen, **files, "datadir": str(place.data)}
    return [daemon, "--no-defaults", *(f"--{name}={value}" for name, value in every.items())]
