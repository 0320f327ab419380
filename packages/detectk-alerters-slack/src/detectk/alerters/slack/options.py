"""Options of the Slack alerter."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from detectk.contracts import Options
from detectk.delivery import WebhookUrl
from detectk.template.custom import MessageTemplate

__all__ = ["SlackOptions"]


class SlackOptions(Options):
    """Where messages go and who they seem to come from."""

    webhook_url: WebhookUrl = Field(
        description="Address of the incoming webhook, https; a secret: write ${SLACK_WEBHOOK}."
    )
    channel: str | None = Field(
        default=None,
        description="Another channel, #name or @user; only webhooks of the old kind obey.",
    )
    username: str = Field(default="DetectK", min_length=1, description="Name of the sender.")
    icon_url: str | None = Field(default=None, description="Picture of the sender, an https URL.")
    icon_emoji: str = Field(
        default=":warning:", description="Emoji of the sender, where there is no icon_url."
    )
    timeout: float = Field(default=10.0, gt=0, le=300, description="Seconds to wait for Slack.")
    message_template: MessageTemplate | None = Field(
        default=None,
        validation_alias=AliasChoices("message_template", "template"),
        description="Jinja template in Slack's mrkdwn that replaces the default message.",
    )
