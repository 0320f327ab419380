"""When a verdict becomes a message, as the user writes it."""

# ruff: noqa: E501  # a message is one line, and is compared as one

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from detectk.config import MetricConfig, RuleConfig, to_rule
from detectk.config.alerting import UNAVAILABLE
from detectk.values import Interval, NoData, Rule

Load = Callable[[str], MetricConfig]
Complain = Callable[[str], list[str]]

TEN_MINUTES = Interval(10, "minute")
HEAD = """\
name: orders
collector: {type: sqlite, params: {query: "{{ period_start }} {{ period_finish }}"}}
detectors: [{type: mad}, {type: threshold, params: {threshold: 1}}]
"""


def rule(**keys: Any) -> Rule:
    return to_rule(RuleConfig.model_validate(keys), TEN_MINUTES)


def conditions(load: Load, text: str) -> Rule:
    return (
        load(f"{HEAD}alerter: {{type: slack, params: {{webhook_url: x}}, conditions: {text}}}\n")
        .alerters[0]
        .rule
    )


def test_nothing_given_is_the_usual_rule() -> None:
    assert rule() == Rule()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{consecutive: 3}", Rule(consecutive=3)),
        ("{consecutive_anomalies: 3}", Rule(consecutive=3)),
        ("{window: 6, share: 0.5}", Rule(consecutive=0, window=6, share=0.5)),
        (
            "{anomaly_window: 1 hour, min_anomaly_share: 60%}",
            Rule(consecutive=0, window=6, share=0.6),
        ),
        ("{window: 15 minutes, share: 1}", Rule(consecutive=0, window=2)),
        ("{min_detectors: 2}", Rule(min_detectors=2)),
        ("{direction: any}", Rule(direction="both")),
        ("{direction: one}", Rule(direction="same")),
        ("{direction: Down}", Rule(direction="down")),
        (
            "{min_deviation_percent: 10, min_deviation: 2.5}",
            Rule(min_deviation_percent=10, min_deviation=2.5),
        ),
        ("{for: 30 minutes}", Rule(hold_for=timedelta(minutes=30))),
        ("{for: 600}", Rule(hold_for=timedelta(minutes=10))),
        ("{keep_firing_for: 10 hours}", Rule(keep_firing_for=timedelta(hours=10))),
        ("{cooldown: 2 hours}", Rule(cooldown=timedelta(hours=2))),
        ("{cooldown: 30}", Rule(cooldown=timedelta(minutes=30))),
        ("{cooldown_minutes: 0}", Rule(cooldown=timedelta(0))),
        ("{cooldown_minutes: '1.5'}", Rule(cooldown=timedelta(seconds=90))),
        ("{alert_cooldown: 1 day}", Rule(cooldown=timedelta(days=1))),
        ("{cooldown_reset_on_recovery: false}", Rule(cooldown_reset_on_recovery=False)),
        ("{notify_on_recovery: no}", Rule(notify_on_recovery=False)),
        ("{no_data: 5}", Rule(no_data=NoData(5, sparse_guard=False))),
        ("{no_data: false}", Rule(no_data=NoData(0, sparse_guard=False))),
        ("{no_data: true}", Rule(no_data=NoData(3, sparse_guard=False))),
        (
            "{no_data: {after: 2, keep_state: true}}",
            Rule(no_data=NoData(2, keep_state=True, sparse_guard=False)),
        ),
        ("{on_error: 5}", Rule(on_error=5)),
        ("{on_error: false}", Rule(on_error=0)),
        ("{on_error: {after: 1}}", Rule(on_error=1)),
    ],
)
def test_conditions_become_a_rule(load: Load, text: str, expected: Rule) -> None:
    assert conditions(load, text) == expected


