from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Dtk, Shop

BAD = "name: bad\ncollectr: {type: sqlite}\ndetector: {type: mda}\n"


def test_a_valid_file_is_ok(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    ran = dtk("validate", path)
    assert (ran.code, ran.out, ran.err) == (0, f"{path}: ok\n1 metric valid\n", "")


def test_everything_wrong_with_a_file_is_told_at_once(shop: Shop, dtk: Dtk) -> None:
    Path("bad.yaml").write_text(BAD)
    ran = dtk("validate", "bad.yaml")
    assert ran.code == 2
    assert ran.out.splitlines() == [
        "bad.yaml:1:1: missing key 'collector'",
        "bad.yaml:2:1: unknown key 'collectr'; did you mean 'collector'?",
        "bad.yaml:3:18: detector type 'mda' is not installed; did you mean 'mad'?",
        "0 metrics valid, 3 errors",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: [", "bad.yaml:"),
        ("", "is empty"),
        ("- a\n- b\n", "is not a mapping"),
        ("name: a\nname: b\n", "'name'"),
        ("name: a b\ncollector: {}\ndetector: {type: mad}\n", "name"),
    ],
)
def test_bad_yaml_is_2_with_its_place(folder: Path, dtk: Dtk, text: str, said: str) -> None:
    Path("bad.yaml").write_text(text)
    ran = dtk("validate", "bad.yaml")
    assert ran.code == 2
    assert said in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_only_a_missing_component_is_3(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest="alerter: {type: telegramm}")
    assert dtk("validate", path).code == 3


def test_many_paths_and_folders_are_taken_together(shop: Shop, dtk: Dtk) -> None:
    one, other = shop.metric("one"), shop.metric("other", file="more/deep/other.yaml")
    ran = dtk("validate", one, "more")
    assert ran.code == 0
    assert ran.out == f"{one}: ok\n{other}: ok\n2 metrics valid\n"


def test_without_a_path_the_project_is_validated(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    Path("metrics/notes.yaml").write_text("todo: [a, b]\n")
    assert dtk("validate").out.endswith("1 metric valid, 1 other file skipped\n")


def test_inside_a_project_its_metrics_are_found(
    shop: Shop, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.metric("orders")
    (shop.folder / "sql").mkdir()
    monkeypatch.chdir(shop.folder / "sql")
    assert dtk("validate").out.startswith("../metrics/orders.yaml: ok")


def test_a_warning_does_not_make_a_file_wrong(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", query="SELECT at AS period_time, amount AS value FROM orders")
    ran = dtk("validate", path)
    assert ran.code == 0
    assert "  warning: " in ran.out


def test_nothing_to_validate_is_2(folder: Path, dtk: Dtk) -> None:
    ran = dtk("validate")
    assert ran.code == 2
    assert "there is no metric to validate" in ran.out


def test_a_load_definition_is_validated_too(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    shop.metric(
        "orders",
        rest="alerter: {enabled: false, type: console}",
        schedule="start_time: 2024-02-01",
        file="metrics/orders_historical.yaml",
    )
    ran = dtk("validate")
    assert ran.code == 0
    assert ran.out.endswith("2 metrics valid\n")


def test_connect_asks_the_source_and_the_storage(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("validate", shop.metric("orders"), "--connect")
    assert ran.code == 0
    assert "  collector sql: ok, SQLite" in ran.out
    assert "  storage embedded: ok, SQLite" in ran.out


def test_a_source_that_does_not_answer_is_4(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    Path(path).write_text(Path(path).read_text().replace("shop.db", "nowhere/shop.db"))
    assert dtk("validate", path).code == 0
    ran = dtk("validate", path, "--connect")
    assert ran.code == 4
    assert "collector sql: NO ANSWER" in ran.out
    assert "1 connection without an answer" in ran.out


def test_json_has_metrics_errors_and_skipped(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    Path("metrics/bad.yaml").write_text(BAD)
    Path("metrics/notes.yaml").write_text("todo: [a, b]\n")
    found = dtk("validate", "--connect", "--output", "json").object
    assert (found["schema"], found["exit_code"]) == (1, 2)
    assert [metric["path"] for metric in found["metrics"]] == [path]
    assert [one["ok"] for one in found["metrics"][0]["connections"]] == [True, True]
    assert [error["line"] for error in found["errors"]] == [1, 2, 3]
    assert found["skipped"] == [{"path": "metrics/notes.yaml", "reason": "not a metric"}]
