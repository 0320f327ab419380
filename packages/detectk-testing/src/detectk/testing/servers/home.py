"""Folders of a server's own, and the unprivileged user who owns them when we are root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from detectk.testing.servers.server import ServerError

__all__ = ["Home", "Owner", "home", "program", "unprivileged"]

_TAIL = 800
_SEARCHED = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/opt/homebrew/bin", "/usr/local/bin")


class Owner(NamedTuple):
    """Whom a server runs as."""

    user: int
    group: int


def unprivileged() -> Owner | None:
    """Return whom to run a server as that refuses root; None when we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Owner(65534, 65534)
    return Owner(nobody.pw_uid, nobody.pw_gid)


def program(*names: str) -> str | None:
    """Return the first of ``names`` that is on the path or where servers hide from it."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SEARCHED])
    return next((found for name in names if (found := shutil.which(name, path=path))), None)


@dataclass(frozen=True, slots=True)
class Home:
    """Folders that nobody else uses.

    Attributes:
        folder: For sockets, keys, settings and the log; its path is short.
        data: For the data; elsewhere if that was asked for.
        owner: Whom both belong to; None for ourselves.
    """

    folder: Path
    data: Path
    owner: Owner | None

    @property
    def log(self) -> Path:
        """What the server and the programs before it said."""
        return self.folder / "log"

    def said(self) -> str:
        """Return the last of what was said."""
        return self.log.read_text("utf-8", "replace")[-_TAIL:].strip()

    def write(self, name: str, text: str) -> Path:
        """Write a file that only the owner reads, and return its path."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        self.give(path)
        return path

    def run(self, command: Sequence[str]) -> None:
        """Run ``command`` as the owner to its end; raise ServerError with its log if it failed."""
        with self.spawn(command) as process:
            if code := process.wait():
                name = Path(command[0]).name
                raise ServerError(f"{name} failed with {code}: {self.said()}")

    def spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start ``command`` as the owner, in a session of its own, its output in the log."""
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  # programs of the machine
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=self.owner.user if self.owner else None,
                group=self.owner.group if self.owner else None,
                extra_groups=[] if self.owner else None,
            )

    def give(self, path: Path) -> None:
        """Make the owner the owner of ``path``."""
        if self.owner:
            os.chown(path, *self.owner)


@contextmanager
def home(owner: Owner | None, *, data: Path | None = None) -> Iterator[Home]:
    """Make the folders of one server and remove them afterwards.

    Args:
        owner: Whom they belong to.
        data: Keep the data in a new folder of this one, which the owner must be able to enter.
    """
    folder = Path(tempfile.mkdtemp(prefix="dtk-"))
    try:
        inside = Path(tempfile.mkdtemp(prefix="dtk-", dir=data)) if data else folder / "data"
        made = Home(folder, inside, owner)
        inside.mkdir(exist_ok=True)
        for path in (folder, inside):
            path.chmod(0o755)
            made.give(path)
        made.write("log", "")
        try:
            yield made
        finally:
            shutil.rmtree(inside, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
