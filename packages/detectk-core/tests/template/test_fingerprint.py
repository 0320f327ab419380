"""Which texts are the same query."""

from __future__ import annotations

import pytest

from detectk.template.fingerprint import tokens

QUERY = "SELECT time, count(*) AS value FROM orders WHERE state = 'New  order'"


@pytest.mark.parametrize(
    "same",
    [
        "select time, count(*) as value from orders where state = 'New  order'",
        "  SELECT time,count( * ) AS value\n\tFROM orders\n WHERE state='New  order'\n",
        """-- all of them
        SELECT time, count(*) /* rows
        */ AS value FROM orders {# x #} WHERE state = 'New  order' -- done""",
    ],
)
def test_layout_comments_and_keyword_case_do_not_count(same: str) -> None:
    assert tokens(same) == tokens(QUERY)


@pytest.mark.parametrize(
    "other",
    [
        QUERY.replace("  ", " "),
        QUERY.replace("New", "new"),
        QUERY.replace("orders", "Orders"),
        QUERY.replace("= 'New", "<> 'New"),
        QUERY.replace("count(*)", "count(DISTINCT id)"),
        QUERY + " AND shop = 1",
        QUERY.replace("'New  order'", "'-- New  order'"),
    ],
)
def test_anything_else_counts(other: str) -> None:
    assert tokens(other) != tokens(QUERY)


def test_space_in_placeholders_does_not_count() -> None:
    assert tokens("a >= '{{period_start}}'") == tokens("a >= '{{  period_start }}'")
    assert tokens("a >= {{period_start}}") == tokens("a >= {{ period_start }}")
    assert tokens("a >= '{{period_start}}'") != tokens("a >= '{{period_finish}}'")
