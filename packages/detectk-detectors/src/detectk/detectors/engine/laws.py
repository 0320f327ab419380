"""Distributions of counts of which the rate, or the share, is not quite known."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from detectk.detectors.engine.stirling import gamma_growth, log_binomial, total
from detectk.values.arrays import Floats, Indices

__all__ = ["BetaBinomial", "BetaNegativeBinomial", "Law"]


class Law(ABC):
    """Distributions on 0, 1, 2, ..., one a lane.

    Its probabilities are products of gamma functions of ``y + x`` and ``y - x``; what differs
    between two laws is which.
    """

    __slots__ = ()

    SENSES: ClassVar[Floats]
    """(2,) +1 where the arguments of a pair of gamma functions grow with the count, or -1."""

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
    def ratio(self, count: Floats) -> Floats:
        """Return (..., k) the probability of ``count + 1`` over that of ``count``."""

    @abstractmethod
    def pairs(self, count: Floats) -> tuple[Floats, Floats]:
        """Return the arguments of the gamma functions that depend on ``count``.

        Returns:
            (2, k) those below the line, and (2, k) how much greater those above it are.
        """

    def slope(self, count: Floats) -> Floats:
        """Return (k,) the derivative of the log of the probability, by the digamma series."""
        y, more = self.pairs(count)
        rise = np.log1p(more / y) - 0.5 / (y + more) + 0.5 / y
        return total(self.SENSES[:, None] * rise)

    def growth(self, count: Floats, step: Floats) -> Floats:
        """Return (j, k) the log of the probability ``step`` after ``count`` over that at it.

        Args:
            count: (k,), with every argument of a gamma function at least 30, there and then.
            step: (j, k), not necessarily whole.
        """
        y, more = self.pairs(count)
        steps = self.SENSES[:, None, None] * step
        return total(gamma_growth(y[:, None, :], more[:, None, :], steps))

    @classmethod
    def joined(cls, laws: Sequence[Law]) -> Law:
        """Return the lanes of ``laws``, all of this kind, one after the other."""
        names = [field.name for field in fields(cls)]  # type: ignore[arg-type]  # every law is a dataclass of columns
        return cls(*(np.concatenate([getattr(law, name) for law in laws]) for name in names))

    def take(self, index: Indices) -> Law:
        """Return the lanes at ``index``."""
        columns = (getattr(self, field.name)[index] for field in fields(self))  # type: ignore[arg-type]  # every law is a dataclass of columns
        return type(self)(*columns)


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

    SENSES: ClassVar[Floats] = np.array([1.0, 1.0])

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
        size, events, trials = self.size, self.events, self.trials
        above, below = events + count, trials + size
        share = (count * trials - size * events) / (above + below)
        chosen, mixture, both = log_binomial(
            np.concatenate((count, events, above)),
            np.concatenate((size, trials, below)),
            np.concatenate((share, -share, np.zeros_like(share))),
        ).reshape(3, -1)
        mixed = (trials / below) * (events / above) * ((above + below) / (events + trials))
        return chosen + mixture - both + np.log(mixed * (size / (size + count)))

    def ratio(self, count: Floats) -> Floats:
        """Return (..., k) the probability of ``count + 1`` over that of ``count``."""
        whole = self.events + self.trials + self.size + count
        return (self.size + count) / (count + 1.0) * ((self.events + count) / whole)

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

    SENSES: ClassVar[Floats] = np.array([1.0, -1.0])

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
        hits, misses, rest = self.hits, self.misses, self.trials - count
        whole = hits + misses
        share = (count * misses - rest * hits) / (whole + self.trials)
        mixed = whole * ((self.trials + whole) / ((hits + count) * (misses + rest)))
        chosen, mixture, both = log_binomial(
            np.concatenate((count, hits, hits + count)),
            np.concatenate((rest, misses, misses + rest)),
            np.concatenate((share, -share, np.zeros_like(share))),
        ).reshape(3, -1)
        return chosen + mixture - both + np.log(mixed * (hits / whole) * (misses / whole))

    def ratio(self, count: Floats) -> Floats:
        """Return (..., k) the probability of ``count + 1`` over that of ``count``."""
        rest = self.trials - count
        return (self.hits + count) / (count + 1.0) * (rest / (self.misses + rest - 1.0))

    def pairs(self, count: Floats) -> tuple[Floats, Floats]:
        """Return (2, k) arguments of gamma functions, and how much greater those above are."""
        below = np.stack((count, self.trials - count)) + 1.0
        return below, np.stack((self.hits, self.misses)) - 1.0
