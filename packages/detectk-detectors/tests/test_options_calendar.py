from __future__ import annotations

import logging
from importlib import util
from typing import Any

import pytest
from pydantic import ValidationError

from detectk.detectors import options_calendar
from detectk.detectors.options_calendar import CalendarOptions, HolidayOptions


def options(**given: Any) -> CalendarOptions:
    return CalendarOptions.model_validate({"seasonal_features": ["hour_of_week"], **given})


def refused(**given: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    return str(caught.value)


def test_a_country_alone_is_one_without_further_wishes() -> None:
    assert options(holidays="DE") == options(holidays={"country": "de"})
    assert options(holidays="de").model_dump(exclude_defaults=True)["holidays"] == {"country": "DE"}


def test_holidays_may_be_those_of_a_part_of_a_country() -> None:
    given = {"country": "DE", "subdivision": "BY", "categories": ["public", "catholic"]}
    assert options(holidays=given).holidays == HolidayOptions(
        country="DE", subdivision="BY", categories=("public", "catholic")
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("Germany", "holidays of country 'Germany' are unknown; did you mean 'DE'?"),
        ("united states", "did you mean 'US'?"),
        ("DEE", "holidays of country 'DEE' are unknown; did you mean "),
        ("Qqqq", "use an ISO 3166 code such as DE or US"),
        ({"country": "DE", "subdivision": "Augsbrug"}, "did you mean 'Augsburg'?"),
        ({"country": "DE", "subdivision": "QQ"}, "has no subdivision 'QQ'; it has BB, "),
        ({"country": "DE", "categories": ["publik"]}, "'publik'; did you mean 'public'?"),
        (False, "False is no country; write its code, such as 'DE'"),
        ({"country": "DE", "state": "BY"}, "Extra inputs are not permitted"),
    ],
)
def test_unknown_holidays_are_found_with_near_names(given: object, said: str) -> None:
    assert said in refused(holidays=given)


def test_without_the_package_a_country_is_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first use says what to install."""
    monkeypatch.setattr(options_calendar, "find_spec", lambda _: None)
    assert options(holidays="XX").holidays == HolidayOptions(country="XX")
    assert util.find_spec("holidays")


def test_holidays_that_change_nothing_are_an_error() -> None:
    """B5: what a config silently leaves out is found by nobody."""
    message = refused(seasonal_features=["hour_of_day"], holidays="DE")
    assert "add business_day or day_of_week or holiday or hour_of_week to" in message


def test_an_event_is_a_seasonal_feature() -> None:
    found = options(seasonal_features=["hour_of_week", "promo"], events={"promo": "promos.csv"})
    assert found.events == {"promo": "promos.csv"}
    assert "'promo' is not among seasonal_features; add it" in refused(events={"promo": "x.csv"})
    assert "'hour_of_week' has a meaning already" in refused(events={"hour_of_week": "x.csv"})


def test_defaults_have_no_part_in_the_identity() -> None:
    assert CalendarOptions().model_dump(mode="json", exclude_defaults=True) == {}


def test_an_expression_is_not_evaluated(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    given = [{"name": "hour_of_day", "expression": "extract(hour from t)"}, {"name": "shift"}]
    assert options(seasonal_features=given).seasonal_features == ("hour_of_day", "shift")
    assert "select it in the query as a context column" in caplog.text
