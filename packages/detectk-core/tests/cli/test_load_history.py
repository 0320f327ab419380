from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Dtk, Shop

LOAD = "start_time: 2024-02-01\n  end_time: 2024-02-11\n  batch_load_days: 4"
OFF = "alerter: {enabled: false, type: console}"


def test_a_load_definition_is_loaded_in_batches_and_tells_nobody(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest=OFF, schedule=LOAD)
    ran = dtk("load-history", path)
    assert ran.code == 0
    assert ran.out == "orders: loaded 240 points in 3 batches, 240 verdicts\n"
    assert "INFO [orders] History loaded: 240 datapoints" in ran.err


def test_a_second_load_has_nothing_to_do_until_forced(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest=OFF, schedule=LOAD)
    dtk("load-history", path)
    again = dtk("load-history", path)
    assert again.out == "orders: everything is loaded already; --force asks again\n"
    assert "loaded 240 points" in dtk("load-history", path, "--force").out


def test_trouble_in_the_past_is_judged_and_never_told(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    ran = dtk("load-history", path, "--from", "2024-02-01", "--to", "2024-02-21")
    assert ran.code == 0
    assert "480 verdicts" in ran.out
    assert "dropped" not in ran.out


def test_a_dry_run_says_what_would_be_asked(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest=OFF, schedule=LOAD)
    ran = dtk("load-history", path, "--dry-run")
    assert ran.out.splitlines() == [
        "orders: 3 batches to load",
        "  2024-02-01 00:00 to 2024-02-05 00:00 UTC",
        "  2024-02-05 00:00 to 2024-02-09 00:00 UTC",
        "  2024-02-09 00:00 to 2024-02-11 00:00 UTC",
        "  cost of the first: scans orders",
    ]
    assert "loaded 240 points" in dtk("load-history", path).out


def test_detection_may_be_left_out(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest=OFF, schedule=LOAD)
    assert (
        "240 points in 3 batches, 0 verdicts" in dtk("load-history", path, "--skip-detection").out
    )


def test_a_time_without_a_zone_is_in_the_metrics_zone(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", schedule="timezone: America/New_York")
    ran = dtk("load-history", path, "--from", "2024-02-02", "--to", "2024-02-03", "--dry-run")
    assert "2024-02-02 00:00 to 2024-02-03 00:00 EST" in ran.out


def test_of_a_folder_what_has_a_start_is_loaded(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    shop.metric("orders", rest=OFF, schedule=LOAD, file="metrics/orders_historical.yaml")
    shop.metric("visits")
    ran = dtk("load-history", "metrics")
    assert ran.code == 0
    assert ran.out == "orders: loaded 240 points in 3 batches, 240 verdicts\n"


def test_without_a_start_there_is_nothing_to_load(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("load-history", shop.metric("orders"))
    assert ran.code == 2
    assert "there is no schedule.start_time" in ran.err
    assert "--from" in ran.err


def test_a_folder_without_metrics_is_2(folder: Path, dtk: Dtk) -> None:
    assert dtk("load-history").code == 2


def test_a_wrong_time_is_2(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("load-history", shop.metric("orders"), "--from", "spring")
    assert ran.code == 2
    assert "--from: 'spring' is not a time" in ran.err


def test_a_failed_load_leaves_the_others(shop: Shop, dtk: Dtk) -> None:
    shop.metric("broken", query="SELECT nope FROM orders")
    shop.metric("orders")
    ran = dtk("load-history", "--from", "2024-02-01", "--to", "2024-02-03", "-v")
    assert ran.code == 4
    assert "broken: error, no such column: nope" in ran.out
    assert "orders: loaded 48 points" in ran.out
    assert "Traceback" not in ran.err


def test_another_query_is_remarked(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest=OFF, schedule=LOAD)
    dtk("load-history", path)
    Path(path).write_text(Path(path).read_text().replace("amount AS value", "amount + 1 AS value"))
    ran = dtk("load-history", path)
    assert "WARNING [orders] the stored past was loaded by another query" in ran.err
    assert "another query" not in dtk("load-history", path, "--force").err


def test_json_has_what_was_loaded(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest=OFF, schedule=LOAD)
    found = dtk("load-history", path, "--output", "json").object
    assert (found["schema"], found["exit_code"], found["errors"]) == (1, 0, [])
    (metric,) = found["metrics"]
    assert metric["points"] == metric["verdicts"] == 240
    assert metric["batches"][0] == {
        "start": "2024-02-01T00:00:00+00:00",
        "end": "2024-02-05T00:00:00+00:00",
    }
