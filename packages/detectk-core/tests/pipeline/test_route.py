"""Notices become messages: one word an incident, one message a step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

from detectk.contracts.wire import decode
from detectk.pipeline import Topic, route
from detectk.pipeline.route import outbox_rows
from detectk.values import Incident, Message, Notice, Sighting

HOUR = timedelta(hours=1)
START = datetime(2024, 3, 10, tzinfo=timezone.utc)
TOPIC = Topic("orders", "default", "UTC", "1 hour", "how many", ("shop",), {"d0": "mad"})


def notice(kind: str, *, name: str = "a", hour: int = 0, excess: float = 2.0) -> Notice:
    seen = Sighting(START, 9.0, 5.0, 4.0, 6.0, 4.0, excess, 1, "d0")
    at = START + hour * HOUR
    incident = Incident("anomaly", START, at, at, at, at, 1, 1, seen, seen)
    return Notice(kind, name, f'{{"n":"{name}"}}', incident, at, at + HOUR)  # type: ignore[arg-type]


def kinds(notices: list[Notice]) -> list[tuple[str, bool]]:
    return [(message.kind, message.lead.over) for message in route(notices, TOPIC)]


def test_series_told_in_one_step_share_a_message_the_worst_first() -> None:
    (message,) = route([notice("fired"), notice("fired", name="b", excess=9.0)], TOPIC)
    assert [n.id for n in message.notices] == ["b", "a"]
    assert message.lead.id == "b"
    assert message.severity == "critical"


def test_steps_and_kinds_are_kept_apart_in_order() -> None:
    notices = [
        notice("fired", name="c", hour=2),
        notice("fired"),
        notice("no_data", name="b"),
    ]
    assert [(m.kind, m.step) for m in route(notices, TOPIC)] == [
        ("fired", START),
        ("no_data", START),
        ("fired", START + 2 * HOUR),
    ]


def test_what_only_late_data_shows_has_a_message_of_its_own() -> None:
    late = replace(notice("fired", name="b"), late=True)
    assert [len(m.notices) for m in route([notice("fired"), late], TOPIC)] == [1, 1]


def test_what_began_and_ended_in_one_run_is_told_once_as_already_over() -> None:
    ended = replace(notice("resolved", hour=3), over=True)
    (message,) = route([notice("fired"), ended], TOPIC)
    assert (message.kind, message.lead.over) == ("fired", True)
    assert message.lead.incident == ended.incident
    assert message.step == START


def test_what_came_back_in_the_same_run_is_told_as_going_on() -> None:
    assert kinds([notice("fired"), notice("resolved", hour=1), notice("fired", hour=2)]) == [
        ("fired", False)
    ]


def test_what_was_disproved_in_the_same_run_is_not_told() -> None:
    assert kinds([notice("fired"), notice("retracted", hour=1)]) == []


def test_an_end_or_a_retraction_of_what_was_told_before_is_a_message() -> None:
    assert [kind for kind, _ in kinds([notice("resolved")])] == ["resolved"]
    assert [kind for kind, _ in kinds([notice("retracted")])] == ["retracted"]


def test_messages_of_one_incident_carry_one_key() -> None:
    (fired,), (resolved,) = route([notice("fired")], TOPIC), route([notice("resolved")], TOPIC)
    assert fired.dedup_key == resolved.dedup_key == "a"


def test_rows_are_one_a_channel_and_the_same_for_the_same_decision() -> None:
    messages = route([notice("fired")], TOPIC)
    rows = outbox_rows(messages, ["slack", "mattermost"], START)
    again = outbox_rows(messages, ["slack", "mattermost"], START + HOUR)
    assert [row.id for row in rows] == [row.id for row in again]
    assert len({row.id for row in rows}) == 2
    assert decode(Message, rows[0].message) == messages[0]


def test_rows_of_different_steps_and_kinds_have_different_ids() -> None:
    ids = [
        outbox_rows(route([one], TOPIC), ["slack"], START)[0].id
        for one in (notice("fired"), notice("resolved"), notice("fired", hour=5))
    ]
    assert len(set(ids)) == 3
