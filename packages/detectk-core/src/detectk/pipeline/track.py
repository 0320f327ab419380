"""Follow what the data says: from one interval to the next, which incidents are open.

Nothing here knows whether anybody was told. ``advance`` is a pure function of the track so far,
one interval and the rule, so that a correction can simply be counted again from a checkpoint.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from detectk.pipeline.gap import ABSENT, follow_gap
from detectk.values.evidence import Evidence
from detectk.values.incident import Incident, IncidentKind, Sighting
from detectk.values.rule import Rule
from detectk.values.series import Status
from detectk.values.state import Chain, Gap, Track
from detectk.values.verdicts import Verdict

__all__ = ["advance", "newest", "qualify"]

_BREAKS = (Status.MISSING, Status.NULL)
_SPARSE_LEAST, _SPARSE_SHARE = 100, 0.05


def advance(track: Track, evidence: Evidence, rule: Rule) -> Track:
    """Return the track one interval on.

    Late, failed, skipped and insufficiently known intervals neither extend nor break a chain;
    missing and null ones break it. An open anomaly ends only on evidence: a value that does not
    qualify; or because the data stopped, when ``no_data`` says so.
    """
    gap = follow_gap(track.gap, evidence)
    incidents = _no_data(track.incidents, gap, evidence, rule)
    if _says_nothing(evidence):
        return Track(track.chain, gap, incidents)
    current = newest(incidents, "anomaly")
    locked = _locked(track.chain, current, rule)
    hit = qualify(evidence, rule, locked) if evidence.status not in _BREAKS else None
    chain = _follow_chain(track.chain, hit, evidence, rule)
    if chain.since is not None and hit is not None:
        incidents = _condition_holds(incidents, chain, hit, evidence, rule)
    elif hit is None and evidence.status not in _BREAKS:
        incidents = _clear(incidents, chain, evidence, rule)
    return Track(chain, gap, incidents)


def newest(incidents: tuple[Incident, ...], kind: IncidentKind) -> Incident | None:
    """Return the newest incident of ``kind``, open or closed."""
    for incident in reversed(incidents):
        if incident.kind == kind:
            return incident
    return None


def qualify(evidence: Evidence, rule: Rule, locked: int = 0) -> Sighting | None:
    """Return the most convinced vote when the rule's quorum is met, else None.

    Args:
        evidence: The interval.
        rule: Its guards, direction and ``min_detectors``.
        locked: Side that a ``same`` chain has locked on, 0 when it has not.
    """
    against = [
        vote.sighting
        for vote in evidence.votes
        if vote.verdict is Verdict.ANOMALY and _big_enough(vote.sighting, rule)
    ]
    if len(against) < rule.min_detectors:
        return None
    sides = {"up": (1,), "down": (-1,), "both": (0,), "same": (locked,) if locked else (1, -1)}
    groups = [
        [s for s in against if side == 0 or s.direction in (0, side)]
        for side in sides[rule.direction]
    ]
    best = max(groups, key=lambda group: (len(group), max((s.excess for s in group), default=0.0)))
    if len(best) < rule.min_detectors:
        return None
    return max(best, key=lambda sighting: sighting.excess)


def _big_enough(seen: Sighting, rule: Rule) -> bool:
    if not (rule.min_deviation or rule.min_deviation_percent):
        return True
    centre = seen.expected
    if seen.value is None or centre is None:
        return True
    deviation = abs(seen.value - centre)
    percent = 100.0 * deviation / abs(centre) if centre else float("inf")
    return deviation >= rule.min_deviation and percent >= rule.min_deviation_percent


def _says_nothing(evidence: Evidence) -> bool:
    if evidence.status in (Status.LATE, Status.FAILED, Status.SKIPPED):
        return True
    judged = any(v.verdict in (Verdict.OK, Verdict.ANOMALY) for v in evidence.votes)
    return evidence.status is Status.VALUE and not judged


def _locked(chain: Chain, current: Incident | None, rule: Rule) -> int:
    if rule.direction != "same":
        return 0
    if current is not None and current.open:
        return current.direction
    return chain.direction if chain.streak else 0


def _follow_chain(chain: Chain, hit: Sighting | None, evidence: Evidence, rule: Rule) -> Chain:
    recent = (*chain.recent, evidence.time if hit else None)[-rule.window :] if rule.window else ()
    if hit is None:
        clear = chain.clear + 1 if evidence.status not in _BREAKS else chain.clear
        return Chain(recent=recent, clear=clear)
    first = chain.streak == 0
    peak = hit if chain.peak is None or hit.excess > chain.peak.excess else chain.peak
    grown = Chain(
        streak=chain.streak + 1,
        onset=evidence.time if first else chain.onset,
        direction=hit.direction if first else chain.direction,
        recent=recent,
        peak=peak,
    )
    in_a_row = 0 < rule.consecutive <= grown.streak
    if in_a_row or _share(recent, rule) >= rule.share:
        return replace(grown, since=chain.since or evidence.known_at)
    return grown


def _share(recent: tuple[datetime | None, ...], rule: Rule) -> float:
    if not rule.window:
        return -1.0
    return sum(time is not None for time in recent) / rule.window


def _condition_holds(
    incidents: tuple[Incident, ...], chain: Chain, hit: Sighting, evidence: Evidence, rule: Rule
) -> tuple[Incident, ...]:
    current = newest(incidents, "anomaly")
    since = chain.since or evidence.known_at
    if current is not None and current.open:
        return _swap(incidents, current, _grow(current, hit, evidence))
    if evidence.known_at - since < rule.hold_for:
        return incidents
    if _relapse(current, rule):
        assert current is not None  # noqa: S101  # a relapse needs something to come back
        return _swap(incidents, current, _grow(replace(current, closed=None), hit, evidence))
    in_window = [time for time in chain.recent if time is not None]
    onset = min([*in_window, chain.onset or evidence.time])
    opened = Incident(
        kind="anomaly",
        onset=onset,
        opened=evidence.known_at,
        last=evidence.time,
        until=evidence.end,
        last_known=evidence.known_at,
        direction=chain.direction,
        points=max(chain.streak, len(in_window)),
        peak=chain.peak or hit,
        latest=hit,
    )
    return (*incidents, opened)


def _grow(incident: Incident, hit: Sighting, evidence: Evidence) -> Incident:
    return replace(
        incident,
        last=evidence.time,
        until=evidence.end,
        last_known=evidence.known_at,
        points=incident.points + 1,
        peak=hit if hit.excess > incident.peak.excess else incident.peak,
        latest=hit,
    )


def _clear(
    incidents: tuple[Incident, ...], chain: Chain, evidence: Evidence, rule: Rule
) -> tuple[Incident, ...]:
    current = newest(incidents, "anomaly")
    if current is None:
        return incidents
    after = current
    if current.open:
        gone = evidence.known_at - current.last_known >= rule.keep_firing_for
        thin = not rule.window or _share(chain.recent, rule) < rule.share / 2
        if gone and thin:
            after = replace(current, closed=evidence.known_at)
    if not after.open and chain.clear >= rule.relapse_points:
        after = replace(after, lasting=True)
    return _swap(incidents, current, after)


def _relapse(incident: Incident | None, rule: Rule) -> bool:
    return (
        incident is not None
        and not incident.open
        and not incident.lasting
        and not incident.superseded
        and rule.cooldown_reset_on_recovery
    )


def _no_data(
    incidents: tuple[Incident, ...], gap: Gap, evidence: Evidence, rule: Rule
) -> tuple[Incident, ...]:
    current = newest(incidents, "no_data")
    if evidence.status is Status.VALUE:
        if current is None:
            return incidents
        closed = replace(
            current,
            closed=current.closed or evidence.known_at,
            lasting=current.lasting or gap.present >= rule.relapse_points,
        )
        return _swap(incidents, current, closed)
    if evidence.status not in ABSENT:
        return incidents
    seen = _missing_vote(evidence)
    if current is not None and current.open:
        grown = _grow(current, seen or Sighting(evidence.time), evidence)
        return _swap(incidents, current, grown)
    if seen is None and not _too_long(gap, rule):
        return incidents
    seen = seen or Sighting(evidence.time)
    if _relapse(current, rule):
        assert current is not None  # noqa: S101
        incidents = _swap(incidents, current, _grow(replace(current, closed=None), seen, evidence))
    else:
        opened = Incident(
            kind="no_data",
            onset=gap.onset or evidence.time,
            opened=evidence.known_at,
            last=evidence.time,
            until=evidence.end,
            last_known=evidence.known_at,
            direction=0,
            points=gap.missing,
            peak=seen,
            latest=seen,
        )
        incidents = (*incidents, opened)
    return incidents if rule.no_data.keep_state else _supersede(incidents, evidence)


def _missing_vote(evidence: Evidence) -> Sighting | None:
    votes = (v.sighting for v in evidence.votes if v.verdict is Verdict.ANOMALY)
    return next(votes, None)


def _too_long(gap: Gap, rule: Rule) -> bool:
    if not (rule.no_data.after and gap.had_data and gap.missing >= rule.no_data.after):
        return False
    total = sum(seen for _, seen, _ in gap.days)
    lost = sum(lost for _, _, lost in gap.days)
    sparse = total >= _SPARSE_LEAST and lost / total > _SPARSE_SHARE
    return not (rule.no_data.sparse_guard and sparse)


def _supersede(incidents: tuple[Incident, ...], evidence: Evidence) -> tuple[Incident, ...]:
    current = newest(incidents, "anomaly")
    if current is None or not current.open:
        return incidents
    ended = replace(current, closed=evidence.known_at, superseded=True, lasting=True)
    return _swap(incidents, current, ended)


def _swap(
    incidents: tuple[Incident, ...], before: Incident, after: Incident
) -> tuple[Incident, ...]:
    return tuple(after if incident is before else incident for incident in incidents)
