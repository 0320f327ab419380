"""``dtk detect`` with every detector of ours: one row out for each row in, and no look ahead."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from detectk.check import detect, detect_file
from detectk.plugin import Catalogue
from detectk.values import Verdict

POINTS = 600
CUT = 400
NEEDS = {"threshold": ["threshold=60"], "binomial": ["trials=trials"]}
DETECTORS = sorted(
    component.name
    for plugin in Catalogue.default().plugins
    for component in plugin.components
    if plugin.distribution == "detectk-detectors" and component.kind == "detector"
)


def series(seed: int = 7) -> list[tuple[str, str, int]]:
    """Return hourly counts with a day's rhythm, a spike, a drop and some rows without a value."""
    rng = np.random.default_rng(seed)
    hours = np.datetime64("2024-03-20", "h") + np.arange(POINTS)
    rhythm = 30 + 10 * np.sin(np.arange(POINTS) * 2 * np.pi / 24)
    counts = rng.poisson(rhythm)
    counts[[350, 500]] = 300
    counts[520:530] = 0
    values = [str(count) for count in counts.tolist()]
    for row in rng.choice(POINTS, 20, replace=False).tolist():
        values[row] = ""
    trials = (counts + rng.integers(300, 400, POINTS)).tolist()
    return list(
        zip([f"{hour}:00:00".replace("T", " ") for hour in hours], values, trials, strict=True)
    )


def write(path: Path, rows: Sequence[tuple[str, str, int]]) -> Path:
    lines = [f"{time},{value},{trials}\n" for time, value, trials in rows]
    path.write_text("timestamp,value,trials\n" + "".join(lines))
    return path


def dtk(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from detectk.cli.entry import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the series, what was known of it at the cut, and with another future."""
    folder = tmp_path_factory.mktemp("inputs")
    rows = series()
    future = [(time, "99999", 100_000) for time, _, _ in rows[CUT:]]
    write(folder / "whole.csv", rows)
    write(folder / "past.csv", rows[:CUT])
    write(folder / "other.csv", [*rows[:CUT], *future])
    return folder


def test_there_are_detectors_to_try() -> None:
    assert {"mad", "missing_data", "threshold"} <= set(DETECTORS)


@pytest.mark.parametrize("kind", DETECTORS)
def test_a_list_is_judged_row_by_row_and_without_a_look_ahead(
    kind: str, inputs: Path, tmp_path: Path
) -> None:
    names = ("whole", "past", "other")
    pairs = [f"{inputs / name}.csv\t{tmp_path / name}.csv\n" for name in names]
    (tmp_path / "list").write_text("".join(pairs))
    params = [part for pair in NEEDS.get(kind, []) for part in ("--param", pair)]
    dtk(tmp_path, "detect", "--list", "list", "--type", kind, *params)

    whole, past, other = (table(tmp_path / f"{name}.csv") for name in names)
    given = series()
    assert [row["timestamp"] for row in whole] == [time for time, _, _ in given]
    assert whole[:CUT] == past == other[:CUT]
    for row, (_, value, _) in zip(whole, given, strict=True):
        assert row["value"] == (repr(float(value)) if value else "")
        assert row["state"] in ("ok", "anomaly", "insufficient", "unjudged")
        assert row["is_anomaly"] == str(int(row["state"] == "anomaly"))
        assert row["direction"] in ("", "up", "down")
        assert row["score"] == "" or 0.0 <= float(row["score"]) <= 1.0
        assert (row["score"] == "") == (row["state"] in ("insufficient", "unjudged"))


@pytest.mark.parametrize("kind", ["mad", "threshold"])
def test_python_says_the_same_as_the_command(kind: str, inputs: Path, tmp_path: Path) -> None:
    params = [part for pair in NEEDS.get(kind, []) for part in ("--param", pair)]
    out = tmp_path / "out.csv"
    dtk(tmp_path, "detect", f"{inputs}/whole.csv", "--type", kind, *params, "-o", str(out))
    options = {"threshold": 60} if kind == "threshold" else {}
    found = detect_file(inputs / "whole.csv", type=kind, params=options)
    rows = series()
    values = [float(value) if value else None for _, value, _ in rows]
    assert detect(([time for time, _, _ in rows], values), type=kind, params=options).same_as(found)
    states = [Verdict(code).name.lower() for code in found.verdict.tolist()]
    assert [row["state"] for row in table(out)] == states
    assert states[500] == "anomaly"
