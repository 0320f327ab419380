"""A load of 100,000 points that is killed again and again ends without a hole and a double."""

from __future__ import annotations

import random
import subprocess
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from loading import FAILED, FINISHED, Load, ended, problems, start
from places import NAMES

if TYPE_CHECKING:
    from places import Place

POINTS = 100_000
LEAST_DEATHS = 3
LONGEST = 1.5
"""Seconds after which a load is killed at the latest."""


def a_load(place: Place, life: int) -> Load:
    return Load(
        place.kind,
        place.options,
        place.root,
        metric=f"orders_{life}",
        points=POINTS,
        batch=timedelta(days=1),
    )


@pytest.mark.slow
def test_a_killed_load_goes_on_without_a_hole_or_a_double(
    place: Place, kills: int, figures: list[str]
) -> None:
    when = random.Random(7)
    killed = lives = 0
    while killed < kills:
        task = a_load(place, lives)
        while True:
            process = start(task)
            try:
                said = ended(process, when.uniform(0.0, LONGEST))
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                killed += 1
            else:
                assert said == FINISHED
                break
        assert problems(task) == []
        lives += 1
    figures.append(f"{place.name}: {killed} kills, {lives} loads of {POINTS:,} points complete")


@pytest.mark.slow
@pytest.mark.parametrize("place", [n for n in NAMES if n != "sqlite"], indirect=True)
def test_a_server_that_dies_in_a_load_costs_nothing(place: Place, figures: list[str]) -> None:
    assert place.server is not None
    when = random.Random(11)
    deaths = 0
    for life in count(100):
        if deaths >= LEAST_DEATHS:
            break
        task = a_load(place, life)
        while True:
            process = start(task)
            try:
                said = ended(process, when.uniform(0.2, LONGEST))
            except subprocess.TimeoutExpired:
                place.server.kill()
                deaths += 1
                said = ended(process, 60)
                place.server.restart()
            if said == FINISHED:
                break
            assert said.startswith(f"{FAILED} for now: "), said
        assert problems(task) == []
    figures.append(f"{place.name}: its server died {deaths} times in loads, nothing is missing")
