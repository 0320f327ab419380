"""What a path means, and what is said when it leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest

from detectk.collectors.http.paths import ABSENT, find, look, parse, spelled

DOCUMENT = {"data": {"rows": [{"count": 3}, {"count": None}], "a.b": 7, "5": "five"}, "ok": True}


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ("[0][-1]", (0, -1)),
        ("$.a", ("a",)),
        (".a.b", ("a", "b")),
        ("$[2].a", (2, "a")),
        ("$", ()),
        (".", ()),
        ('a["b.c"].d', ("a", "b.c", "d")),
        ("a['b]c']", ("a", "b]c")),
        ("größe.прибыль", ("größe", "прибыль")),
        ("total amount.per-day", ("total amount", "per-day")),
    ],
)
def test_a_path_is_names_and_places(text: str, steps: tuple[object, ...]) -> None:
    assert parse(text) == steps


@pytest.mark.parametrize("text", ["", " ", "a..b", "a.", "a[", "a[x]", "a]b", "a[0]b"])
def test_what_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data.rows[0].count", 3),
        ("data.rows[-1].count", None),
        ('data["a.b"]', 7),
        ("data[5]", "five"),
        ("$", DOCUMENT),
    ],
)
def test_a_path_leads_to_a_value(text: str, value: object) -> None:
    assert find(DOCUMENT, parse(text)) == value
    assert look(DOCUMENT, parse(text)) == value


@pytest.mark.parametrize(
    ("document", "text", "said", "hint"),
    [
        (
            DOCUMENT,
            "data.Rows[0]",
            "'data.Rows[0]' ends at 'data': 'Rows' is not among 'rows', 'a.b', '5'",
            "did you mean 'rows'?",
        ),
        (
            DOCUMENT,
            "data.rows[2].count",
            "'data.rows[2].count' ends at 'data.rows': there is no [2] in a list of 2 items",
            "count from 0, or from -1 backwards",
        ),
        (
            DOCUMENT,
            "data.rows.count",
            "'data.rows.count' ends at 'data.rows': 'count' is asked of a list",
            "say which of its items, such as [0]",
        ),
        (
            DOCUMENT,
            "ok.value",
            "'ok.value' ends at 'ok': 'value' is asked of True",
            "shorten the path",
        ),
        ({}, "x", "'x' ends at '$': 'x' is not among its keys, it has none", "name one of these"),
        (
            [],
            "[0]",
            "'[0]' ends at '$': there is no [0] in a list of 0 items",
            "count from 0, or from -1 backwards",
        ),
        (None, "a", "'a' ends at '$': 'a' is asked of None", "shorten the path"),
    ],
)
def test_a_path_that_leads_nowhere_tells_how_far_it_led(
    document: Any, text: str, said: str, hint: str
) -> None:
    with pytest.raises(LookupError) as caught:
        find(document, parse(text))
    assert str(caught.value) == f"{said}; {hint}"
    assert look(document, parse(text)) is ABSENT


def test_only_some_of_many_keys_are_named() -> None:
    with pytest.raises(LookupError, match=r"'k7', \.\.\.; did you mean"):
        find({f"k{n}": n for n in range(100)}, ("k200",))


@pytest.mark.parametrize("text", ["a.b[0].c", '["a.b"][1]', "$", "[0].x"])
def test_a_path_is_spelled_as_it_is_written(text: str) -> None:
    assert spelled(parse(text)) == text
