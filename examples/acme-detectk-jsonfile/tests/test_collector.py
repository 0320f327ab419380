"""What DetectK asks of every collector, and what only this one does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

import pytest

from acme_detectk_jsonfile.collector import JsonFileCollector
from acme_detectk_jsonfile.options import JsonFileOptions
from detectk.contracts import Request, Services
from detectk.errors import CollectError
from detectk.testing.collector import CollectorSuite, SourceRow
from detectk.values import Interval, Window

ROWS = [{"period_time": "2024-07-01 10:00:00", "value": 17}]
REQUEST = Request(
    "signups",
    Window(
        datetime(2024, 7, 1, tzinfo=timezone.utc),
        datetime(2024, 7, 2, tzinfo=timezone.utc),
    ),
    Interval.parse("1 hour"),
    datetime(2024, 7, 2, tzinfo=timezone.utc),
)


class TestContract(CollectorSuite):
    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> JsonFileCollector:
        document = [
            {"period_time": row.time.isoformat(), "value": row.value, "country": row.country}
            for row in rows
        ]
        (folder / "rows.json").write_text(json.dumps(document), encoding="utf-8")
        options = JsonFileOptions(path="rows.json", dimensions=dimensions)
        return JsonFileCollector(options, Services(root=folder))

    def unreachable(self, folder: Path) -> JsonFileCollector:
        return JsonFileCollector(JsonFileOptions(path="nowhere.json"), Services(root=folder))


def collector_of(services: Services, text: str, data_path: str = "") -> JsonFileCollector:
    (services.root / "rows.json").write_text(text, encoding="utf-8")
    return JsonFileCollector(JsonFileOptions(path="rows.json", data_path=data_path), services)


@pytest.mark.parametrize(
    ("document", "data_path"),
    [(ROWS, ""), ({"data": ROWS}, ""), ({"result": {"rows": ROWS}}, "result.rows")],
)
def test_rows_are_found_where_they_are_said_to_be(
    services: Services, document: object, data_path: str
) -> None:
    [found] = collector_of(services, json.dumps(document), data_path).collect(REQUEST)
    assert found.values.tolist() == [17.0]


@pytest.mark.parametrize(
    ("text", "data_path", "complaint"),
    [
        ('[{"period_time":', "", "is not JSON"),
        ('{"rows": []}', "", "has nothing at 'data'"),
        ('{"data": {"a": 1}}', "", "holds no list of objects at data"),
        ('{"data": []}', "data.rows", "has nothing at 'data.rows'"),
        ("[1, 2]", "", "holds no list of objects at its top"),
        ("7", "", "holds no list of objects at its top"),
    ],
)
def test_a_document_without_rows_says_what_is_missing(
    services: Services, text: str, data_path: str, complaint: str
) -> None:
    with pytest.raises(CollectError, match=complaint) as failure:
        collector_of(services, text, data_path).collect(REQUEST)
    assert failure.value.hint


def test_an_empty_list_is_an_answer(services: Services) -> None:
    collector = collector_of(services, '{"data": []}')
    assert list(collector.collect(REQUEST)) == []
    assert collector.check().ok
