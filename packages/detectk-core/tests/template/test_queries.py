"""What a query becomes, against texts written by hand."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.contracts import Request
from detectk.errors import ConfigError
from detectk.template import sandbox
from detectk.template.queries import QUERY_VARIABLES, Moment, render_query, uses_window
from detectk.values import Interval, Window

UTC = timezone.utc
REQUEST = Request(
    "orders",
    Window(datetime(2024, 11, 1, 10, tzinfo=UTC), datetime(2024, 11, 1, 11, tzinfo=UTC)),
    Interval.parse("10 minutes"),
    datetime(2024, 11, 1, 11, 0, 5, 999_999, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("'{{ period_start }}'", "'2024-11-01 10:00:00'"),
        ("{{period_finish}}", "2024-11-01 11:00:00"),
        ("{{ execution_time }}", "2024-11-01 11:00:05"),
        ("{{ interval }} = {{ interval_seconds }}", "10 minutes = 600"),
        ("{{ metric_name }} {{ timezone }}", "orders UTC"),
        ("{{ period_start | datetime_format('%d/%m/%y') }}", "01/11/24"),
        ("{{ period_start | datetime_format }}", "2024-11-01 10:00:00"),
        ("{{ execution_time | datetime_format('%H%M%S') }}", "110005"),
        ("{{ period_start[:10] }}", "2024-11-01"),
        ("{% if interval_seconds > 60 %}slow{% endif %}", "slow"),
        ("a % b -- {# gone #}", "a % b -- "),
    ],
)
def test_a_template_becomes_a_query(template: str, query: str) -> None:
    assert render_query(template, REQUEST) == query


def test_times_are_written_in_the_zone_of_the_source() -> None:
    template = "{{ period_start }} {{ period_start | datetime_format('%H:%M %z') }} {{ timezone }}"
    rendered = render_query(template, REQUEST, timezone="America/New_York")
    assert rendered == "2024-11-01 06:00:00 06:00 -0400 America/New_York"


def test_times_are_compared_as_text_that_sorts() -> None:
    """Lessons A.2: a T between date and time made every comparison of texts come out empty."""
    moment = Moment.of(REQUEST.window.start, "UTC")
    assert "2024-11-01 09:59:59" < moment < "2024-11-01 10:00:01"


def test_own_variables_keep_their_types() -> None:
    template = "{{ shop }} {% for n in shops %}{{ n + 1 }},{% endfor %}"
    rendered = render_query(template, REQUEST, variables={"shop": "a", "shops": [1, 2]})
    assert rendered == "a 2,3,"


def test_filters_of_plugins_may_be_used() -> None:
    filters = {"shout": lambda text: str(text).upper()}
    assert render_query("{{ metric_name | shout }}", REQUEST, filters=filters) == "ORDERS"
    with pytest.raises(ConfigError, match="No filter named 'shout'"):
        render_query("{{ metric_name | shout }}", REQUEST)


@pytest.mark.parametrize(
    ("template", "complaint"),
    [
        ("a\n{{ perod_start }}", "query, line 2: 'perod_start' is undefined; did you mean 'period"),
        ("{{ x }}", "query, line 1: 'x' is undefined; there are execution_time, interval, "),
        ("\n\n{% if %}", "query, line 3: Expected an expression"),
        ("{{ period_start | date_format }}", "No filter named 'date_format'; did you mean 'datet"),
        ("\n{{ 1 / 0 }}", "query, line 2: ZeroDivisionError: division by zero"),
        ("{{ metric_name | datetime_format }}", "TypeError: datetime_format is for times"),
        ("{{ cycler.__init__.__globals__.os }}", "query, line 1: access to attribute '__init__'"),
        ("{{ ''.__class__ }}", "access to attribute '__class__' of 'str' object is unsafe"),
        ("{{ names.append(1) }}", "access to attribute 'append' of 'list' object is unsafe"),
        ("{{ period_start.at.nothing.more }}", "has no attribute 'nothing'"),
    ],
)
def test_a_mistake_is_a_config_error_with_its_line(template: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as failure:
        render_query(template, REQUEST, variables={"names": []}, where="orders.yaml")
    assert str(failure.value).startswith("orders.yaml: query, line ")
    assert complaint in str(failure.value)


@pytest.mark.parametrize("name", QUERY_VARIABLES)
def test_own_variables_cannot_replace_ours(name: str) -> None:
    with pytest.raises(ConfigError, match=f"query variable '{name}' has a meaning already"):
        render_query("x", REQUEST, variables={name: 1})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ period_start }} {{ period_finish }}", True),
        ("{{period_start|datetime_format('%Y')}}{% if period_finish %}{% endif %}", True),
        ("{{ period_start }}", False),
        ("{{ period_finish }}", False),
        ("period_start period_finish {# {{ period_start }} {{ period_finish }} #}", False),
        ("{{ period_start }}{% set period_finish = 1 %}{{ period_finish }}", False),
        ("{{ period_start | of_a_plugin }} {{ period_finish }}", True),
    ],
)
def test_a_query_that_ignores_its_window_is_noticed(template: str, *, expected: bool) -> None:
    assert uses_window(template) is expected


def test_a_template_that_cannot_be_read_is_noticed_early() -> None:
    with pytest.raises(ConfigError, match=r"orders\.yaml: query, line 2: "):
        uses_window("\n{{ period_start", where="orders.yaml")


PIECES = (
    *(
        "SELECT ",
        "{{ a }}",
        "{{b}}",
        "{{ c\t}}",
        "{{ d }}",
        "{{ true }}",
        "{{ none }}",
        "\n",
        "\r\n",
    ),
    *("{", "}", "{{", "}}", " ", "a", "{% if a %}", "{% endif %}", "{# a #}", "{{ a|upper }}", "é"),
    *("{{ period_start }}", "{{ metric_name }}", "\r"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
def test_a_query_that_only_names_values_is_what_the_engine_makes_of_it(template: str) -> None:
    own = {"a": "x\n", "b": 1.5, "c": None, "true": "yes"}
    try:
        rendered = render_query(template, REQUEST, variables=own)
    except ConfigError as error:
        rendered = error.message
    start = Moment.of(REQUEST.window.start, "UTC")
    values = dict.fromkeys(QUERY_VARIABLES, "?")
    values |= {"period_start": start, "metric_name": "orders"}
    try:
        expected = sandbox.render(template, {**values, **own}, {})
    except ConfigError as error:
        expected = error.message
    assert rendered == expected
