"""Post messages to Mattermost."""

from __future__ import annotations

import json
from typing import Final

from detectk.alerters.mattermost.attachments import custom_payload, default_payload
from detectk.alerters.mattermost.markdown import quiet
from detectk.alerters.mattermost.options import MattermostOptions
from detectk.contracts import Alerter, Sent, Services
from detectk.delivery import HttpSender, Refusal
from detectk.template.custom import custom_text
from detectk.values.message import Message

__all__ = ["MattermostAlerter"]

_PREFIX: Final = "web.incoming_webhook."
_GONE: Final = "the webhook was removed, or webhook_url is incomplete; make a new one"
_HINTS: Final[dict[str, str]] = {
    "channel": "correct 'channel': the name in the channel's URL, without #",
    "channel_locked": "the webhook is locked to its channel; unlock it or leave 'channel' out",
    "decode": "Mattermost does not understand the message; try without message_template",
    "disabled": "ask an administrator to enable incoming webhooks (Integration Management)",
    "general": _GONE,
    "invalid": _GONE,
    "parse": "Mattermost does not understand the message; try without message_template",
    "permissions": "the webhook's owner is no member of the channel; let them join it",
    "text": "the message is empty; correct message_template",
    "user": "correct 'channel': there is no such user, or the webhook's owner is gone",
}


class MattermostAlerter(Alerter[MattermostOptions]):
    """Posts to an incoming webhook; one post, however many series it tells of.

    A webhook answers no more than "ok", so there is nothing to edit or to thread on.
    """

    def __init__(self, options: MattermostOptions, services: Services) -> None:
        super().__init__(options, services)
        self._sender = HttpSender(
            options.webhook_url,
            where="mattermost",
            clock=services.clock,
            timeout=options.timeout,
            explain=explain,
        )

    def send(self, message: Message) -> Sent:
        """Post ``message``.

        Raises:
            AlertError: Mattermost did not take it; 429 and 5xx are retryable.
        """
        text, problem = "", ""
        if self.options.message_template:
            text, problem = custom_text(self.options.message_template, message, escape=quiet)
        payload = custom_payload(text) if text else default_payload(message, note=problem)
        self._sender.post_json({**payload, **self._sender_identity()})
        return Sent()

    def close(self) -> None:
        """Close the connection."""
        self._sender.close()

    def _sender_identity(self) -> dict[str, object]:
        chosen = {
            "username": self.options.username,
            "icon_url": self.options.icon_url,
            "icon_emoji": self.options.icon_emoji,
            "channel": self.options.channel,
        }
        return {key: value for key, value in chosen.items() if value}


def explain(status: int, answer: str) -> Refusal:  # noqa: ARG001 - the shape of an explainer
    """Read Mattermost's answer: JSON with an ``id`` for machines and a ``message`` for people."""
    try:
        said = json.loads(answer)
        name, words = str(said["id"]), str(said["message"])
    except (ValueError, KeyError, TypeError):
        return Refusal(answer)
    return Refusal(words, _HINTS.get(name.removeprefix(_PREFIX).removesuffix(".app_error"), ""))
