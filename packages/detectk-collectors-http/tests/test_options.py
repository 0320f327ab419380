"""What a user may write about an HTTP source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from detectk.collectors.http.options import HttpOptions
from detectk.config import ConfigLoader

URL = "https://example.com/orders"


def options(**values: Any) -> HttpOptions:
    return HttpOptions.model_validate(values)


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        ({"url": URL}, URL),
        ({"base_url": "https://example.com/", "url": "/orders"}, URL),
        ({"base_url": "https://example.com", "path": "orders"}, URL),
        ({"base_url": "https://example.com", "url": "v1", "path": "a"}, "https://example.com/v1/a"),
        ({"base_url": "https://other.example", "url": URL}, URL),
        ({"url": URL, "path": "?day=1"}, URL + "?day=1"),
        ({"base_url": "HTTPS://example.com"}, "HTTPS://example.com"),
        ({"url": "http://{{ host }}/x"}, "http://{{ host }}/x"),
        ({"url": "http://[::1]:8080/x"}, "http://[::1]:8080/x"),
    ],
)
def test_an_address_may_be_in_parts(parts: dict[str, str], address: str) -> None:
    assert options(**parts).address == address


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "there is no address"),
        ({"url": "example.com/orders"}, "does not begin with https://"),
        ({"url": "ftp://example.com"}, "does not begin with https://"),
        ({"url": "https:///orders"}, "names no host"),
        ({"url": "https://example.com:port/"}, "a host or a port that is none"),
        ({"url": "https://[::1/"}, "a host or a port that is none"),
        ({"url": "https://me:pw@example.com/"}, "move them to auth"),
        ({"url": URL, "method": "DELETE"}, "Input should be 'GET' or 'POST'"),
        ({"url": URL, "value_path": "a..b"}, "'a..b' is no path"),
        ({"url": URL, "json": {}, "data": "x"}, "keep one of them"),
        ({"url": URL, "query": "up"}, "query means nothing in mode http; use mode: prometheus"),
        ({"url": URL, "response_format": "text", "value_path": "a"}, "a text has no paths"),
        ({"url": URL, "auth": {}}, "neither a name nor a token"),
        (
            {"url": URL, "auth": {"username": "a", "token": "b"}},
            "neither a name nor a token, or both",
        ),
        ({"url": URL, "auth": {"token": "b", "password": "c"}}, "a password for a token"),
        ({"url": URL, "auth": {"token": "b"}, "headers": {"authorization": "c"}}, "say the same"),
        ({"url": URL, "headers": {"X Key": "a"}}, "'X Key' is no name of a header"),
        ({"url": URL, "headers": {"X-Key": "a\nb"}}, "has a line break inside"),
        ({"url": URL, "retry_count": -1}, "greater than or equal to 0"),
        ({"url": URL, "max_bytes": 0}, "greater than or equal to 1"),
        ({"url": URL, "mode": "prometheus"}, "write PromQL into query"),
        (
            {"url": URL, "mode": "prometheus", "query": "up", "value_path": "a"},
            "value_path means nothing in mode prometheus",
        ),
        ({"url": URL, "mode": "prometheus", "query": "up", "step": "0.5s"}, "write whole seconds"),
        ({"url": URL, "mode": "prometheus", "query": "up", "step": "soon"}, "not a length of time"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(**values)
    assert said in str(caught.value)
    assert "pw@" not in str(caught.value)


def test_the_method_follows_the_body_unless_it_is_said() -> None:
    assert options(url=URL).verb == "GET"
    assert options(url=URL, json={"a": 1}).verb == "POST"
    assert options(url=URL, data="a").verb == "POST"
    assert options(url=URL, data="a", method="get").verb == "GET"


def test_verify_is_another_name_and_takes_words_and_files() -> None:
    assert options(url=URL, verify=False).verify_ssl is False
    assert options(url=URL, verify_ssl="false").verify_ssl is False
    assert (
        options(url=URL, verify_ssl="certificates/ours.pem").verify_ssl == "certificates/ours.pem"
    )


def test_a_secret_does_not_show_and_loses_the_line_break_of_its_file() -> None:
    one = options(url=URL, headers={"X-Key": "hunter2\n"}, auth={"token": "s3cret\n"})
    assert "hunter2" not in repr(one)
    assert "s3cret" not in repr(one)
    assert one.headers["X-Key"].get_secret_value() == "hunter2"


DOCUMENTED = """
name: orders
collector:
  type: http
  params:
    url: https://example.com/orders
    method: POST
    headers: {X-Key: "1"}
    params: {day: "{{ period_start }}"}
    body: "a=1"
    auth: {username: me, password: secret}
    response_format: json
    value_path: a.b[0].c
    timestamp_path: a.at
    timeout: 30
    verify_ssl: true
    retry_count: 3
    retry_delay: 1
detector: {type: threshold, params: {threshold: 1}}
"""


def load(folder: Path, text: str) -> Any:
    (folder / "orders.yaml").write_text(text)
    return ConfigLoader(environ={"HOME": str(folder)}).load(folder / "orders.yaml")


def test_what_is_documented_is_accepted(tmp_path: Path) -> None:
    config = load(tmp_path, DOCUMENTED)
    assert config.collector.options.data == "a=1"
    assert config.collector.options.value_path == "a.b[0].c"


@pytest.mark.parametrize("key", ["base_url", "data_path"])
def test_an_option_of_its_own_is_not_taken_for_another_spelling(tmp_path: Path, key: str) -> None:
    text = DOCUMENTED.replace("timestamp_path: a.at", f"{key}: https")
    config = load(tmp_path, text)
    assert getattr(config.collector.options, key) == "https"
    assert [str(warning) for warning in config.warnings if key in str(warning)] == []


def test_a_profile_says_where_and_the_metric_says_what(tmp_path: Path) -> None:
    (tmp_path / "detectk_profiles.yaml").write_text(
        "metrics:\n  type: prometheus\n  base_url: http://prometheus:9090\n"
    )
    text = (
        "name: up\ncollector:\n  profile: metrics\n  params: {query: sum(up)}\n"
        "detector: {type: threshold, params: {threshold: 1}}\n"
    )
    config = load(tmp_path, text)
    assert config.collector.options.mode == "prometheus"
    assert config.collector.options.promql == "sum(up)"
    assert config.warnings == ()
