"""Probabilities of counts at least, or at most, as far out as one seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from detectk.detectors.engine.laws import Law
from detectk.detectors.engine.stirling import total
from detectk.values.arrays import Floats

__all__ = ["log_tails"]

_DIRECT: Final = 32
_CHUNK = 4096
_PRECISION = 1e-17
_NEGLIGIBLE = 38.0
_MARGIN = 100.0
_LONGEST = 4096.0
_FARTHEST = 300.0

_LADDER: Final = 5.0 ** np.arange(-8.0, 1.0)[:, None]
_TIMES: Final = np.arange(_DIRECT, dtype=np.float64)[:, None]


def _nodes(size: int) -> tuple[Floats, Floats]:
    """Return places in [0, 1], dense at both ends, and the weights that go with them."""
    at, weight = np.polynomial.legendre.leggauss(size)
    t = (at[:, None] + 1.0) / 2.0
    place = t**3 * (10.0 - 15.0 * t + 6.0 * t * t)
    slope = 30.0 * (t * (1.0 - t)) ** 2
    return place, slope * weight[:, None] / 2.0


_PLACES, _WEIGHTS = _nodes(24)


def log_tails(law: Law, count: Floats, sense: Floats) -> tuple[Floats, Floats]:
    """Return the logs of the probabilities from ``count`` on, and from beyond it on.

    The nearest 32 probabilities are added up, then the sum is an integral with the corrections
    of Euler and Maclaurin, then, where counts end, the last 32 are added up again. The relative
    error of a tail below 0.05 is below 1e-6, whatever the mean, for shapes of at least 0.1.

    Args:
        law: k lanes.
        count: (k,) whole, possible counts.
        sense: (k,) 1 for the way up from the mean, -1 for the way down.

    Source: NIST Digital Library of Mathematical Functions, 2.10.1.
    """
    logs = np.empty((2, len(count)))
    for start in range(0, len(count), _CHUNK):
        lanes = np.arange(start, min(start + _CHUNK, len(count)))
        logs[:, lanes] = _log_tails(law.take(lanes), count[lanes], sense[lanes])
    return logs[0], logs[1]


def _log_tails(law: Law, count: Floats, sense: Floats) -> tuple[Floats, Floats]:
    room = np.where(sense > 0.0, law.last - count, count)
    rest, at = _run(law, count, np.ones(len(count)), room=room, sense=sense)
    left = room - _DIRECT
    more = np.flatnonzero((left >= 0.0) & (at > (1.0 + rest) * _PRECISION))
    if len(more):
        after, way = law.take(more), sense[more]
        rest[more] += at[more] * _far(after, count[more] + way * _DIRECT, left[more], way)
    mass = law.log_mass(count)
    with np.errstate(divide="ignore"):
        return np.minimum(mass + np.log1p(rest), 0.0), np.minimum(mass + np.log(rest), 0.0)


def _run(
    law: Law, count: Floats, first: Floats, *, room: Floats, sense: Floats
) -> tuple[Floats, Floats]:
    """Add up 32 probabilities from ``count`` on, in units of ``first`` at it.

    Returns:
        (k,) the sums without the first, and (k,) the probability after the last one; 0 beyond
        the end of counts.
    """
    up = sense > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = law.ratio(np.where(up, count, count - 1.0) + sense * _TIMES)
        ratio = np.where(room > _TIMES, np.where(up, ratio, 1.0 / ratio), 0.0)
    terms = first * np.multiply.accumulate(ratio, axis=0)
    return total(terms[:-1]), terms[-1]


def _far(law: Law, count: Floats, room: Floats, sense: Floats) -> Floats:
    """Add up the probabilities from ``count`` on, in units of that at it."""
    end = np.maximum(room - _DIRECT, 0.0)
    sums = np.zeros(len(count))
    final = np.ones(len(count))
    smooth = np.flatnonzero(end > 0.0)
    if len(smooth):
        sums[smooth], final[smooth] = _smooth(
            law.take(smooth), count[smooth], end[smooth], sense[smooth]
        )
    ends = np.flatnonzero(np.isfinite(end) & (final > 0.0))
    if len(ends):
        chosen, way, left = law.take(ends), sense[ends], room[ends] - end[ends]
        last = count[ends] + way * end[ends]
        near, after = _run(chosen, last, final[ends], room=left, sense=way)
        sums[ends] += final[ends] + near + np.where(left >= _DIRECT, after, 0.0)
    return sums


def _smooth(law: Law, count: Floats, end: Floats, sense: Floats) -> tuple[Floats, Floats]:
    """Add up the probabilities of ``end`` counts by an integral, in units of the first one.

    Returns:
        (k,) the sums, and (k,) the probability that comes next; 0 where it does not matter.
    """
    open_ended = np.isinf(end)
    scale = np.where(open_ended, count, 1.0)

    def growth(place: Floats) -> Floats:
        """Go where there is no end in steps of a factor: tails there may be powers of counts."""
        steps = np.where(open_ended, scale * np.expm1(np.minimum(place, _FARTHEST)), place)
        return law.growth(count, sense * steps) + np.where(open_ended, place, 0.0)

    begin = sense * law.slope(count)
    slope = np.where(open_ended, begin * scale + 1.0, begin)
    length = _reach(growth, slope, law.deviation / scale, np.where(open_ended, _FARTHEST, end))
    integral = scale * length * total(_WEIGHTS * np.exp(growth(length * _PLACES)))
    whole = ~open_ended & (length >= end)
    final = np.where(whole, np.exp(growth(length[None, :])[0]), 0.0)
    ending = np.where(whole, sense * law.slope(count + sense * np.where(whole, end, 0.0)), 0.0)
    return integral + (1.0 - final) / 2.0 + (ending * final - begin) / 12.0, final


def _reach(growth: Callable[[Floats], Floats], slope: Floats, unit: Floats, end: Floats) -> Floats:
    """Return (k,) how far it is until nothing matters, at most ``end``."""
    longest = np.minimum(_MARGIN * _NEGLIGIBLE / np.maximum(-slope, 1e-300), _LONGEST * unit)
    ladder = np.minimum(longest, end) * _LADDER
    lost = np.maximum(-growth(ladder), _NEGLIGIBLE / 1e3)
    enough = lost >= _NEGLIGIBLE
    rung = np.maximum(np.argmax(enough, axis=0), 1)[None, :]
    low, high = (np.take_along_axis(ladder, at, axis=0)[0] for at in (rung - 1, rung))
    less, more = (np.take_along_axis(lost, at, axis=0)[0] for at in (rung - 1, rung))
    width = np.log(high / low)
    share = np.log(1.1 * _NEGLIGIBLE / less) / np.log(np.maximum(more / less, 1.01))
    between = low * np.exp(width * np.clip(share, 0.0, 1.0))
    reach: Floats = np.where(enough.any(axis=0), between, np.minimum(ladder[-1], end))
    return reach
