"""How requests leave the house: one HTTP client, one way of trying again."""

from detectk.delivery.address import WebhookUrl
from detectk.delivery.exchange import Call, Reply
from detectk.delivery.fetch import FetchError, HttpFetcher, Patience
from detectk.delivery.retry import with_retry
from detectk.delivery.sender import HttpSender, Refusal

__all__ = [
    "Call",
    "FetchError",
    "HttpFetcher",
    "HttpSender",
    "Patience",
    "Refusal",
    "Reply",
    "WebhookUrl",
    "with_retry",
]
