from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from math import sqrt
from typing import Any

import numpy as np
import pytest

from detectk.contracts import Services, Task
from detectk.detectors.autoreg import AutoregDetector
from detectk.detectors.options_shape import AutoregOptions
from detectk.errors import DetectError
from detectk.values import Floats, Interval, Series, Verdict, Verdicts, Window

HOUR = Interval.parse("1 hour")
START = np.datetime64("2024-01-01", "us")


def judge(
    values: Sequence[float] | Floats, *, exclude: tuple[Window, ...] = (), **given: Any
) -> Verdicts:
    times = START + np.arange(len(values)) * np.timedelta64(1, "h")
    task = Task(
        "id", Series.from_arrays(times, values), HOUR, np.arange(len(values)), exclude=exclude
    )
    return AutoregDetector(AutoregOptions(**given), Services()).detect([task])[0].verdicts


def wandering(size: int, *, seed: int = 1) -> Floats:
    """A first-order autoregression around 50 with innovations of 1."""
    innovations = np.random.default_rng(seed).normal(0, 1, size)
    values = np.empty(size)
    level = 0.0
    for place, innovation in enumerate(innovations):
        level = 0.9 * level + innovation
        values[place] = 50 + level
    return values


def anomalies(found: Verdicts) -> list[int]:
    return np.flatnonzero(found.verdict == Verdict.ANOMALY).tolist()


def test_a_forecast_follows_the_series() -> None:
    values = wandering(2000)
    found = judge(values, lags=1)
    expected = 50 + 0.9 * (values[1000:-1] - 50)
    assert np.abs(found.expected[1001:] - expected).mean() < 0.25
    assert found.explain["scale"][1000:].mean() == pytest.approx(1.0, abs=0.1)
    assert found.explain["samples"][-1] == 500


def test_a_season_the_lags_can_express_is_forecast_exactly() -> None:
    values = 100 + 30 * np.sin(np.arange(800) * 2 * np.pi / 24)
    found = judge(values, lags=2)
    assert np.abs(found.expected[600:] - values[600:]).max() < 0.01


def test_a_jump_is_flagged_although_the_level_wanders() -> None:
    values = wandering(1000)
    values[900] += 8
    found = judge(values)
    assert anomalies(found)[0] == 900
    assert found.direction[900] == 1
    assert found.score[900] == pytest.approx(8, abs=2)


def test_outliers_do_not_ruin_the_fit() -> None:
    clean = wandering(1000)
    dirty = clean.copy()
    dirty[605:1000:97] = 1e12
    found, ideal = judge(dirty, lags=1), judge(clean, lags=1)
    assert found.expected[990] == pytest.approx(ideal.expected[990], abs=0.5)
    assert found.explain["scale"][990] < 2 * ideal.explain["scale"][990]
    assert {*range(605, 1000, 97)} <= {*anomalies(found)}


def test_incidents_do_not_hide_the_next_one() -> None:
    values = wandering(1000)
    values[700:740] += np.random.default_rng(3).normal(0, 1000, 40)
    values[900] += 200
    assert 900 in anomalies(judge(values))


def test_one_side_can_be_asked_for() -> None:
    values = wandering(1000)
    values[900] += 20
    assert 900 in anomalies(judge(values, direction="up"))
    assert 900 not in anomalies(judge(values, direction="down"))


def test_a_missing_interval_lends_the_value_before_it_and_widens_the_band() -> None:
    values = wandering(1000)
    values[900] = values[899]
    whole = judge(values)
    values[900] = np.nan
    holed = judge(values)
    assert holed.verdict[900] == Verdict.UNJUDGED
    assert holed.expected[901] == whole.expected[901]
    width, usual = (found.upper[901] - found.expected[901] for found in (holed, whole))
    assert width == pytest.approx(sqrt(2) * usual)
    assert holed.explain["steps"][901] == 2
    assert holed.upper[902] - holed.expected[902] == pytest.approx(usual, rel=0.01)


def test_a_window_without_a_value_has_no_forecast() -> None:
    values = wandering(1000)
    values[300:900] = np.nan
    found = judge(values, window_size=200)
    assert found.verdict[900] == Verdict.INSUFFICIENT
    assert found.verdict[999] == Verdict.OK


def test_an_incident_is_as_good_as_missing() -> None:
    values = wandering(1000)
    begin = datetime(2024, 1, 1, tzinfo=timezone.utc)
    incident = Window(begin + timedelta(hours=700), begin + timedelta(hours=720))
    holed = values.copy()
    holed[700:720] = np.nan
    excluded, missing = judge(values, exclude=(incident,)), judge(holed)
    assert excluded.take(slice(720, None)).same_as(missing.take(slice(720, None)))
    unlabelled = judge(values, exclude=(incident,), exclude_incidents=False)
    assert unlabelled.same_as(judge(values))


def test_a_season_is_forecast_from_the_seasons_before() -> None:
    hours = np.arange(1500)
    values = 100 + np.random.default_rng(4).normal(0, 1, 1500)
    values[hours % 24 == 9] += 80  # a daily report, which no lag announces
    plain, seasonal = judge(values, n_sigma=8.0), judge(values, n_sigma=8.0, season="1 day")
    busy = np.flatnonzero(hours % 24 == 9)[-20:]
    assert np.abs(plain.expected[busy] - 180).min() > 20
    assert np.abs(seasonal.expected[busy] - 180).max() < 10
    values[busy[-1]] = 100
    assert judge(values, n_sigma=8.0, season="1 day").direction[busy[-1]] == -1


def test_a_season_within_the_lags_is_none() -> None:
    values = wandering(400)
    assert judge(values, season="5 hours").same_as(judge(values))


def test_fits_change_at_the_same_times_wherever_a_series_begins() -> None:
    values = wandering(1000)
    found = judge(values)
    fits = np.flatnonzero(np.diff(found.explain["scale"][200:])) + 201
    since = START.astype("datetime64[h]").astype(int)
    assert {int(since + place) % 32 for place in fits} == {0}


def test_a_steady_metric_has_the_floor_for_a_scale() -> None:
    values = np.full(300, 200.0)
    values[280] = 200.5
    assert anomalies(judge(values)) == []
    assert anomalies(judge(values, std_floor_relative=0.0001)) == [280]
    assert anomalies(judge(values, std_floor_relative=0.0001, std_floor=1.0)) == []


def test_hostile_values_give_finite_verdicts() -> None:
    generator = np.random.default_rng(6)
    for scale in (5e-324, 1e-300, 1.0, 1e300, 1.7e308):
        values = generator.choice([-1.0, 0.0, 1.0, 0.5], 600) * scale
        found = judge(values, season="1 day", std_floor_relative=0.0)
        assert (found.verdict[100:] <= Verdict.ANOMALY).all()
        for name in ("expected", "score", "excess"):
            assert np.isfinite(getattr(found, name)[100:]).all(), (scale, name)


def test_a_window_too_short_for_its_lags_is_an_error() -> None:
    with pytest.raises(DetectError, match="window_size '1 day' holds 24 intervals of 1 hour"):
        judge([1.0], window_size="1 day")
