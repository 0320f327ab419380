"""Judge shares of small numbers by how improbable they are at the share of the window."""

from __future__ import annotations

import numpy as np

from detectk.contracts.detector import Task
from detectk.detectors.engine.counting import CountingDetector, Reading
from detectk.detectors.engine.evidence import Evidence
from detectk.detectors.engine.laws import BetaBinomial
from detectk.detectors.engine.noise import ShareNoise
from detectk.detectors.engine.usual import MOST, Tally
from detectk.detectors.options_counts import BinomialOptions
from detectk.errors import DetectError
from detectk.values.arrays import Floats, Indices

__all__ = ["BinomialDetector"]

_PRIOR = 0.5
_MOST_CORRELATED = 0.99
_ROUNDING = 1e-6


class BinomialDetector(CountingDetector[BinomialOptions]):
    """Flags shares that the window makes rarer than a normal value of ``n_sigma``.

    The successes among an interval's trials are taken to be beta-binomial: a binomial count whose
    proportion is uncertain because the window had few trials, and scatters by itself because
    trials are not independent. So 2 failures of 3 are nothing, and 200 of 300 are an alert;
    an interval weighs in the window what its trials weigh.

    An interval without trials has no share: it is not judged. Neither is one whose share is
    outside of [0, 1] or whose trials are unknown; ``problem`` says so.
    """

    def read(self, task: Task) -> Reading:
        """Return the values as successes among trials."""
        options, values = self.options, task.series.values
        trials = np.minimum(self._trials(task), MOST)
        counts = np.isfinite(trials) & (trials >= 0.0)
        some = counts & (trials >= 1.0)
        among = np.where(some, trials, 1.0)
        whole = among
        if options.value_is == "share":
            whole = np.full(len(values), 100.0 if options.percent else 1.0)
        unit = np.where(some, whole / among, np.nan)
        share = values / whole
        inside = (share >= -_ROUNDING) & (share <= 1.0 + _ROUNDING)
        events = np.rint(np.where(some & inside, share, np.nan) * among)
        present = np.isfinite(values)
        problem = np.where(present & some & ~inside, "the share is not between 0 and 1", "")
        problem = np.where(present & counts & ~some, "there were no trials", problem)
        problem = np.where(present & ~counts, "the number of trials is unknown", problem)
        return Reading(Tally(events, among, ShareNoise()), unit, problem)

    def law(self, evidence: Evidence, rows: Indices, trials: Floats) -> BetaBinomial:
        """Return the predictive distributions.

        With Jeffreys' prior, the proportion after s successes of n is beta distributed with
        s + 1/2 and n - s + 1/2, so the next count is beta-binomial. Correlation of trials of an
        interval, in the next one and in those before it, adds to the variance.

        Source: Gelman et al. (2013), Bayesian Data Analysis, section 2.4.
        """
        events, among = evidence.events[rows], np.maximum(evidence.trials[rows], 1.0)
        correlated = np.minimum(evidence.dispersion[rows], _MOST_CORRELATED)
        uncertain = (1.0 - correlated) / (among + 2.0) + correlated / evidence.samples[rows]
        together = correlated + (1.0 - correlated) * uncertain
        share = np.clip((events + _PRIOR) / (among + 1.0), 0.0, 1.0 - _PRIOR / (among + 1.0))
        weight = 1.0 / together - 1.0
        return BetaBinomial(trials, share * weight, (1.0 - share) * weight)

    def _trials(self, task: Task) -> Floats:
        """Return (n,) whole numbers of trials; NaN where they are unknown."""
        name, context = self.options.trials, task.series.context
        if name not in context:
            columns = ", ".join(sorted(context)) or "none"
            raise DetectError(
                f"trials {name!r} is not a context column (there: {columns})",
                where=self.services.where,
                hint=f"add {name!r} to the collector's context_columns",
            )
        column = context[name]
        if column.dtype.kind in "biuf":
            trials = column.astype(np.float64)
        else:
            trials = np.array([_number(entry) for entry in column.tolist()], dtype=np.float64)
        whole: Floats = np.rint(trials)
        return whole


def _number(entry: object) -> float:
    """Read a number, or its text; NaN for anything else."""
    try:
        return float(entry)  # type: ignore[arg-type]  # what is no number is an answer, too
    except (TypeError, ValueError):
        return float("nan")
