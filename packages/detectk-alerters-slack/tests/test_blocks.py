from __future__ import annotations

import json
from typing import Any

import pytest

from detectk.alerters.slack.blocks import custom_payload, default_payload
from detectk.alerters.slack.mrkdwn import escape, fit
from detectk.testing.messages import KINDS, a_message, awkward_messages
from detectk.testing.webhook_dialects import slack


def mrkdwn(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def test_a_fired_message_is_laid_out_as_documented() -> None:
    title = "HIGH: flights_departures (origin=EWR) dropped to 0, expected 21.4 to 58.9"
    assert default_payload(a_message()) == {
        "text": title,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}
        ],
        "attachments": [
            {
                "color": "#e8590c",
                "blocks": [
                    {
                        "type": "section",
                        "fields": [
                            mrkdwn("*Worst value*\n0 at 2013-02-08 15:00 EST"),
                            mrkdwn("*Expected*\n21.4 to 58.9, centre 40.15"),
                            mrkdwn("*Deviation*\n40.15 below the centre (-100%)"),
                            mrkdwn("*Latest value*\n3 at 2013-02-08 16:00 EST"),
                            mrkdwn("*Score*\n7.8, 2.6 times the band"),
                            mrkdwn("*Since*\n2013-02-08 14:00 EST"),
                            mrkdwn("*Duration*\n3 hours so far, 3 points"),
                            mrkdwn("*Series*\norigin=EWR"),
                            mrkdwn("*Detector*\nmad: n_sigma 3, window_size 30 days"),
                        ],
                    },
                    {
                        "type": "context",
                        "elements": [mrkdwn("every 1 hour · rule default · id 9f3c51d20b7e4a68")],
                    },
                ],
            }
        ],
    }


@pytest.mark.parametrize("message", [*map(a_message, KINDS), *awkward_messages().values()])
def test_every_message_is_within_the_limits(message: Any) -> None:
    body = json.dumps(default_payload(message)).encode()
    assert slack(body).body == "ok"


def test_a_headline_that_does_not_fit_is_repeated_in_full() -> None:
    payload = default_payload(a_message(metric="m" * 200))
    (header,) = payload["blocks"]  # type: ignore[misc]
    (attachment,) = payload["attachments"]  # type: ignore[misc]
    assert len(header["text"]["text"]) == 150
    assert "m" * 200 in attachment["blocks"][0]["text"]["text"]


def test_hundreds_of_series_say_how_many_are_left_out() -> None:
    text = json.dumps(default_payload(awkward_messages()["hundreds of series"]))
    assert "origin=A019" in text
    assert "origin=A020" not in text
    assert "230 more series" in text


def test_a_long_custom_text_is_cut_and_says_so() -> None:
    text = str(custom_payload("x" * 50_000)["text"])
    assert len(text) == 40_000
    assert text.endswith("characters left out)")


def test_markup_is_shown_and_calls_nobody() -> None:
    assert escape("<!channel> a & b @here @everyone's") == (
        "&lt;!channel&gt; a &amp; b @\u200bhere @\u200beveryone's"
    )


@pytest.mark.parametrize("limit", [10, 50, 100, 500])
def test_cutting_never_breaks_an_escape(limit: int) -> None:
    text = fit("&" * 1_000, limit)
    assert len(text) <= limit
    assert text.startswith("&amp;")
    assert set(text.partition("…")[0].replace("&amp;", "")) == set()
