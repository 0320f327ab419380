from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from detectk.alerters.slack.alerter import SlackAlerter
from detectk.alerters.slack.options import SlackOptions
from detectk.contracts import Services
from detectk.errors import AlertError
from detectk.testing.alerter import WebhookAlerterSuite
from detectk.testing.messages import a_message, awkward_messages
from detectk.testing.webhook_dialects import slack
from detectk.testing.webhook_server import Answer, WebhookServer


def options(**given: Any) -> SlackOptions:
    return SlackOptions.model_validate(given)


class TestSlackAlerter(WebhookAlerterSuite):
    dialect = staticmethod(slack)

    def build(self, url: str, *, timeout: float, services: Services) -> SlackAlerter:
        return SlackAlerter(options(webhook_url=url, timeout=timeout), services)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer(slack) as running:
        yield running


def post(server: WebhookServer, name: str = "", **given: Any) -> Any:
    alerter = SlackAlerter(options(webhook_url=server.url, **given), Services())
    try:
        alerter.send(awkward_messages()[name] if name else a_message())
    finally:
        alerter.close()
    return server.received[-1].payload


def test_the_sender_is_named_as_configured(server: WebhookServer) -> None:
    payload = post(server, username="Watch", icon_emoji=":eyes:", channel="#ops")
    assert (payload["username"], payload["icon_emoji"]) == ("Watch", ":eyes:")
    assert payload["channel"] == "#ops"


def test_the_defaults_are_the_documented_ones(server: WebhookServer) -> None:
    payload = post(server)
    assert (payload["username"], payload["icon_emoji"]) == ("DetectK", ":warning:")
    assert "channel" not in payload


def test_a_picture_replaces_the_emoji(server: WebhookServer) -> None:
    payload = post(server, icon_url="https://example.com/k.png")
    assert payload["icon_url"] == "https://example.com/k.png"
    assert "icon_emoji" not in payload


def test_a_template_replaces_the_default_words(server: WebhookServer) -> None:
    text = "*{{ metric_name }}* at ${{ value | round(2) }} for {{ series }}"
    assert post(server, message_template=text) == {
        "text": "*flights_departures* at $0.0 for origin=EWR",
        "username": "DetectK",
        "icon_emoji": ":warning:",
    }


def test_values_in_a_template_call_nobody(server: WebhookServer) -> None:
    payload = post(server, "markup", template="<!here> {{ labels.values() | join }}")
    assert payload["text"].startswith("<!here> &lt;!channel&gt; @all @\u200bhere &amp; ")


def test_a_failing_template_costs_no_message(server: WebhookServer) -> None:
    payload = post(server, message_template="{{ metadata.median }}")
    (note,) = payload["attachments"][0]["blocks"][-1]["elements"][1:]
    assert payload["text"].startswith("HIGH: flights_departures (origin=EWR) dropped to 0")
    assert note["text"] == ("the message_template fails: 'dict object' has no attribute 'median'")


@pytest.mark.parametrize(
    ("status", "word", "advice"),
    [
        (404, "no_service", "the webhook was removed or turned off; make a new webhook"),
        (404, "channel_not_found", "correct 'channel', or leave it out"),
        (410, "channel_is_archived", "restore the channel"),
        (
            400,
            "invalid_payload",
            "Slack does not understand the message; try without message_template",
        ),
        (403, "invalid_token", "make a new webhook and put its address in webhook_url"),
    ],
)
def test_a_refusal_says_what_to_do(
    server: WebhookServer, status: int, word: str, advice: str
) -> None:
    server.script(Answer(status, word))
    with pytest.raises(AlertError) as caught:
        post(server)
    host = server.url.split("/")[2]
    assert str(caught.value).startswith(f"slack: {host} answered {status}: {word}; {advice}")
