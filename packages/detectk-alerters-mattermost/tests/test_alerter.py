from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from detectk.alerters.mattermost.alerter import MattermostAlerter
from detectk.alerters.mattermost.options import MattermostOptions
from detectk.contracts import Services
from detectk.errors import AlertError
from detectk.testing.alerter import WebhookAlerterSuite
from detectk.testing.messages import a_message, awkward_messages
from detectk.testing.webhook_dialects import mattermost
from detectk.testing.webhook_server import Answer, WebhookServer


def options(**given: Any) -> MattermostOptions:
    return MattermostOptions.model_validate(given)


class TestMattermostAlerter(WebhookAlerterSuite):
    dialect = staticmethod(mattermost)

    def build(self, url: str, *, timeout: float, services: Services) -> MattermostAlerter:
        return MattermostAlerter(options(webhook_url=url, timeout=timeout), services)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer(mattermost, path="/hooks/") as running:
        yield running


def post(server: WebhookServer, name: str = "", **given: Any) -> Any:
    alerter = MattermostAlerter(options(webhook_url=server.url, **given), Services())
    try:
        alerter.send(awkward_messages()[name] if name else a_message())
    finally:
        alerter.close()
    return server.received[-1].payload


def test_the_sender_is_named_as_configured(server: WebhookServer) -> None:
    chosen = {
        "username": "Watch",
        "icon_emoji": "eyes",
        "icon_url": "https://example.com/k.png",
        "channel": "town-square",
    }
    payload = post(server, **chosen)
    assert {key: payload[key] for key in chosen} == chosen


def test_what_is_not_configured_is_not_sent(server: WebhookServer) -> None:
    assert set(post(server)) == {"attachments", "username"}
    assert server.received[0].payload["username"] == "DetectK"


def test_a_template_replaces_the_default_words(server: WebhookServer) -> None:
    text = "**{{ metric_name }}** at ${{ value | round(2) }}"
    assert post(server, template=text) == {
        "text": "**flights_departures** at $0.0",
        "username": "DetectK",
    }


def test_values_in_a_template_call_nobody(server: WebhookServer) -> None:
    payload = post(server, "markup", template="@here {{ labels.values() | join }}")
    assert payload["text"].startswith("@here <!channel> @\u200ball @\u200bhere")


def test_a_failing_template_costs_no_message(server: WebhookServer) -> None:
    (attachment,) = post(server, message_template="{{ metadata.median }}")["attachments"]
    assert attachment["title"].startswith("HIGH: flights_departures (origin=EWR) dropped to 0")
    assert "the message_template fails: 'dict object' has no" in attachment["footer"]


@pytest.mark.parametrize(
    ("status", "name", "advice"),
    [
        (404, "channel", "correct 'channel': the name in the channel's URL, without #"),
        (403, "channel_locked", "the webhook is locked to its channel"),
        (501, "disabled", "ask an administrator to enable incoming webhooks"),
        (400, "general", "the webhook was removed, or webhook_url is incomplete"),
    ],
)
def test_a_refusal_says_what_to_do(
    server: WebhookServer, status: int, name: str, advice: str
) -> None:
    said = {"id": f"web.incoming_webhook.{name}.app_error", "message": "Refused.\nReally."}
    server.script(Answer(status, json.dumps(said)))
    with pytest.raises(AlertError) as caught:
        post(server)
    host = server.url.split("/")[2]
    sentence = f"mattermost: {host} answered {status}: Refused. Really.; {advice}"
    assert str(caught.value).startswith(sentence)
    assert not caught.value.retryable


@pytest.mark.parametrize("body", ["<p>nginx</p>", "[1]", '{"message": "no id"}'])
def test_an_answer_of_somebody_else_is_quoted(server: WebhookServer, body: str) -> None:
    server.script(Answer(502, body))
    with pytest.raises(AlertError) as caught:
        post(server)
    assert str(caught.value).endswith(f"answered 502: {body}")
