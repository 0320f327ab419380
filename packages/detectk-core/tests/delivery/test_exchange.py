from __future__ import annotations

from datetime import datetime, timezone

import pytest

from detectk.clock import VirtualClock
from detectk.delivery.exchange import Reply, retry_after, worth_repeating

NOON = datetime(2024, 5, 1, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("größe".encode(), "text/plain", "größe"),
        ("größe".encode(), "", "größe"),
        ("größe".encode("latin-1"), "text/plain; charset=ISO-8859-1", "größe"),
        ("größe".encode("latin-1"), 'text/plain; Charset="iso-8859-1"', "größe"),
        ("größe".encode("utf-8-sig"), "text/plain; charset=utf-8", "größe"),
        ("größe".encode(), "text/plain; charset=klingon", "größe"),
        (b"a\xff", "", "a\ufffd"),
    ],
)
def test_the_text_is_in_the_encoding_that_is_named(body: bytes, kind: str, text: str) -> None:
    assert Reply(200, {"content-type": kind}, body).text == text


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (204, True), (304, False)])
def test_a_success_is_two_hundred_and_something(status: int, *, ok: bool) -> None:
    assert Reply(status, {}, b"").ok is ok


@pytest.mark.parametrize(
    ("status", "may_pass"),
    [(400, False), (404, False), (408, True), (425, True), (429, True), (500, True), (501, False)],
)
def test_some_failures_may_pass(status: int, *, may_pass: bool) -> None:
    assert worth_repeating(status) is may_pass


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), ("Wed, 01 May 2024 12:00:45 GMT", 45.0), ("soon", None), ("", None)],
)
def test_a_wait_is_seconds_or_a_date(text: str, seconds: float | None) -> None:
    reply = Reply(429, {"retry-after": text}, b"")
    assert retry_after(reply, VirtualClock(NOON)) == seconds
    assert retry_after(Reply(429, {}, b""), VirtualClock(NOON)) is None
