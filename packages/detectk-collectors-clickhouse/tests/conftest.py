"""Servers, storages on databases of their own, and a wire that can be cut."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from threading import Thread
from typing import Any

import pytest

from detectk.collectors.clickhouse.collector import ClickHouseCollector
from detectk.collectors.clickhouse.options import (
    ClickHouseCollectorOptions,
    ClickHouseStorageOptions,
)
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import Services, Shared
from detectk.testing.servers import Server


class Wire:
    """A TCP proxy that forgets its connections after so many bytes from the client."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.left = float("inf")
        self.cuts = 0
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def cut_after(self, size: float) -> None:
        self.left = size

    def cut_now(self) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.cut_now()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
                self._open += [near, far]
                Thread(
                    target=self._pump, args=(near, far), kwargs={"counted": True}, daemon=True
                ).start()
                Thread(
                    target=self._pump, args=(far, near), kwargs={"counted": False}, daemon=True
                ).start()

    def _pump(self, source: socket.socket, sink: socket.socket, *, counted: bool) -> None:
        with suppress(OSError), closing(source), closing(sink):
            while data := source.recv(65536):
                if counted:
                    self.left -= len(data)
                    if self.left < 0:
                        self.left, self.cuts = float("inf"), self.cuts + 1
                        break
                sink.sendall(data)
            for one in (source, sink):
                one.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(clickhouse_server: Server) -> Iterator[Wire]:
    made = Wire((clickhouse_server.host, clickhouse_server.port))
    yield made
    made.close()


@pytest.fixture(params=["clickhouse_server", "old_clickhouse_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def run_services(services: Services) -> Iterator[Services]:
    shared = Shared()
    yield Services(root=services.root, where=services.where, shared=shared)
    shared.close()


@pytest.fixture
def collector_of(run_services: Services) -> Callable[..., ClickHouseCollector]:
    def make(url: str = "", **options: Any) -> ClickHouseCollector:
        if url:
            options["connection_string"] = url
        return ClickHouseCollector(ClickHouseCollectorOptions(**options), run_services)

    return make


@pytest.fixture
def storage_of(run_services: Services) -> Callable[..., ClickHouseStorage]:
    def make(url: str, **options: Any) -> ClickHouseStorage:
        chosen = ClickHouseStorageOptions(connection_string=url, **options)
        return ClickHouseStorage(chosen, run_services)

    return make
