"""Post messages to Slack."""

from __future__ import annotations

from typing import Final

from detectk.alerters.slack.blocks import custom_payload, default_payload
from detectk.alerters.slack.mrkdwn import escape
from detectk.alerters.slack.options import SlackOptions
from detectk.contracts import Alerter, Sent, Services
from detectk.delivery import HttpSender, Refusal
from detectk.template.custom import custom_text
from detectk.values.message import Message

__all__ = ["SlackAlerter"]

_NEW_WEBHOOK: Final = "make a new webhook and put its address in webhook_url"
_HINTS: Final[dict[str, str]] = {
    "action_prohibited": "an administrator restricts who may post there; ask for permission",
    "channel_is_archived": f"restore the channel, or {_NEW_WEBHOOK}",
    "channel_not_found": "correct 'channel', or leave it out: a webhook has a channel of its own",
    "invalid_blocks": "Slack does not accept the message's layout; report it as a bug",
    "invalid_payload": "Slack does not understand the message; try without message_template",
    "invalid_token": _NEW_WEBHOOK,
    "no_active_hooks": _NEW_WEBHOOK,
    "no_service": f"the webhook was removed or turned off; {_NEW_WEBHOOK}",
    "no_service_id": f"the webhook's address is incomplete; copy it again, or {_NEW_WEBHOOK}",
    "no_team": f"the workspace is gone or the address is wrong; {_NEW_WEBHOOK}",
    "no_text": "the message is empty; correct message_template",
    "posting_to_general_channel_denied": "#general is closed to webhooks; choose another channel",
    "team_disabled": f"the workspace is disabled; {_NEW_WEBHOOK}",
    "user_not_found": "correct 'channel', or leave it out",
}


class SlackAlerter(Alerter[SlackOptions]):
    """Posts to an incoming webhook; one message, however many series it tells of.

    A webhook answers no more than "ok", so there is nothing to edit or to thread on.
    """

    def __init__(self, options: SlackOptions, services: Services) -> None:
        super().__init__(options, services)
        self._sender = HttpSender(
            options.webhook_url,
            where="slack",
            clock=services.clock,
            timeout=options.timeout,
            explain=explain,
        )

    def send(self, message: Message) -> Sent:
        """Post ``message``.

        Raises:
            AlertError: Slack did not take it; 429 and 5xx are retryable.
        """
        text, problem = "", ""
        if self.options.message_template:
            text, problem = custom_text(self.options.message_template, message, escape=escape)
        payload = custom_payload(text) if text else default_payload(message, note=problem)
        self._sender.post_json({**payload, **self._sender_identity()})
        return Sent()

    def close(self) -> None:
        """Close the connection."""
        self._sender.close()

    def _sender_identity(self) -> dict[str, object]:
        options = self.options
        icon = (
            {"icon_url": options.icon_url}
            if options.icon_url
            else {"icon_emoji": options.icon_emoji}
        )
        channel = {"channel": options.channel} if options.channel else {}
        return {"username": options.username, **icon, **channel}


def explain(status: int, answer: str) -> Refusal:  # noqa: ARG001 - the shape of an explainer
    """Read Slack's answer: one word, such as ``no_service``."""
    return Refusal(answer, _HINTS.get(answer.strip(), ""))
