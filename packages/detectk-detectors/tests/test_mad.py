from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectk.contracts import Services, Task
from detectk.detectors.engine.seasons import feature_codes
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import MadOptions
from detectk.errors import DetectError
from detectk.values import EXCESS_CAP, Floats, Interval, Series, Verdict, Verdicts

HOUR = Interval.parse("1 hour")


def judge(
    values: Any, interval: Interval = HOUR, *, context: Any = None, **options: Any
) -> Verdicts:
    size = len(values)
    start = np.datetime64("2024-01-01", "us")  # a Monday
    times = start + np.arange(size) * np.timedelta64(interval.nominal)
    series = Series.from_arrays(list(times), values, context=context)
    detector = MadDetector(MadOptions(**options), Services())
    return detector.detect([Task("id", series, interval, np.arange(size))])[0].verdicts


def noise(size: int, *, seed: int = 0, level: float = 100.0, sigma: float = 10.0) -> Floats:
    return np.random.default_rng(seed).normal(level, sigma, size)


@given(
    st.lists(
        st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")), st.just(5.0)),
        min_size=30,
        max_size=90,
    ),
    st.integers(8, 40),
)
def test_verdicts_are_those_of_a_plain_computation(values: list[float], window: int) -> None:
    found = judge(values, window_size=window, min_samples=4, std_floor_relative=0.0)
    for row in range(len(values)):
        before = np.array(values[max(0, row - window) : row])
        known = before[~np.isnan(before)]
        if np.isnan(values[row]):
            assert found.verdict[row] == Verdict.UNJUDGED
        elif len(known) < 4:
            assert found.verdict[row] == Verdict.INSUFFICIENT
        else:
            assert found.expected[row] == np.median(known)
            deviation = float(np.median(np.abs(known - np.median(known))))
            if len(known) >= 40 and deviation > 0:
                scale = 1.4826 * deviation
                assert found.explain["scale"][row] == scale
                assert found.upper[row] == np.median(known) + 3.0 * scale


def test_a_full_window_is_bit_for_bit_the_textbook() -> None:
    values = noise(400)
    found = judge(values, window_size=100)
    for row in range(100, 400):
        window = values[row - 100 : row]
        centre = np.median(window)
        scale = 1.4826 * np.median(np.abs(window - centre))
        assert found.lower[row] == max(centre - 3.0 * scale, 0.1 * centre)
        assert found.upper[row] == centre + 3.0 * scale
        assert found.score[row] == abs(values[row] - centre) / scale


def test_weighted_windows_are_the_weighted_textbook() -> None:
    values = noise(200)
    found = judge(values, window_size=100, use_weighted=True, half_life=20.0)
    for row in (150, 199):
        window = np.array(values[row - 100 : row])
        weights = 0.5 ** (np.arange(99, -1, -1) / 20)
        order = np.argsort(window)
        reached = np.cumsum(weights[order])
        assert found.expected[row] == window[order][reached > reached[-1] / 2][0]


@given(st.integers(-20, 20), st.integers(-8, 8), st.integers(0, 99))
@settings(max_examples=30)
def test_verdicts_follow_shift_and_scale(shift: int, power: int, seed: int) -> None:
    """Far from zero and with no floor, only differences matter; dyadic numbers keep it exact."""
    generator = np.random.default_rng(seed)
    values = np.round(generator.normal(0, 40, 150)) + 4096.0
    plain = judge(values, window_size=60, std_floor_relative=0.0)
    moved = judge((values + shift) * 2.0**power, window_size=60, std_floor_relative=0.0)
    assert moved.verdict.tolist() == plain.verdict.tolist()
    assert moved.expected[60:] == pytest.approx((plain.expected[60:] + shift) * 2.0**power)
    assert moved.score == pytest.approx(plain.score)


def test_ties_may_stand_in_any_order() -> None:
    values = np.round(noise(200, sigma=2.0))
    swapped = values.copy()
    places = np.flatnonzero(values[:120] == 100.0)
    swapped[places] = swapped[places[::-1]]
    assert judge(swapped).same_as(judge(values))


