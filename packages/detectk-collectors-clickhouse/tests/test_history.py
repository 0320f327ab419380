"""What ClickHouse has of its own: tables for people, months, and writes that were cut off."""

# ruff: noqa: S106  # made-up passwords, and queries of our own

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.collectors.clickhouse.storage import ClickHouseStorage
from detectk.contracts import History, HistoryRequest, Points, Retention
from detectk.errors import StorageError
from detectk.testing.history_samples import ALWAYS, DE, at, judgements, points, series, verdicts
from detectk.testing.servers import Server, ask, database_for, tell
from detectk.values.series import Series

pytestmark = pytest.mark.server

ALL = HistoryRequest("orders", ALWAYS)
Make = Callable[..., ClickHouseStorage]


@pytest.fixture
def place(server: Server, tmp_path: Any) -> str:
    return database_for(server, tmp_path)


@pytest.fixture
def storage(place: str, storage_of: Make) -> ClickHouseStorage:
    made = storage_of(place)
    made.history().prepare()
    return made


def rows(storage: ClickHouseStorage, query: str) -> list[Any]:
    return list(storage._database.ask(query).rows())


def test_asking_whether_there_is_anything_makes_nothing(place: str, storage_of: Make) -> None:
    storage = storage_of(place)
    assert not storage.history().exists()
    assert rows(storage, "SHOW TABLES") == []
    storage.history().prepare()
    assert storage.history().exists()


def test_a_database_that_is_not_there_holds_nothing(server: Server, storage_of: Make) -> None:
    storage = storage_of(server.url_of("nowhere"))
    assert not storage.history().exists()
    with pytest.raises(StorageError, match="CREATE DATABASE"):
        storage.history().prepare()


def test_points_are_readable_by_plain_sql(storage: ClickHouseStorage) -> None:
    history = storage.history()
    history.write_points([points(series([0, 1], [1.0, None], context={"day": ["Mon", "é"]}))])
    history.write_points([points(series([0], [2.0], context={"day": ["Mon"]}), step=5)])
    found = rows(
        storage,
        "SELECT toString(collected_at), toString(value), status, context, toString(seen), series,"
        " revised_at IS NULL"
        " FROM dtk_datapoints WHERE metric_name = 'orders' ORDER BY collected_at",
    )
    assert [(row[0][:19], *row[1:4], row[4][:19], *row[5:]) for row in found] == [
        ("2024-07-01 00:00:00", "2", "value", '{"day":"Mon"}', "2024-07-01 05:00:00", "{}", 0),
        ("2024-07-01 01:00:00", None, "null", '{"day":"é"}', "2024-07-01 01:00:00", "{}", 1),
    ]


def test_detections_are_readable_by_plain_sql(storage: ClickHouseStorage) -> None:
    written = verdicts([0, 1], detector="abcd", labels=DE, explain={"samples": [1, 2]})
    storage.history().write_verdicts([judgements(written)])
    [row, _] = rows(
        storage,
        "SELECT series, detector_id, value, verdict, status, direction, explain, lower"
        " FROM dtk_detections WHERE metric_name = 'orders' ORDER BY collected_at",
    )
    assert row[:2] == ('{"country":"DE"}', "abcd")
    assert row[2] == written.value[0]
    assert row[3] in {"ok", "anomaly", "insufficient", "unjudged"}
    assert row[4] in {"value", "null"}
    assert row[6] == '{"samples":1}'


def test_a_write_that_was_cut_off_before_it_was_noted_is_done_again(
    storage: ClickHouseStorage,
) -> None:
    """What is written but not noted does not count, and is not there twice afterwards."""
    history = storage.history()
    item = points(series([0, 1], [1.0, 2.0], context={"day": ["Mon", "Tue"]}), covered=ALWAYS)
    history.write_points([item])
    for table in ("dtk_series", "dtk_coverage"):
        storage._database.ask(f"DROP TABLE {table}")
    storage._database.ask("DROP TABLE dtk_schema")
    history.prepare()
    assert history.read_points([ALL]) == [[]]
    assert history.coverage(["orders"])["orders"].ranges == ()
    history.write_points([item])
    assert history.read_points([ALL])[0][0].same_as(item.series[0])
    batch = [Retention("orders", at(9), at(9))]
    assert history.prune(batch, execute=False)["orders"].points == 2


