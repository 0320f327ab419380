"""A server's process: started until it answers, ended without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from detectk.clock import SystemClock
from detectk.testing.servers import guard
from detectk.testing.servers.home import Home
from detectk.testing.servers.server import ServerError

__all__ = ["Ports", "Recipe", "ServerProcess", "serving"]

_TRIES = 3
_PATIENCE_START = 60.0
_PATIENCE_STOP = 5.0
_STEP = 0.05

Ports = tuple[int, ...]
"""Where a server listens, the port of the driver's protocol first."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one server is started.

    Attributes:
        name: What it is called in errors.
        command: The command line for these ports; may write settings first.
        probe: Asks the server something over its first port; raises until it answers.
        ports: How many it needs.
        farewell: The signal that ends it in order.
        careless: Whether nothing outside its folders is left behind when it is killed.
    """

    name: str
    command: Callable[[Ports], Sequence[str]]
    probe: Callable[[Ports], object]
    ports: int = 1
    farewell: signal.Signals = signal.SIGTERM
    careless: bool = True


def free_ports(count: int) -> Ports:
    """Return ``count`` ports of loopback on which nobody listens at this moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return tuple(each.getsockname()[1] for each in sockets)


@contextmanager
def serving(home: Home, recipe: Recipe) -> Iterator[ServerProcess]:
    """Have the server of ``recipe`` run in ``home`` while inside ``with``."""
    with _guard(home, recipe) as told:
        process = ServerProcess(home, recipe, told)
        try:
            process.start()
            yield process
        finally:
            # Its data is thrown away, so most servers need not write it out first.
            process.kill() if recipe.careless else process.stop()


@dataclass(slots=True)
class ServerProcess:
    """The process of one server, and power over it."""

    home: Home
    recipe: Recipe
    told: Callable[[int], None]
    ports: Ports = ()
    _process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start on free ports, and on others if somebody was faster to take them."""
        for _ in range(_TRIES - 1):
            with suppress(ServerError):
                self._begin(free_ports(self.recipe.ports))
                return
        self._begin(free_ports(self.recipe.ports))

    def restart(self) -> None:
        """Start again on the same ports over the same data, ending it in order if it runs."""
        self.stop()
        for _ in range(_TRIES - 1):
            with suppress(ServerError):
                self._begin(self.ports)
                return
        self._begin(self.ports)

    def stop(self) -> None:
        """Ask the server to end; insist after a while."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.send_signal(self.recipe.farewell)
        try:
            self._process.wait(_PATIENCE_STOP)
        except subprocess.TimeoutExpired:
            self.kill()
        self._ended()

    def kill(self) -> None:
        """End the server and its children with SIGKILL."""
        if self._process is None:
            return
        children = _children(self._process.pid) if self.running else []
        self._process.kill()
        self._process.wait()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._ended()

    def _begin(self, ports: Ports) -> None:
        self.ports = ports
        self._process = self.home.spawn(self.recipe.command(ports))
        self.told(self._process.pid)
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def _wait(self) -> None:
        clock = SystemClock()
        deadline, refusal = clock.monotonic() + _PATIENCE_START, ""
        while clock.monotonic() < deadline:
            if not self.running:
                raise ServerError(f"{self.recipe.name} did not start: {self.home.said()}")
            try:
                # Drivers log a failed connection at length, so first see that somebody listens.
                socket.create_connection(("127.0.0.1", self.ports[0]), timeout=1).close()
                self.recipe.probe(self.ports)
            except Exception as error:  # noqa: BLE001  # each driver raises classes of its own
                refusal = str(error)
            else:
                # Another server may have taken the port, but it does not know the password.
                return
            clock.sleep(_STEP)
        said = f"{refusal}\n{self.home.said()}"
        raise ServerError(f"{self.recipe.name} does not answer after {_PATIENCE_START:g} s: {said}")

    def _ended(self) -> None:
        self._process = None
        self.told(0)


@contextmanager
def _guard(home: Home, recipe: Recipe) -> Iterator[Callable[[int], None]]:
    """Start the process that cleans up after us if we cannot; yield what tells it whom to watch."""
    farewell = signal.SIGKILL if recipe.careless else recipe.farewell
    script = [sys.executable, "-I", "-S", str(guard.__file__), str(int(farewell))]
    with subprocess.Popen(  # noqa: S603  # this interpreter and a script of ours
        [*script, str(home.folder), str(home.data)],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    ) as process:

        def tell(watched: int) -> None:
            if process.stdin:
                process.stdin.write(f"{watched}\n")
                process.stdin.flush()

        yield tell


def _children(parent: int) -> list[int]:
    """Return the children of ``parent`` where the system shows them in files, else none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name in parentheses may hold anything, spaces and parentheses too.
            if int(entry.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found
