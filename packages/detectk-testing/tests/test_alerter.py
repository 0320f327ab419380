"""The suite itself: it must pass a good alerter and fail each kind of bad one."""

from __future__ import annotations

import pytest

from detectk.testing.alerter import AlerterSuite, WebhookAlerterSuite

pytest_plugins = ["pytester"]

ALERTER = """
    import logging
    from contextlib import closing
    from detectk.contracts import Alerter, Options, Sent, Services
    from detectk.delivery import HttpSender
    from detectk.errors import AlertError
    from detectk.testing.alerter import WebhookAlerterSuite
    from detectk.template.messages import as_text

    class Mine(Alerter[Options]):
        def __init__(self, options, services, url, timeout):
            super().__init__(options, services)
            self.url = url
            self.sender = HttpSender(
                url, where="mine", clock=services.clock, timeout=timeout
            )

        def send(self, message):
            {send}
            return Sent()

        def close(self):
            {close}

    class TestMine(WebhookAlerterSuite):
        def build(self, url, *, timeout, services):
            {build}
            return Mine(Options(), services, url, timeout)
"""
GOOD = {
    "send": 'self.sender.post_json({"text": as_text(message)})',
    "close": "self.sender.close()",
    "build": "pass",
}


def run(pytester: pytest.Pytester, **changes: str) -> dict[str, int]:
    pytester.makepyfile(ALERTER.format(**{**GOOD, **changes}))
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-q", "--tb=no")
    return result.parseoutcomes()


def test_a_good_alerter_passes(pytester: pytest.Pytester) -> None:
    outcomes = run(pytester)
    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] > 35


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"send": "[self.sender.post_json({'text': as_text(message)}) for _ in 'ab']"},
            id="sends twice",
        ),
        pytest.param({"send": "pass"}, id="sends nothing"),
        pytest.param(
            {"send": "self.sender.post_json({'text': message.lead.incident.peak.value + 1})"},
            id="trips over a missing value",
        ),
        pytest.param(
            {"send": "logging.info(self.url); self.sender.post_json({'text': as_text(message)})"},
            id="logs the secret",
        ),
        pytest.param({"close": "self.sender.close(); del self.sender"}, id="closes once"),
        pytest.param(
            {
                "build": "early = HttpSender(url, where='', clock=services.clock, timeout=0.1)\n"
                "            with closing(early): early.post_json({})"
            },
            id="talks while it is built",
        ),
    ],
)
def test_a_bad_alerter_fails(pytester: pytest.Pytester, changes: dict[str, str]) -> None:
    outcomes = run(pytester, **changes)
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) > 0


@pytest.mark.parametrize(
    ("suite", "name"),
    [
        (AlerterSuite, "test_every_kind_is_sent"),
        (WebhookAlerterSuite, "test_the_secret_never_shows"),
        (WebhookAlerterSuite, "test_every_kind_is_sent"),
    ],
)
def test_no_test_of_the_suite_can_be_overridden(suite: type, name: str) -> None:
    with pytest.raises(TypeError, match=f"Weaker.{name}: a test of the suite is overridden"):
        type("Weaker", (suite,), {name: lambda self: None})
