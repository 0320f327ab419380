from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from conftest import Dtk, Shop

CALM = ("-t", "2024-02-20T10:00:00")
TROUBLED = ("-t", "2024-02-20T11:05:00+00:00")


def test_a_calm_metric_is_one_line_and_exit_code_0(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("run", shop.metric("orders"), *CALM)
    assert ran.code == 0
    assert re.fullmatch(r"orders: ok, 109 within \S+ to \S+, 2024-02-20 09:00 UTC\n", ran.out)


def test_the_log_has_the_documented_lines(shop: Shop, dtk: Dtk) -> None:
    lines = dtk("run", shop.metric("orders"), *CALM).err.splitlines()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO"
    assert re.fullmatch(
        rf"{stamp} \[-\] Checking as if it were 2024-02-20 10:00:00\+00:00", lines[0]
    )
    assert re.fullmatch(rf"{stamp} \[orders\] Collection successful: \d+ datapoints", lines[1])
    assert re.fullmatch(rf"{stamp} \[orders\] Detection: no anomaly \(score=\d\.\d\)", lines[2])
    assert re.fullmatch(rf"{stamp} \[orders\] Check completed successfully", lines[3])


def test_an_anomaly_is_told_and_is_a_result(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("run", shop.metric("orders"), *TROUBLED)
    assert ran.code == 0
    assert "orders: ANOMALY, 0 is below" in ran.out
    assert "sent: fired to console" in ran.out
    assert "Detection: anomaly (score=" in ran.err


def test_an_anomaly_fails_only_when_asked_to(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    assert dtk("run", path, *CALM, "--fail-on-anomaly", "--dry-run").code == 0
    assert dtk("run", path, *TROUBLED, "--fail-on-anomaly").code == 1


def test_an_incident_is_told_once(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    dtk("run", path, *TROUBLED)
    ran = dtk("run", path, "-t", "2024-02-20T12:05:00")
    assert "orders: ANOMALY" in ran.out
    assert "nothing new to tell" in ran.out
    assert "sent:" not in ran.out


def test_a_metric_without_an_alerter_says_that_nobody_hears_of_it(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("run", shop.metric("orders", rest=""), *TROUBLED)
    assert "nobody to tell: no alerter is on" in ran.out


def test_a_second_run_of_an_interval_has_nothing_to_do(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    dtk("run", path, *CALM)
    ran = dtk("run", path, *CALM)
    assert ran.code == 0
    assert ran.out == (
        "orders: up to date, no interval became complete since 2024-02-20 09:00 UTC\n"
    )


def test_a_dry_run_keeps_and_sends_nothing(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    dry = dtk("run", path, *TROUBLED, "--dry-run")
    assert "would tell: fired" in dry.out
    assert "sent:" not in dry.out
    assert "sent: fired to console" in dtk("run", path, *TROUBLED).out


def test_a_young_metric_has_too_little_history(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("run", shop.metric("orders"), "-t", "2024-02-01T02:00:00")
    assert ran.code == 0
    assert ran.out.startswith("orders: insufficient history, 101")


def test_no_row_is_no_data_and_never_zero(shop: Shop, dtk: Dtk) -> None:
    query = "SELECT at AS period_time, amount AS value FROM orders WHERE at < '1999'"
    ran = dtk("run", shop.metric("orders", query=query), *CALM)
    assert ran.code == 0
    assert ran.out.startswith("orders: no data")
    assert "has not had a row" in ran.out


def test_times_are_shown_in_the_metrics_zone(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", schedule="timezone: America/New_York")
    assert "2024-02-20 04:00 EST" in dtk("run", path, *CALM).out


def test_metrics_are_chosen_by_selectors(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders", tags="shop")
    shop.metric("visits")
    assert "1 metric" not in dtk("run", *CALM, "-q", "--dry-run").out
    assert dtk("run", *CALM, "-s", "tag:shop", "--dry-run").out.startswith("orders: ok")
    assert dtk("run", *CALM, "-e", "orders", "--dry-run").out.startswith("visits: ok")
    ran = dtk("run", "-s", "tag:nothing")
    assert ran.code == 2
    assert "none of 2 metrics matches tag:nothing" in ran.err


def test_many_metrics_are_a_table_and_a_total(shop: Shop, dtk: Dtk) -> None:
    for name in ("a", "b", "c"):
        shop.metric(name, rest="")
    shop.metric("d", query="SELECT nope FROM orders")
    ran = dtk("run", *TROUBLED)
    header = ran.out.splitlines()[0].split("  ")
    assert [word.strip() for word in header if word] == [
        "metric", "status", "value", "expected", "interval from", "told",
    ]  # fmt: skip
    assert ran.out.count("anomaly") == 4
    assert ran.out.endswith("4 metrics: 3 anomaly, 1 error\n")


def test_json_is_one_object_and_messages_go_elsewhere(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("run", shop.metric("orders"), *TROUBLED, "--output", "json")
    found = ran.object
    assert found["schema"] == 1
    assert found["exit_code"] == ran.code == 0
    assert found["at"] == "2024-02-20T11:05:00+00:00"
    assert found["errors"] == []
    (metric,) = found["metrics"]
    assert metric["status"] == "anomaly"
    assert metric["value"] == 0.0
    assert metric["newest"] == "2024-02-20T10:00:00+00:00"
    assert metric["point"]["verdict"] == "anomaly"
    assert metric["point"]["direction"] == "down"
    assert metric["notices"][0]["kind"] == "fired"
    assert metric["deliveries"] == [
        {
            "channel": "console",
            "kind": "fired",
            "dedup_key": metric["notices"][0]["id"],
            "delivered": True,
            "error": None,
        }
    ]
    assert "Duration" in ran.err


def test_json_has_null_for_what_is_not_there(shop: Shop, dtk: Dtk) -> None:
    query = QUERY_WITH_A_HOLE
    ran = dtk("run", shop.metric("orders", query=query), *CALM, "--output", "json")
    point = ran.object["metrics"][0]["point"]
    assert point["value"] is None
    assert "NaN" not in ran.out


QUERY_WITH_A_HOLE = (
    "SELECT at AS period_time, CASE WHEN at < '2024-02-20 09' THEN amount END AS value FROM orders"
    " WHERE at >= '{{ period_start }}' AND at < '{{ period_finish }}'"
)


TWO = (
    "SELECT at AS period_time, 'a' AS c, amount AS value FROM orders"
    " WHERE at >= '{{ period_start }}' AND at < '{{ period_finish }}'"
    " UNION ALL SELECT at, 'b', 100 + strftime('%H', at) FROM orders"
    " WHERE at >= '{{ period_start }}' AND at < '{{ period_finish }}'"
    "\n    dimensions: [c]"
)


def test_of_several_series_the_worst_is_shown(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", query=TWO)
    assert dtk("run", path, *CALM).out.startswith("orders: ok in all 2 series, c=")
    late = dtk("run", path, "-t", "2024-02-20T12:05:00")
    assert "orders: ANOMALY in 1 of 2 series, c=a: 0 is below" in late.out
    assert "  decided: fired (c=a), since 2024-02-20 10:00 UTC" in late.out
    assert "  c=a: 0, 2024-02-20 11:00 UTC" in late.out


def test_a_late_run_counts_what_it_found(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    dtk("run", path, *CALM)
    ran = dtk("run", path, "-t", "2024-02-20T13:05:00")
    assert "3 intervals of this run were anomalous" in ran.out


def test_colour_is_for_terminals(shop: Shop, dtk: Dtk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shop.metric("orders")
    assert "\x1b" not in dtk("run", path, *CALM, "--dry-run").out
    monkeypatch.setattr("detectk.cli.telling.wants_colour", lambda: True)
    assert "orders: \x1b[1;32mok\x1b[0m," in dtk("run", path, *CALM, "--dry-run").out


def test_what_happened_before_max_catchup_is_not_judged(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", schedule="max_catchup: 1 hour", rest="")
    dtk("run", path, "-t", "2024-02-10T10:00:00")
    ran = dtk("run", path, *TROUBLED, "--output", "json")
    assert [one["time"] for one in ran.object["metrics"][0]["anomalies"]] == [
        "2024-02-20T10:00:00+00:00"
    ]


def test_a_dry_run_says_what_the_query_costs(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    ran = dtk("run", path, "--dry-run", "-t", "2024-02-20T10:00:00")
    assert "  cost: scans orders\n" in ran.out
    told = dtk("run", path, "--dry-run", "-t", "2024-02-20T10:00:00", "--output", "json").object
    assert told["metrics"][0]["cost"] == "scans orders"
    assert "cost:" not in dtk("run", path, "-t", "2024-02-20T10:00:00").out
