from __future__ import annotations

from dataclasses import replace

import pytest

from detectk.errors import AlertError, ConfigError
from detectk.template.custom import check_template, custom_text, render_custom
from detectk.testing.messages import a_message, a_notice, an_incident
from detectk.values.labels import Labels
from detectk.values.message import Message


def render(template: str, message: Message | None = None) -> str:
    message = message or a_message()
    return render_custom(template, message, message.lead)


def test_the_original_s_variables_are_there() -> None:
    template = (
        "{{ metric_name }}|{{ timestamp.strftime('%Y-%m-%d %H:%M %Z') }}|{{ value }}|"
        "{{ is_anomaly }}|{{ score }}|{{ lower_bound }}|{{ upper_bound }}|{{ direction }}|"
        "{{ percent_deviation | int }}|{{ metadata.detector }}|{{ metadata.window_size }}|"
        "{{ metadata['n_sigma'] }}"
    )
    assert render(template) == (
        "flights_departures|2013-02-08 15:00 EST|0.0|True|7.8|21.4|58.9|down|-100|mad|30 days|3.0"
    )


def test_ours_are_there() -> None:
    template = (
        "{{ kind }} {{ severity }} {{ series }} {{ labels.origin }} {{ expected }} {{ excess }} "
        "{{ onset.hour }} {{ ended.hour }} {{ duration }} {{ points }} {{ late }} {{ over }}"
    )
    message = a_message("fired", a_notice("fired", Labels.of({"origin": "EWR"}), over=True))
    assert render(template, message) == (
        "fired high origin=EWR EWR 40.15 2.6 14 17 3:00:00 3 False True"
    )


def test_a_dollar_before_a_value_is_a_dollar() -> None:
    """Lesson A.11: `${{ value }}` is money, not an environment variable."""
    message = a_message("fired", a_notice(incident=an_incident(value=1234.567)))
    assert render("${{ value | round(2) }}", message) == "$1234.57"
    assert render("${{ value | int }} {{ value | abs | round }}", message) == "$1234 1235.0"


def test_an_infinite_score_can_be_asked_for() -> None:
    incident = an_incident()
    incident = replace(incident, peak=replace(incident.peak, score=float("inf")))
    template = "{% if score == inf %}off the scale{% else %}{{ score }}{% endif %} {{ score|int }}"
    message = a_message("fired", a_notice(incident=incident))
    assert render(template, message) == "off the scale inf"


def test_what_is_missing_prints_as_words() -> None:
    message = a_message("no_data")
    assert render("${{ value | round(2) }}, {{ direction }}, {{ ended }}", message) == (
        "$no value, missing, no value"
    )


def test_up_down_and_neither() -> None:
    told = []
    for direction in (1, -1, 0):
        incident = an_incident()
        incident = replace(incident, peak=replace(incident.peak, direction=direction))
        told.append(render("{{ direction }}", a_message("fired", a_notice(incident=incident))))
    assert told == ["up", "down", "none"]


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ metadata.median }}", "'dict object' has no attribute 'median'"),
        ("{{ value / 0 }}", "float division by zero"),
        ("{{ metric_name + 1 }}", "can only concatenate str"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ cycler.__init__.__globals__.os }}", "unsafe"),
        ("{% do tags.append('x') %}", "Encountered unknown tag 'do'"),
        (
            "{{ labels.update({'a': 'b'}) }}",
            "access to attribute 'update' of 'dict' object is unsafe",
        ),
        ("{% if not is_anomaly %}calm{% endif %}  \n", "it gives an empty text"),
    ],
)
def test_a_template_that_fails_is_an_error_for_good(template: str, reason: str) -> None:
    """The sandbox keeps a template from the process (lesson A, further defects)."""
    with pytest.raises(AlertError, match="the message_template fails: ") as caught:
        render(template)
    assert reason in str(caught.value)
    assert not caught.value.retryable
    assert caught.value.where == "flights_departures"


def test_each_series_gets_its_own_text() -> None:
    notices = [a_notice("fired", Labels.of({"origin": name})) for name in ("EWR", "JFK")]
    message = a_message("fired", *notices)
    assert custom_text("{{ series }}\n", message) == ("origin=EWR\n\norigin=JFK", "")


def test_a_failing_template_gives_its_reason_instead(caplog: pytest.LogCaptureFixture) -> None:
    text, problem = custom_text("{{ metadata.median }}", a_message())
    assert text == ""
    assert problem.startswith("the message_template fails: 'dict object' has no attribute")
    assert "sending the default words" in caplog.text


def test_text_from_data_is_escaped_and_the_template_is_not() -> None:
    message = a_message(
        "error", a_notice("error", Labels.of({"a": "<b>"})), error="<c>", metric="m"
    )
    text = "<i>{{ series }} {{ labels.a }} {{ error }}</i>"
    shown = render_custom(text, message, message.lead, escape=lambda s: s.replace("<", "["))
    assert shown == "<i>a=[b> [b> [c></i>"


@pytest.mark.parametrize(
    "template",
    [
        "",
        "{{ value | round(2) }}",
        "{% set x = value %}{{ x }}{% for t in tags %}{{ t }}{% endfor %}",
        "{% if score == inf %}{{ timestamp.strftime('%H') }}{% endif %}",
    ],
)
def test_good_templates_pass(template: str) -> None:
    check_template(template)


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        (
            "a\n{% if value %}",
            "m.yaml: the template is wrong at line 2: Unexpected end of template",
        ),
        ("{{ value | rond }}", "m.yaml: the template is wrong at line 1: No filter named 'rond'"),
        (
            "a\nb {{ metric_nam }}",
            (
                "m.yaml: the template names 'metric_nam' in line 2, which does not exist; "
                "did you mean 'metric_name'?"
            ),
        ),
        (
            "{{ zzz }}",
            "m.yaml: the template names 'zzz' in line 1, which does not exist; there are",
        ),
    ],
)
def test_bad_templates_are_found_early(template: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_template(template, where="m.yaml")
    assert str(caught.value).startswith(sentence)
