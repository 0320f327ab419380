"""Each step is what was known in its time, worked out by hand from versions."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import numpy.typing as npt

from detectk.pipeline.evidence import steps_of
from detectk.values import (
    NO_LABELS,
    Interval,
    Schedule,
    Status,
    Verdict,
    Verdicts,
    to_instant,
)
from detectk.values.evidence import Evidence, Step

HOUR = timedelta(hours=1)
START = datetime(2024, 3, 10, tzinfo=timezone.utc)
GRID = Interval(1, "hour")


def at(hour: int) -> datetime:
    return START + hour * HOUR


def verdicts(*rows: tuple[int, int, float], detector: str = "d") -> Verdicts:
    """Return verdicts of (hour, hour it was seen, value): above 5 is an anomaly, NaN is missing."""
    value: npt.NDArray[np.float64] = np.array([row[2] for row in rows])
    missing = np.isnan(value)
    judged = np.where(value > 5, Verdict.ANOMALY, Verdict.OK)
    nothing = np.full(len(rows), np.nan)
    return Verdicts(
        detector=detector,
        labels=NO_LABELS,
        times=np.array([to_instant(at(row[0])) for row in rows]),
        value=value,
        expected=nothing,
        lower=nothing,
        upper=np.full(len(rows), 5.0),
        score=nothing,
        excess=np.full(len(rows), 2.0),
        direction=np.ones(len(rows), dtype=np.int8),
        verdict=np.where(missing, Verdict.UNJUDGED, judged).astype(np.uint8),
        status=np.where(missing, Status.LATE, Status.VALUE).astype(np.uint8),
        seen=np.array([to_instant(at(row[1])) for row in rows]),
    )


def steps(
    *columns: Verdicts, decided: int, newest: int, mutable: int = 0, checkpoint: int | None = None
) -> list[Step]:
    return steps_of(
        columns,
        Schedule(GRID, mutable=mutable * HOUR),
        decided=at(decided),
        newest=at(newest),
        checkpoint=None if checkpoint is None else at(checkpoint),
    )


def values(rows: tuple[Evidence, ...]) -> dict[int, float | None]:
    return {round((row.time - START) / HOUR): row.votes[0].sighting.value for row in rows}


def test_steps_are_the_intervals_after_the_cursor() -> None:
    found = steps(verdicts((0, 0, 1), (1, 1, 1), (2, 2, 9), (3, 3, 1)), decided=0, newest=2)
    assert [step.evidence.time for step in found] == [at(1), at(2)]
    assert found[1].evidence.known_at == found[1].evidence.end == at(3)
    assert found[1].evidence.votes[0].verdict is Verdict.ANOMALY
    assert found[1].settled == found[1].corrected == ()


def test_detectors_vote_side_by_side() -> None:
    found = steps(
        verdicts((1, 1, 9), detector="a"), verdicts((1, 1, 1), detector="b"), decided=0, newest=1
    )
    assert [vote.verdict for vote in found[0].evidence.votes] == [Verdict.ANOMALY, Verdict.OK]


def test_what_is_not_a_number_is_none() -> None:
    (step,) = steps(verdicts((1, 1, float("nan"))), decided=0, newest=1)
    sighting = step.evidence.votes[0].sighting
    assert (sighting.value, sighting.expected, sighting.lower, sighting.upper) == (
        None,
        None,
        None,
        5.0,
    )
    assert step.evidence.status is Status.LATE


def test_a_correction_takes_effect_in_the_step_that_saw_it_and_in_no_other() -> None:
    lived = verdicts((1, 1, float("nan")), (1, 3, 9), (2, 2, 1), (3, 3, 1), (4, 4, 1))
    found = steps(lived, decided=0, newest=4, mutable=10, checkpoint=0)
    assert [values(step.corrected) for step in found] == [{}, {}, {1: 9.0, 2: 1.0, 3: 1.0}, {}]
    assert found[0].evidence.status is Status.LATE


def test_a_correction_of_a_correction_is_seen_one_after_the_other() -> None:
    lived = verdicts((1, 1, 1), (1, 2, 9), (1, 3, 2), (2, 2, 1), (3, 3, 1))
    found = steps(lived, decided=0, newest=3, mutable=10, checkpoint=0)
    assert [values(step.corrected).get(1) for step in found] == [None, 9.0, 2.0]


def test_a_correction_that_was_decided_before_is_not_decided_again() -> None:
    lived = verdicts((1, 1, 1), (1, 2, 9), (2, 2, 1), (3, 3, 1))
    (step,) = steps(lived, decided=2, newest=3, mutable=10, checkpoint=0)
    assert step.corrected == ()


def test_intervals_settle_when_they_leave_the_mutable_window() -> None:
    lived = verdicts(*((hour, hour, 1) for hour in range(1, 6)))
    found = steps(lived, decided=0, newest=5, mutable=2, checkpoint=0)
    assert [sorted(values(step.settled)) for step in found] == [[], [], [1], [2], [3]]


def test_what_settles_is_as_finally_known() -> None:
    lived = verdicts((1, 1, 1), (1, 2, 9), (2, 2, 1), (3, 3, 1))
    found = steps(lived, decided=0, newest=3, mutable=2, checkpoint=0)
    assert values(found[2].settled) == {1: 9.0}
    assert values(found[1].corrected) == {1: 9.0, 2: 1.0}