def test_conditions_win_over_params(load: Load) -> None:
    alerter = "alerter: {type: slack, params: {webhook_url: x, cooldown_minutes: 5}"
    assert load(f"{HEAD}{alerter}}}").alerters[0].rule.cooldown == timedelta(minutes=5)
    text = f"{HEAD}{alerter}, conditions: {{cooldown: 1 hour}}}}"
    assert load(text).alerters[0].rule.cooldown == timedelta(hours=1)


def test_the_alerting_block_means_the_same(load: Load) -> None:
    text = (
        f"{HEAD}alerting: {{id: night, consecutive: 3, cooldown: 5}}\nalerter: {{enabled: false}}"
    )
    found = load(f"{text}\n").alerters[0].rule
    assert found == Rule(id="night", consecutive=3, cooldown=timedelta(minutes=5))
    nearer = text.removesuffix("}") + ", conditions: {consecutive: 4}}"
    assert load(nearer).alerters[0].rule.consecutive == 4


def test_an_alerting_block_without_an_alerter_is_worth_a_warning(load: Load) -> None:
    config = load(f"{HEAD}alerting: {{consecutive: 3}}")
    assert config.alerters == ()
    assert config.warnings == ("m.yaml:4:1: alerting: there is no alerter, so nobody is told",)


def test_a_projects_defaults_are_weaker_than_the_metric(
    load: Load, write: Callable[[str, str], str]
) -> None:
    write("detectk_project.yaml", "alerting: {consecutive: 2, no_data: 5, cooldown: '${UNSET:-7}'}")
    found = conditions(load, "{consecutive: 3}")
    assert found.consecutive == 3
    assert found.cooldown == timedelta(minutes=7)
    assert found.no_data == NoData(5, sparse_guard=True)  # the project's wish, not the metric's
    assert conditions(load, "{no_data: 4}").no_data == NoData(4, sparse_guard=False)


def test_what_is_wrong_in_a_projects_defaults_is_placed_there(
    complain: Complain, write: Callable[[str, str], str], project: Any
) -> None:
    write("detectk_project.yaml", "alerting:\n  consecutive: many\n")
    assert complain(f"{HEAD}alerter: {{enabled: false}}") == [
        f"{project}/detectk_project.yaml:2:16: alerting.consecutive: 'many' is not a whole number"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{consecutive: 0}", "4:76: alerter.conditions.consecutive: 0 is not at least 1"),
        (
            "{consecutiv: 2}",
            "4:63: alerter.conditions: unknown key 'consecutiv'; did you mean 'consecutive'?",
        ),
        ("{window: 3}", "4:63: alerter.conditions.window: goes with 'share'; add 'share'"),
        ("{share: 0.5}", "4:63: alerter.conditions.share: goes with 'window'; add 'window'"),
        (
            "{window: 0, share: 1}",
            "4:71: alerter.conditions.window: 0 is not a count of points; write 1 or more, or '2 hours'",
        ),
        (
            "{window: 0 hours, share: 1}",
            "4:71: alerter.conditions.window: a window of no length; write a count of points or '2 hours'",
        ),
        (
            "{window: [], share: 1}",
            "4:71: alerter.conditions.window: [] is not a length of time; write it like '10 minutes'",
        ),
        (
            "{window: 3, share: 1.5}",
            "4:81: alerter.conditions.share: 1.5 is not a share; write 0.6 or '60%'",
        ),
        (
            "{window: 3, share: lots%}",
            "4:81: alerter.conditions.share: 'lots%' is not a share; write 0.6 or '60%'",
        ),
        (
            "{direction: left}",
            "4:74: alerter.conditions.direction: 'left' is not one of 'up', 'down', 'both', 'same'",
        ),
        (
            "{direction: bot}",
            "4:74: alerter.conditions.direction: 'bot' is not one of 'up', 'down', 'both', 'same'; did you mean 'both'?",
        ),
        (
            "{direction: 3}",
            "4:74: alerter.conditions.direction: 3 is not one of 'up', 'down', 'both', 'same'",
        ),
        (
            "{for: soon}",
            "4:68: alerter.conditions.for: 'soon' is not a length of time; write it like '10 minutes'",
        ),
        (
            "{cooldown: .inf}",
            "4:73: alerter.conditions.cooldown: inf is not a length of time; write it like '10 minutes'",
        ),
        (
            "{cooldown: -1}",
            "4:73: alerter.conditions.cooldown: -60.0 is negative; write a length of time of 0 or more",
        ),
        (
            "{cooldown: 1, cooldown_minutes: 1}",
            "4:76: alerter.conditions: 'cooldown_minutes' and 'cooldown' are the same; keep one",
        ),
        (
            "{cooldown_minutes: lots}",
            "4:81: alerter.conditions.cooldown_minutes: 'lots' is not a length of time; write it like '10 minutes'",
        ),
        (
            "{no_data: {befor: 1}}",
            "4:73: alerter.conditions.no_data: unknown key 'befor'; known keys: after, keep_state",
        ),
        ("{no_data: {after: -1}}", "4:80: alerter.conditions.no_data.after: -1 is not at least 0"),
        ("{on_error: soon}", "4:73: alerter.conditions.on_error: 'soon' is not a mapping"),
        (
            "{min_deviation: .nan}",
            "4:78: alerter.conditions.min_deviation: nan is not a finite number",
        ),
        (
            "{id: a b}",
            "4:67: alerter.conditions.id: 'a b' has more than letters, digits, '_' and '-'; rename it",
        ),
        (
            "{min_detectors: 3}",
            "4:78: alerter.conditions.min_detectors: 3 of 2 detectors can never agree; lower it",
        ),
        ("3", "4:62: alerter.conditions: is not a mapping; write key: value below"),
    ],
)
def test_what_is_wrong_is_placed(complain: Complain, text: str, message: str) -> None:
    alerter = f"alerter: {{type: slack, params: {{webhook_url: x}}, conditions: {text}}}"
    assert complain(HEAD + alerter) == [f"m.yaml:{message}"]


