"""What happens to a storage on a real server when the world is not as it should be."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from detectk.clock import VirtualClock
from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import Connection, dialect_of
from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.storage import SqlStorage
from detectk.contracts import HistoryRequest, Services, StateChange, StateKey
from detectk.errors import StorageError
from detectk.storage.memory import MemoryHistory
from detectk.testing.history_samples import ALWAYS, judgements, points, series, verdicts, window
from detectk.testing.servers import Server, fresh_database, tell
from detectk.values import Labels, Series, Verdicts

pytestmark = pytest.mark.server

NOW = datetime(2024, 7, 2, 8, 30, tzinfo=timezone.utc)
ALL = HistoryRequest("orders", ALWAYS)
OPENED: list[Any] = []


@pytest.fixture(params=["postgresql_server", "mariadb_server"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    with fresh_database(server) as made:
        yield made
        while OPENED:
            OPENED.pop().close()


def storage(url: str, **options: Any) -> SqlStorage:
    values = {"connection_string": url, **options}
    services = Services(clock=VirtualClock(NOW), root=Path("nowhere"))
    part = SqlStorage(SqlStorageOptions.model_validate(values), services)
    OPENED.append(part)
    return part


def prepared(url: str, **options: Any) -> SqlStorage:
    part = storage(url, **options)
    part.history().prepare()
    return part


def look(url: str, sql: str) -> list[tuple[Any, ...]]:
    """Query as a person would, with any client."""
    options = SqlStorageOptions.model_validate({"connection_string": url})
    connection = dialect_of(options, Path()).connect()
    cursor = connection.cursor()
    cursor.execute(sql)
    rows = list(cursor.fetchall())
    connection.close()
    return rows


def failure(step: Callable[[], object]) -> StorageError:
    with pytest.raises(StorageError) as caught:
        step()
    return caught.value


def name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


class Proxy:
    """Stands between a client and a server, and cuts them off from each other.

    Args:
        url: The server's; `url` is ours.
        after: Bytes from the client after which it cuts once; 0 for never.
    """

    def __init__(self, url: str, *, after: int = 0) -> None:
        parts = urlsplit(url)
        self._far = (parts.hostname, parts.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.after = after
        host = parts.netloc.rpartition("@")[0]
        port = self._listener.getsockname()[1]
        self.url = parts._replace(netloc=f"{host}@127.0.0.1:{port}", query="sslmode=off").geturl()
        Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._far)
                self._pairs.append((near, far))
                for one, other, counts in ((near, far, True), (far, near, False)):
                    Thread(target=self._pump, args=(one, other, counts), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, counts: bool) -> None:  # noqa: FBT001
        with suppress(OSError), one, other:
            while data := one.recv(65536):
                if counts and self.after:
                    self.after = max(0, self.after - len(data))
                    if not self.after:
                        self.cut()
                other.sendall(data)
            for end in (one, other):
                end.shutdown(socket.SHUT_RDWR)


# What people see


def test_points_are_readable_by_plain_sql(url: str) -> None:
    history = prepared(url).history()
    [time] = ["2024-07-01T00:00:00.000001"]
    history.write_points([points(Series.from_arrays([time], [1.5], context={"day": ["Mon"]}))])
    history.write_points([points(series([1], [None]))])
    history.write_points([points(series([1], [2.5]), step=5)])
    sql = """
    SELECT metric_name, series, collected_at, value, status, context, seen, first_seen, revised_at
    FROM dtk_datapoints ORDER BY collected_at
    """
    first, second = look(url, sql)
    plain = [cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell for cell in first]
    day = datetime(2024, 7, 1)  # noqa: DTZ001  # as a database without zones says it
    moment = day.replace(microsecond=1)
    now = NOW.replace(tzinfo=None)
    notes = '{"day":"Mon"}'
    assert plain == ["orders", "{}", moment, 1.5, "value", notes, moment, now, None]
    assert second[3:6] == (2.5, "value", "{}")
    assert second[6].replace(tzinfo=None) == day + timedelta(hours=5)
    assert second[8].replace(tzinfo=None) == now


def test_verdicts_are_readable_by_plain_sql(url: str) -> None:
    history = prepared(url).history()
    history.write_verdicts([judgements(verdicts([0, 1], explain={"samples": [3, 4]}))])
    quote = '"' if url.startswith("postgresql") else "`"
    sql = f"""
    SELECT metric_name, series, detector_id, value, expected, upper, score, excess, direction,
        verdict, status, {quote}explain{quote}
    FROM dtk_detections WHERE verdict = 'anomaly'
    """  # noqa: S608  # two kinds of quotes
    row = ("orders", "{}", "5f2a09c1", 1.0, 2.5, None, 0.5, 0.75, -1)
    assert look(url, sql) == [(*row, "anomaly", "null", '{"samples":4}')]


@pytest.mark.parametrize("year", [1900, 2262])
def test_times_far_away_are_readable(url: str, year: int) -> None:
    history = prepared(url).history()
    written = Series.from_arrays([f"{year}-02-28T12:00:00.5"], [1.0])
    history.write_points([points(written)])
    [(at,)] = look(url, "SELECT collected_at FROM dtk_datapoints")
    assert at.replace(tzinfo=None) == written.times[0].item()


# What must come back as it was


def test_bounds_may_be_infinite_and_as_large_as_a_number_can_be(url: str) -> None:
    history = prepared(url).history()
    cells = [np.inf, -np.inf, np.nan, 1.7976931348623157e308, -1.7976931348623157e308, 5e-324, 0.1]
    base = verdicts(range(7))
    columns = {name: np.roll(cells, n) for n, name in enumerate(Verdicts.COLUMNS[:6])}
    integers = {name: getattr(base, name) for name in Verdicts.COLUMNS[6:]}
    written = Verdicts(base.detector, base.labels, base.times, **columns, **integers)
    history.write_verdicts([judgements(written)])
    history.write_verdicts([judgements(written, step=9)])
    [[read]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
    assert read.same_as(written)
    columns["lower"] = -columns["lower"]
    changed = Verdicts(base.detector, base.labels, base.times, **columns, **integers)
    history.write_verdicts([judgements(changed, step=9)])
    [[read]] = history.read_verdicts([ALL])
    assert np.array_equal(read.lower, columns["lower"], equal_nan=True)
    [[every]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
    assert len(every) == 7 + 6


def test_many_rows_of_every_kind_come_back(url: str) -> None:
    """Whatever the way in which many rows are written, and however they are alike."""
    random = np.random.default_rng(1)
    count = 500
    times = np.datetime64("2024-07-01", "us") + np.arange(count) * np.timedelta64(1, "s")
    values = np.where(random.random(count) < 0.3, np.nan, random.normal(size=count))
    reference, history = MemoryHistory(), prepared(url).history()
    contexts: list[dict[str, Any]] = [{}, {"day": ["Mon"] * count}, {"n": range(count)}]
    base = Verdicts(
        "d",
        Labels(),
        times,
        *(random.choice([np.nan, np.inf, -np.inf, 0.0, 1.5], count) for _ in range(6)),
        random.integers(-1, 2, count).astype(np.int8),
        random.integers(0, 4, count).astype(np.uint8),
        random.integers(0, 6, count).astype(np.uint8),
    )
    for step in (0, 5):
        some = np.flatnonzero(random.random(count) < 0.8)
        for number, context in enumerate(contexts):
            written = Series.from_arrays(times, values + step, context=context)
            item = points(written.take(some), metric=f"m{number}", step=step)
            for one in (history, reference):
                one.write_points([item])
        told = judgements(replace(base, score=base.score[::-1] if step else base.score).take(some))
        for one in (history, reference):
            one.write_verdicts([told])
    for metric in ("m0", "m1", "m2"):
        [[found]] = history.read_points([HistoryRequest(metric, ALWAYS)])
        [[wanted]] = reference.read_points([HistoryRequest(metric, ALWAYS)])
        assert found.same_as(wanted)
    every = HistoryRequest("orders", ALWAYS, versions=True)
    assert history.read_verdicts([every])[0][0].same_as(reference.read_verdicts([every])[0][0])


def test_names_that_look_alike_are_kept_apart(url: str) -> None:
    texts = ["a", "A", "á", "a ", " a", "\uff41", "a\n", "ss", "ß", "x" * 5000, "x" * 5001]
    part = prepared(url)
    history, state = part.history(), part.state()
    many = [series([0], [float(n)], labels=Labels.of({"k": t})) for n, t in enumerate(texts)]
    history.write_points([points(*many)])
    [read] = history.read_points([ALL])
    assert {item.labels: item.values[0] for item in read} == {
        item.labels: item.values[0] for item in many
    }
    names = [text for text in texts if len(text) < 10]
    history.write_points([points(series([0], [1.0]), metric=name) for name in names])
    held = history.coverage([*names, "none"])
    assert [len(held[name].extent) for name in names] == [1] * len(names)
    leases = state.lease(names, holder="me", ttl=timedelta(hours=1)).held
    assert len(leases) == len(names)
    documents = {StateKey("a", text, name): text + name for text in texts for name in names}
    state.commit([StateChange(leases["a"], documents)])
    assert state.load(["a"]) == documents


def test_half_a_character_is_refused(url: str) -> None:
    state = prepared(url).state()
    lease = state.lease(["orders"], holder="me", ttl=timedelta(hours=1)).held["orders"]
    wrong = {StateKey("orders", "{}", "r"): "bad byte \udc80"}
    error = failure(lambda: state.commit([StateChange(lease, wrong)]))
    assert "a text with '\\udc80' is no valid Unicode" in str(error)
    assert state.commit([StateChange(lease, {StateKey("orders", "{}", "r"): "fine"})]) == []


def test_large_documents_and_rows_come_back(url: str) -> None:
    state = prepared(url).state()
    lease = state.lease(["orders"], holder="me", ttl=timedelta(hours=1)).held["orders"]
    documents = {StateKey("orders", "{}", f"{n}"): "ü%s?'\\" * 60_000 for n in range(3)}
    state.commit([StateChange(lease, documents)])
    assert state.load(["orders"]) == documents


# Several at once


def test_many_may_prepare_a_new_database_at_once(url: str) -> None:
    parts = [storage(url) for _ in range(6)]
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda part: part.history().prepare(), parts))
    assert look(url, "SELECT version FROM dtk_schema") == [(1,)]


def test_many_may_write_the_same_metric_at_once(url: str) -> None:
    parts = [prepared(url) for _ in range(4)]

    def live(part: SqlStorage) -> None:
        for hour in range(10):
            item = points(series([hour, hour + 1], [1.0, 1.0]), covered=window(hour, hour + 2))
            part.history().write_points([item])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(live, parts))
    [[read]] = parts[0].history().read_points([ALL])
    assert len(read) == 11
    assert parts[0].history().coverage(["orders"])["orders"].ranges == (window(0, 11),)


def test_who_is_undone_in_a_deadlock_tries_again(url: str) -> None:
    prepared(url).history().write_points([points(series([0], [1.0]), metric=m) for m in "ab"])
    options = SqlStorageOptions.model_validate({"connection_string": url})
    barrier = Barrier(2)
    met: list[str] = []

    def live(order: str) -> None:
        dialect = dialect_of(options, Path())
        database = Database(dialect, dialect.connect)
        OPENED.append(database)

        def step() -> None:
            for name in order:
                sql = "UPDATE dtk_metrics SET name = name WHERE name = ?"
                if database.dialect.name == "mysql":
                    sql = "SELECT id FROM dtk_metrics WHERE name = ? FOR UPDATE"
                    database.query(sql, (name,))
                else:
                    database.run(sql, (name,))
                if order not in met:
                    met.append(order)
                    barrier.wait(30)

        database.transact(step)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(live, ("ab", "ba")))


# Versions


def test_a_newer_database_is_refused(url: str) -> None:
    prepared(url)
    look_at = storage(url)
    tell_in(url, "UPDATE dtk_schema SET version = 9")
    error = failure(look_at.history().prepare)
    assert "has tables of version 9, this detectk-collectors-sql knows 1; upgrade" in str(error)


def tell_in(url: str, *statements: str) -> None:
    options = SqlStorageOptions.model_validate({"connection_string": url})
    dialect = dialect_of(options, Path())
    database = Database(dialect, dialect.connect)
    for statement in statements:
        database.run(statement)
    database.close()


@pytest.mark.parametrize("done", [1, 5, 99])
def test_a_migration_that_was_killed_heals(url: str, done: int) -> None:
    options = SqlStorageOptions.model_validate({"connection_string": url})
    [statements] = dialect_of(options, Path()).migrations
    tell_in(url, *statements[:done])
    history = prepared(url).history()
    history.write_points([points(series([0], [1.0]))])
    assert len(history.read_points([ALL])[0]) == 1


def test_without_tables_the_way_out_is_named(url: str) -> None:
    error = failure(lambda: storage(url).history().coverage(["orders"]))
    assert "has no tables yet" in str(error)
    assert "call prepare() first" in str(error)


# Who may not


def test_a_wrong_password_is_said_without_it(server: Server, url: str) -> None:
    wrong = server.url_of(name_of(url), password="s3cret")  # noqa: S106
    part = storage(wrong)
    error = failure(part.history().prepare)
    assert "refuses the login of 'detectk'; correct user and password" in str(error)
    assert not error.retryable
    told = (str(error), str(part.check()), part.identity(), repr(part.options))
    assert not any("s3cret" in text for text in told)
    assert not part.check().ok


def test_an_unknown_database_is_named(server: Server, url: str) -> None:
    error = failure(storage(server.url_of("nowhere")).history().prepare)
    assert "nowhere" in str(error)
    assert "CREATE DATABASE" in str(error)


def test_a_server_that_is_not_there_may_be_tried_again(url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    kind = urlsplit(url).scheme
    part = storage(f"{kind}://me:s3cret@127.0.0.1:{port}/x")
    error = failure(part.history().prepare)
    assert f"cannot reach 127.0.0.1:{port}/x" in str(error)
    assert error.retryable
    assert "s3cret" not in str(error)


def test_a_user_who_may_only_read_is_told_the_grant(server: Server, url: str) -> None:
    name = name_of(url)
    if server.kind == "postgresql":
        tell(server, "DROP ROLE IF EXISTS dtk_reader")
        tell(server, "CREATE ROLE dtk_reader LOGIN PASSWORD 'pw'")
        tell(server, "REVOKE CREATE ON SCHEMA public FROM public", database=name)
    else:
        tell(server, "CREATE OR REPLACE USER dtk_reader IDENTIFIED BY 'pw'")
        tell(server, f"GRANT SELECT ON {name}.* TO dtk_reader")
    reader = server.url_of(name, user="dtk_reader", password="pw")  # noqa: S106
    error = failure(storage(reader).history().prepare)
    assert "GRANT" in str(error)
    assert "CREATE" in str(error)
    assert "TO dtk_reader" in str(error)
    prepared(url)
    if server.kind == "postgresql":
        tell(server, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO dtk_reader", database=name)
    part = prepared(reader)
    error = failure(lambda: part.history().write_points([points(series([0], [1.0]))]))
    assert "INSERT" in str(error)
    assert "TO dtk_reader" in str(error)
    assert part.history().read_points([ALL]) == [[]]


# Connections


def test_a_connection_that_died_between_two_runs_is_replaced(url: str) -> None:
    proxy = Proxy(url)
    OPENED.append(proxy)
    history = prepared(proxy.url).history()
    for hour in range(3):
        proxy.cut()
        history.write_points([points(series([hour], [1.0]))])
        proxy.cut()
        assert len(history.read_points([ALL])[0][0]) == hour + 1


@pytest.mark.parametrize("after", [1_000, 100_000, 1_000_000])
def test_a_connection_cut_in_a_transaction_leaves_nothing_behind(url: str, after: int) -> None:
    proxy = Proxy(url)
    OPENED.append(proxy)
    history = prepared(proxy.url).history()
    history.write_points([points(series([0], [1.0]))])
    times = np.datetime64("2024-07-02", "us") + np.arange(40_000) * np.timedelta64(60, "s")
    many = Series.from_arrays(times, np.arange(40_000.0))
    load = points(many, covered=window(0, 9), fingerprint="f")
    proxy.after = after
    error = failure(lambda: history.write_points([load]))
    assert error.retryable
    assert "was cut" in str(error)
    assert len(history.read_points([ALL])[0][0]) == 1
    assert history.coverage(["orders"])["orders"].ranges == ()
    history.write_points([load])
    assert len(history.read_points([ALL])[0][0]) == 40_001


def test_a_server_that_was_restarted_is_used_again(server: Server, url: str) -> None:
    part = prepared(url)
    part.history().write_points([points(series([0], [1.0]))])
    server.kill()
    error = failure(lambda: part.history().write_points([points(series([1], [1.0]))]))
    assert error.retryable
    server.restart()
    part.history().write_points([points(series([2], [1.0]))])
    assert part.history().read_points([ALL])[0][0].values.tolist() == [1.0, 1.0]


def test_a_lock_is_waited_for_no_longer_than_the_time_limit(url: str) -> None:
    prepared(url).history().write_points([points(series([0], [1.0]))])
    other = prepared(url, timeout=1)
    options = SqlStorageOptions.model_validate({"connection_string": url})
    holder: Connection = dialect_of(options, Path()).connect()
    cursor = holder.cursor()
    cursor.execute("BEGIN")
    cursor.execute("SELECT id FROM dtk_metrics FOR UPDATE")
    cursor.fetchall()
    assert len(other.history().read_points([ALL])[0]) == 1
    error = failure(lambda: other.history().write_points([points(series([1], [1.0]))]))
    holder.close()
    assert "held a lock longer than 1 s" in str(error)
    assert error.retryable
