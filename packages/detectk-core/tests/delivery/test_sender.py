from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from pydantic import SecretStr

from detectk.clock import VirtualClock
from detectk.delivery.sender import HttpSender, Refusal
from detectk.errors import AlertError
from detectk.testing.webhook_server import Answer, WebhookServer

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as running:
        yield running


@pytest.fixture
def sender(server: WebhookServer) -> Iterator[HttpSender]:
    made = HttpSender(SecretStr(server.url), where="ops", clock=VirtualClock(NOON))
    yield made
    made.close()


def refused(sender: HttpSender) -> AlertError:
    with pytest.raises(AlertError) as caught:
        sender.post_json({})
    return caught.value


def test_the_answer_is_returned(server: WebhookServer, sender: HttpSender) -> None:
    server.script(Answer(201, "créé"))
    assert sender.post_json({"text": "Zürich"}) == "créé"
    assert server.received[0].payload == {"text": "Zürich"}
    assert server.received[0].headers["user-agent"].startswith("DetectK/")


def test_one_connection_serves_many_messages(server: WebhookServer, sender: HttpSender) -> None:
    for number in range(5):
        sender.post_json({"n": number})
    assert [post.payload["n"] for post in server.received] == [0, 1, 2, 3, 4]
    assert server.connections == 1


def test_a_lone_surrogate_does_not_stop_a_message(
    server: WebhookServer, sender: HttpSender
) -> None:
    sender.post_json({"text": "a\udc80b"})
    assert server.received[0].payload == {"text": "a?b"}


def test_an_error_names_the_channel_the_host_and_the_answer(
    server: WebhookServer, sender: HttpSender
) -> None:
    server.script(Answer(403, "no\n  entry"))
    host = server.url.split("/")[2]
    assert str(refused(sender)) == f"ops: {host} answered 403: no entry"


def test_an_explainer_gives_reason_and_advice(server: WebhookServer) -> None:
    def explain(status: int, answer: str) -> Refusal:
        return Refusal(f"{answer} ({status})", "try harder")

    sender = HttpSender(server.url, where="ops", clock=VirtualClock(NOON), explain=explain)
    server.script(Answer(418, "tea"))
    assert str(refused(sender)).endswith("answered 418: tea (418); try harder")
    sender.close()


def test_a_long_answer_is_shortened(server: WebhookServer, sender: HttpSender) -> None:
    server.script(Answer(400, "x" * 1_000_000))
    error = refused(sender)
    assert error.message.endswith("x…")
    assert len(error.message) < 260


def test_an_endless_success_is_read_in_part(server: WebhookServer, sender: HttpSender) -> None:
    server.script(Answer(200, "x" * 1_000_000))
    assert len(sender.post_json({})) == 65_536


def test_a_redirect_is_not_followed(server: WebhookServer, sender: HttpSender) -> None:
    server.script(Answer(307, "", {"Location": "http://127.0.0.1:1/elsewhere"}))
    assert refused(sender).hint == "use the address it leads to"
    assert len(server.received) == 1


@pytest.mark.parametrize(("status", "retryable"), [(501, False), (505, False), (507, True)])
def test_some_server_errors_never_pass(
    server: WebhookServer, sender: HttpSender, status: int, *, retryable: bool
) -> None:
    server.script(Answer(status, ""))
    assert refused(sender).retryable is retryable


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("Wed, 01 May 2024 12:00:45 GMT", 45.0),
        ("Wed, 01 May 2024 12:00:45 -0000", 45.0),
        ("Wed, 01 May 2024 11:00:00 GMT", 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    server: WebhookServer, sender: HttpSender, text: str, seconds: float | None
) -> None:
    server.script(Answer(429, "", {"Retry-After": text}))
    assert refused(sender).retry_after == seconds


def test_a_trickle_ends_at_the_deadline(server: WebhookServer) -> None:
    class Racing(VirtualClock):
        """Lets a minute pass between any two looks."""

        __slots__ = ("seconds",)
        seconds: float

        def monotonic(self) -> float:
            self.seconds = getattr(self, "seconds", 0.0) + 60
            return self.seconds

    sender = HttpSender(server.url, where="ops", clock=Racing(NOON), timeout=10)
    error = refused(sender)
    assert error.message.endswith("gave no answer within 10 s")
    assert error.retryable
    sender.close()


@pytest.mark.parametrize("url", ["ftp://example.com/secret-path", "https://[::1/secret-path"])
def test_what_is_no_address_is_not_tried_again(url: str) -> None:
    sender = HttpSender(url, where="ops", clock=VirtualClock(NOON))
    error = refused(sender)
    assert not error.retryable
    assert "secret-path" not in str(error)
    sender.close()


def test_an_unusable_proxy_is_an_error_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    sender = HttpSender("https://example.com/x", where="ops", clock=VirtualClock(NOON))
    error = refused(sender)
    assert "HTTPS_PROXY" in error.hint
    assert not error.retryable


def test_a_proxy_is_passed_by_on_the_way_to_this_machine(
    server: WebhookServer, sender: HttpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert sender.post_json({}) == "ok"


def test_the_client_logs_the_host_only(
    server: WebhookServer, sender: HttpSender, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpx")  # the log's set-up may have quietened it
    sender.post_json({})
    assert any(record.name == "httpx" for record in caplog.records)
    assert server.secret not in caplog.text


def test_closing_is_not_the_end(server: WebhookServer, sender: HttpSender) -> None:
    sender.post_json({})
    sender.close()
    sender.close()
    assert sender.post_json({}) == "ok"


def test_the_client_is_imported_at_the_moment_of_use() -> None:
    code = "import sys, detectk.delivery; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
