from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Dtk, Ran, Shop

OUTSIDE = "2024"


@pytest.fixture
def tagged(shop: Shop) -> Shop:
    shop.metric("one", tags="critical, realtime")
    shop.metric("two", tags="critical")
    shop.metric("three", tags="daily, experimental")
    return shop


def names(ran: Ran) -> list[str]:
    return [metric["metric"] for metric in ran.object["metrics"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--tags", "critical", "--tags", "realtime", "--match-all"], ["one"]),
        (["--tags", "critical", "--tags", "realtime"], ["one", "two"]),
        (["--tags", "critical,daily"], ["one", "three", "two"]),
        (
            ["--tags", "daily", "--tags", "critical", "--exclude-tags", "experimental"],
            ["one", "two"],
        ),
        (["--exclude-tags", "experimental"], ["one", "two"]),
        (["metrics", "--tags", "daily", "--parallel"], ["three"]),
    ],
)
def test_tags_choose_metrics(
    tagged: Shop, dtk: Dtk, arguments: list[str], expected: list[str]
) -> None:
    ran = dtk("run-tagged", *arguments, "--dry-run", "--output", "json")
    assert ran.code == 0
    assert names(ran) == expected


def test_tags_that_nothing_has_are_2_and_never_silent(tagged: Shop, dtk: Dtk) -> None:
    """Lesson A4: the first release matched nothing, always, with exit code 0."""
    ran = dtk("run-tagged", "--tags", "critcal")
    assert ran.code == 2
    assert "none of 3 metrics has the tags critcal" in ran.err
    assert "there are critical, daily, experimental, realtime" in ran.err


def test_no_tag_is_2(tagged: Shop, dtk: Dtk) -> None:
    assert dtk("run-tagged").code == 2
