from __future__ import annotations

from detectk.template.detectors import describe_detector, detector_words, read_detector

PARAMETERS = {
    "window_size": "30 days",
    "n_sigma": 3.0,
    "use_weighted": False,
    "use_combined_seasonality": True,
    "seasonal_features": ["hour_of_day", "day_of_week"],
    "half_life": None,
}
TEXT = (
    "mad(half_life=None, n_sigma=3.0, seasonal_features=['hour_of_day', 'day_of_week'], "
    "use_combined_seasonality=True, use_weighted=False, window_size='30 days')"
)


def test_a_detector_is_one_line_of_text() -> None:
    assert describe_detector("mad", PARAMETERS) == TEXT


def test_the_text_gives_the_parameters_back() -> None:
    assert read_detector(TEXT) == {"detector": "mad", **PARAMETERS}


def test_people_read_what_is_on() -> None:
    assert detector_words(TEXT) == (
        "mad: n_sigma 3, seasonal_features hour_of_day+day_of_week, "
        "use_combined_seasonality on, window_size 30 days"
    )
    assert detector_words("missing_data()") == "missing_data"


def test_options_within_options_are_read_too() -> None:
    holidays = {"country": "ES", "subdivision": "CT", "categories": []}
    text = describe_detector("mad", {"holidays": holidays, "events": {"promo": "promos.csv"}})
    assert detector_words(text) == (
        "mad: events (promo promos.csv), holidays (country ES, subdivision CT)"
    )


def test_text_of_another_shape_is_taken_as_it_is() -> None:
    for text in ("", "mad", "mad(", "mad(1)", "a.b(x=1)", "mad(x=open('f'))"):
        assert read_detector(text) == {"detector": text}
        assert detector_words(text) == text
