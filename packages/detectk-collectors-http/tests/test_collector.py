"""Real answers over real sockets, read through the window of a request."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Request
from detectk.errors import CollectError, ConfigError
from detectk.values import Series

UTC = timezone.utc
START = datetime(2024, 7, 1, tzinfo=UTC)
ROWS = [
    {"period_time": "2024-07-01T00:00:00Z", "value": 5},
    {"period_time": "2024-07-01T02:00:00Z", "value": 7.5},
]
EXPECTED = {"": {0.0: 5.0, 2.0: 7.5}}

Build = Callable[..., Any]
RequestFor = Callable[..., Request]


def points(
    found: Sequence[Series], start: datetime = START
) -> dict[str, dict[float, float | None]]:
    """Return labels to the points: hours after ``start`` to values, None for null."""
    first = np.datetime64(start.replace(tzinfo=None), "us")
    return {
        str(series.labels): {
            float((time - first) / np.timedelta64(1, "h")): None
            if np.isnan(value)
            else float(value)
            for time, value in zip(series.times, series.values, strict=True)
        }
        for series in found
    }


@pytest.fixture
def collect(site: Any, build: Build, request_for: RequestFor) -> Callable[..., Any]:
    """Return what asks the site and gives the points."""

    def ask(document: object = None, *, kind: str = "application/json", **options: Any) -> Any:
        if document is not None:
            site.says(document, kind=kind)
        return points(build(**{"url": site.url, **options}).collect(request_for()))

    return ask


@pytest.fixture
def told(collect: Callable[..., Any]) -> Callable[..., str]:
    """Return what asks the site and gives the sentence of the error."""

    def ask(document: object = None, **options: Any) -> str:
        with pytest.raises(CollectError) as caught:
            collect(document, **options)
        return str(caught.value)

    return ask


# Shapes of JSON


@pytest.mark.parametrize(
    ("document", "options"),
    [
        (ROWS, {}),
        ({"data": {"rows": ROWS}}, {"data_path": "data.rows"}),
        ([ROWS], {"data_path": "[0]"}),
        ([[1719792000, 5], [1719799200, "7.5"]], {}),
        ({"d": [[1719792000000, 5], [1719799200000, 7.5]]}, {"data_path": "d"}),
        (
            [[1719792000000, 1, 5, 9], [1719799200000, 1, 7.5, 9]],
            {"data_path": "$", "timestamp_path": "[0]", "value_path": "[2]"},
        ),
        (
            {"hourly": {"time": ["2024-07-01T00:00", "2024-07-01T02:00"], "t": [5, 7.5]}},
            {"data_path": "hourly", "timestamp_column": "time", "value_column": "t"},
        ),
        (
            [
                {"at": {"s": "2024-07-01"}, "v": {"x": 5}},
                {"at": {"s": 1719799200}, "v": {"x": 7.5}},
            ],
            {"data_path": "$", "timestamp_path": "at.s", "value_path": "v.x"},
        ),
        ([{"a.b": "2024-07-01", "v": 5}, {"a.b": 1719799200, "v": 7.5}],
         {"timestamp_column": "a.b", "value_column": "v"}),
    ],
)  # fmt: skip
def test_records_pairs_and_lists_are_read(
    collect: Any, document: object, options: dict[str, Any]
) -> None:
    assert collect(document, **options) == EXPECTED


@pytest.mark.parametrize(
    ("document", "options", "value"),
    [
        ({"a": {"b": [{"c": 42}]}}, {"value_path": "a.b[0].c"}, 42.0),
        ({"a": "1.5"}, {"value_path": "a"}, 1.5),
        ({"a": None}, {"value_path": "a"}, None),
        ({"a": True}, {"value_path": "a"}, 1.0),
        ([1, 2, 3], {"value_path": "[-1]"}, 3.0),
        (42, {}, 42.0),
        ('{"a": NaN}', {"value_path": "a"}, None),
        ('{"a": Infinity}', {"value_path": "a"}, None),
        ('{"a": 123456789012345678901234567890}', {"value_path": "a"}, 1.2345678901234568e29),
    ],
)
def test_one_value_is_a_point_of_the_newest_interval(
    collect: Any, document: object, options: dict[str, Any], value: float | None
) -> None:
    assert collect(document, **options) == {"": {5.0: value}}


def test_one_value_may_have_a_time_and_labels_beside_it(collect: Any) -> None:
    document = {"at": "2024-07-01T03:59:59.999999Z", "host": {"name": "Ö1"}, "v": 3}
    options = {"value_path": "v", "timestamp_path": "at", "dimensions": ["host.name"]}
    assert collect(document, **options) == {"host.name=Ö1": {3.0: 3.0}}


def test_one_value_is_asked_for_over_its_own_interval(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    site.says({"count": 1})
    params = {"from": "{{ period_start }}", "to": "{{ period_finish }}"}
    build(url=site.url, params=params, value_path="count").collect(request_for(6))
    assert site.asked[0].params == [
        ("from", "2024-07-01 05:00:00"),
        ("to", "2024-07-01 06:00:00"),
    ]


def test_each_combination_of_labels_is_a_series(collect: Any) -> None:
    rows = [
        {**ROWS[0], "shop": {"town": "Zürich"}, "code": 7},
        {**ROWS[0], "shop": {"town": "東京"}},
        {**ROWS[1], "shop": {"town": "Zu\u0308rich"}, "code": "7"},
    ]
    assert collect(rows, dimensions=["shop.town", "code"]) == {
        "code=, shop.town=東京": {0.0: 5.0},
        "code=7, shop.town=Zürich": {0.0: 5.0, 2.0: 7.5},
    }


def test_context_comes_along(site: Any, build: Build, request_for: RequestFor) -> None:
    site.says([{**ROWS[0], "staff": 3}, ROWS[1]])
    (series,) = build(url=site.url, context_columns=["staff"]).collect(request_for())
    assert series.context["staff"].tolist()[0] == 3


@pytest.mark.parametrize(
    "document", [[], {"rows": []}, {"rows": None}, {"rows": {"period_time": [], "value": []}}]
)
def test_no_rows_are_an_answer(collect: Any, document: object) -> None:
    assert collect(document, **({"data_path": "rows"} if document else {})) == {}


def test_no_content_is_an_answer(site: Any, collect: Any, answer: Any) -> None:
    site.script(answer(status=204))
    assert collect() == {}


def test_a_value_that_some_records_lack_is_null(collect: Any) -> None:
    rows = [ROWS[0], {"period_time": ROWS[1]["period_time"]}]
    assert collect(rows) == {"": {0.0: 5.0, 2.0: None}}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_json_may_be_in_any_unicode_encoding(collect: Any, encoding: str) -> None:
    rows = [{**ROWS[0], "shop": "Zürich 東京"}]
    body = json.dumps(rows, ensure_ascii=False).encode(encoding)
    assert collect(body, dimensions=["shop"]) == {"shop=Zürich 東京": {0.0: 5.0}}


# Times


def test_times_without_a_zone_are_in_the_zone_of_the_source(collect: Any) -> None:
    # New York is four hours behind in July.
    rows = [{"period_time": "2024-06-30 21:00:00.000001", "value": 1}]
    assert collect(rows, timezone="America/New_York") == {"": {1.0: 1.0}}


def test_rows_outside_the_window_are_told_only_where_it_was_asked_for(
    collect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [[1719791999, 1], *[[row["period_time"], row["value"]] for row in ROWS], [1719813600, 1]]
    assert collect(rows) == EXPECTED
    assert "outside" not in caplog.text
    assert collect(rows, params={"from": "{{ period_start }}"}) == EXPECTED
    assert "2 rows outside the window were dropped" in caplog.text


def test_days_of_another_length_are_days(site: Any, build: Build, request_for: RequestFor) -> None:
    # Berlin leaps at 2024-03-31 02:00 (a day of 23 hours) and falls back at 2024-10-27 03:00.
    for first in (datetime(2024, 3, 29, 23, tzinfo=UTC), datetime(2024, 10, 25, 22, tzinfo=UTC)):
        request = request_for(3, every="1 day", start=first, zone="Europe/Berlin")
        days = [(first + timedelta(hours=12) + timedelta(days=n)).date() for n in range(3)]
        site.says([{"period_time": f"{day} 23:30:00", "value": n} for n, day in enumerate(days)])
        (series,) = build(url=site.url, timezone="Europe/Berlin").collect(request)
        assert series.values.tolist() == [0.0, 1.0, 2.0]
        assert (
            series.times.tolist()
            == request.interval.steps(request.window.start, request.window.end).tolist()
        )


# CSV and text

CSV = "period_time,value,shop\r\n2024-07-01 00:00:00,5,007\r\n2024-07-01 02:00:00,,8\r\n"


def test_a_csv_is_known_by_its_content_type(collect: Any) -> None:
    expected = {"shop=007": {0.0: 5.0}, "shop=8": {2.0: None}}
    assert collect(CSV, kind="text/csv; charset=utf-8", dimensions=["shop"]) == expected


@pytest.mark.parametrize(
    "body",
    [
        ("\ufeff" + CSV).encode(),
        CSV.replace("\r\n", "\n").encode(),
        CSV.replace("007", '"007"').encode() + b"\r\n\r\n",
    ],
)
def test_a_csv_may_be_written_as_spreadsheets_do(collect: Any, body: bytes) -> None:
    assert collect(body, kind="", response_format="csv") == {"": {0.0: 5.0, 2.0: None}}


def test_a_csv_may_be_parted_by_anything_and_in_another_encoding(collect: Any) -> None:
    body = CSV.replace(",", ";").replace("007", "Zürich").encode("latin-1")
    kind = 'text/csv; charset="ISO-8859-1"'
    found = collect(body, kind=kind, separator=";", dimensions=["shop"])
    assert found == {"shop=8": {2.0: None}, "shop=Zürich": {0.0: 5.0}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("value", 5.0),
        ("value[0]", 5.0),
        ("value[1]", None),
        ("shop[-1]", 8.0),
        ('["shop"][0]', 7.0),
    ],
)
def test_a_cell_of_a_csv_is_one_value(collect: Any, path: str, value: float | None) -> None:
    assert collect(CSV, kind="text/csv", value_path=path) == {"": {5.0: value}}


def test_a_cell_of_a_csv_may_have_its_time_beside_it(collect: Any) -> None:
    options = {"value_path": "shop[1]", "timestamp_path": "period_time"}
    assert collect(CSV, kind="text/csv", **options) == {"": {2.0: 8.0}}


@pytest.mark.parametrize("body", ["", "\n", "period_time,value\n"])
def test_a_csv_without_rows_is_an_answer(collect: Any, body: str) -> None:
    assert collect(body, kind="text/csv") == {}
    assert collect(body, kind="text/csv", value_path="value") == {}


@pytest.mark.parametrize(
    ("body", "value"), [("42", 42.0), (" 1.5e3\n", 1500.0), ("-0", 0.0), ("", None)]
)
def test_a_text_is_a_number(collect: Any, body: str, value: float | None) -> None:
    assert collect(body, kind="text/plain; charset=utf-8") == {"": {5.0: value}}
    assert collect(body, kind="application/json", response_format="text") == {"": {5.0: value}}


def test_a_path_in_a_plain_text_says_that_it_is_json(collect: Any) -> None:
    assert collect('{"a": 1}', kind="text/plain", value_path="a") == {"": {5.0: 1.0}}


# The request


def test_templates_are_filled_in_everywhere(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    build(
        url=site.url + "/{{ metric_name }}?tag=a%20b",
        params={
            "from": "{{ period_start | datetime_format('%s') }}",
            "each": [1, None, "{{ limit }}"],
            "off": False,
            "none": None,
        },
        json={"to": "{{ period_finish }}", "deep": [{"n": 1, "step": "{{ interval_seconds }}"}]},
        query_variables={"limit": 10},
    ).collect(request_for())
    (asked,) = site.asked
    assert (asked.method, asked.path) == ("POST", "/data/orders")
    assert ("tag", "a b") in asked.params
    assert [pair for pair in asked.params if pair[0] != "from" and pair[0] != "tag"] == [
        ("each", "1"),
        ("each", "10"),
        ("off", "false"),
    ]
    assert json.loads(asked.body) == {
        "to": "2024-07-01 06:00:00",
        "deep": [{"n": 1, "step": "3600"}],
    }
    assert asked.headers["content-type"] == "application/json; charset=utf-8"
    assert asked.headers["user-agent"].startswith("DetectK/")


def test_a_body_is_a_form_or_a_text(site: Any, build: Build, request_for: RequestFor) -> None:
    build(url=site.url, data={"q": "größe & {{ interval }}", "n": [1, 2]}).collect(request_for())
    build(
        url=site.url, data="SELECT '{{ period_start }}'", headers={"Content-Type": "text/sql"}
    ).collect(request_for())
    form, text = site.asked
    assert form.body == b"q=gr%C3%B6%C3%9Fe+%26+1+hour&n=1&n=2"
    assert form.headers["content-type"] == "application/x-www-form-urlencoded"
    assert text.body == b"SELECT '2024-07-01 00:00:00'"
    assert text.headers["content-type"] == "text/sql"


def test_who_asks_is_said_by_name_or_token(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    for auth in ({"username": "me", "password": "größe"}, {"username": "key"}, {"token": "abc"}):
        build(url=site.url, auth=auth).collect(request_for())
    assert [asked.headers["authorization"] for asked in site.asked] == [
        "Basic bWU6Z3LDtsOfZQ==",
        "Basic a2V5Og==",
        "Bearer abc",
    ]


def test_an_unknown_variable_is_told_with_its_option(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    one = build(url=site.url, params={"from": "{{ period_strat }}"})
    with pytest.raises(ConfigError) as caught:
        one.collect(request_for())
    assert str(caught.value) == (
        "metrics/orders.yaml: collector.params.params.from: query, line 1: "
        "'period_strat' is undefined; did you mean 'period_start'?"
    )
    assert not site.asked


def test_cookies_are_not_kept(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    site.page = lambda asked: answer("[]", headers={"Set-Cookie": "session=1; Path=/"})
    one = build(url=site.url)
    one.collect(request_for())
    one.collect(request_for())
    assert "cookie" not in site.asked[1].headers


def test_collectors_share_their_connections(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    for _ in range(5):
        build(url=site.url).collect(request_for())
    assert site.connections == 1


def test_a_packed_answer_is_unpacked(collect: Any, site: Any, answer: Any) -> None:
    body = gzip.compress(json.dumps(ROWS).encode()[:20]) + gzip.compress(
        json.dumps(ROWS).encode()[20:]
    )
    site.script(answer(body, headers={"Content-Encoding": "gzip"}))
    assert collect() == EXPECTED
    assert site.asked[0].headers["accept-encoding"] == "gzip"


# What is wrong with an answer


NOWHERE = "ends at '$': "


@pytest.mark.parametrize(
    ("document", "options", "said"),
    [
        ("<!DOCTYPE html><i>", {}, "it begins with '<!DOCTYPE html><i>'; it is a web page"),
        ('{"a": 1', {}, "the answer is not JSON, it begins with '{\"a\": 1'; set response_format"),
        ("", {}, "the answer is empty, not JSON"),
        (b"\x80\x81", {}, "the answer is not JSON"),
        ("[" * 100_000, {}, "the answer is not JSON"),
        (
            {"a": {"Count": 1}},
            {"value_path": "a.count"},
            "value_path: 'a.count' ends at 'a': 'count' is not among 'Count'; did you mean",
        ),
        (
            {"data": []},
            {"data_path": "dat"},
            f"data_path: 'dat' {NOWHERE}'dat' is not among 'data'",
        ),
        ({"data": 5}, {"data_path": "data"}, "there is no list of records but 5"),
        ({"a": [1]}, {"value_path": "a"}, "there is no number but a list"),
        ({"a": "n/a"}, {"value_path": "a"}, "column 'value': 'n/a' in row 1 is no number"),
        ({"a": 1}, {"value_path": "a", "timestamp_path": "at"}, f"timestamp_path: 'at' {NOWHERE}"),
        (
            ROWS,
            {"value_column": "Value"},
            f"value_column: the first record: 'Value' {NOWHERE}'Value' is not among 'period_time'",
        ),
        (ROWS, {"dimensions": ["town"]}, "dimensions: the first record: 'town'"),
        (ROWS, {"context_columns": ["town"]}, "context_columns: the first record: 'town'"),
        ([{"a": 1}, 5], {}, "record 1 is {'a': 1}, neither"),
        ([[1, 2, 3]], {}, "record 1 is [1, 2, 3], neither a mapping nor a [time, value] pair"),
        ([[1, 2]], {"dimensions": ["a"]}, "a [time, value] pair has no dimensions"),
        ([{**ROWS[0], "period_time": "noon"}], {}, "'noon' in row 1 is no time"),
        ([{**ROWS[0], "period_time": None}], {}, "None in row 1 is no time"),
        ({"period_time": [1], "value": [1, 2]}, {}, "differ in length: period_time 1, value 2"),
        (
            [[1]],
            {"data_path": "$", "timestamp_path": "[0]", "value_path": "[1]"},
            f"value_path: a record: '[1]' {NOWHERE}there is no [1] in a list of 1 item",
        ),
    ],
)
def test_an_answer_that_makes_no_series_is_told(
    told: Any, document: object, options: dict[str, Any], said: str
) -> None:
    sentence = told(document, **options)
    assert sentence.startswith("orders: ")
    assert said in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("body", "options", "said"),
    [
        ("a,b\n1,2\n", {}, "column 'period_time' is not among 'a', 'b'"),
        ("a,b\n1,2,3\n", {}, "row 2 has 3 cells and the first has 2"),
        ("a,a\n1,2\n", {}, "column 'a' is there twice"),
        ("a,b\n1,2\n", {"value_path": "c"}, "column 'c' is not among 'a', 'b'"),
        ("a,b\n1,2\n", {"value_path": "a[1]"}, "there is no row [1] among 1"),
        ("a,b\n1,2\n", {"value_path": "a.x"}, "write value_path as 'column' or 'column[row]'"),
        ("a,b\n1,2\n", {"data_path": "a"}, "a CSV has no data_path"),
        ("x" * 200_000, {}, "the answer is not CSV: field larger"),
    ],
)
def test_a_csv_that_makes_no_series_is_told(
    told: Any, body: str, options: dict[str, Any], said: str
) -> None:
    assert said in told(body, kind="text/csv", **options)


def test_a_text_that_is_no_number_is_told(told: Any) -> None:
    assert "'many' in row 1 is no number" in told("many", kind="text/plain")


# What it says of itself


def test_a_description_shows_what_is_filled_in_and_hides_the_rest(
    build: Build, request_for: RequestFor
) -> None:
    one = build(
        url="https://example.com/orders?key=hunter2hunter2",
        params={"from": "{{ period_start }}", "limit": 10, "token": "hunter2hunter2", "by": "day"},
        json={"password": "hunter2hunter2", "to": "{{ period_finish }}", "size": [1]},
        headers={"X-Key": "hunter2hunter2"},
    )
    assert one.describe(request_for()) == (
        "POST https://example.com/orders?key=***&from=2024-07-01 00:00:00&limit=10&token=***&by=day"
        ' with {"password": "***", "to": "2024-07-01 06:00:00", "size": [1]}'
    )


def test_the_fingerprint_changes_with_the_question_only(build: Build) -> None:
    def print_of(**options: Any) -> str:
        return build(**{"url": "https://example.com/orders", **options}).fingerprint()

    plain = print_of()
    assert len(plain) == 16
    same = {"timeout": 5, "verify": False, "max_series": 5, "retry_count": 0, "max_bytes": 9}
    same |= {"headers": {"X-Key": "a"}, "auth": {"token": "b"}}
    assert print_of(**same) == plain
    moved = [print_of(base_url=f"https://{at}.example.com", url="/orders") for at in "ab"]
    assert moved[0] == moved[1]
    others = [
        {"url": "https://example.com/other"},
        {"method": "POST"},
        {"params": {"a": 1}},
        {"json": {"a": 1}},
        {"data": "a"},
        {"value_path": "a"},
        {"data_path": "a"},
        {"timestamp_column": "a"},
        {"dimensions": ["a"]},
        {"timezone": "Europe/Paris"},
        {"response_format": "csv"},
    ]
    found = [print_of(**other) for other in others]
    assert len({plain, *found}) == len(others) + 1


def test_the_space_in_promql_does_not_count_and_what_is_quoted_does(build: Build) -> None:
    def print_of(query: str) -> str:
        return build(mode="prometheus", url="http://localhost:9090", query=query).fingerprint()

    plain = print_of('sum(up{job="a b"})')
    assert print_of('  sum(up{job="a b"})  # all of them\n') == plain
    assert print_of('sum(up{job="a  b"})') != plain
    assert print_of('sum(up{job="a#b"})') != print_of('sum(up{job="a#c"})')


def test_a_check_reads_an_answer(site: Any, build: Build) -> None:
    site.says(ROWS)
    health = build(url=site.url).check()
    assert (health.ok, health.detail) == (True, f"GET {site.url} answers with 2 rows")
    site.says({"a": 1})
    health = build(url=site.url, value_path="b").check()
    assert not health.ok
    assert health.detail.startswith("value_path: 'b' ends at '$'")


def test_a_check_of_a_file_asks_for_the_metric_of_its_name(site: Any, build: Build) -> None:
    assert build(url=f"{site.url}/{{{{ metric_name }}}}").check().ok
    assert site.asked[0].path == "/data/orders"


def test_a_check_asks_once(site: Any, build: Build, answer: Any) -> None:
    site.page = lambda asked: answer(status=503)
    assert not build(url=site.url).check().ok
    assert len(site.asked) == 1


def test_a_big_answer_is_read_in_little_time(
    site: Any, build: Build, request_for: RequestFor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    rows = [
        {"period_time": 1719792000 + second % 21600, "value": second, "shop": f"s{second % 10}"}
        for second in range(100_000)
    ]
    site.says(rows)
    found = build(url=site.url, dimensions=["shop"]).collect(request_for(6 * 3600, "1 second"))
    assert len(found) == 10
    assert sum(map(len, found)) == 21_600


def test_todays_value_is_never_that_of_a_day_long_gone(
    site: Any, build: Build, request_for: RequestFor, caplog: pytest.LogCaptureFixture
) -> None:
    site.says({"value": 7})
    request = request_for()
    later = replace(request, execution_time=request.window.end + timedelta(days=1, seconds=1))
    assert build(url=site.url, value_path="value").collect(later) == []
    assert "the past cannot be asked for" in caplog.text
    # An address that takes the window answers for it, whenever it is asked.
    asked = site.url + "?until={{ period_finish }}"
    assert len(build(url=asked, value_path="value").collect(later)) == 1
