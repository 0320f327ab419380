"""Choosing metrics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from detectk.config import MetricConfig, matches, select, select_tagged

Load = Callable[[str], MetricConfig]


@pytest.fixture
def configs(load: Load) -> list[MetricConfig]:
    kinds = {"orders_eu": "critical, hourly", "orders_us": "hourly", "errors": ""}
    return [
        load(
            f"name: {name}\ntags: [{tags}]\ncollector: {{type: sqlite, params: {{query: x}}}}\n"
            "detector: {type: mad}\n"
        )
        for name, tags in kinds.items()
    ]


def names(configs: list[MetricConfig]) -> list[str]:
    return [config.name for config in configs]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("orders_eu", ["orders_eu"]),
        ("orders_*", ["orders_eu", "orders_us"]),
        ("*", ["orders_eu", "orders_us", "errors"]),
        ("orders", []),
        ("tag:hourly", ["orders_eu", "orders_us"]),
        ("tag:crit*", ["orders_eu"]),
        ("type:mad", ["orders_eu", "orders_us", "errors"]),
        ("type:sqlite", ["orders_eu", "orders_us", "errors"]),
        ("type:sql", ["orders_eu", "orders_us", "errors"]),
        ("type:http", []),
        ("name:orders_eu", []),
        ("m.yaml", ["orders_eu", "orders_us", "errors"]),
        ("x.yaml", []),
    ],
)
def test_a_selector_finds_by_name_tag_type_or_file(
    configs: list[MetricConfig], selector: str, found: list[str]
) -> None:
    assert names(select(configs, [selector])) == found


def test_a_path_selects_what_is_below_it(configs: list[MetricConfig]) -> None:
    moved = configs[0].model_copy(update={"path": Path("metrics/shop/orders.yaml")})
    assert matches(moved, "metrics/shop")
    assert matches(moved, "shop/*.yaml")
    assert not matches(moved, "metrics/web")
    assert not matches(moved, "shop")


def test_selectors_are_or_ed_and_exclusion_wins(configs: list[MetricConfig]) -> None:
    assert names(select(configs)) == ["orders_eu", "orders_us", "errors"]
    assert names(select(configs, ["errors", "tag:critical"])) == ["orders_eu", "errors"]
    assert names(select(configs, exclude=["tag:hourly"])) == ["errors"]


@pytest.mark.parametrize(
    ("tags", "exclude", "match_all", "found"),
    [
        (["critical", "hourly"], [], False, ["orders_eu", "orders_us"]),
        (["critical", "hourly"], [], True, ["orders_eu"]),
        (["critical, hourly"], [], True, ["orders_eu"]),
        (["hourly"], ["critical"], False, ["orders_us"]),
        (["weekly"], [], False, []),
        ([], ["hourly"], False, ["errors"]),
    ],
)
def test_tags_choose_any_or_all(
    configs: list[MetricConfig],
    tags: list[str],
    exclude: list[str],
    *,
    match_all: bool,
    found: list[str],
) -> None:
    chosen = select_tagged(configs, tags, match_all=match_all, exclude=exclude)
    assert names(chosen) == found
