"""Distributions of counts of which the rate, or the share, is not quite known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from detectk.detectors.engine.stirling import brief, log_mixed
from detectk.values.arrays import Floats, Indices

__all__ = ["BetaBinomial", "BetaNegativeBinomial", "Law", "Shape"]


class Law(ABC):
    """Distributions on 0, 1, 2, ..., one a lane.

    Its probabilities are products of gamma functions of ``y + x`` and ``y - x``; what differs
    between two laws is which.
    """

    __slots__ = ()

    SENSES: ClassVar[Floats]
    """(2, 1) +1 where the arguments of a pair of gamma functions grow with the count, or -1."""

    @property
    @abstractmethod
    def mean(self) -> Floats:
        """(k,) where the two tails meet, > 0."""

    @property
    @abstractmethod
    def deviation(self) -> Floats:
        """(k,) standard deviations."""

    @property
    @abstractmethod
    def skewness(self) -> Floats:
        """(k,) third standardised moments."""

    @property
    @abstractmethod
    def last(self) -> Floats:
        """(k,) greatest possible counts; inf where there is none."""

    @abstractmethod
    def log_mass(self, count: Floats) -> Floats:
        """Return (k,) logs of the probability of ``count``."""

    @abstractmethod
    def odds(self, count: Floats) -> tuple[Floats, Floats]:
        """Return what the probabilities of ``count + 1`` and of ``count`` are in proportion to.

        Args:
            count: (..., k).
        """

    @abstractmethod
    def pairs(self, count: Floats) -> tuple[Floats, Floats]:
        """Return the arguments of the gamma functions that depend on ``count``.

        Returns:
            (2, k) those below the line, and (2, k) how much greater those above it are.
        """

    def shape(self, count: Floats) -> Shape:
        """Return what the log of the probability looks like around ``count``.

        Args:
            count: (k,), with every argument of a gamma function at least 30.
        """
        return Shape(*self.pairs(count), self.SENSES)

    @classmethod
    def joined(cls, laws: Sequence[Law]) -> Law:
        """Return the lanes of ``laws``, all of this kind, one after the other."""
        if len(laws) == 1:
            return laws[0]
        columns = zip(*(law.columns() for law in laws), strict=True)
        return cls(*(np.concatenate(column) for column in columns))

    def take(self, index: Indices) -> Law:
        """Return the lanes at ``index``."""
        return type(self)(*(column[index] for column in self.columns()))

    def part(self, lanes: slice) -> Law:
        """Return the lanes in a slice, without a copy."""
        return type(self)(*(column[lanes] for column in self.columns()))

    def distinct(self, count: Floats) -> tuple[Indices, Indices]:
        """Return the lanes that differ in law or ``count``, and which of them each lane is."""
        columns = [*self.columns(), count]
        order = np.lexsort(columns)
        new = np.zeros(len(order), np.bool_)
        new[:1] = True
        for column in columns:
            ordered = column[order]
            new[1:] |= ordered[1:] != ordered[:-1]
        which = np.empty(len(order), np.intp)
        which[order] = np.cumsum(new) - 1
        return order[new], which

    def columns(self) -> list[Floats]:
        """Return the (k,) parameters."""
        return [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]  # every law is a dataclass of columns


class Shape:
    """The log of a probability around some counts, by Stirling's formula.

    Args:
        below: (2, k) arguments of gamma functions below the line.
        more: (2, k) how much greater those above it are.
        senses: (2, 1) which way they move.
    """

    def __init__(self, below: Floats, more: Floats, senses: Floats) -> None:
        self._below, self._above, self._more = below, below + more, more
        self._senses = senses
        self._brief = brief(self._above) - brief(below)
        self._part = more / self._above

    def slopes(self) -> tuple[Floats, Floats]:
        """Return the (k,) first and second derivatives, by the digamma series."""
        above, below = 1.0 / self._above, 1.0 / self._below
        rise = 0.5 * above + above * above / 12.0 - (0.5 * below + below * below / 12.0)
        bent = (above - below) + 0.5 * (above * above - below * below)
        lean = self._senses * (np.log1p(self._more * below) - rise)
        return lean[0] + lean[1], bent[0] + bent[1]

    def growth(self, step: Floats) -> Floats:
        """Return (j, k) the log of the probability ``step`` later over that at the counts.

        Args:
            step: (j, k), not necessarily whole; no argument may fall below 30.
        """
        pairs = zip(
            self._below, self._above, self._more, self._part, self._senses[:, 0], strict=True
        )
        one, two = (_grown(*pair, step) for pair in pairs)
        grown: Floats = one + two - (self._brief[0] + self._brief[1])
        return grown


def _grown(
    below: Floats, above: Floats, more: Floats, part: Floats, sense: float, step: Floats
) -> Floats:
    """Return (j, k) how a pair of gamma functions grows, but for `brief` of where it begins.

    The logarithms are combined before they are large.
    """
    moved = step if sense > 0.0 else -step
    after = below + moved
    found = np.log1p(-moved * part / after)
    found *= below - 0.5
    found += moved * np.log1p(more / after)
    found += more * np.log1p(moved / above)
    found += brief(after + more)
    found -= brief(after)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class BetaNegativeBinomial(Law):
    """A negative binomial count whose rate is known from other such counts.

    Attributes:
        size: (k,) shape of the gamma distribution of rates, > 0: the variance of a count is
            m + m²/size; a great one makes it a Poisson count.
        events: (k,) first parameter of the beta distribution of size/(size + rate), > 0.
        trials: (k,) second one, > 0.
    """

    size: Floats
    events: Floats
    trials: Floats

    SENSES: ClassVar[Floats] = np.array([[1.0], [1.0]])

    @property
    def mean(self) -> Floats:
        """(k,) counts at the most likely rate; the mean itself may be infinite."""
        return self.events * (self.size / self.trials)

    @property
    def deviation(self) -> Floats:
        """(k,) standard deviations, as if the beta distribution were narrow."""
        return np.sqrt(self.mean * (1.0 + self.mean * self._loose))

    @property
    def skewness(self) -> Floats:
        """(k,) third standardised moments, likewise."""
        return (1.0 + 2.0 * self.mean * self._loose) / self.deviation

    @property
    def _loose(self) -> Floats:
        return 1.0 / self.size + 1.0 / self.events + 1.0 / self.trials

    @property
    def last(self) -> Floats:
        """(k,) inf."""
        return np.full(len(self.size), np.inf)

    def log_mass(self, count: Floats) -> Floats:
        """Return (k,) logs of the probability of ``count``."""
        left, factor = log_mixed(np.stack((count, self.size, self.events, self.trials)))
        last = self.size / (self.size + count)
        return left + np.log(np.sqrt(factor) * last)

    def odds(self, count: Floats) -> tuple[Floats, Floats]:
        """Return what the probabilities of two neighbours are in proportion to."""
        whole = self.events + self.trials + self.size
        return (self.size + count) * (self.events + count), (count + 1.0) * (whole + count)

    def pairs(self, count: Floats) -> tuple[Floats, Floats]:
        """Return (2, k) arguments of gamma functions, and how much greater those above are."""
        more = self.trials + self.size
        below = np.stack((count + 1.0, self.events + count + more))
        return below, np.stack((self.size - 1.0, -more))


@dataclass(frozen=True, slots=True, eq=False)
class BetaBinomial(Law):
    """A binomial count whose proportion is itself beta distributed.

    Attributes:
        trials: (k,) >= 1, whole.
        hits: (k,) first parameter of the beta distribution, > 0.
        misses: (k,) second one, > 0.
    """

    trials: Floats
    hits: Floats
    misses: Floats

    SENSES: ClassVar[Floats] = np.array([[1.0], [-1.0]])

    @property
    def mean(self) -> Floats:
        """(k,) expected counts."""
        return self.trials * (self.hits / (self.hits + self.misses))

    @property
    def deviation(self) -> Floats:
        """(k,) standard deviations."""
        whole = self.hits + self.misses
        variance = self.mean * (self.misses / whole)
        return np.sqrt(variance * ((whole + self.trials) / (whole + 1.0)))

    @property
    def skewness(self) -> Floats:
        """(k,) third standardised moments."""
        whole = self.hits + self.misses
        lean = (self.misses - self.hits) / whole
        return lean * (whole + 2.0 * self.trials) / (whole + 2.0) / self.deviation

    @property
    def last(self) -> Floats:
        """(k,) the trials."""
        return self.trials

    def log_mass(self, count: Floats) -> Floats:
        """Return (k,) logs of the probability of ``count``."""
        rest = self.trials - count
        left, factor = log_mixed(np.stack((count, rest, self.hits, self.misses)))
        return left + 0.5 * np.log(factor)

    def odds(self, count: Floats) -> tuple[Floats, Floats]:
        """Return what the probabilities of two neighbours are in proportion to."""
        rest = self.trials - count
        return (self.hits + count) * rest, (count + 1.0) * (self.misses - 1.0 + rest)

    def pairs(self, count: Floats) -> tuple[Floats, Floats]:
        """Return (2, k) arguments of gamma functions, and how much greater those above are."""
        below = np.stack((count, self.trials - count)) + 1.0
        return below, np.stack((self.hits, self.misses)) - 1.0