def test_a_load_of_many_years_is_one_write(storage: ClickHouseStorage) -> None:
    """A hundred and more months in one block, each of them a part."""
    days = [datetime(2010, 1, 1, tzinfo=timezone.utc) + timedelta(days=n) for n in range(5000)]
    many = Series.from_arrays(days, np.arange(5000.0))
    storage.history().write_points([Points("orders", [many], days[-1])])
    assert storage.history().read_points([ALL])[0][0].same_as(many)


def test_months_that_nobody_wants_are_dropped_whole(storage: ClickHouseStorage) -> None:
    history = storage.history()
    days = [datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(days=n) for n in range(120)]
    for name in ("orders", "visits"):
        history.write_points([Points(name, [Series.from_arrays(days, np.arange(120.0))], days[-1])])
    bound = datetime(2024, 3, 15, tzinfo=timezone.utc)

    def parts() -> set[str]:
        found = rows(
            storage,
            "SELECT DISTINCT partition FROM system.parts WHERE database = currentDatabase()"
            " AND table = 'dtk_points' AND active AND rows > 0",
        )
        return {row[0] for row in found}

    one = [Retention("orders", bound, bound)]
    both = [Retention(name, bound, bound) for name in ("orders", "visits")]
    assert history.prune(both, execute=False)["visits"].points == 74
    history.prune(one, execute=True)
    assert "202401" in parts()
    assert history.prune(both, execute=True)["visits"].points == 74
    assert not {"202401", "202402"} & parts()
    assert [
        len(history.read_points([HistoryRequest(n, ALWAYS)])[0][0]) for n in ("orders", "visits")
    ] == [46, 46]
    extent = history.coverage(["orders"])["orders"].extent
    assert [window.start for window in extent.values()] == [bound]


def test_tables_of_a_newer_version_are_refused(storage: ClickHouseStorage) -> None:
    storage._database.insert("dtk_schema", {"part": ["history"], "version": [99]})
    with pytest.raises(StorageError, match="pip install -U detectk-collectors-clickhouse"):
        storage.history().prepare()


def test_a_user_who_may_only_read_is_told_so(server: Server, place: str, storage_of: Make) -> None:
    name = place.rpartition("/")[2]
    storage = storage_of(server.url_of(name, user="reader"))
    with pytest.raises(StorageError, match="code 164"):
        storage.history().prepare()


def test_a_missing_grant_is_named(clickhouse_server: Server, storage_of: Make) -> None:
    with pytest.raises(StorageError) as failure:
        storage_of(clickhouse_server.url)._database.ask("CREATE USER nobody")
    assert failure.value.hint == "run: GRANT CREATE USER ON nobody TO detectk"


def test_an_error_names_the_place_and_no_secret(server: Server, storage_of: Make) -> None:
    storage = storage_of(server.url_of("default", password="geheim"))
    with pytest.raises(StorageError) as failure:
        storage.history().metrics()
    text = f"{failure.value} {storage.check().detail} {storage.identity()}"
    assert "geheim" not in text
    assert f"{server.port}/default" in text


def test_many_windows_are_few_statements(
    storage: ClickHouseStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    history: History = storage.history()
    names = [f"metric {number}" for number in range(3000)]
    history.write_points([points(series([0], [1.0]), metric=name) for name in names])
    asked: list[str] = []
    ask_ = storage._database.ask
    monkeypatch.setattr(
        storage._database, "ask", lambda query, **rest: asked.append(query) or ask_(query, **rest)
    )
    assert len(history.read_points([HistoryRequest(name, ALWAYS) for name in names])) == 3000
    assert len(asked) == 3


def test_the_history_of_old_servers_has_state_elsewhere(
    old_clickhouse_server: Server, storage_of: Make
) -> None:
    state = storage_of(old_clickhouse_server.url).state()
    assert state is not None
    with pytest.raises(StorageError, match="state: block"):
        state.prepare()


def test_several_hosts_keep_no_state(storage_of: Make) -> None:
    assert storage_of("clickhouse://a,b/db").state() is None
    assert storage_of("clickhouse://a/db").state() is not None


def test_the_server_says_who_it_is(server: Server, storage_of: Make) -> None:
    assert server.version in storage_of(server.url).check().detail
    tell(server, "SELECT 1")
    assert ask(server, "SELECT 1")[0][0] == 1
