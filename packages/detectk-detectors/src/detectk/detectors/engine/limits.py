"""The greatest and the least count that is still normal, and how far out a count is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from detectk.detectors.engine.laws import Law
from detectk.detectors.engine.normal import log_tail, sigmas
from detectk.detectors.engine.tails import NEAREST, Tails
from detectk.values.arrays import Floats, Indices

__all__ = ["Standings"]

_ROUNDS = 200
_GUARD = 4
_FLAT = 1e-6
_LEVEL = 1e-15
_FARTHEST = 1e15
_BLUR = 1e-7
_ULP = 2.0**-51
_KNOWN = 1e-7
_BACK = 12.0
_HIGHEST = 600.0
_HEAVY = 8.0
_END = 2.0**53


class Standings(NamedTuple):
    """How far out counts are, and what is still normal.

    A count above the mean is as far out as a normal value that is reached as rarely from above;
    one below the mean likewise on its side. The mean itself is at 0.

    Attributes:
        lower: (k,) the least normal counts.
        upper: (k,) the greatest normal counts.
        score: (k,) how far out the counts are, in standard deviations of a normal distribution.
    """

    lower: Floats
    upper: Floats
    score: Floats

    @classmethod
    def of(cls, law: Law, count: Floats, n_sigma: float) -> Standings:
        """Look up counts, and the limits beyond which they are more than ``n_sigma`` out.

        Counts between the mean and a limit are normal. Where a count changes the standing by less
        than 1e-7 of a sigma, a limit is a normal count within that of the true one. No limit is
        beyond 2**53.

        Args:
            law: k lanes.
            count: (k,) whole, possible counts.
            n_sigma: Of what is still normal.
        """
        size = len(count)
        laws = law.take(np.tile(np.arange(size), 3))
        edges, looked = slice(2 * size), slice(2 * size, None)
        search = _Search(laws.part(edges), np.repeat((-1.0, 1.0), size), n_sigma)
        begin, middle = search.begin(), law.mean
        ways = np.concatenate((search.sense, np.where(count < middle, -1.0, 1.0)))
        tails = Tails.of(laws, np.concatenate((begin, count)), ways)
        score = np.where(count == middle, 0.0, sigmas(tails.part(looked).log(0)))
        found = search.run(begin, tails.part(edges))
        return cls(found[:size], found[size:], score)


class _Search:
    """Search between a count that is normal and one that is not, by Newton's method.

    A tail comes with those from each of the next 32 counts on: seldom is a second look needed.
    The number of standard deviations is almost straight in the count, or else the log of the tail
    in that of the count; halving the bracket now and then guards against what is neither.

    Args:
        law: k lanes.
        sense: (k,) 1 for the way up from the mean, -1 for the way down.
        n_sigma: Of what is still normal.
    """

    def __init__(self, law: Law, sense: Floats, n_sigma: float) -> None:
        self.sense = sense
        self._law = law
        self._n_sigma = n_sigma
        self._rarest = log_tail(n_sigma)
        self._mean, self._last, self._spread = law.mean, law.last, law.deviation
        up = sense > 0.0
        self._normal = np.where(
            up, np.floor(self._mean), np.minimum(np.ceil(self._mean), self._last)
        )
        self._beyond = np.where(up, np.minimum(self._last + 1.0, _END), -1.0)

    def begin(self) -> Floats:
        """Return (k,) counts to look at first.

        They are near the quantiles of the gamma distribution with the law's first three moments.

        Source: Wilson & Hilferty (1931).
        """
        sigma, lean = self.sense * self._n_sigma, self._law.skewness
        lean = np.where(np.abs(lean) < _FLAT, _FLAT, lean)
        cube = np.maximum(1.0 + lean * (sigma / 6.0) - lean * lean / 36.0, 0.0) ** 3
        guess = self._mean + self._spread * (2.0 / lean) * (cube - 1.0)
        return self._within(slice(None), np.rint(guess) - self._back(slice(None)))

    def run(self, count: Floats, tails: Tails) -> Floats:
        """Return (k,) the last normal counts.

        Args:
            count: (k,) what was looked at first.
            tails: (k,) what there was.
        """
        live = self._narrow(np.arange(len(count)), count, tails)
        rows = live
        for turn in range(1, _ROUNDS):
            if not len(live):
                break
            seen = Tails(tails.mass[rows], tails.sums[:2, rows])
            count = self._aim(live, count[rows], seen, halve=turn % _GUARD == 0)
            tails = Tails.of(self._law.take(live), count, self.sense[live])
            rows = self._narrow(live, count, tails)
            live = live[rows]
        return self._normal

    def _narrow(self, live: Indices, count: Floats, tails: Tails) -> Indices:
        """Learn from a look at ``live``; return which of them are not known yet."""
        mass, sums = tails
        with np.errstate(over="ignore"):
            level = np.exp(self._rarest - mass)
        least = _KNOWN * sums[0]
        number = np.count_nonzero(sums >= np.maximum(level, least), axis=0)
        way, near, far = self.sense[live], self._normal[live], self._beyond[live]
        found = (number <= NEAREST) & (level > least)
        far = np.where(found, count + way * number, far)
        seen = way * np.minimum(way * (count + way * (number - 1.0)), way * far - 1.0)
        near = np.where(number > 0, seen, near)
        self._normal[live], self._beyond[live] = near + 0.0, far
        blur = np.maximum(2.0 * self._slack(live, count) + 1.0, _ULP * np.abs(near))
        return np.flatnonzero(way * (far - near) > blur)

    def _aim(self, live: Indices, count: Floats, tails: Tails, *, halve: bool) -> Floats:
        """Return (j,) what to look at next."""
        way, near, far = self.sense[live], self._normal[live], self._beyond[live]
        if halve:
            middle = np.floor((near + far) / 2.0)
            return self._within(live, np.where(np.isfinite(middle), middle, 2.0 * count))
        log = tails.log(0)
        here, after = sigmas(log), sigmas(tails.log(1))
        step = (self._n_sigma - here) / np.maximum(after - here, _LEVEL)
        step = np.clip(step, -_FARTHEST, _FARTHEST)
        slack = self._slack(live, count)
        aim = count + way * (np.floor(step) + np.where(here > self._n_sigma, -1.0, 1.0) * slack)
        aim -= np.where(slack > 0.0, 0.0, self._back(live))
        power = np.maximum(count, 1.0) * -np.log1p(-1.0 / np.maximum(tails.sums[0], 1.0 + _LEVEL))
        heavy = (way > 0.0) & ((power < _HEAVY) | (step > count))
        growth = np.exp(np.minimum((log - self._rarest) / np.maximum(power, _LEVEL), _HIGHEST))
        aim = np.where(heavy, np.floor(np.maximum(count, 1.0) * growth), aim)
        return self._within(live, aim)

    def _slack(self, live: Indices, count: Floats) -> Floats:
        room = np.minimum(count, self._last[live] - count)
        return np.floor(_BLUR / 2.0 * np.minimum(self._spread[live], room))

    def _back(self, live: Indices | slice) -> Floats:
        """Return how much nearer to the mean to look, so that what is sought lies beyond."""
        return self.sense[live] * np.minimum(np.ceil(self._spread[live] / 4.0), _BACK)

    def _within(self, live: Indices | slice, count: Floats) -> Floats:
        up, near, far = self.sense[live] > 0.0, self._normal[live], self._beyond[live]
        return np.clip(count, np.where(up, near, far + 1.0), np.where(up, far - 1.0, near))