def test_no_point_sees_the_future() -> None:
    """A13: the window ended at the batch's last point; 353 of 1,440 verdicts were wrong."""
    values = noise(300)
    whole = judge(values)
    for row in (40, 150, 299):
        alone = judge(values[: row + 1])
        assert alone.take(slice(row, None)).same_as(whole.take(slice(row, row + 1)))


def test_eight_outliers_do_not_make_themselves_normal() -> None:
    """A14: with 0.1 of decay a point, the bounds of the ninth were 5000..5000."""
    values = [*noise(720, level=1000.0), *[5000.0] * 8]
    for weighted in (False, True):
        found = judge(values, use_weighted=weighted)
        assert (found.verdict[-8:] == Verdict.ANOMALY).all()
        assert (found.upper[-8:] < 1100).all()


def test_infinity_is_no_value() -> None:
    """B8: one infinity blinded a whole window."""
    values = noise(200)
    values[100] = np.inf
    values[150] = 1000.0
    found = judge(values)
    assert found.verdict[100] == Verdict.UNJUDGED
    assert found.verdict[150] == Verdict.ANOMALY


def test_a_departed_spike_is_forgotten() -> None:
    values = noise(300)
    spiked = values.copy()
    spiked[100] = 1e12
    assert (
        judge(spiked, window_size=50)
        .take(slice(151, None))
        .same_as(judge(values, window_size=50).take(slice(151, None)))
    )


def test_rare_counts_are_not_all_anomalies() -> None:
    """B12: 220 of 2,000 points of a mostly-zero count were flagged, each with severity inf."""
    generator = np.random.default_rng(2)
    values = np.where(generator.random(2000) < 0.11, generator.poisson(3, 2000) + 1.0, 0.0)
    found = judge(values)
    assert (values > 0).sum() > 180
    assert (found.verdict == Verdict.ANOMALY).sum() < 60
    assert found.score.max() < 10


def test_a_constant_series_does_not_scream_at_the_first_wiggle() -> None:
    values = [100.0] * 60
    assert judge([*values, 100.2]).verdict[-1] == Verdict.OK
    assert judge([*values, 101.0]).verdict[-1] == Verdict.ANOMALY
    assert judge([*values, 105.0], std_floor=2.0).verdict[-1] == Verdict.OK
    assert judge([*values, 105.0], std_floor_relative=0.05).verdict[-1] == Verdict.OK


def test_a_level_without_noise_caps_its_score() -> None:
    found = judge([0.0] * 60 + [1.0])
    assert found.verdict[-1] == Verdict.ANOMALY
    assert found.score[-1] == found.excess[-1] == EXCESS_CAP


@given(st.lists(st.integers(1, 9), min_size=45, max_size=120), st.sampled_from([3.0, 6.0]))
def test_zero_from_an_established_level_is_always_outside(levels: list[int], sigma: float) -> None:
    found = judge([*map(float, levels), 0.0], n_sigma=sigma, std_floor=100.0)
    assert found.verdict[-1] == Verdict.ANOMALY
    assert found.lower[-1] > 0
    assert found.excess[-1] > 1
    assert found.direction[-1] == -1


def test_zero_is_normal_where_it_has_been_seen() -> None:
    values = np.random.default_rng(5).poisson(2, 200).astype(float)
    found = judge([*values, 0.0])
    assert found.verdict[-1] == Verdict.OK


def test_zero_is_nothing_special_to_a_metric_that_is_negative_at_times() -> None:
    values = noise(200, level=5.0, sigma=4.0)
    assert (values < 0).any()
    assert judge([*values, 0.0]).verdict[-1] == Verdict.OK


def weeks(count: int, *, seed: int = 4) -> Floats:
    """Departures an hour: none at night, few in the evening, many by day, fewer on Sundays."""
    place = np.arange(count * 168)
    hour, day = place % 24, place // 24 % 7
    level = np.select([hour < 5, hour < 20], [0.0, 20.0], 5.0) * np.where(day == 6, 0.5, 1.0)
    return np.random.default_rng(seed).poisson(level).astype(float)


