from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from threading import Thread

import pytest

from detectk.clock import SystemClock, VirtualClock
from detectk.delivery.exchange import Call, ExchangeError, Reply
from detectk.delivery.http import HttpClient
from detectk.testing.webhook_server import Answer, WebhookServer

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as running:
        yield running


def client() -> HttpClient:
    return HttpClient(clock=VirtualClock(NOON))


def ask(one: HttpClient, url: str, *, limit: int = 1_000, timeout: float = 10) -> Reply:
    return one.exchange(
        Call("POST", url, {}, content=b"{}"),
        timeout=timeout,
        total=timeout,
        limit=limit,
    )


def test_an_answer_is_given_whatever_its_status(server: WebhookServer) -> None:
    one = client()
    server.script(Answer(503, "busy", {"X-Why": "tired"}))
    reply = ask(one, server.url)
    assert (reply.status, reply.body, reply.headers["x-why"]) == (503, b"busy", "tired")
    assert not reply.cut
    one.close()


def test_a_body_is_read_to_the_limit(server: WebhookServer) -> None:
    one = client()
    server.script(Answer(body="x" * 1_000), Answer(body="x" * 1_001))
    assert [
        (len(reply.body), reply.cut) for reply in (ask(one, server.url), ask(one, server.url))
    ] == [
        (1_000, False),
        (1_000, True),
    ]
    one.close()


def test_clients_share_their_connections_and_the_last_one_closes_them(
    server: WebhookServer,
) -> None:
    first, second = client(), client()
    ask(first, server.url)
    ask(second, server.url)
    first.close()
    ask(second, server.url)
    assert server.connections == 1
    second.close()
    ask(second, server.url)
    assert server.connections == 2
    second.close()


def test_closing_waits_for_nobody_and_breaks_nothing(server: WebhookServer) -> None:
    one = client()
    replies: list[Reply] = []
    threads = [
        Thread(target=lambda: replies.extend(ask(one, server.url) for _ in range(20)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(50):
        one.close()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200] * 80
    one.close()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("ftp://example.com/x", "senseless"),
        ("https://[::1/x", "senseless"),
        ("http://127.0.0.1:1/x", "broken"),
    ],
)
def test_no_answer_has_a_reason(url: str, kind: str) -> None:
    one = client()
    with pytest.raises(ExchangeError) as caught:
        ask(one, url)
    assert caught.value.kind == kind
    assert caught.value.reason
    one.close()


def test_silence_is_late(server: WebhookServer) -> None:
    one = HttpClient(clock=SystemClock())
    server.script(Answer(hold=True))
    with pytest.raises(ExchangeError) as caught:
        ask(one, server.url, timeout=0.2)
    assert caught.value.kind == "late"
    one.close()


def test_a_client_that_cannot_be_built_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "gopher://127.0.0.1:1")
    one = client()
    with pytest.raises(ExchangeError) as caught:
        ask(one, "https://example.com/x")
    assert caught.value.kind == "unusable"
    one.close()
