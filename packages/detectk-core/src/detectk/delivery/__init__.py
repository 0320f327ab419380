"""How a message leaves the house: one HTTP client, one way of trying again."""

from detectk.delivery.address import WebhookUrl
from detectk.delivery.http import HttpSender, Refusal
from detectk.delivery.retry import with_retry

__all__ = ["HttpSender", "Refusal", "WebhookUrl", "with_retry"]
