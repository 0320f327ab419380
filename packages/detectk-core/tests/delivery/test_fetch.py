from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from detectk.clock import VirtualClock
from detectk.delivery import Call, FetchError, HttpFetcher, Patience, Refusal
from detectk.testing.webhook_server import Answer, WebhookServer

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


@pytest.fixture
def server() -> Iterator[WebhookServer]:
    with WebhookServer() as running:
        yield running


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOON)


@pytest.fixture
def fetcher(clock: VirtualClock) -> Iterator[HttpFetcher]:
    made = HttpFetcher(Patience(limit=1_000), clock=clock, secrets=["t0ps3cret", "top"])
    yield made
    made.close()


def call(server: WebhookServer) -> Call:
    return Call("POST", server.url, {}, content=b"{}")


def failure(fetcher: HttpFetcher, server: WebhookServer) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(call(server), where="orders")
    return caught.value


def test_a_success_is_returned(server: WebhookServer, fetcher: HttpFetcher) -> None:
    server.script(Answer(201, "créé"))
    assert fetcher.fetch(call(server), where="orders").text == "créé"


def test_what_may_pass_is_asked_again_until_it_has(
    server: WebhookServer, fetcher: HttpFetcher, clock: VirtualClock
) -> None:
    server.script(Answer(503), Answer(429, headers={"Retry-After": "7"}), Answer(drop=True))
    assert fetcher.fetch(call(server), where="orders").ok
    assert len(server.received) == 4
    assert clock.slept[1] >= 7


def test_attempts_may_be_fewer(server: WebhookServer, fetcher: HttpFetcher) -> None:
    server.script(Answer(503))
    with pytest.raises(FetchError):
        fetcher.fetch(call(server), where="orders", attempts=1)
    assert len(server.received) == 1


def test_an_error_names_metric_address_and_words(
    server: WebhookServer, fetcher: HttpFetcher
) -> None:
    server.script(Answer(403, "no\n  entry with t0ps3cret, stop"))
    error = failure(fetcher, server)
    assert str(error).startswith(
        f"orders: POST {server.url} answered 403: no entry with ***, stop;"
    )


def test_a_long_refusal_is_shortened(server: WebhookServer, fetcher: HttpFetcher) -> None:
    server.script(Answer(400, "x" * 100_000))
    error = failure(fetcher, server)
    assert error.message.endswith("x…")
    assert len(error.message) < 350


def test_a_web_page_is_not_quoted(server: WebhookServer, fetcher: HttpFetcher) -> None:
    server.script(Answer(404, "<!DOCTYPE html><html>"))
    assert failure(fetcher, server).message.endswith("answered 404")


def test_an_explainer_knows_better(server: WebhookServer, clock: VirtualClock) -> None:
    def explain(status: int, text: str) -> Refusal | None:
        return Refusal(f"{text} ({status})", "try harder") if text else None

    one = HttpFetcher(Patience(), clock=clock, explain=explain)
    server.script(Answer(418, "tea"), Answer(418, ""))
    assert str(failure(one, server)).endswith("answered 418: tea (418); try harder")
    assert failure(one, server).message.endswith("answered 418")
    one.close()


def test_too_much_is_an_error(server: WebhookServer, fetcher: HttpFetcher) -> None:
    server.script(Answer(body="x" * 1_001))
    assert "answered with more than 1000 bytes" in failure(fetcher, server).message


def test_all_attempts_and_waits_fit_into_the_patience() -> None:
    # Three attempts of ten seconds, and waits of up to one and two.
    assert Patience(timeout=10, attempts=3, delay=1).total == 33
    # No wait is longer than half a minute.
    assert Patience(timeout=10, attempts=2, delay=100).total == 50
