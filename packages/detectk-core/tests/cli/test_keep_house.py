"""``dtk clean`` says what would go before it goes; ``dtk unlock`` frees what a dead run holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from detectk.check.assemble import Assembler
from detectk.clock import SystemClock
from detectk.config import ConfigLoader
from detectk.plugin import Catalogue

if TYPE_CHECKING:
    from conftest import Dtk, Shop

LOAD = ("--from", "2024-02-01", "--to", "2024-02-11")
CONSOLE = "alerter: {type: console}"
SHORT = "storage: {detections_retention_days: 60}\nalerter: {type: console}"


def stored(shop: Shop) -> dict[str, int]:
    with closing(sqlite3.connect(shop.folder / ".detectk" / "detectk.db")) as database:
        sql = "SELECT metric_name, count(*) FROM dtk_datapoints GROUP BY 1"
        return dict(database.execute(sql).fetchall())


def test_without_execute_clean_only_says_what_would_go(shop: Shop, dtk: Dtk) -> None:
    dtk("load-history", shop.metric("orders", rest=SHORT), *LOAD)
    ran = dtk("clean")
    assert ran.code == 0
    first, last = ran.out.splitlines()
    assert first.startswith("orders: 240 points and 240 verdicts, points before 20")
    assert ", verdicts before 20" in first
    assert last == "240 points and 240 verdicts would go; nothing was deleted, add --execute"
    assert stored(shop) == {"orders": 240}


def test_with_execute_it_goes_and_a_second_time_finds_nothing(shop: Shop, dtk: Dtk) -> None:
    dtk("load-history", shop.metric("orders"), *LOAD)
    assert dtk("clean", "--execute").out.endswith("deleted 240 points and 240 verdicts\n")
    assert stored(shop) == {}
    assert dtk("clean", "--execute").out == "nothing is too old\n"


def test_what_was_cleaned_is_not_loaded_again(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    dtk("load-history", path, *LOAD)
    dtk("clean", "--execute")
    assert "everything is loaded already" in dtk("load-history", path, *LOAD).out


def test_a_longer_retention_keeps(shop: Shop, dtk: Dtk) -> None:
    keep = "storage: {datapoints_retention_days: 36500, detections_retention_days: 36500}"
    dtk("load-history", shop.metric("orders", rest=keep), *LOAD)
    assert dtk("clean", "--execute").out == "nothing is too old\n"
    assert stored(shop) == {"orders": 240}


def test_only_selected_metrics_are_cleaned(shop: Shop, dtk: Dtk) -> None:
    for name in ("orders", "visits"):
        dtk("load-history", shop.metric(name), *LOAD)
    dtk("clean", "--execute", "--select", "visits")
    assert stored(shop) == {"orders": 240}


def test_a_metric_without_a_file_is_left_alone_until_asked(shop: Shop, dtk: Dtk) -> None:
    keep = "storage: {datapoints_retention_days: 36500, detections_retention_days: 36500}"
    gone = shop.metric("gone", rest=keep)
    dtk("load-history", gone, *LOAD)
    dtk("load-history", shop.metric("orders", rest=keep), *LOAD)
    (shop.folder / gone).unlink()
    assert "left alone: 1 stored metric in no file here (gone)" in dtk("clean").out
    assert stored(shop) == {"gone": 240, "orders": 240}
    ran = dtk("clean", "--orphans", "--execute")
    assert "gone: 240 points and 240 verdicts, all there is: no file names it" in ran.out
    assert stored(shop) == {"orders": 240}


def test_a_file_that_cannot_be_read_is_no_orphan(shop: Shop, dtk: Dtk) -> None:
    path = shop.folder / shop.metric("orders")
    dtk("load-history", str(path), *LOAD)
    path.write_text(path.read_text().replace("detector:", "detectr:"))
    ran = dtk("clean", "--orphans", "--execute")
    assert ran.code == 2
    assert stored(shop) == {"orders": 240}


@pytest.mark.parametrize("option", ["--select", "--exclude"])
def test_orphans_need_every_metric(shop: Shop, dtk: Dtk, option: str) -> None:
    shop.metric("orders")
    ran = dtk("clean", "--orphans", option, "orders")
    assert ran.code == 2
    assert "--orphans needs every metric" in ran.err


def test_orphans_are_never_all_that_a_path_leaves_out(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    for name in ("orders", "visits"):
        dtk("load-history", shop.metric(name), *LOAD)
    assert dtk("clean", path, "--orphans", "--execute").code == 2
    assert stored(shop) == {"orders": 240, "visits": 240}
    assert "--orphans" not in dtk("clean", path).out


EDITED = "{type: mad, params: {window_size: 6 days}}"
KEEP = "storage: {datapoints_retention_days: 36500, detections_retention_days: 36500}"


def judged(shop: Shop) -> dict[str, int]:
    with closing(sqlite3.connect(shop.folder / ".detectk" / "detectk.db")) as database:
        sql = "SELECT detector_id, count(*) FROM dtk_detections GROUP BY 1"
        return dict(database.execute(sql).fetchall())


def edited(shop: Shop, dtk: Dtk, *, rest: str = KEEP) -> tuple[str, str]:
    """Return the ids of a detector before and after its window was changed, 240 verdicts each."""
    dtk("load-history", shop.metric("orders", rest=rest), *LOAD)
    [old] = judged(shop)
    dtk("load-history", shop.metric("orders", rest=rest, detector=EDITED), *LOAD, "--force")
    [new] = judged(shop).keys() - {old}
    return old, new


def test_verdicts_of_an_edited_detector_are_left_alone_until_asked(shop: Shop, dtk: Dtk) -> None:
    old, new = edited(shop, dtk)
    assert dtk("clean", "--execute").out.splitlines() == [
        f"orders: 240 verdicts of 1 detector that no file has ({old})",
        "left alone: 240 verdicts of detectors in no file here;",
        "  --orphans deletes them too",
        "nothing is too old",
    ]
    ran = dtk("clean", "--orphans")
    assert ran.out.endswith(
        "0 points and 240 verdicts would go; nothing was deleted, add --execute\n"
    )
    assert judged(shop) == {old: 240, new: 240}
    ran = dtk("clean", "--orphans", "--execute")
    assert ran.out.endswith("deleted 0 points and 240 verdicts\n")
    assert judged(shop) == {new: 240}
    assert stored(shop) == {"orders": 240}
    assert dtk("clean", "--orphans").out == "nothing is too old\n"


def test_what_is_too_old_is_counted_once(shop: Shop, dtk: Dtk) -> None:
    """Of 480 verdicts everything is too old, whoever gave them."""
    edited(shop, dtk, rest=CONSOLE)
    for options in ((), ("--orphans",), ("--orphans", "--execute")):
        assert "240 points and 480 verdicts" in dtk("clean", *options).out.splitlines()[-1]
    assert judged(shop) == {}


def test_a_detector_of_any_file_about_the_metric_is_no_orphan(shop: Shop, dtk: Dtk) -> None:
    edited(shop, dtk)
    shop.metric(
        "orders",
        file="metrics/past.yaml",
        rest=f"{KEEP}\nalerter: {{type: console, enabled: false}}",
        schedule="start_time: 2024-02-01",
    )
    assert dtk("clean", "--orphans").out == "nothing is too old\n"


def test_detectors_are_not_looked_for_where_not_every_file_is_known(shop: Shop, dtk: Dtk) -> None:
    edited(shop, dtk)
    assert dtk("clean", "metrics/orders.yaml").out == "nothing is too old\n"


def test_old_detectors_are_told_to_programs(shop: Shop, dtk: Dtk) -> None:
    old, _ = edited(shop, dtk)
    [metric] = dtk("clean", "--output", "json").object["metrics"]
    assert (metric["orphaned_detectors"], metric["orphaned_verdicts"]) == ([old], 240)
    assert (metric["orphan"], metric["verdicts"]) == (False, 0)


def test_clean_where_nothing_was_ever_stored_makes_nothing(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    assert dtk("clean", "--execute").out == "nothing is too old\n"
    assert not (shop.folder / ".detectk").exists()


def test_a_detector_that_looks_back_further_is_warned_of(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", detector="{type: mad, params: {window_size: 120 days}}")
    dtk("load-history", path, *LOAD)
    assert (
        "[orders] its detectors look back 120 days, its points are kept for 90" in dtk("clean").err
    )


def test_clean_answers_programs_too(shop: Shop, dtk: Dtk) -> None:
    dtk("load-history", shop.metric("orders"), *LOAD)
    told = dtk("clean", "--output", "json").object
    assert (told["schema"], told["exit_code"], told["executed"]) == (1, 0, False)
    [metric] = told["metrics"]
    assert (metric["metric"], metric["points"], metric["verdicts"]) == ("orders", 240, 240)


def hold(shop: Shop, path: str, holder: str = "elsewhere:1:x") -> None:
    config = ConfigLoader().load(shop.folder / path)
    assembler = Assembler(Catalogue.default(), SystemClock())
    state = assembler.job(config).state
    state.prepare()
    state.lease([config.name], holder=holder, ttl=timedelta(hours=1))
    assembler.close()


def test_unlock_frees_what_somebody_holds_and_the_next_run_goes_on(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    hold(shop, path)
    assert dtk("run", path, "-t", "2024-02-20T10:00:00").code == 75
    ran = dtk("unlock", path)
    assert (ran.code, ran.out) == (0, "orders: freed, it was held by elsewhere:1:x\n")
    assert dtk("run", path, "-t", "2024-02-20T10:00:00").code == 0


def test_unlock_of_what_nobody_holds_says_so(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    assert dtk("unlock", path).out == "orders: nobody held it\n"
    assert not (shop.folder / ".detectk").exists()
    told = dtk("unlock", "--all", "--output", "json").object
    assert told["metrics"] == [{"metric": "orders", "held_by": None}]


def test_unlock_wants_to_be_told_what(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    ran = dtk("unlock")
    assert ran.code == 2
    assert "nothing says which metrics; name files, --select, or --all" in ran.err