def test_four_weeks_of_the_hour_of_week_are_a_band() -> None:
    values = weeks(9)
    values[-30] = 0.0  # 18 h on a Saturday
    found = judge(values, seasonal_features=["hour_of_week"])
    judged = slice(31 * 24, None)
    assert found.verdict[-30] == Verdict.ANOMALY
    assert (found.explain["group"][judged] == "hour_of_week").all()
    assert set(found.explain["samples"][judged]) == {4}
    assert (found.explain["pool"][judged] >= 40).all()
    assert (found.verdict[judged] == Verdict.ANOMALY).mean() < 0.04


def test_a_quiet_hour_does_not_borrow_the_noise_of_a_busy_one() -> None:
    found = judge(weeks(6), seasonal_features=["hour_of_week"])
    hour = np.arange(len(found)) % 24
    late = np.arange(len(found)) > 31 * 24
    assert np.median(found.explain["scale"][late & (hour == 12)]) > 2.5
    assert np.median(found.explain["scale"][late & (hour == 2)]) == 0.0


def test_zero_is_outside_where_only_a_borrowed_scale_would_let_it_in() -> None:
    """Six calm evenings say what is normal; wild ones of their level must not hide an outage."""
    values = np.random.default_rng(9).integers(2, 15, 120).astype(float)
    values[::6] = 8.0
    group = ["calm" if place % 6 == 0 else f"wild {place % 12}" for place in range(120)]
    found = judge(
        [*values, 0.0],
        context={"group": [*group, "calm"]},
        seasonal_features=["group"],
        window_size=36,
        n_sigma=9.0,
    )
    assert found.explain["samples"][-1] == 6
    assert found.lower[-1] == pytest.approx(0.8)
    assert found.verdict[-1] == Verdict.ANOMALY


def test_a_thin_group_says_what_it_fell_back_on() -> None:
    found = judge(weeks(2), seasonal_features=["hour_of_week"])
    assert found.explain["group"][30] == "window"
    assert found.explain["group"][24 * 6] == "hour_of_day"
    assert found.verdict[5] == Verdict.INSUFFICIENT


def test_seasons_hold_across_the_end_of_summer_time() -> None:
    """B18: a metric that follows New York's clock was flagged for two weeks after the change."""
    interval = Interval.parse("1 hour", "America/New_York")
    start = datetime(2024, 9, 30, 4, tzinfo=timezone.utc)
    times = interval.steps(start, datetime(2024, 11, 20, tzinfo=timezone.utc))
    series = Series.from_arrays(list(times), np.zeros(len(times)))

    task = Task("id", series, interval, np.arange(len(times)))
    hours = feature_codes(task, "hour_of_day")
    values = np.where((hours >= 9) & (hours < 17), 100.0, 10.0)
    values += np.random.default_rng(6).normal(0, 1, len(values))
    series = Series.from_arrays(list(times), values)
    detector = MadDetector(MadOptions(seasonal_features=("hour_of_day",), n_sigma=6), Services())
    verdicts = detector.detect([Task("id", series, interval, task.targets)])[0].verdicts
    assert (verdicts.verdict[31 * 24 :] == Verdict.OK).all()


def test_separate_features_suit_a_metric_around_zero() -> None:
    """B7: products of ratios flagged 2,468 of 3,000 points of such a series."""
    place = np.arange(1000)
    values = 10 * np.sin(place * np.pi / 12) - 3.0 * (place // 24 % 7 > 4)
    values += np.random.default_rng(8).normal(0, 1, 1000)
    found = judge(values, seasonal_features=["hour_of_day", "day_of_week"], window_size="14 days")
    assert (found.verdict[350:] == Verdict.ANOMALY).mean() < 0.02
    assert (found.explain["group"][350:] == "hour_of_day + day_of_week").all()


def test_a_window_that_cannot_hold_its_samples_is_an_error() -> None:
    with pytest.raises(DetectError, match="min_samples 100 is more than the 24 intervals"):
        judge(noise(10), window_size="1 day", min_samples=100)


def test_by_default_a_window_half_full_is_enough() -> None:
    found = judge(noise(40), window_size=20)
    assert found.verdict.tolist().index(Verdict.OK) == 10
