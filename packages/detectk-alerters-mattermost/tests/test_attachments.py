from __future__ import annotations

import json
from typing import Any

import pytest

from detectk.alerters.mattermost.attachments import custom_payload, default_payload
from detectk.alerters.mattermost.markdown import escape
from detectk.testing.messages import KINDS, a_message, awkward_messages
from detectk.testing.webhook_dialects import mattermost


def field(title: str, value: str) -> dict[str, object]:
    return {"short": True, "title": title, "value": value}


def test_a_fired_message_is_laid_out_as_documented() -> None:
    title = "HIGH: flights_departures (origin=EWR) dropped to 0, expected 21.4 to 58.9"
    assert default_payload(a_message()) == {
        "attachments": [
            {
                "fallback": title,
                "color": "#e8590c",
                "title": title,
                "fields": [
                    field("Worst value", "0 at 2013-02-08 15:00 EST"),
                    field("Expected", "21.4 to 58.9, centre 40.15"),
                    field("Deviation", "40.15 below the centre (-100%)"),
                    field("Latest value", "3 at 2013-02-08 16:00 EST"),
                    field("Score", "7.8, 2.6 times the band"),
                    field("Since", "2013-02-08 14:00 EST"),
                    field("Duration", "3 hours so far, 3 points"),
                    field("Series", "origin=EWR"),
                    field("Detector", "mad: n_sigma 3, window_size 30 days"),
                ],
                "footer": "every 1 hour · rule default · id 9f3c51d20b7e4a68",
            }
        ]
    }


@pytest.mark.parametrize("message", [*map(a_message, KINDS), *awkward_messages().values()])
def test_every_message_is_accepted_even_by_an_old_server(message: Any) -> None:
    payload = default_payload(message)
    body = json.dumps(payload).encode("utf-8", "replace")
    assert mattermost(body).body == "ok"
    # POST_PROPS_MAX_RUNES of servers before 5.x
    assert len(json.dumps(payload["attachments"], ensure_ascii=False)) <= 8_000


def test_several_series_are_a_list() -> None:
    (attachment,) = default_payload(awkward_messages()["several series"])["attachments"]  # type: ignore[misc]
    assert attachment["text"].splitlines() == [
        f"- **origin=A00{i}**: 0, expected 21.4 to 58.9 (-100%), since 2013-02-08 14:00 EST"
        for i in range(3)
    ]


def test_a_long_custom_text_is_cut_and_says_so() -> None:
    text = str(custom_payload("x" * 20_000)["text"])
    assert 16_380 <= len(text) <= 16_383
    assert text.endswith("characters left out)")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("flights_departures", "flights_departures"),
        (
            "_private_ *b* ~c~ `d` [e](f) <g> h|i",
            r"\_private\_ \*b\* \~c\~ \`d\` \[e\](f) \<g\> h\|i",
        ),
        ("a\nb\r\n# c", "a b # c"),
        ("@channel mail@example.com", "@\u200bchannel mail@\u200bexample.com"),
    ],
)
def test_markup_is_shown_and_calls_nobody(text: str, shown: str) -> None:
    assert escape(text) == shown
