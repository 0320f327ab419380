"""A real Prometheus with known samples, and what only a broken one says."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Request
from detectk.errors import CollectError
from detectk.values import Series, Status

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)

Build = Callable[..., Any]
RequestFor = Callable[..., Request]


@pytest.fixture
def ask(prometheus: str, build: Build, request_for: RequestFor) -> Callable[..., Sequence[Series]]:
    """Return what asks Prometheus for hours from midnight on."""

    def collect(query: str, intervals: int = 6, **options: Any) -> Any:
        grid = {name: options.pop(name) for name in ("every", "start", "zone") if name in options}
        one = build(mode="prometheus", url=prometheus, query=query, **options)
        return one.collect(request_for(intervals, **grid))

    return collect


def hours(series: Series) -> list[float]:
    return list((series.times - np.datetime64("2024-07-01", "us")) / np.timedelta64(1, "h"))


# The samples: `requests` counts minutes from midnight on, see conftest.


def test_an_interval_is_what_is_so_at_its_end(ask: Any) -> None:
    (series,) = ask('sum(requests{path="/"})', 3)
    assert hours(series) == [0, 1, 2]
    assert series.values.tolist() == [60.0, 120.0, 180.0]
    assert series.times.dtype == np.dtype("datetime64[us]")


def test_an_interval_may_be_what_is_so_at_its_start(ask: Any) -> None:
    (series,) = ask('sum(requests{path="/"})', 3, at="start")
    assert hours(series) == [0, 1, 2]
    assert series.values.tolist() == [0.0, 60.0, 120.0]


def test_a_range_of_the_interval_is_of_the_interval(ask: Any) -> None:
    (series,) = ask("sum(increase(orders_total[{{ interval_seconds }}s]))", 6)
    # Two a minute, 120 an hour; Prometheus extrapolates by up to a sample at the edges.
    assert series.values.tolist() == pytest.approx([120.0] * 6, rel=0.02)


def test_labels_are_the_labels_of_the_series(ask: Any) -> None:
    found = ask("requests", 1)
    assert [dict(series.labels) for series in found] == [
        {"path": "/", "pod": "a"},
        {"path": "/größe", "pod": "a"},
    ]
    assert [series.values.tolist() for series in found] == [[60.0], [1060.0]]


def test_only_the_named_labels_count(ask: Any) -> None:
    found = ask("requests", 1, dimensions=["path", "region"])
    assert [str(series.labels) for series in found] == ["path=/, region=", "path=/größe, region="]


def test_series_that_cannot_be_told_apart_are_an_error(ask: Any) -> None:
    with pytest.raises(CollectError) as caught:
        ask("requests", 1, dimensions=["pod"])
    assert str(caught.value) == (
        "orders: two series have the same labels (pod=a); "
        "aggregate in the query: sum by (pod) (...), or name more dimensions"
    )


def test_a_scalar_is_a_series_without_labels(ask: Any) -> None:
    (series,) = ask("scalar(sum(orders_total))", 2)
    assert str(series.labels) == ""
    assert series.values.tolist() == [120.0, 240.0]


def test_no_sample_is_no_row(ask: Any) -> None:
    (series,) = ask("gone", 6)  # it ends after two hours
    assert hours(series) == [0, 1]


def test_no_series_is_an_answer(ask: Any) -> None:
    assert ask("nothing_of_that_name") == []


def test_an_empty_window_asks_for_nothing(ask: Any) -> None:
    assert ask("requests", 0) == []


def test_nan_and_infinity_are_null(ask: Any, caplog: pytest.LogCaptureFixture) -> None:
    (series,) = ask("odd", 4)
    assert np.isnan(series.values).tolist() == [True, True, True, False]
    assert series.status.tolist() == [Status.NULL] * 3 + [Status.VALUE]
    assert "2 infinite values were taken as no value" in caplog.text


def test_more_points_than_prometheus_gives_at_once_are_asked_for_in_parts(
    ask: Any, build: Build, prometheus: str, request_for: RequestFor
) -> None:
    # Four hours of seconds are 14400; each second has the newest sample of the last five minutes.
    options = {"every": "1 second"}
    (series,) = ask('sum(requests{path="/"})', 4 * 3600, **options)
    assert len(series) == 4 * 3600
    assert np.diff(series.times.astype(np.int64)).tolist() == [1_000_000] * (4 * 3600 - 1)
    expected = np.arange(1, 4 * 3600 + 1) // 60
    assert (series.values == expected).all()
    one = build(mode="prometheus", url=prometheus, query="x")
    assert one.describe(request_for(4 * 3600, "1 second")).endswith("step 1 s, in 2 requests")


def test_a_day_of_another_length_is_a_day(ask: Any) -> None:
    # 31 March 2024 has 23 hours in Berlin: it begins at 23:00 UTC, and ends at 22:00 UTC.
    first = datetime(2024, 3, 29, 23, tzinfo=UTC)
    grid = {"every": "1 day", "start": first, "zone": "Europe/Berlin"}
    (series,) = ask("hours", 3, **grid)
    since = first.timestamp() / 3600
    assert (series.values - since).tolist() == [24.0, 47.0, 71.0]
    (series,) = ask("hours", 3, **grid, at="start")
    assert (series.values - since).tolist() == [0.0, 24.0, 47.0]


def test_a_finer_step_finds_what_has_ended_within_an_interval(ask: Any) -> None:
    # `gone` ends at 02:00, five minutes more are looked back to: nothing at 03:00, much before.
    (series,) = ask("gone", 4, step="5m")
    assert hours(series) == [0, 1, 2]
    assert series.values.tolist() == [60.0, 120.0, 120.0]


def test_an_interval_may_be_parted_between_two_requests(ask: Any) -> None:
    # 14400 seconds are two requests, and the first ends within the fourth hour.
    (series,) = ask('sum(requests{path="/"})', 4, step=1)
    assert hours(series) == [0, 1, 2, 3]
    assert series.values.tolist() == [60.0, 120.0, 180.0, 240.0]


@pytest.mark.parametrize(
    ("at", "values"), [("end", [50.0, 100.0, 175.0]), ("start", [50.0, 100.0, 175.0])]
)
def test_a_step_that_does_not_divide_the_interval_tells_of_its_own_interval(
    ask: Any, at: str, values: list[float]
) -> None:
    # Every 25 minutes: 25, 50 | 75, 100 | 125, 150, 175; from the start also 0.
    (series,) = ask('sum(requests{path="/"})', 3, step="25m", at=at)
    assert series.values.tolist() == values


def test_a_step_longer_than_the_interval_is_refused(ask: Any) -> None:
    with pytest.raises(CollectError, match="step 2h is longer than the interval, 1 hour; remove"):
        ask("gone", step="2h")


def test_the_window_of_history_may_be_anywhere(ask: Any) -> None:
    (series,) = ask('sum(requests{path="/"})', 2, start=START + timedelta(hours=3))
    assert series.values.tolist() == [240.0, 300.0]


def test_too_many_series_are_an_error(ask: Any) -> None:
    with pytest.raises(CollectError, match="2 series, more than max_series 1; aggregate"):
        ask("requests", 1, max_series=1)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sum(", r"answered 400: bad_data: .*parse error.*; correct the query"),
        ("requests[5m]", r"answered 400: bad_data: .*must be Scalar or instant Vector"),
        ('{path=~".*"} * on(pod) {path=~".*"}', r"answered 4\d\d: "),
    ],
)
def test_what_prometheus_refuses_is_told_in_its_words(ask: Any, query: str, said: str) -> None:
    with pytest.raises(CollectError, match=said) as caught:
        ask(query)
    assert not caught.value.retryable
    assert str(caught.value).startswith("orders: GET http://127.0.0.1:")


def test_a_long_query_is_posted(ask: Any) -> None:
    query = f"sum(requests) # {'x' * 100_000}"
    (series,) = ask(query, 1, method="POST")
    assert series.values.tolist() == [1120.0]


@pytest.mark.parametrize("tail", ["", "/", "/api/v1/query_range", "/api/v1/query"])
def test_the_address_may_end_in_the_api(
    prometheus: str, build: Build, request_for: RequestFor, tail: str
) -> None:
    one = build(mode="prometheus", base_url=prometheus, url=tail, query="sum(orders_total)")
    (series,) = one.collect(request_for(1))
    assert series.values.tolist() == [120.0]


def test_a_check_tells_the_version(prometheus: str, build: Build) -> None:
    health = build(mode="prometheus", url=prometheus, query="x").check()
    assert health.ok
    assert health.detail.startswith("Prometheus 2.")
    assert health.detail.endswith(f" at {prometheus}")


def test_a_description_is_the_query_and_its_moments(
    prometheus: str, build: Build, request_for: RequestFor
) -> None:
    one = build(mode="prometheus", url=prometheus, query="sum(\n  up\n)")
    assert one.describe(request_for(6)) == (
        f"query_range of {prometheus}: sum( up ) "
        "from 2024-07-01T01:00:00Z to 2024-07-01T06:00:00Z, step 3600 s"
    )


# What only answers with the API of Prometheus, or not even that


def matrix(*series: dict[str, Any], **more: Any) -> dict[str, Any]:
    data = {"resultType": "matrix", "result": list(series)}
    return {"status": "success", "data": data, **more}


def test_parameters_of_the_users_come_along(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    site.says(matrix())
    options = {"params": {"dedup": True}, "auth": {"token": "t"}}
    url = f"{site.url}?tenant=a"
    build(mode="prometheus", url=url, query="up", **options).collect(request_for(1))
    build(mode="prometheus", url=url, query="up", method="POST", **options).collect(request_for(1))
    first, second = site.asked
    assert first.path == second.path == "/data/api/v1/query_range"
    assert dict(first.params) == {
        "tenant": "a",
        "dedup": "true",
        "query": "up",
        "start": "1719795600",
        "end": "1719795600",
        "step": "3600",
    }
    assert second.params == []
    assert second.body == (
        b"tenant=a&dedup=true&query=up&start=1719795600&end=1719795600&step=3600"
    )
    assert second.headers["authorization"] == "Bearer t"


def test_a_check_makes_do_without_a_version(site: Any, build: Build, answer: Any) -> None:
    one = {"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}}
    site.script(answer("not found", 404), answer(json.dumps(one)))
    health = build(mode="prometheus", url=site.url, query="x").check()
    assert (health.ok, health.detail) == (True, f"the API of Prometheus at {site.url}")
    site.says("<html>", kind="text/html")
    assert not build(mode="prometheus", url="http://127.0.0.1:1", query="x").check().ok
    health = build(mode="prometheus", url=site.url, query="x").check()
    assert not health.ok
    assert "a web page" in health.detail


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"a": 1}, "the answer is JSON, but not of Prometheus; url is the server's own address"),
        ([1], "the answer is JSON, but not of Prometheus"),
        ({"status": "error", "errorType": "execution", "error": "oh"}, "execution: oh; make the"),
        (
            {"status": "success", "data": {"resultType": "vector", "result": []}},
            "Prometheus answered with a vector, not with a matrix",
        ),
        (
            matrix({"metric": {}, "histograms": [[1719795600, {}]]}),
            "the query gives histograms, not numbers; take a number of them: histogram_quantile",
        ),
        (matrix({"values": [[1, "1"]]}), "{'values': [[1, '1']]} is no series of Prometheus"),
        (matrix({"metric": {}, "values": [[1, "x"]]}), "is no series of Prometheus"),
        (matrix({"metric": {}, "values": [5]}), "is no series of Prometheus"),
        ({"status": "success", "data": {"resultType": "matrix", "result": [5]}}, "5 is no series"),
    ],
)
def test_what_is_no_matrix_is_told(
    site: Any, build: Build, request_for: RequestFor, document: object, said: str
) -> None:
    site.says(document)
    with pytest.raises(CollectError) as caught:
        build(mode="prometheus", url=site.url, query="up").collect(request_for(1))
    assert said in str(caught.value)
    assert str(caught.value).startswith("orders: ")


def test_a_busy_server_is_asked_again(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    busy = {"status": "error", "errorType": "timeout", "error": "query timed out"}
    site.script(answer(json.dumps(busy), 503))
    site.says(matrix({"metric": {}, "values": [[1719795600, "1.5"]]}))
    (series,) = build(mode="prometheus", url=site.url, query="up").collect(request_for(1))
    assert series.values.tolist() == [1.5]


def test_warnings_are_passed_on(
    site: Any, build: Build, request_for: RequestFor, caplog: pytest.LogCaptureFixture
) -> None:
    site.says(matrix(warnings=["a store is missing"]))
    assert build(mode="prometheus", url=site.url, query="up").collect(request_for(1)) == []
    assert "Prometheus warns: a store is missing" in caplog.text


def test_samples_that_were_not_asked_for_are_left_out(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    pairs = [[1719795599.5, "0"], [1719795600.0, "1"], [1719799201, "2"], [9999999999, "3"]]
    site.says(matrix({"metric": {"__name__": "up"}, "values": pairs}))
    (series,) = build(mode="prometheus", url=site.url, query="up").collect(request_for(2))
    assert series.values.tolist() == [1.0]
