"""The commands that only look: list-*, plugins, preview, explain, schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.plugin import Catalogue, Plugin
from detectk.plugin.discovery import Plugins

if TYPE_CHECKING:
    from conftest import Dtk, Shop


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("list-collectors", "sql"),
        ("list-detectors", "mad"),
        ("list-alerters", "console"),
        ("list-storages", "memory"),
    ],
)
def test_components_are_listed_with_their_distribution(dtk: Dtk, command: str, name: str) -> None:
    ran = dtk(command)
    assert ran.code == 0
    line = next(line for line in ran.out.splitlines() if line.startswith(f"{name} "))
    assert line.endswith(tuple("0123456789abcdefghijklmnopqrstuvwxyz"))
    assert "detectk-" in line
    found = dtk(command, "--output", "json").object
    assert found["schema"] == 1
    (listed,) = (values for key, values in found.items() if key != "schema")
    assert name in [one["type"] for one in listed]


def test_a_kind_of_which_nothing_is_installed_says_so(
    dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Catalogue, "default", lambda: Catalogue(Plugins((), None)))
    assert dtk("list-detectors").out == "no detector is installed; dtk plugins shows what is\n"


def test_a_broken_plugin_is_listed_with_its_error(
    dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Plugin("acme", "acme-detectk", "1.0", "acme", error="ImportError: no acme")
    monkeypatch.setattr(Catalogue, "default", lambda: Catalogue(Plugins((broken,), None)))
    ran = dtk("plugins")
    assert ran.code == 0
    assert "acme-detectk is broken: ImportError: no acme" in ran.out
    found = dtk("plugins", "--output", "json").object
    assert found["plugins"][0]["error"] == "ImportError: no acme"


def test_plugins_are_listed_with_version_and_components(dtk: Dtk) -> None:
    assert "detectk-core" in dtk("plugins").out
    first = dtk("plugins", "--output", "json").object["plugins"][0]
    assert first["distribution"] == "detectk-core"
    assert {"kind": "alerter", "name": "console"} in first["components"]


def test_metrics_are_listed_with_what_an_analyst_looks_for(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders", tags="shop, daily")
    shop.metric("visits", rest="", file="metrics/web/visits.yaml")
    lines = dtk("list-metrics").out.splitlines()
    assert lines[0].split() == ["metric", "every", "from", "judged", "by", "told", "tags", "file"]
    assert lines[2].split()[:6] == ["orders", "1", "hour", "sqlite", "mad", "console"]
    assert "nobody" in lines[3]
    assert lines[-1] == "2 metrics"


@pytest.mark.parametrize("where", [("metrics",), ("--path", "metrics"), ("-p", "metrics")])
def test_the_folder_to_list_may_be_given_in_each_documented_way(
    shop: Shop, dtk: Dtk, where: tuple[str, ...]
) -> None:
    shop.metric("orders")
    shop.metric("other", file="elsewhere/other.yaml")
    assert dtk("list-metrics", *where).out.endswith("1 metric\n")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (["--tags", "a"], ["one", "two"]),
        (["--tags", "a", "--tags", "b"], ["one", "two"]),
        (["--tags", "a", "--tags", "b", "--match-all-tags"], ["two"]),
        (["--collector", "sqlite"], ["none", "one", "two"]),
        (["--collector", "http"], []),
        (["-s", "t*"], ["two"]),
        (["-e", "tag:a"], ["none"]),
    ],
)
def test_metrics_are_filtered(shop: Shop, dtk: Dtk, filters: list[str], names: list[str]) -> None:
    shop.metric("none")
    shop.metric("one", tags="a")
    shop.metric("two", tags="a, b")
    found = dtk("list-metrics", *filters, "--output", "json").object
    assert [metric["metric"] for metric in found["metrics"]] == names


def test_a_wrong_file_fails_a_list_only_when_asked_to(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    Path("metrics/bad.yaml").write_text("name: bad\ncollector: {type: nope}\n")
    ran = dtk("list-metrics")
    assert ran.code == 0
    assert "bad.yaml" in ran.err
    assert dtk("list-metrics", "--validate").code == 2


def test_details_name_the_file_and_the_store(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders", rest="description: what people buy\nmetadata: {team: shop}")
    out = dtk("list-metrics", "--details").out
    assert "what people buy" in out
    assert str(shop.folder / ".detectk" / "detectk.db") in out
    assert "shop" in out


def test_preview_shows_the_query_the_rows_and_the_grid(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", query=RECENT)
    out = dtk("preview", path, "-n", "2").out
    assert "    SELECT * FROM (WITH RECURSIVE" in out
    assert "{{" not in out
    assert "interval  1 hour configured, 1 hour between most rows" in out
    assert "missing   0%" in out
    assert "zero      0%" in out


RECENT = (  # a row an hour, whenever it is asked
    "SELECT * FROM (WITH RECURSIVE hours(period_time) AS (SELECT '{{ period_start }}'"
    " UNION ALL SELECT datetime(period_time, '+1 hour') FROM hours"
    " WHERE datetime(period_time, '+1 hour') < '{{ period_finish }}')"
    " SELECT period_time, 5.0 AS value FROM hours)"
)


def test_preview_finds_a_metric_by_its_name(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders", query=RECENT)
    found = dtk("preview", "orders", "--output", "json").object
    assert found["metric"] == "orders"
    assert found["inferred_interval"] == "1 hour"
    assert found["missing_share"] == 0.0
    assert found["series"][0]["rows"][0]["value"] == 5.0


def test_preview_of_nothing_advises(shop: Shop, dtk: Dtk) -> None:
    query = "SELECT at AS period_time, amount AS value FROM orders WHERE at < '1999'"
    out = dtk("preview", shop.metric("orders", query=query)).out
    assert "too few to tell" in out
    assert "advice    no rows" in out


def test_preview_of_a_wrong_query_is_4(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("preview", shop.metric("orders", query="SELECT nope FROM orders"))
    assert ran.code == 4
    assert "no such column: nope" in ran.err


@pytest.mark.parametrize("command", ["preview", "explain"])
def test_a_name_that_is_none_gets_the_near_one(shop: Shop, dtk: Dtk, command: str) -> None:
    shop.metric("orders")
    ran = dtk(command, "ordres")
    assert ran.code == 2
    assert "there is no metric 'ordres' in metrics; did you mean 'orders'?" in ran.err


def test_a_metric_whose_file_is_wrong_says_what_is_wrong(shop: Shop, dtk: Dtk) -> None:
    Path("metrics").mkdir()
    Path("metrics/orders.yaml").write_text("name: orders\ncollector: {type: nope}\n")
    assert "missing key 'detector'" in dtk("explain", "orders").err


def test_explain_says_where_a_value_is_from(shop: Shop, dtk: Dtk) -> None:
    out = dtk("explain", shop.metric("orders")).out
    assert "7 days" in out
    assert "# param" in out
    assert "# default" in out


def test_schema_goes_to_standard_output_or_a_file(folder: Path, dtk: Dtk) -> None:
    document = dtk("schema").object
    assert document["title"] == "DetectK metric"
    ran = dtk("schema", "-o", "metric.schema.json")
    assert ran.out == "wrote metric.schema.json\n"
    assert json.loads(Path("metric.schema.json").read_text("utf-8")) == document
    assert dtk("schema", "-o", "no/such/folder.json").code == 2


def test_preview_shows_each_series(shop: Shop, dtk: Dtk) -> None:
    query = RECENT.replace("5.0 AS value", "5.0 AS value, 'a' AS c") + "\n    dimensions: [c]"
    out = dtk("preview", shop.metric("orders", query=query)).out
    assert "\nc=a:\ninterval from" in out
