"""Golden texts, written by hand: what people read is decided here, not by the code."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest

from detectk.template.messages import as_text, facts, headline, look
from detectk.testing.messages import a_message, a_notice, an_incident, awkward_messages
from detectk.values.incident import Sighting
from detectk.values.labels import Labels
from detectk.values.message import Message

EWR, JFK, LGA = (Labels.of({"origin": name}) for name in ("EWR", "JFK", "LGA"))
FOOTER = "every 1 hour · rule default · id 9f3c51d20b7e4a68"


def reads(message: Message, text: str) -> None:
    expected = f"{dedent(text).strip()}\n  {FOOTER}".replace("\n    ", "\n  ")
    assert as_text(message) == expected


def test_fired() -> None:
    reads(
        a_message("fired"),
        """
        HIGH: flights_departures (origin=EWR) dropped to 0, expected 21.4 to 58.9
          Worst value   0 at 2013-02-08 15:00 EST
          Expected      21.4 to 58.9, centre 40.15
          Deviation     40.15 below the centre (-100%)
          Latest value  3 at 2013-02-08 16:00 EST
          Score         7.8, 2.6 times the band
          Since         2013-02-08 14:00 EST
          Duration      3 hours so far, 3 points
          Series        origin=EWR
          Detector      mad: n_sigma 3, window_size 30 days
        """,
    )


def test_fired_at_one_point_of_a_plain_metric_with_words_of_its_own() -> None:
    incident = an_incident(points=1, excess=5.5)
    message = a_message(
        "fired",
        a_notice(incident=incident),
        description="Departures per hour.\nBy actual time.",
        tags=("flights", "ops"),
    )
    reads(
        message,
        """
        CRITICAL: flights_departures dropped to 0, expected 21.4 to 58.9
          Value      0
          Expected   21.4 to 58.9, centre 40.15
          Deviation  40.15 below the centre (-100%)
          Score      7.8, 5.5 times the band
          Since      2013-02-08 14:00 EST
          Duration   1 hour so far, 1 point
          Detector   mad: n_sigma 3, window_size 30 days
          About      Departures per hour. By actual time.
          Tags       flights, ops
        """,
    )


def test_fired_when_it_was_already_over_and_seen_only_in_late_data() -> None:
    reads(
        a_message("fired", a_notice("fired", EWR, late=True, over=True)),
        """
        HIGH: flights_departures (origin=EWR) dropped to 0, expected 21.4 to 58.9; """
        """seen only in late data; already over after 3 hours
          Worst value  0 at 2013-02-08 15:00 EST
          Expected     21.4 to 58.9, centre 40.15
          Deviation    40.15 below the centre (-100%)
          Score        7.8, 2.6 times the band
          When         2013-02-08 14:00 to 17:00 EST
          Duration     3 hours, 3 points
          Note         late data showed this; nobody could have known it when it happened
          Series       origin=EWR
          Detector     mad: n_sigma 3, window_size 30 days
        """,
    )


def test_fired_by_a_threshold_has_a_bound_and_no_centre() -> None:
    peak = Sighting(
        an_incident().onset, value=130.0, upper=100.0, score=30.0, excess=1.3, direction=1
    )
    incident = replace(an_incident(points=1), peak=peak, latest=peak)
    reads(
        a_message("fired", a_notice(incident=incident)),
        """
        INFO: flights_departures rose to 130, expected at most 100
          Value     130
          Expected  at most 100
          Score     30, 1.3 times the band
          Since     2013-02-08 14:00 EST
          Duration  1 hour so far, 1 point
        """,
    )


def test_resolved() -> None:
    reads(
        a_message("resolved"),
        """
        RESOLVED: flights_departures (origin=EWR) is back to normal after 3 hours
          When         2013-02-08 14:00 to 17:00 EST
          Duration     3 hours, 3 points
          Worst value  0 at 2013-02-08 15:00 EST
          Expected     21.4 to 58.9, centre 40.15
          Deviation    40.15 below the centre (-100%)
          Score        7.8, 2.6 times the band
          Series       origin=EWR
          Detector     mad: n_sigma 3, window_size 30 days
        """,
    )


def test_resolved_no_data() -> None:
    notice = a_notice("resolved", EWR, an_incident("no_data", over=True))
    reads(
        a_message("resolved", notice),
        """
        RESOLVED: flights_departures (origin=EWR) has data again after 3 hours without
          When      2013-02-08 14:00 to 17:00 EST
          Duration  3 hours
          Series    origin=EWR
        """,
    )


def test_resolved_error() -> None:
    notice = a_notice("resolved", incident=an_incident("error", over=True))
    reads(
        a_message("resolved", notice),
        """
        RESOLVED: flights_departures can be checked again after 3 hours
          When      2013-02-08 14:00 to 17:00 EST
          Duration  3 hours
        """,
    )


def test_retracted() -> None:
    reads(
        a_message("retracted"),
        """
        WITHDRAWN: flights_departures (origin=EWR) was normal after all: corrected data takes """
        """the alert back
          Was said  0, expected 21.4 to 58.9, at 2013-02-08 15:00 EST
          Data now  nothing unusual
          When      2013-02-08 14:00 to 17:00 EST
          Series    origin=EWR
          Detector  mad: n_sigma 3, window_size 30 days
        """,
    )


def test_retracted_says_what_the_data_says_now_where_it_is_known() -> None:
    incident = an_incident(over=True)
    now = replace(incident.peak, value=37.0, excess=0.2, direction=0)
    message = a_message("retracted", a_notice("retracted", EWR, replace(incident, latest=now)))
    assert [(fact.label, fact.value) for fact in facts(message)[:2]] == [
        ("Was said", "0, expected 21.4 to 58.9, at 2013-02-08 15:00 EST"),
        ("Data now", "37, expected 21.4 to 58.9"),
    ]


def test_retracted_no_data() -> None:
    notice = a_notice("retracted", incident=an_incident("no_data", over=True))
    reads(
        a_message("retracted", notice),
        """
        WITHDRAWN: flights_departures was never without data: it only came late
          Was said  no data, 3 intervals of 1 hour
          Data now  the values are there
          When      2013-02-08 14:00 to 17:00 EST
        """,
    )


def test_no_data() -> None:
    reads(
        a_message("no_data"),
        """
        NO DATA: flights_departures (origin=EWR) has had no data since 2013-02-08 14:00 EST
          Since    2013-02-08 14:00 EST
          Missing  3 intervals of 1 hour
          Series   origin=EWR
        """,
    )


def test_error() -> None:
    reads(
        a_message("error", a_notice("error")),
        """
        CHECK FAILED: flights_departures could not be checked: 3 runs in a row failed
          Error        flights.db: no such table: flights
          Since        2013-02-08 14:00 EST
          Failed runs  3
        """,
    )


def test_test() -> None:
    reads(
        a_message("test", a_notice("test")),
        """
        TEST: flights_departures sends a test: this channel works
          Sent  2013-02-08 17:00 EST
        """,
    )


def test_several_series_are_one_line_each() -> None:
    notices = [a_notice("fired", labels) for labels in (EWR, JFK, LGA)]
    notices[2] = replace(notices[2], over=True)
    reads(
        a_message("fired", *notices),
        """
        HIGH: flights_departures: 3 series dropped, worst origin=EWR at 0, expected 21.4 to 58.9
          origin=EWR  0, expected 21.4 to 58.9 (-100%), since 2013-02-08 14:00 EST
          origin=JFK  0, expected 21.4 to 58.9 (-100%), since 2013-02-08 14:00 EST
          origin=LGA  0, expected 21.4 to 58.9 (-100%), 2013-02-08 14:00 to 17:00 EST, already over
          Detector    mad: n_sigma 3, window_size 30 days
        """,
    )


@pytest.mark.parametrize(
    ("kind", "incident", "first", "line"),
    [
        (
            "resolved",
            "anomaly",
            "RESOLVED: flights_departures: 2 series are back to normal",
            "2013-02-08 14:00 to 17:00 EST, worst 0, expected 21.4 to 58.9",
        ),
        (
            "resolved",
            "no_data",
            "RESOLVED: flights_departures: 2 series have data again",
            "2013-02-08 14:00 to 17:00 EST",
        ),
        (
            "retracted",
            "anomaly",
            (
                "WITHDRAWN: flights_departures: 2 series were normal after all: corrected data "
                "takes the alerts back"
            ),
            "was said: 0, expected 21.4 to 58.9, 2013-02-08 14:00 to 17:00 EST",
        ),
        (
            "no_data",
            "no_data",
            "NO DATA: flights_departures: 2 series have no data",
            "no data since 2013-02-08 14:00 EST",
        ),
    ],
)
def test_several_series_of_other_kinds(kind: Any, incident: Any, first: str, line: str) -> None:
    over = kind != "no_data"
    notices = [a_notice(kind, labels, an_incident(incident, over=over)) for labels in (EWR, JFK)]
    message = a_message(kind, *notices)
    assert headline(message) == first
    assert [fact.value for fact in facts(message)[:2]] == [line, line]


def test_series_that_moved_differently_are_counted() -> None:
    up = an_incident()
    up = replace(up, peak=replace(up.peak, value=90.0, direction=1))
    notices = [a_notice("fired", EWR), a_notice("fired", JFK), a_notice("fired", LGA, up)]
    assert headline(a_message("fired", *notices)) == (
        "HIGH: flights_departures: 3 series moved (2 dropped, 1 rose), "
        "worst origin=EWR at 0, expected 21.4 to 58.9"
    )


def test_series_with_different_news_are_told_apart_line_by_line() -> None:
    message = a_message("fired", a_notice("fired", EWR), a_notice("no_data", JFK))
    assert headline(message) == "HIGH: flights_departures: 2 series have news"
    assert [fact.value.split(",")[0] for fact in facts(message)[:2]] == [
        "0",
        "no data since 2013-02-08 14:00 EST",
    ]


def test_of_hundreds_of_series_twenty_are_listed_and_the_rest_counted() -> None:
    told = facts(awkward_messages()["hundreds of series"])
    assert [fact.label for fact in told] == [
        *(f"origin=A{i:03}" for i in range(20)),
        "and more",
        "Detector",
    ]
    assert told[20].value == "230 more series, none worse"


def test_a_value_is_told_from_the_bound_it_crossed() -> None:
    incident = an_incident(points=1)
    peak = replace(incident.peak, value=1000.41, upper=1000.4, lower=0.0, direction=1)
    message = a_message("fired", a_notice(incident=replace(incident, peak=peak)))
    assert headline(message) == ("HIGH: flights_departures rose to 1,000.41, expected 0 to 1,000.4")


def test_a_headline_is_one_harmless_line() -> None:
    line = headline(awkward_messages()["markup"])
    assert line.isprintable()


@pytest.mark.parametrize(
    ("excess", "word"),
    [(1.0, "INFO"), (1.5, "WARNING"), (2.5, "HIGH"), (5.0, "CRITICAL")],
)
def test_severity_gives_the_word(excess: float, word: str) -> None:
    message = a_message("fired", a_notice(incident=an_incident(excess=excess)))
    assert look(message).word == word


def test_the_worst_series_gives_the_colour() -> None:
    mild = a_notice("fired", JFK, an_incident(excess=1.1))
    bad = a_notice("fired", EWR, an_incident(excess=9.0))
    assert look(a_message("fired", mild, bad)) == look(a_message("fired", bad))
