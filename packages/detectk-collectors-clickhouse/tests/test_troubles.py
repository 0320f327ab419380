"""The server's sentences about grants become statements that can be run."""

from __future__ import annotations

import pytest
from clickhouse_driver.errors import ServerException

from detectk.collectors.clickhouse.troubles import trouble_of


@pytest.mark.parametrize(
    ("wanted", "grant"),
    [
        (
            "SELECT(a, b) ON shop.orders. (Missing permissions: SELECT(a) ON shop.orders)",
            "run: GRANT SELECT(a, b) ON shop.orders TO reader",
        ),
        (
            "CREATE TABLE ON metrics.dtk_points",
            "run: GRANT CREATE TABLE ON metrics.dtk_points TO reader",
        ),
    ],
)
def test_a_missing_grant_is_a_statement_to_run(wanted: str, grant: str) -> None:
    said = "To execute this query, it's necessary to have the grant"
    text = f"DB::Exception: reader: Not enough privileges. {said} {wanted}"
    error = ServerException(text, code=497)
    assert trouble_of(error, timeout=30).hint == grant
