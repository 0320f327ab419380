"""The quality tables count what they say they count."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.quality.generator import FAMILIES, Incident, Labelled, series_of
from benchmarks.quality.scoring import Judged, beginnings, best_recall, tally

POINTS = 400


def judged(flagged: list[int], *incidents: Incident) -> Judged:
    flags = np.zeros(POINTS, dtype=bool)
    flags[flagged] = True
    times = np.arange(POINTS).astype("datetime64[h]").astype("datetime64[us]")
    series = Labelled("some", "one", times, np.zeros(POINTS), incidents)
    return Judged(series, flags, np.where(flags, 2.0, 0.5))


def test_runs_that_three_points_part_are_one_alert() -> None:
    flags = np.zeros(30, dtype=bool)
    flags[[3, 4, 8, 9, 14]] = True
    assert beginnings(flags).tolist() == [3, 14]


@pytest.mark.parametrize(("start", "found"), [(98, 0), (99, 1), (105, 1), (112, 1), (113, 0)])
def test_an_incident_is_found_by_an_alert_that_begins_in_it_or_nearly(
    start: int, found: int
) -> None:
    assert tally([judged([start], Incident(100, 110, "shift"))]).found == found


def test_after_an_incident_an_alert_is_neither_good_nor_bad() -> None:
    incident = Incident(100, 119, "shift")  # a quarter of twenty is five
    assert tally([judged([124], incident)]).false == 0
    assert tally([judged([125], incident)]).false == 1


def test_nothing_counts_while_a_detector_warms_up() -> None:
    total = tally([judged([10, 30, 59, 200], Incident(20, 40, "shift"))])
    assert (total.incidents, total.found, total.false) == (0, 0, 1)


def test_a_legitimate_stretch_excuses_alerts_and_is_no_incident() -> None:
    total = tally([judged([200], Incident(190, 210, "legit"))])
    assert (total.incidents, total.false) == (0, 0)


def test_figures_follow_from_the_counts() -> None:
    total = tally([judged([100, 300], Incident(100, 110, "spike"), Incident(200, 210, "shift"))])
    assert (total.precision, total.recall, total.f1) == (0.5, 0.5, 0.5)
    assert total.kinds == {"spike": [1, 1], "shift": [0, 1]}
    assert total.false_per_thousand == pytest.approx(1000 / (340 - 15 - 15))


def test_the_best_threshold_keeps_to_its_budget() -> None:
    one = judged([100], Incident(100, 110, "spike"))
    assert best_recall([one], false_per_thousand=1.0) == 1.0
    noisy = judged([100, *range(120, 400, 10)], Incident(100, 110, "spike"))
    assert best_recall([noisy], false_per_thousand=1.0) == 0.0


def test_a_seed_gives_the_same_series_again() -> None:
    first, again = list(series_of(5, each=1)), list(series_of(5, each=1))
    other = list(series_of(6, each=1))
    assert sorted(one.family for one in first) == sorted(FAMILIES)
    for one, same, another in zip(first, again, other, strict=True):
        assert np.array_equal(one.values, same.values, equal_nan=True)
        assert one.incidents == same.incidents
        assert not np.array_equal(one.values, another.values, equal_nan=True)
        assert all(i.last < j.first for i, j in zip(one.incidents, one.incidents[1:], strict=False))
