"""A load whose process, or whose server, is killed in the middle."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Event, Thread

import numpy as np
import pytest

from detectk.clock import SystemClock
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import History, HistoryRequest, Points, Retention
from detectk.errors import StorageError
from detectk.testing.history_samples import ALWAYS
from detectk.testing.servers import Server, started_clickhouse, started_old_clickhouse
from detectk.values.series import Series
from detectk.values.window import Window

pytestmark = pytest.mark.server

START = datetime(2024, 1, 1, tzinfo=timezone.utc)
ROWS, BATCHES = 100_000, 10
END = START + timedelta(minutes=ROWS)

LOADER = """
import sys
from detectk.collectors.clickhouse.options import ClickHouseStorageOptions
from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import Services
sys.path.insert(0, sys.argv[2])
from test_interruptions import load

storage = ClickHouseStorage(ClickHouseStorageOptions(connection_string=sys.argv[1]), Services())
load(storage.history())
"""


def batch(number: int) -> Points:
    size = ROWS // BATCHES
    low = START + timedelta(minutes=number * size)
    times = np.datetime64(low.replace(tzinfo=None), "us") + np.arange(size) * np.timedelta64(1, "m")
    values = np.arange(number * size, (number + 1) * size, dtype=np.float64)
    window = Window(low, low + timedelta(minutes=size))
    return Points("orders", [Series.from_arrays(times, values)], END, window, "f")


def load(history: History) -> None:
    """Write what is not covered yet, as a load does that is run again."""
    covered = history.coverage(["orders"])["orders"].ranges
    for number in range(BATCHES):
        item = batch(number)
        assert item.covered
        if not any(
            one.start <= item.covered.start and item.covered.end <= one.end for one in covered
        ):
            history.write_points([item])


def whole(history: History) -> None:
    """Fail if there is a hole or a duplicate."""
    [[read]] = history.read_points([HistoryRequest("orders", ALWAYS)])
    assert read.values.tolist() == list(range(ROWS))
    assert history.coverage(["orders"])["orders"].ranges == (Window(START, END),)
    counted = history.prune([Retention("orders", END, END)], execute=False)
    assert counted["orders"].points == ROWS


def killed(url: str, history: History, *, times: int) -> None:
    clock, chance = SystemClock(), random.Random(7)
    folder = __file__.rpartition("/")[0]
    for _ in range(times):
        process = subprocess.Popen([sys.executable, "-c", LOADER, url, folder])  # noqa: S603
        clock.sleep(chance.uniform(0.5, 1.5))
        process.kill()
        assert process.wait() in (0, -signal.SIGKILL)  # done, or killed: never broken by itself
    load(history)
    whole(history)


def test_a_killed_load_goes_on_where_it_was(
    clickhouse_url: str, storage_of: Callable[..., ClickHouseStorage]
) -> None:
    history = storage_of(clickhouse_url).history()
    history.prepare()
    killed(clickhouse_url, history, times=2)


@pytest.mark.parametrize("start", [started_clickhouse, started_old_clickhouse])
def test_a_server_may_be_killed_while_it_loads(
    start: Callable[[], Server], storage_of: Callable[..., ClickHouseStorage]
) -> None:
    with start() as server:  # type: ignore[attr-defined]
        history = storage_of(server.url).history()
        history.prepare()
        history.write_points([batch(0)])
        done, failures = Event(), []

        def attempt() -> None:
            try:
                load(history)
                done.set()
            except StorageError as error:
                failures.append(error)

        def keep_on() -> None:
            while not done.is_set():
                attempt()

        loading = Thread(target=keep_on)
        loading.start()
        server.kill()
        server.restart()
        loading.join(60)
        assert done.is_set()
        assert all(failure.retryable for failure in failures)
        whole(history)