@pytest.mark.parametrize("key", UNAVAILABLE)
def test_a_key_of_a_later_version_is_an_error(complain: Complain, key: str) -> None:
    assert complain(f"{HEAD}alerting:\n  {key}: 1\nalerter: {{enabled: false}}") == [
        f"m.yaml:5:3: alerting: {key!r} is not available in this version; remove it"
    ]
    assert complain(f"{HEAD}alerter:\n  enabled: false\n  conditions: {{{key}: 1}}") == [
        f"m.yaml:6:16: alerter.conditions: {key!r} is not available in this version; remove it"
    ]


ALERTERS = """\
alerters:
  - {{type: slack, params: {{webhook_url: x}}{0}}}
  - {{type: mattermost, params: {{webhook_url: x}}{1}}}
"""


@pytest.mark.parametrize(
    ("first", "second", "ids"),
    [
        ("", "", ["default", "default"]),
        ("", ", conditions: {consecutive: 3}", ["default", "mattermost"]),
        ("", ", id: page, conditions: {consecutive: 3}", ["default", "page"]),
        (", id: chat", "", ["chat", "chat"]),
        (", conditions: {id: a}", ", conditions: {id: b, consecutive: 2}", ["a", "b"]),
    ],
)
def test_equal_rules_are_one(load: Load, first: str, second: str, ids: list[str]) -> None:
    config = load(HEAD + ALERTERS.format(first, second))
    assert [alerter.rule.id for alerter in config.alerters] == ids
    assert list(config.rules) == list(dict.fromkeys(ids))


def test_different_rules_of_one_id_are_an_error(complain: Complain) -> None:
    text = HEAD + ALERTERS.format(", id: a", ", id: a, conditions: {consecutive: 2}")
    assert complain(text) == [
        "m.yaml:6:5: two alerters have different rules of one id; give each an 'id'"
    ]
