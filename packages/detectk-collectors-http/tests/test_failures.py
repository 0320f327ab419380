"""Servers that refuse, dawdle, talk too much or cannot be trusted."""

from __future__ import annotations

import base64
import gzip
import logging
import socket
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from detectk.clock import SystemClock
from detectk.contracts import Request
from detectk.errors import CollectError
from detectk.values import Status

Build = Callable[..., Any]
RequestFor = Callable[..., Request]
SECRET = "hunter2-hunter2"  # noqa: S105 - made up, and looked for


def failure(collector: Any, request: Request) -> CollectError:
    with pytest.raises(CollectError) as caught:
        collector.collect(request)
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.fixture
def refused(site: Any, build: Build, request_for: RequestFor) -> Callable[..., CollectError]:
    """Return what asks the site and gives the error."""

    def ask(**options: Any) -> CollectError:
        return failure(build(**{"url": site.url, **options}), request_for())

    return ask


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "look at params and the body"),
        (401, "set auth or a header"),
        (403, "what auth or the headers may do"),
        (404, "look at url and path"),
        (405, "the other of GET and POST"),
        (410, ""),
        (501, ""),
    ],
)
def test_what_repeats_itself_is_not_asked_again(
    site: Any, refused: Any, answer: Any, status: int, hint: str
) -> None:
    site.page = lambda asked: answer("no\n  entry", status)
    error = refused()
    assert error.message == f"GET {site.url} answered {status}: no entry"
    assert hint in error.hint
    assert not error.retryable
    assert len(site.asked) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again(
    site: Any, build: Build, request_for: RequestFor, answer: Any, status: int
) -> None:
    site.script(answer("busy", status), answer("busy", status))
    assert list(build(url=site.url).collect(request_for())) == []
    assert len(site.asked) == 3


@pytest.mark.parametrize("count", [0, 2])
def test_it_is_asked_again_as_often_as_it_is_said(
    site: Any, refused: Any, answer: Any, count: int
) -> None:
    site.page = lambda asked: answer("busy", 503)
    assert refused(retry_count=count).retryable
    assert len(site.asked) == count + 1


