"""A window read from arrays says what a sliding one says, bit for bit."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk import kernels
from detectk.contracts import Services, Task
from detectk.detectors.engine import reference
from detectk.detectors.engine import statistics as engine
from detectk.detectors.engine.direct import ArraySample, DirectGroups
from detectk.detectors.engine.groups import Groups
from detectk.detectors.engine.moments import Moments
from detectk.detectors.engine.sample import OrderedSample, Sample
from detectk.detectors.engine.sliding import SlidingDetector
from detectk.detectors.iqr import IqrDetector
from detectk.detectors.mad import MadDetector
from detectk.detectors.options import IqrOptions, MadOptions, ZscoreOptions
from detectk.detectors.zscore import ZscoreDetector
from detectk.values import Floats, Interval, Series, Verdicts, Window

POINTS = 260
START = datetime(2024, 10, 15, tzinfo=timezone.utc)  # summer time ends on 3 November
HOUR = Interval.parse("1 hour", "America/New_York")
LARGEST = 2.0**1000

NUMBERS = st.one_of(
    st.floats(-LARGEST, LARGEST),
    st.floats(-1e3, 1e3),
    st.sampled_from([0.0, 1.0, 0.1, -3.5, 5e-324, -LARGEST]),
).map(lambda number: number + 0.0)

MODES: dict[str, dict[str, Any]] = {
    "by count": {"window_size": 60},
    "by time": {"window_size": "4 days"},
    "exponential": {"window_size": "5 days", "use_weighted": True, "half_life": "1 day"},
    "linear": {"window_size": 90, "use_weighted": True, "weights_type": "linear"},
    "season": {"window_size": "6 days", "seasonal_features": ["hour_of_week"]},
    "combined, weighted": {
        "window_size": 130,
        "seasonal_features": ["segment", "hour_of_day"],
        "use_combined_seasonality": True,
        "use_weighted": True,
    },
    "separate": {"window_size": 40, "seasonal_features": ["hour_of_day", "segment"]},
}


def shapes(generator: np.random.Generator) -> dict[str, Floats]:
    noise = generator.normal(0, 10, POINTS)
    spiked = noise + 100.0
    spiked[generator.random(POINTS) < 0.2] = 1e308
    spiked[generator.random(POINTS) < 0.1] = -1e308
    return {
        "noise": noise,
        "established": np.abs(noise) + 100.0,
        "ties": np.round(noise / 5),
        "counts": np.where(generator.random(POINTS) < 0.8, 0.0, generator.poisson(3, POINTS)),
        "constant": np.full(POINTS, 0.1),
        "huge": spiked,
        "mixed": noise * 10.0 ** generator.integers(-320, 300, POINTS),
        "subnormal": noise * 1e-310,
    }


def detectors(options: dict[str, Any]) -> list[SlidingDetector[Any]]:
    services = Services()
    return [
        MadDetector(MadOptions(**options), services),
        ZscoreDetector(ZscoreOptions(**options), services),
        IqrDetector(IqrOptions(**options), services),
    ]


def bits(verdicts: Verdicts) -> dict[str, list[Any]]:
    """Every column, floats as the integers they are stored as."""
    columns = {name: getattr(verdicts, name) for name in Verdicts.COLUMNS} | verdicts.explain
    return {
        name: (column.view(np.int64) if column.dtype.kind == "f" else column).tolist()
        for name, column in columns.items()
    }


def statistics(sample: Sample, centre: float) -> list[float]:
    return [
        len(sample),
        sample.median,
        sample.mean,
        sample.deviation,
        *(sample.quantile(share) for share in (0.0, 0.25, 0.75, 1.0)),
        *(sample.distance(centre, share) for share in (0.5, 0.95)),
    ]


@pytest.mark.parametrize("shape", shapes(np.random.default_rng(0)))
@pytest.mark.parametrize("mode", MODES)
def test_many_targets_a_few_and_a_stack_of_series_get_the_same_bits_from_every_backend(
    mode: str, shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(len(mode) + len(shape))
    values = shapes(generator)[shape]
    values[generator.random(POINTS) < 0.1] = np.nan
    values[120:130] = np.nan
    times = np.datetime64(START.replace(tzinfo=None), "us") + np.arange(POINTS) * np.timedelta64(
        1, "h"
    )
    series = Series.from_arrays(
        times, values, context={"segment": generator.integers(0, 3, POINTS)}
    )
    excluded = Window(START + timedelta(hours=150), START + timedelta(hours=165))
    task = Task("id", series, HOUR, np.arange(POINTS), exclude=(excluded,))
    backends = [reference, *([kernels] if kernels.available else [])]
    for detector in detectors(MODES[mode]):
        found = []
        for backend in backends:
            monkeypatch.setattr(engine, "_backend", lambda backend=backend: backend)
            many = detector.detect([task])[0].verdicts
            found.append(bits(many))
            chosen = [
                np.sort(generator.choice(POINTS, count, replace=False))
                for count in (1, 1, 1, 2, 9, 16, 17)
            ]
            for rows in chosen:
                few = detector.detect([replace(task, targets=rows)])[0].verdicts
                assert bits(few) == bits(many.take(rows))
            plain = replace(task, exclude=())
            alone = detector.detect([plain])[0].verdicts
            together = detector.detect([replace(plain, targets=rows) for rows in chosen])
            for rows, outcome in zip(chosen, together, strict=True):
                assert bits(outcome.verdicts) == bits(alone.take(rows))
        assert all(one == found[0] for one in found)


def test_kernels_are_compiled_where_they_must_be() -> None:
    assert kernels.available or not os.environ.get("DETECTK_KERNELS_REQUIRED")


@given(st.lists(NUMBERS, min_size=1, max_size=120), NUMBERS)
def test_a_sample_in_any_order_has_the_statistics_of_an_ordered_one(
    values: list[float], centre: float
) -> None:
    moments = Moments()
    for value in values:
        moments.add(value)
    array = ArraySample(np.array(values), exact=True)
    plain = OrderedSample(sorted(values), moments)

    assert statistics(array, centre) == statistics(plain, centre)
    assert {type(number) for number in statistics(array, centre)[1:]} == {float}


@given(
    st.lists(st.tuples(st.integers(0, 9), NUMBERS), min_size=1, max_size=120),
    st.booleans(),
    st.data(),
)
def test_groups_and_what_they_lend_are_those_of_a_sliding_window(
    points: list[tuple[int, float]],
    exact: bool,  # noqa: FBT001  # hypothesis passes by position
    data: st.DataObject,
) -> None:
    codes, values = [code for code, _ in points], [value for _, value in points]
    sliding = Groups(codes, values, exact=exact)
    direct = DirectGroups(np.array(codes), np.array(values), exact=exact)
    low = high = 0
    while high < len(points):
        high = data.draw(st.integers(high + 1, len(points)))
        low = data.draw(st.integers(low, high - 1))
        sliding.move(low, high)
        direct.move(low, high)
        level = values[low]
        for code in range(10):
            group, same = sliding.get(code), direct.get(code)
            assert (group is None) == (same is None)
            if group and same:
                assert same.indices.tolist() == group.indices.tolist()
                assert same.least == group.least
                assert statistics(same.sample, level) == statistics(group.sample, level)

        def centre(sample: Sample) -> float:
            return sample.mean if exact else sample.median

        assert direct.pool(centre, level) == sliding.pool(centre, level)
