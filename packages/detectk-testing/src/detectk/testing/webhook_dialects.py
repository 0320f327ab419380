"""What Slack and Mattermost accept on an incoming webhook, and how they refuse the rest.

Sources: https://docs.slack.dev/reference/block-kit (limits of blocks),
https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (errors), and
``HandleIncomingWebhook`` with ``model/post.go`` and ``model/slack_attachment.go`` of Mattermost.
"""

from __future__ import annotations

import json
from typing import Any, Final

from detectk.testing.webhook_server import Answer

__all__ = ["mattermost", "slack"]

_SLACK_TEXT: Final = {
    "plain_text": {"type", "text", "emoji"},
    "mrkdwn": {"type", "text", "verbatim"},
}
_MATTERMOST_TYPES: Final[dict[str, type]] = {
    "text": str,
    "username": str,
    "icon_url": str,
    "icon_emoji": str,
    "channel": str,
    "attachments": list,
    "props": dict,
}
_ATTACHMENT_TEXTS: Final = ("fallback", "color", "pretext", "title", "title_link", "text", "footer")
_PROPS_LIMIT: Final = 800_000 - 40_000


def slack(body: bytes) -> Answer:
    """Answer as hooks.slack.com does: "ok", or 400 and one word."""
    payload = _json(body)
    if not isinstance(payload, dict):
        return Answer(400, "invalid_payload")
    attachments = payload.get("attachments", [])
    if not (payload.get("text") or payload.get("blocks") or attachments):
        return Answer(400, "no_text")
    if len(attachments) > 100:
        return Answer(400, "too_many_attachments")
    if len(payload.get("text", "")) > 40_000:
        return Answer(400, "msg_too_long")
    groups = [payload.get("blocks", []), *(a.get("blocks", []) for a in attachments)]
    if not all(len(blocks) <= 50 and all(map(_slack_block, blocks)) for blocks in groups):
        return Answer(400, "invalid_blocks")
    return Answer()


def mattermost(body: bytes) -> Answer:
    """Answer as a Mattermost server does: "ok", or JSON that says what is wrong."""
    payload = _json(body)
    if not isinstance(payload, dict) or not _mattermost_types(payload):
        return _mattermost_error("decode", "Could not decode the multipart payload.")
    attachments = payload.get("attachments")
    if not payload.get("text") and attachments is None:
        return _mattermost_error("text", "No text specified.")
    if len(json.dumps(attachments, ensure_ascii=False)) > _PROPS_LIMIT:
        return _mattermost_error("attachment", "Maximum attachments length is 800000.")
    return Answer()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except ValueError:
        return None


def _slack_block(block: Any) -> bool:
    match block:
        case {"type": "header", "text": {"type": "plain_text"} as text}:
            return _slack_text(text, 150) and set(block) <= {"type", "text", "block_id"}
        case {"type": "section", "fields": [*fields]}:
            fits = 1 <= len(fields) <= 10 and all(_slack_text(f, 2_000) for f in fields)
            return fits and ("text" not in block or _slack_text(block["text"], 3_000))
        case {"type": "section", "text": text}:
            return _slack_text(text, 3_000)
        case {"type": "context", "elements": [*elements]}:
            return 1 <= len(elements) <= 10 and all(_slack_text(e, 3_000) for e in elements)
    return False


def _slack_text(text: Any, limit: int) -> bool:
    keys = _SLACK_TEXT.get(text.get("type"), set())
    return set(text) <= keys and 1 <= len(text["text"]) <= limit


def _mattermost_types(payload: dict[str, Any]) -> bool:
    if not all(isinstance(payload.get(k, t()), t) for k, t in _MATTERMOST_TYPES.items()):
        return False
    for attachment in payload.get("attachments", []):
        fields = attachment.get("fields", [])
        texts = [attachment.get(name, "") for name in _ATTACHMENT_TEXTS]
        texts += [field.get("title", "") for field in fields]
        if not all(isinstance(text, str) for text in texts):
            return False
        if not all(isinstance(field.get("short", True), bool) for field in fields):
            return False
    return True


def _mattermost_error(name: str, message: str, status: int = 400) -> Answer:
    said = {
        "id": f"web.incoming_webhook.{name}.app_error",
        "message": message,
        "detailed_error": "",
        "request_id": "x9ndgkbwyp8ktxrmfa7bmf5hoa",
        "status_code": status,
    }
    return Answer(status, json.dumps(said), {"Content-Type": "application/json"})
