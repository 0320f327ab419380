"""The ``incidents:`` list: moments in the metric's zone, dates that are whole days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from detectk.config import MetricConfig, explain
from detectk.values import Window

Load = Callable[[str], MetricConfig]
Complain = Callable[[str], list[str]]

UTC = timezone.utc
METRIC = """\
name: orders
collector:
  type: sqlite
  params:
    query: '{{ period_start }} {{ period_finish }}'
detector:
  type: mad
schedule: {timezone: Europe/Berlin}
"""


def windows(config: MetricConfig) -> list[Window]:
    return [incident.window for incident in config.incidents]


def test_times_are_in_the_schedules_zone_unless_they_have_an_offset(load: Load) -> None:
    config = load(
        METRIC
        + "incidents:\n"
        + "  - {start: 2024-01-31 10:00, end: 2024-01-31 12:30:00, note: checkout down}\n"
        + "  - {start: '2024-07-01T10:00:00Z', end: 2024-07-01T14:00:00+03:00}\n"
    )
    assert windows(config) == [
        Window(datetime(2024, 1, 31, 9, tzinfo=UTC), datetime(2024, 1, 31, 11, 30, tzinfo=UTC)),
        Window(datetime(2024, 7, 1, 10, tzinfo=UTC), datetime(2024, 7, 1, 11, tzinfo=UTC)),
    ]
    assert [incident.note for incident in config.incidents] == ["checkout down", ""]


def test_a_date_is_that_whole_day(load: Load) -> None:
    """The last Sunday of March 2024 is 23 hours long in Berlin."""
    config = load(METRIC + "incidents: [{start: 2024-03-31, end: 2024-03-31}]")
    assert windows(config) == [
        Window(datetime(2024, 3, 30, 23, tzinfo=UTC), datetime(2024, 3, 31, 22, tzinfo=UTC))
    ]


def test_a_date_may_end_what_a_time_begins(load: Load) -> None:
    config = load(METRIC + "incidents: [{start: 2024-01-31 22:00, end: 2024-01-31}]")
    assert windows(config) == [
        Window(datetime(2024, 1, 31, 21, tzinfo=UTC), datetime(2024, 1, 31, 23, tzinfo=UTC))
    ]


@pytest.mark.parametrize("nothing", ["", "incidents:\n", "incidents: []\n"])
def test_there_need_not_be_any(nothing: str, load: Load) -> None:
    assert load(METRIC + nothing).incidents == ()


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (
            "{start: 2024-01-02, end: 2024-01-01}",
            (
                "m.yaml:9:38: incidents[0].end: '2024-01-01' is not after the start; "
                "put end after start"
            ),
        ),
        (
            "{start: 2024-01-02 10:00, end: 2024-01-02 10:00}",
            (
                "m.yaml:9:44: incidents[0].end: '2024-01-02 10:00' is not after the start; "
                "put end after start"
            ),
        ),
        (
            "{start: yesterday, end: 2024-01-01}",
            (
                "m.yaml:9:21: incidents[0].start: 'yesterday' is not a time; "
                "write it like '2024-01-31' or '2024-01-31 10:00:00'"
            ),
        ),
        ("{start: 2024-01-01}", "m.yaml:9:13: incidents[0]: missing key 'end'"),
        (
            "{start: 2024-01-01, end: 2024-01-01, nota: x}",
            "m.yaml:9:50: incidents[0]: unknown key 'nota'; did you mean 'note'?",
        ),
        ("2024-01-01", "m.yaml:9:13: incidents[0]: '2024-01-01' is not a mapping"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(
    entry: str, complaint: str, complain: Complain
) -> None:
    (said,) = complain(METRIC + f"incidents: [{entry}]")
    assert said == complaint


def test_a_wrong_zone_does_not_hide_a_wrong_incident(complain: Complain) -> None:
    text = METRIC.replace("Europe/Berlin", "Mars") + "incidents: [{start: x, end: 2024-01-01}]"
    assert len(complain(text)) == 2


def test_they_are_explained(load: Load) -> None:
    text = explain(load(METRIC + "incidents: [{start: 2024-01-31, end: 2024-01-31, note: 'n: x'}]"))
    assert (
        'incidents:\n  - start: "2024-01-30T23:00:00+00:00"\n'
        '    end: "2024-01-31T23:00:00+00:00"\n    note: "n: x"\n'
    ) in text
    assert "incidents" not in explain(load(METRIC))
