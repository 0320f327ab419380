from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from detectk.alerters.slack.options import SlackOptions

URL = "https://hooks.slack.com/services/T0/B0/abcdefgh"


def options(**given: Any) -> SlackOptions:
    return SlackOptions.model_validate({"webhook_url": URL, **given})


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://hooks.slack-gov.com/services/T0/B0/x",
        "https://chat.example.com/hooks/x",
        "http://localhost:8080/x",
        "http://[::1]:8080/x",
        f"  {URL}\n",
    ],
)
def test_any_address_that_keeps_the_secret_is_accepted(url: str) -> None:
    assert options(webhook_url=url).webhook_url.get_secret_value() == url.strip()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.slack.com/services/T0/B0/abcdefgh", "plain http would show"),
        ("http://10.0.0.7/abcdefgh", "plain http would show"),
        ("hooks.slack.com/services/abcdefgh", "not a URL"),
        ("https:///services/abcdefgh", "not a URL"),
        ("https://[abcdefgh", "not a URL"),
        ("", "not a URL"),
    ],
)
def test_other_addresses_are_refused_without_repeating_them(url: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as caught:
        options(webhook_url=url)
    assert "abcdefgh" not in str(caught.value)


def test_the_address_never_shows() -> None:
    given = options()
    assert "abcdefgh" not in f"{given!r} {given} {given.model_dump_json()}"


def test_both_names_of_the_template_are_one() -> None:
    assert options(template="a").message_template == "a"
    assert options(message_template="a").message_template == "a"


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("a\n{{ value", "wrong at line 2: unexpected end of template"),
        ("{{ metric_nam }}", "names 'metric_nam' in line 1.*did you mean 'metric_name'"),
        ("{{ value | rond }}", "No filter named 'rond'"),
    ],
)
def test_a_wrong_template_is_found_before_there_is_a_message(template: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        options(message_template=template)


@pytest.mark.parametrize("given", [{"cooldown_minutes": 5}, {"timeout": 0}, {"username": ""}])
def test_what_makes_no_sense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options(**given)
