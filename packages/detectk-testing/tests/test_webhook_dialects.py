from __future__ import annotations

import json
from typing import Any

import pytest

from detectk.testing.webhook_dialects import mattermost, slack


def block(**given: Any) -> dict[str, Any]:
    return {"blocks": [given]}


def words(length: int, kind: str = "mrkdwn", **more: Any) -> dict[str, Any]:
    return {"type": kind, "text": "x" * length, **more}


GOOD_FOR_SLACK = [
    {"text": "hello"},
    block(type="header", text=words(150, "plain_text", emoji=False)),
    block(type="section", text=words(3_000)),
    block(type="section", fields=[words(2_000)] * 10),
    block(type="context", elements=[words(10)] * 10),
    {"attachments": [{"color": "#fff", **block(type="section", text=words(1))}]},
]
BAD_FOR_SLACK = [
    ([], "invalid_payload"),
    ({}, "no_text"),
    ({"text": ""}, "no_text"),
    ({"text": "x" * 40_001}, "msg_too_long"),
    ({"attachments": [{}] * 101}, "too_many_attachments"),
    ({"blocks": [{"type": "section", "text": words(1)}] * 51}, "invalid_blocks"),
    (block(type="header", text=words(151, "plain_text")), "invalid_blocks"),
    (block(type="header", text=words(10)), "invalid_blocks"),
    (block(type="section", text=words(0)), "invalid_blocks"),
    (block(type="section", text=words(3_001)), "invalid_blocks"),
    (block(type="section", text=words(1, "markdown")), "invalid_blocks"),
    (block(type="section", text=words(1, emoji=True)), "invalid_blocks"),
    (block(type="section", fields=[]), "invalid_blocks"),
    (block(type="section", fields=[words(1)] * 11), "invalid_blocks"),
    (block(type="section", fields=[words(2_001)]), "invalid_blocks"),
    (block(type="context", elements=[]), "invalid_blocks"),
    (block(type="wish"), "invalid_blocks"),
    ({"attachments": [block(type="section", text=words(3_001))]}, "invalid_blocks"),
]


@pytest.mark.parametrize("payload", GOOD_FOR_SLACK)
def test_slack_takes_what_is_within_its_limits(payload: Any) -> None:
    assert slack(json.dumps(payload).encode()).status == 200


@pytest.mark.parametrize(("payload", "word"), BAD_FOR_SLACK)
def test_slack_refuses_the_rest_with_one_word(payload: Any, word: str) -> None:
    answer = slack(json.dumps(payload).encode())
    assert (answer.status, answer.body) == (400, word)


@pytest.mark.parametrize(
    "payload",
    [
        {"text": "hello", "unknown": 1},
        {"attachments": [{"title": "a", "fields": [{"title": "b", "value": 3, "short": True}]}]},
    ],
)
def test_mattermost_takes_what_it_can_decode(payload: Any) -> None:
    assert mattermost(json.dumps(payload).encode()).status == 200


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ([], "decode"),
        ({"text": 3}, "decode"),
        ({"attachments": [{"color": 7}]}, "decode"),
        ({"attachments": [{"fields": [{"title": "a", "short": "yes"}]}]}, "decode"),
        ({"text": ""}, "text"),
        ({"attachments": [{"text": "x" * 800_000}]}, "attachment"),
    ],
)
def test_mattermost_refuses_the_rest_with_an_id(payload: Any, name: str) -> None:
    answer = mattermost(json.dumps(payload).encode())
    assert answer.status == 400
    assert json.loads(answer.body)["id"] == f"web.incoming_webhook.{name}.app_error"


@pytest.mark.parametrize("dialect", [slack, mattermost])
def test_what_is_no_json_is_refused(dialect: Any) -> None:
    assert dialect(b"\xff{").status == 400
