from __future__ import annotations

from datetime import datetime, timezone

import pytest

from detectk.clock import VirtualClock
from detectk.delivery import HttpSender
from detectk.errors import AlertError
from detectk.testing.webhook_server import Answer, WebhookServer

CLOCK = VirtualClock(datetime(2024, 1, 1, tzinfo=timezone.utc))


def test_the_script_goes_before_the_dialect() -> None:
    with WebhookServer(lambda body: Answer(200, body.decode())) as server:
        server.script(Answer(200, "first"))
        sender = HttpSender(server.url, where="", clock=CLOCK)
        assert [sender.post_json({"n": 1}) for _ in range(2)] == ["first", '{"n": 1}']
        sender.close()
    assert [post.status for post in server.received] == [200, 200]


def test_silence_is_remembered_as_silence() -> None:
    with WebhookServer() as server:
        server.script(Answer(hold=True))
        sender = HttpSender(server.url, where="", clock=CLOCK, timeout=0.1)
        with pytest.raises(AlertError):
            sender.post_json({})
        sender.close()
        assert [post.status for post in server.received] == [0]


def test_another_path_is_not_the_webhook() -> None:
    with WebhookServer() as server:
        sender = HttpSender(f"{server.url}x", where="", clock=CLOCK)
        with pytest.raises(AlertError, match="404: no_service"):
            sender.post_json({})
        sender.close()
