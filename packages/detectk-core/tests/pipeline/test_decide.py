"""The decision function, one hand-written life at a time.

A life is a string, one character an interval: ``.`` normal, ``U`` far above, ``D`` far below,
``u`` just above, ``m`` missing, ``n`` null, ``l`` late, ``s`` skipped, ``i`` insufficient.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from detectk.pipeline import Surroundings, begin, decide
from detectk.values import AlertState, NoData, Notice, Rule, Status, Verdict
from detectk.values.evidence import Evidence, Step, Vote
from detectk.values.incident import Sighting
from detectk.values.state import Checkpoint

HOUR = timedelta(hours=1)
START = datetime(2024, 1, 1, tzinfo=timezone.utc)
STATUS = {"m": Status.MISSING, "n": Status.NULL, "l": Status.LATE, "s": Status.SKIPPED}
SEEN = {"U": (200.0, 5.0, 1), "D": (0.0, 5.0, -1), "u": (120.0, 1.2, 1), ".": (100.0, 0.0, 0)}


def evidence(index: int, mark: str, *, detectors: int = 1) -> Evidence:
    time = START + index * HOUR
    if mark in STATUS:
        vote = Vote(Verdict.UNJUDGED, Sighting(time))
        return Evidence(time, time + HOUR, time + HOUR, STATUS[mark], (vote,))
    if mark == "i":
        vote = Vote(Verdict.INSUFFICIENT, Sighting(time, 100.0))
        return Evidence(time, time + HOUR, time + HOUR, Status.VALUE, (vote,))
    value, excess, side = SEEN[mark]
    seen = Sighting(time, value, 100.0, 90.0, 110.0, excess, excess, side, "d0")
    verdict = Verdict.ANOMALY if side else Verdict.OK
    votes = tuple(Vote(verdict, replace(seen, detector=f"d{n}")) for n in range(detectors))
    return Evidence(time, time + HOUR, time + HOUR, Status.VALUE, votes)


def live(
    life: str, rule: Rule, *, state: AlertState | None = None, hold: str = "", offset: int = 0
) -> tuple[AlertState, list[Notice]]:
    state = state or begin(START - HOUR)
    said: list[Notice] = []
    for index, mark in enumerate(life):
        step = Step(evidence(offset + index, mark))
        decision = decide(state, step, rule, Surroundings("key", hold=hold))
        state = decision.state
        said += decision.notices
    return state, said


def story(life: str, rule: Rule, *, hold: str = "") -> list[tuple[int, str]]:
    """Return (index of the step, kind) of every notice."""
    return [
        (round((notice.step - START) / HOUR), notice.kind)
        for notice in live(life, rule, hold=hold)[1]
    ]


PLAIN = Rule(cooldown=timedelta(0))


def test_one_anomaly_fires_once_and_recovers_once() -> None:
    assert story("..UUU..", PLAIN) == [(2, "fired"), (5, "resolved")]


def test_an_open_incident_is_told_once_however_long_it_lasts() -> None:
    assert story("U" * 200, PLAIN) == [(0, "fired")]


def test_recovery_can_be_silent() -> None:
    assert story("UU..", replace(PLAIN, notify_on_recovery=False)) == [(0, "fired")]


def test_consecutive_counts_adjacent_points_only() -> None:
    rule = replace(PLAIN, consecutive=3)
    assert story("UU.UU.UUU.", rule) == [(8, "fired"), (9, "resolved")]


@pytest.mark.parametrize("mark", ["l", "s", "i"])
def test_late_skipped_and_insufficient_points_neither_extend_nor_break_a_chain(mark: str) -> None:
    rule = replace(PLAIN, consecutive=3, no_data=NoData(after=0))
    assert story(f"U{mark}{mark}UU", rule) == [(4, "fired")]
    assert story(f"UU{mark}", rule) == []


@pytest.mark.parametrize("mark", ["m", "n"])
def test_missing_and_null_points_break_a_chain(mark: str) -> None:
    rule = replace(PLAIN, consecutive=3, no_data=NoData(after=0))
    assert story(f"UU{mark}UU", rule) == []


@pytest.mark.parametrize("mark", ["m", "n", "l", "i"])
def test_an_open_incident_ends_on_evidence_only(mark: str) -> None:
    rule = replace(PLAIN, no_data=NoData(after=0))
    assert story(f"U{mark}{mark}{mark}.", rule) == [(0, "fired"), (4, "resolved")]


def test_onset_and_end_are_those_of_the_trouble() -> None:
    _, (fired, resolved) = live("..UUU.", replace(PLAIN, consecutive=2))
    assert fired.incident.onset == START + 2 * HOUR
    assert resolved.incident.until == START + 5 * HOUR
    assert resolved.incident.points == 3
    assert fired.id == resolved.id


@pytest.mark.parametrize(
    ("direction", "life", "kinds"),
    [
        ("up", "D.U.", ["fired", "resolved"]),
        ("down", "U.D.", ["fired", "resolved"]),
        ("both", "UD..", ["fired", "resolved"]),
        ("up", "UDDD", ["fired", "resolved"]),
        ("same", "UD..", ["fired", "resolved"]),
        ("same", "DDUU", ["fired", "resolved", "fired"]),
    ],
)
def test_direction_selects_what_counts(direction: str, life: str, kinds: list[str]) -> None:
    rule = replace(PLAIN, direction=direction, cooldown_reset_on_recovery=False)  # type: ignore[arg-type]
    assert [kind for _, kind in story(life, rule)] == kinds


def test_guards_ignore_trivial_deviations() -> None:
    assert story("u", replace(PLAIN, min_deviation_percent=25)) == []
    assert story("u", replace(PLAIN, min_deviation=25)) == []
    assert story("U", replace(PLAIN, min_deviation_percent=25, min_deviation=25)) == [(0, "fired")]


def test_detectors_must_agree() -> None:
    rule = replace(PLAIN, min_detectors=2)
    one, two = evidence(0, "U"), evidence(0, "U", detectors=2)
    for seen, count in ((one, 0), (two, 1)):
        decision = decide(begin(START - HOUR), Step(seen), rule, Surroundings("key"))
        assert len(decision.notices) == count


def test_share_of_a_window_fires_without_a_streak() -> None:
    rule = replace(PLAIN, consecutive=9, window=4, share=0.5)
    assert story("..U.U", rule) == [(4, "fired")]
    assert live("..U.U", rule)[1][0].incident.onset == START + 2 * HOUR
    assert live("..U.U", rule)[1][0].incident.points == 2


def test_without_consecutive_only_the_share_counts() -> None:
    rule = replace(PLAIN, consecutive=0, window=4, share=0.5)
    assert story("U....U.U", rule) == [(7, "fired")]


def test_share_recovers_below_half_of_the_share() -> None:
    rule = replace(PLAIN, consecutive=9, window=4, share=0.5)
    assert story("U.U....", rule) == [(2, "fired"), (6, "resolved")]


def test_for_asks_for_time_in_the_condition() -> None:
    rule = replace(PLAIN, hold_for=2 * HOUR)
    assert story("UUUU", rule) == [(2, "fired")]
    assert story("UU.UU.", rule) == []


def test_a_flap_inside_keep_firing_is_one_incident() -> None:
    rule = replace(PLAIN, keep_firing_for=3 * HOUR)
    assert story("U..U..U....", rule) == [(0, "fired"), (9, "resolved")]


def test_cooldown_holds_a_new_incident_until_it_is_over() -> None:
    rule = Rule(cooldown=5 * HOUR, cooldown_reset_on_recovery=False)
    assert story("U....UUUUU", rule) == [(0, "fired"), (1, "resolved"), (6, "fired")]


def test_an_incident_that_ends_while_held_is_never_told() -> None:
    rule = Rule(cooldown=5 * HOUR, cooldown_reset_on_recovery=False)
    assert story("U..U......", rule) == [(0, "fired"), (1, "resolved")]


def test_a_lasting_recovery_ends_the_cooldown() -> None:
    rule = Rule(cooldown=50 * HOUR)
    assert story("U...U", rule) == [(0, "fired"), (1, "resolved"), (4, "fired")]


def test_a_relapse_before_that_is_the_same_incident_and_held() -> None:
    rule = Rule(cooldown=5 * HOUR)
    _, said = live("U.UUUUU", rule)
    assert [notice.kind for notice in said] == ["fired", "resolved", "fired"]
    assert said[2].step == START + 6 * HOUR
    assert {notice.id for notice in said} == {said[0].id}


def test_no_data_opens_after_so_many_intervals_and_closes_with_data() -> None:
    assert story("..mmm.", PLAIN) == [(4, "no_data"), (5, "resolved")]
    assert story("..lll.", PLAIN) == [(4, "no_data"), (5, "resolved")]


def test_no_data_waits_for_the_first_data() -> None:
    assert story("mmmmmm", PLAIN) == []


def test_a_lasting_return_of_data_ends_the_cooldown_too() -> None:
    rule = Rule(cooldown=50 * HOUR)
    told = [(3, "no_data"), (4, "resolved"), (9, "no_data"), (10, "resolved")]
    assert story(".mmm...mmm.", rule) == told
    assert story(".mmm..mmm.", rule) == told[:2]


def test_null_rows_are_not_missing_rows() -> None:
    assert story(".nnnnnn", PLAIN) == []


def test_a_series_that_is_often_without_data_is_not_told_for_it() -> None:
    often = ".....m" * 30
    assert story(often + "mmmmmmmm", PLAIN) == []
    explicit = replace(PLAIN, no_data=NoData(after=3, sparse_guard=False))
    assert [kind for _, kind in story(often + "mmmmmmmm", explicit)] == ["no_data"]


def test_what_was_missing_more_than_thirty_days_ago_is_no_excuse() -> None:
    often, month = ".....m" * 30, "." * 24 * 31
    assert [kind for _, kind in story(often + month + "mmm", PLAIN)] == ["no_data"]


def test_a_gap_ends_an_anomaly_silently_unless_its_state_is_kept() -> None:
    assert story("UUmmm..", PLAIN) == [(0, "fired"), (4, "no_data"), (5, "resolved")]
    kept = replace(PLAIN, no_data=NoData(after=3, keep_state=True))
    assert story("UUmmm..", kept) == [
        (0, "fired"),
        (4, "no_data"),
        (5, "resolved"),
        (5, "resolved"),
    ]


def test_held_is_not_forgotten() -> None:
    state, said = live("UUU", PLAIN, hold="disabled")
    assert said == []
    _, said = live("UU.", PLAIN, state=state, offset=3)
    assert [notice.kind for notice in said] == ["fired", "resolved"]
    assert said[0].incident.onset == START


def test_what_ended_while_held_is_never_told() -> None:
    state, _ = live("UU.", PLAIN, hold="disabled")
    assert live("...", PLAIN, state=state, offset=3)[1] == []


def test_ids_are_the_same_for_the_same_life() -> None:
    first, second = live("U.", PLAIN)[1], live("U.", PLAIN)[1]
    assert [notice.id for notice in first] == [notice.id for notice in second]


def corrected(state: AlertState, life: str, rule: Rule) -> tuple[AlertState, list[Notice]]:
    """Decide the last interval of ``life``, in whose step the rest turned out to be as it says."""
    rows = tuple(evidence(index, mark) for index, mark in enumerate(life))
    decision = decide(state, Step(rows[-1], corrected=rows), rule, Surroundings("key"))
    return decision.state, list(decision.notices)


def mutable() -> AlertState:
    before = begin(START - HOUR)
    return replace(before, checkpoint=Checkpoint(before.decided, before.track))


def test_late_data_that_disproves_an_incident_takes_it_back() -> None:
    state, (fired,) = live(".UU", PLAIN, state=mutable())
    _, (retracted,) = corrected(state, "....", PLAIN)
    assert (retracted.kind, retracted.id) == ("retracted", fired.id)


def test_what_was_taken_back_does_not_hold_what_is_true() -> None:
    rule = Rule(cooldown=50 * HOUR)
    state, _ = live(".U", rule, state=mutable())
    state, said = corrected(state, "...", rule)
    assert [notice.kind for notice in said] == ["retracted"]
    _, said = live("U", rule, state=state, offset=3)
    assert [notice.kind for notice in said] == ["fired"]


def test_an_incident_that_comes_back_after_a_retraction_has_a_name_of_its_own() -> None:
    state, (first,) = live(".U", PLAIN, state=mutable())
    state, _ = corrected(state, "...", PLAIN)
    _, said = corrected(state, ".U..", PLAIN)
    assert [notice.kind for notice in said] == ["fired"]
    assert said[0].id != first.id


def test_an_incident_that_only_late_data_shows_is_told_once_marked_late_and_over() -> None:
    state, said = live("....", PLAIN, state=mutable())
    assert said == []
    state, (missed,) = corrected(state, ".UU..", PLAIN)
    assert (missed.kind, missed.late, missed.over) == ("fired", True, True)
    assert corrected(state, ".UU...", PLAIN)[1] == []


def test_an_open_incident_that_late_data_moves_keeps_its_name() -> None:
    state, (fired,) = live("..UU", PLAIN, state=mutable())
    state, said = corrected(state, ".UUUU", PLAIN)
    assert said == []
    _, (resolved,) = live(".", PLAIN, state=state, offset=5)
    assert resolved.id == fired.id
    assert resolved.incident.onset == START + HOUR


def test_what_was_untold_and_over_before_the_correction_stays_untold() -> None:
    rule = Rule(cooldown=50 * HOUR, cooldown_reset_on_recovery=False)
    state, said = live("U..U..", rule, state=mutable())
    assert [notice.kind for notice in said] == ["fired", "resolved"]
    assert corrected(state, "U..U...", rule)[1] == []


def test_what_has_settled_cannot_be_disproved() -> None:
    state, (fired, resolved) = live("U....", PLAIN, state=mutable())
    assert fired.id == resolved.id
    settled = tuple(evidence(index, mark) for index, mark in enumerate("U..."))
    step = Step(evidence(5, "."), settled=settled, corrected=(evidence(4, "."), evidence(5, ".")))
    decision = decide(state, step, PLAIN, Surroundings("key"))
    assert decision.notices == ()
    assert decision.state.checkpoint is not None
    assert decision.state.checkpoint.time == START + 3 * HOUR
