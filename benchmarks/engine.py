"""What does a verdict cost, and how does it compare with `detectkit`, a project like this one?

A year or two of 10-minute points in memory, judged by a sliding window: no database on either
side. Nanoseconds of CPU time a judged point; the ratio is the other tool's over ours, with full
windows on both sides, measured in turn in one run. The other tool lives in an environment of its
own and is left as it comes; it judges fewer points, as it takes longer for each.

    python benchmarks/engine.py [--points 105120] [--peer-python PATH] [--without-peer]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt

from detectk.check.detector_choice import choose
from detectk.contracts import Task
from detectk.detectors.engine.statistics import compiled
from detectk.values import Interval, Series

PEER = "detectkit==0.67.2"
STEP = 600
TIMES = 3
PATIENCE = 4.0
"""Seconds that the other tool may take for its points, by a first estimate."""

THEIRS = """\
import json, sys, time
import numpy as np
from detectkit.detectors.factory import DetectorFactory
asked = json.loads(sys.stdin.read())
t = 1_704_067_200 + 600 * np.arange(asked["points"])
data = {
    "timestamp": t.astype("datetime64[s]").astype("datetime64[ms]"),
    "value": np.array(asked["values"]),
    "seasonality_data": np.array([]),
    "seasonality_columns": [],
}
if asked["season"]:
    hours, days = t // 3600 % 24, (t // 86400 + 3) % 7
    data["seasonality_data"] = np.array(
        ['{"day_of_week":%d,"hour":%d}' % (d, h) for d, h in zip(days, hours)], dtype=object
    )
    data["seasonality_columns"] = ["hour", "day_of_week"]
detector = DetectorFactory.create(asked["type"], asked["params"])
began = time.process_time()
detector.detect(data)
print(time.process_time() - began)
"""


@dataclass(frozen=True)
class Case:
    """What both tools are asked.

    Attributes:
        name: For the table.
        type: Of the detector.
        window: Points of the baseline.
        bar: Least ratio that is aimed at; 0 for none.
        ours: Options of ours.
        theirs: Options of theirs.
        season: Whether the hour of the week is to count.
        kernels: Whether our compiled kernels may be used.
        peer: Whether the other tool takes part.
    """

    name: str
    type: str
    window: int
    bar: float = 0.0
    ours: tuple[tuple[str, Any], ...] = ()
    theirs: tuple[tuple[str, Any], ...] = ()
    season: bool = False
    kernels: bool = True
    peer: bool = True


WEEK = (("seasonal_features", ["hour_of_week"]),)
THEIR_WEEK = (("seasonality_components", [["hour", "day_of_week"]]),)
WEIGHTED = (("use_weighted", True), ("half_life", 1080))
THEIR_WEIGHTS = (("window_weights", "exponential"), ("half_life", 1080))

CASES = (
    Case("mad", "mad", 144),
    Case("mad", "mad", 1008),
    Case("mad", "mad", 4320, bar=5000),
    Case("mad", "mad", 52560, peer=False),
    Case("mad, not compiled", "mad", 4320, bar=150, kernels=False),
    Case("iqr", "iqr", 4320, bar=3000),
    Case("zscore", "zscore", 4320, bar=1000),
    Case("mad, weighted", "mad", 4320, bar=1500, ours=WEIGHTED, theirs=THEIR_WEIGHTS),
    Case("mad, hour of week", "mad", 4320, bar=2000, ours=WEEK, theirs=THEIR_WEEK, season=True),
    Case("zscore, hour of week", "zscore", 4320, ours=WEEK, theirs=THEIR_WEEK, season=True),
    Case("autoreg", "autoreg", 200),
)


def values(points: int) -> npt.NDArray[np.float64]:
    """Return a daily wave with noise and spikes."""
    random = np.random.default_rng(1)
    wave = 100 + 20 * np.sin(2 * np.pi * np.arange(points) * STEP / 86400)
    wave += random.normal(0, 2, points)
    wave[random.choice(points, points // 500, replace=False)] += 30
    return wave


def ours(case: Case, points: int) -> float:
    """Return nanoseconds a point of one of our detectors; the last ``points`` are judged."""
    size = points + case.window
    times = (np.arange(size) * STEP).astype("datetime64[s]").astype("datetime64[us]")
    series = Series.from_arrays(times, values(size))
    detector = choose(case.type, {"window_size": case.window, **dict(case.ours)}).detector
    targets = np.arange(case.window, size)
    task = Task("id", series, Interval.parse("10 minutes"), targets)
    best = float("inf")
    for _ in range(TIMES):
        began = process_time()
        detector.detect([task])
        best = min(best, process_time() - began)
    return 1e9 * best / points


def theirs(case: Case, python: Path) -> float:
    """Return nanoseconds a point of the other tool; only full windows are judged."""
    spent, points = 0.0, 100
    while True:
        size = points + case.window
        asked = {
            "points": size,
            "values": values(size).tolist(),
            "season": case.season,
            "type": case.type,
            "params": {
                "threshold": 3.0,
                "window_size": case.window,
                "min_samples": case.window,
                **dict(case.theirs),
            },
        }
        ran = subprocess.run(
            [str(python), "-c", THEIRS],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise SystemExit(f"{case.name}: the other tool ended with:\n{ran.stderr[-2000:]}")
        spent = float(ran.stdout)
        if spent > PATIENCE / 2 or points >= 20_000:  # noqa: PLR2004  # enough to be sure
            return 1e9 * spent / points
        points = min(20_000, int(points * max(2.0, PATIENCE / max(spent, 1e-3) / 1.2)))


def in_a_process_of_its_own(place: int, points: int) -> float:
    """Measure a case of ours where nothing else has been loaded."""
    environment = dict(os.environ)
    if not CASES[place].kernels:
        environment["DETECTK_KERNELS"] = "off"
    command = [sys.executable, __file__, "--points", str(points), "--case", str(place)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(ran.stdout)


def lines(points: int, python: Path | None) -> Iterator[tuple[str, ...]]:
    """Measure every case."""
    yield ("detector", "window", "ns a point", "theirs", "ratio", "bar")
    for place, case in enumerate(CASES):
        cost = in_a_process_of_its_own(place, points if case.kernels else points // 4)
        row = [case.name, f"{case.window:,}", f"{cost:,.0f}"]
        if python is None or not case.peer:
            yield (*row, "", "", "")
            continue
        other = theirs(case, python)
        bar = f"{case.bar:,.0f}" if case.bar else ""
        yield (*row, f"{other:,.0f}", f"{other / cost:,.0f}", bar)


def installed(folder: Path) -> Path:
    """Install the other tool into an environment of its own."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", PEER], check=True)
    return python


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--points", type=int, default=105_120)
    parser.add_argument("--peer-python", type=Path)
    parser.add_argument("--without-peer", action="store_true")
    parser.add_argument("--case", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.case is not None:
        print(ours(CASES[asked.case], asked.points))
        return
    print(f"compiled kernels: {'yes' if compiled() else 'no'}")
    with tempfile.TemporaryDirectory() as folder:
        python = asked.peer_python or (None if asked.without_peer else installed(Path(folder)))
        for row in lines(asked.points, python):
            print(("{:22}" + "{:>12}" * 5).format(*row), flush=True)


if __name__ == "__main__":
    main()