def test_waits_grow_from_the_delay(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    site.page = lambda asked: answer("busy", 503)
    one = build(url=site.url, retry_count=4, retry_delay=2)
    failure(one, request_for())
    slept = one.services.clock.slept
    assert len(slept) == 4
    assert all(wait <= most for wait, most in zip(slept, (2, 4, 8, 16), strict=True))


def test_a_server_is_left_alone_as_long_as_it_asks(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    site.script(answer("slowly", 429, headers={"Retry-After": "20"}))
    one = build(url=site.url)
    one.collect(request_for())
    assert 20 <= one.services.clock.slept[0] <= 21


def test_a_server_that_asks_for_too_much_is_left_to_the_next_run(
    site: Any, refused: Any, answer: Any
) -> None:
    site.page = lambda asked: answer("slowly", 429, headers={"Retry-After": "3600"})
    error = refused()
    assert (error.retryable, error.retry_after) == (True, 3600.0)
    assert len(site.asked) == 1


def test_a_broken_connection_is_tried_again(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    site.script(answer(drop=True))
    assert list(build(url=site.url).collect(request_for())) == []
    assert len(site.asked) == 2


def test_a_truncated_answer_is_tried_again(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    short = answer("[1, 2", headers={"Content-Length": "100", "Connection": "close"})
    site.script(short)
    assert list(build(url=site.url).collect(request_for())) == []
    assert len(site.asked) == 2


def test_nobody_there_is_told(build: Build, request_for: RequestFor) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/orders"
    error = failure(build(url=url), request_for())
    assert "cannot be reached" in error.message
    assert "Connection refused" in error.message
    assert error.retryable


def test_a_host_that_does_not_exist_is_told(build: Build, request_for: RequestFor) -> None:
    error = failure(build(url="http://nowhere.invalid/", retry_count=0), request_for())
    assert "http://nowhere.invalid/ cannot be reached" in error.message


def test_silence_ends_at_the_deadline(site: Any, refused: Any, answer: Any) -> None:
    site.page = lambda asked: answer(hold=True)
    error = refused(timeout=0.2, retry_count=0)
    assert error.message == f"GET {site.url} gave no answer within 0.2 s"
    assert error.hint == "ask for less at once, or raise timeout"
    assert error.retryable


def test_a_trickle_ends_at_the_deadline(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    """Every piece comes in time, the answer does not: 1000 pieces, 0.05 s apart."""
    site.page = lambda asked: answer("[0, ", pieces=1000, pause=0.05)
    clock = SystemClock()
    began = clock.monotonic()
    error = failure(build(url=site.url, timeout=0.3, retry_count=0), request_for())
    assert clock.monotonic() - began < 20
    assert "gave no answer within 0.3 s" in error.message


def test_headers_that_trickle_end_at_the_deadline(build: Build, request_for: RequestFor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        clock = SystemClock()
        stop = drip_headers(server)
        began = clock.monotonic()
        error = failure(build(url=url, timeout=0.3, retry_count=0), request_for())
        stop()
    assert clock.monotonic() - began < 20
    assert "gave no answer within 0.3 s" in error.message


def drip_headers(server: socket.socket) -> Callable[[], None]:
    """Say a letter of a header every 0.05 s, until told to stop."""
    done = Event()

    def drip() -> None:
        client, _ = server.accept()
        with client, suppress(OSError):
            client.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not done.wait(0.05):
                client.sendall(b"x")

    thread = Thread(target=drip, daemon=True)
    thread.start()

    def stop() -> None:
        done.set()
        thread.join(5)

    return stop


def test_a_long_answer_is_an_error(site: Any, refused: Any, answer: Any) -> None:
    site.page = lambda asked: answer("1" * 100_000)
    error = refused(max_bytes=99_999)
    assert error.message == f"GET {site.url} answered with more than 99999 bytes"
    assert error.hint == "ask for less at once, or raise max_bytes"
    assert not error.retryable
    assert len(site.asked) == 1
    assert "no list of records" not in str(refused(max_bytes=1))


def test_an_endless_answer_is_not_read_to_its_end(site: Any, refused: Any, answer: Any) -> None:
    site.page = lambda asked: answer(b"1" * 1_000_000, pieces=1_000_000)
    assert "more than 2000000 bytes" in refused(max_bytes=2_000_000).message


def test_a_bomb_does_not_go_off(site: Any, refused: Any, answer: Any) -> None:
    """200 MB of zeros are 200 kB packed; no more than the cap of it is ever unpacked."""
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(bytes(10_000_000)) for _ in range(20)) + packer.flush()
    assert len(bomb) < 250_000
    site.page = lambda asked: answer(bomb, headers={"Content-Encoding": "gzip"})
    assert "more than 50000000 bytes" in refused().message


@pytest.mark.parametrize(
    ("body", "packing", "said"),
    [
        (gzip.compress(b"[1, 2, 3]")[:-4], "gzip", "ends too early"),
        (b"[1, 2, 3]", "gzip", "it is not packed with gzip, as it says"),
        (b"[1, 2, 3]", "br", "it is packed with 'br', which nobody asked for"),
        (gzip.compress(gzip.compress(b"[]")), "gzip, gzip", "which nobody asked for"),
    ],
)
def test_what_cannot_be_unpacked_is_told(
    site: Any, refused: Any, answer: Any, body: bytes, packing: str, said: str
) -> None:
    site.page = lambda asked: answer(body, headers={"Content-Encoding": packing})
    assert said in refused().message


# Redirects


def test_a_redirect_on_the_same_server_is_followed(
    site: Any, build: Build, request_for: RequestFor, answer: Any
) -> None:
    site.script(answer(status=302, headers={"Location": "/elsewhere?b=2"}))
    build(url=site.url, params={"a": "1"}, auth={"token": "t"}).collect(request_for())
    first, second = site.asked
    assert (second.path, second.params) == ("/elsewhere", [("b", "2")])
    assert second.headers["authorization"] == first.headers["authorization"] == "Bearer t"


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:1/x?token=hunter2-hunter2", "//localhost/x"]
)
def test_a_redirect_to_another_server_is_not_followed(
    site: Any, refused: Any, answer: Any, location: str
) -> None:
    site.page = lambda asked: answer(status=307, headers={"Location": location})
    error = refused(headers={"X-Key": SECRET})
    assert "answered 307, a redirect to http://" in error.message
    assert "write that address into url" in error.hint
    assert SECRET not in str(error)
    assert len(site.asked) == 1


def test_a_redirect_of_a_post_is_not_followed(site: Any, refused: Any, answer: Any) -> None:
    site.page = lambda asked: answer(status=307, headers={"Location": "/elsewhere"})
    assert "a redirect to" in refused(data="a").message
    assert len(site.asked) == 1


def test_redirects_in_a_circle_end(site: Any, refused: Any, answer: Any) -> None:
    site.page = lambda asked: answer(status=302, headers={"Location": "/data"})
    assert "the end of 5 redirects" in refused().message
    assert len(site.asked) == 6


# TLS


def test_a_certificate_nobody_vouches_for_is_refused(
    secure_site: Any, build: Build, request_for: RequestFor
) -> None:
    error = failure(build(url=secure_site.url, auth={"token": SECRET}), request_for())
    assert "self-signed certificate" in error.message
    assert error.hint == "name the file with the authority's certificate in verify_ssl"
    assert not error.retryable
    assert not secure_site.asked


def test_a_certificate_is_trusted_by_its_file(
    secure_site: Any, certificate: Path, build: Build, request_for: RequestFor, tmp_path: Path
) -> None:
    (tmp_path / "ours.pem").write_bytes(certificate.read_bytes())
    for file in (str(certificate), "ours.pem"):  # relative paths start at the project's root
        assert list(build(url=secure_site.url, verify_ssl=file).collect(request_for())) == []


def test_a_certificate_may_be_left_unlooked_at(
    secure_site: Any, build: Build, request_for: RequestFor
) -> None:
    assert list(build(url=secure_site.url, verify=False).collect(request_for())) == []


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_is_none_is_told(
    build: Build, request_for: RequestFor, tmp_path: Path, content: str | None
) -> None:
    if content:
        (tmp_path / "ours.pem").write_text(content)
    error = failure(build(url="https://127.0.0.1:1/", verify="ours.pem"), request_for())
    assert "cannot be called" in error.message
    assert "ours.pem" in error.hint
    assert not error.retryable


def test_plain_http_on_an_encrypted_port_is_told(
    secure_site: Any, build: Build, request_for: RequestFor
) -> None:
    one = build(url=secure_site.url.replace("https", "http"), retry_count=0)
    assert "cannot be reached" in failure(one, request_for()).message


# Secrets


def test_no_secret_is_ever_said(
    site: Any, build: Build, request_for: RequestFor, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The server repeats all it was told, in refusals and in what cannot be read."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "httpx")  # the log's set-up may have quietened it

    def echo(asked: Any) -> Any:
        said = f"{asked.params} {asked.headers} {asked.body!r}"
        return answer(said, 503 if len(site.asked) < 3 else 200)

    site.page = echo
    options = [
        {"headers": {"X-Key": SECRET}},
        {"auth": {"token": SECRET}},
        {"auth": {"username": "me", "password": SECRET}},
        {"params": {"key": SECRET}},
        {"url": f"{site.url}?key={SECRET}"},
        {"json": {"key": [SECRET]}},
        {"data": {"key": SECRET}},
    ]
    hidden = (SECRET, base64.b64encode(f"me:{SECRET}".encode()).decode())
    for some in options:
        site.asked.clear()
        one = build(**{"url": site.url, **some})
        error = failure(one, request_for())
        assert "the answer is not JSON" in error.message
        for text in (str(error), one.describe(request_for()), one.check().detail, caplog.text):
            assert not any(word in text for word in hidden), some


def test_the_header_of_a_request_that_cannot_be_sent_is_not_said(
    site: Any, build: Build, request_for: RequestFor
) -> None:
    error = failure(build(url=site.url, headers={"Content-Length": SECRET}), request_for())
    assert SECRET not in str(error)
    assert not error.retryable


def test_an_infinite_value_is_no_value(
    site: Any, build: Build, request_for: RequestFor, caplog: pytest.LogCaptureFixture
) -> None:
    site.says('[["2024-07-01", Infinity], ["2024-07-01T01:00", NaN]]')
    (series,) = build(url=site.url).collect(request_for())
    assert series.status.tolist() == [Status.NULL, Status.NULL]
    assert "1 infinite values" in caplog.text
