"""Options of the Mattermost alerter."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from detectk.contracts import Options
from detectk.delivery import WebhookUrl
from detectk.template.custom import MessageTemplate

__all__ = ["MattermostOptions"]


class MattermostOptions(Options):
    """Where messages go and who they seem to come from."""

    webhook_url: WebhookUrl = Field(
        description="Address of the incoming webhook, https; a secret: write ${MATTERMOST_WEBHOOK}."
    )
    channel: str | None = Field(
        default=None,
        description="Another channel, by the name in its URL, or @user; a locked webhook refuses.",
    )
    username: str = Field(default="DetectK", min_length=1, description="Name of the sender.")
    icon_url: str | None = Field(default=None, description="Picture of the sender, an https URL.")
    icon_emoji: str | None = Field(
        default=None, description="Emoji of the sender, stronger than icon_url."
    )
    timeout: float = Field(
        default=10.0, gt=0, le=300, description="Seconds to wait for Mattermost."
    )
    message_template: MessageTemplate | None = Field(
        default=None,
        validation_alias=AliasChoices("message_template", "template"),
        description="Jinja template in Markdown that replaces the default message.",
    )
