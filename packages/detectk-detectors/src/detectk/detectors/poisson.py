"""Judge counts of events by how improbable they are at the rate of the window."""

from __future__ import annotations

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.counting import CountingDetector, Reading
from detectk.detectors.engine.evidence import Evidence
from detectk.detectors.engine.laws import BetaNegativeBinomial
from detectk.detectors.engine.noise import CountNoise
from detectk.detectors.engine.usual import MOST, Tally
from detectk.detectors.options_counts import PoissonOptions
from detectk.values.arrays import Floats, Indices

__all__ = ["PoissonDetector"]

_PRIOR = 0.5
_NONE = 1e-6


class PoissonDetector(CountingDetector[PoissonOptions]):
    """Flags counts that the rate of the window makes rarer than a normal value of ``n_sigma``.

    The count of an interval is taken to be negative binomial: a Poisson count whose rate is
    uncertain because the window is short, and scatters by itself because real events come in
    bunches. A single event after weeks without any is therefore judged by how long they were.

    Values need not be whole (a sampled or averaged count): one between two counts is judged as
    the one farther from the mean. A negative value is no count; it is not judged, enters no
    baseline, and ``problem`` says so.

    **Zero from an established rate is always an anomaly**: where 10 or more are expected and
    none of the 100 or more points of the window was zero, the lower bound is at least 1.
    """

    keeps_zero_out = True

    def read(self, task: Task) -> Reading:
        """Return the values as counts."""
        values = task.series.values
        negative = values < 0.0
        events = np.where(np.isfinite(values) & ~negative, np.minimum(values + 0.0, MOST), np.nan)
        one = np.ones(len(values))
        problem = np.where(negative, "a count cannot be negative", "")
        return Reading(Tally(events, one, CountNoise(), alike=True), one, problem)

    def law(self, evidence: Evidence, rows: Indices, trials: Floats) -> BetaNegativeBinomial:
        """Return the predictive distributions.

        After n negative binomial counts of size k that add up to s, size / (size + rate) is beta
        distributed with s + 1/2 and n k: Jeffreys' prior, also for the Poisson distribution that
        k -> infinity leads to. Few counts that scatter say little of the rate: the tail is then
        a power of the count.

        Source: Gelman et al. (2013), Bayesian Data Analysis, sections 2.6 and 2.8.
        """
        del trials
        samples = evidence.samples[rows].astype(np.float64)
        events = evidence.events[rows] + _PRIOR
        least = _NONE / np.maximum(events / samples, 1.0)
        size = 1.0 / np.maximum(evidence.dispersion[rows], least)
        return BetaNegativeBinomial(size, events, samples * size)
