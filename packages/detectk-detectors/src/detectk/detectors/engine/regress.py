"""Fit many small linear regressions at once, each bit for bit as if it were the only one.

Sums of an array library depend on its shape and on the processor, so every sum here is made of
elementwise steps whose order depends on the length of a window alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from detectk.detectors.engine.judged import Flags
from detectk.detectors.engine.rows import OrderedRows
from detectk.values.arrays import Floats, Indices

__all__ = ["Regression", "folded"]

_PASSES = 2
_HUBER = 2.0
_RIDGE = 1e-6
_TINY = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """Coefficients of k regressions, each fitted to a window.

    Attributes:
        coefficients: (q, k) one row a regressor.
        scale: (k,) standard deviation of what the regression leaves, read off its tail; 0 if
            fewer than one in fifty is left anything.
        samples: (k,) rows of the window that were fitted.
    """

    coefficients: Floats
    scale: Floats
    samples: Indices

    @classmethod
    def fit(cls, design: Floats, target: Floats, usable: Flags) -> Regression:
        """Fit ``target`` by least squares, then again with the outliers weighed down.

        Args:
            design: (q, k, w) regressors of the w rows of each window, of a size around 1; 0
                where they are not usable.
            target: (k, w) what they are to explain, likewise.
            usable: (k, w) the rows that count.

        Source: Huber (1981), ch. 7: iteratively reweighted least squares; a ridge of a millionth
        keeps regressors apart that are the same.
        """
        samples = np.count_nonzero(usable, axis=1)
        weights = usable.astype(np.float64)
        regressors = len(design)
        for round_ in range(_PASSES):
            normal = _normal(design, target, weights)
            places = np.arange(regressors)
            normal[places, places] += _RIDGE * np.maximum(samples, 1)
            coefficients = _solved(normal)
            left = target.copy()
            for regressor, coefficient in zip(design, coefficients, strict=True):
                left -= coefficient[:, None] * regressor
            size = np.abs(left)
            ordered = OrderedRows(np.where(usable, size, np.nan))
            if round_ + 1 < _PASSES:
                near = np.fmax(_HUBER * ordered.scale(), _TINY)[:, None]
                weights = usable * (near / np.maximum(size, near))
        spare = samples / np.maximum(samples - regressors, 1)
        scale = ordered.tail() * np.sqrt(spare)
        return cls(coefficients, scale, samples)


def folded(terms: Floats) -> Floats:
    """Return the sums over the last axis; the terms are lost.

    The upper half is added to the lower one, again and again.
    """
    left = terms.shape[-1]
    while left > 1:
        half = (left + 1) // 2
        terms[..., : left - half] += terms[..., half:left]
        left = half
    sums: Floats = terms[..., 0]
    return sums


def _normal(design: Floats, target: Floats, weights: Floats) -> Floats:
    """Return the (q, q + 1, k) weighted normal equations."""
    count, size, width = design.shape
    terms = np.empty((count * (count + 3) // 2, size, width))
    begin = 0
    for place in range(count):
        weighed = design[place] * weights
        end = begin + count - place
        np.multiply(design[place:], weighed, out=terms[begin:end])
        np.multiply(target, weighed, out=terms[end])
        begin = end + 1
    sums = folded(terms)
    normal = np.empty((count, count + 1, size))
    begin = 0
    for place in range(count):
        end = begin + count - place + 1
        normal[place, place:] = sums[begin:end]
        normal[place:, place] = sums[begin : end - 1]
        begin = end
    return normal


def _solved(normal: Floats) -> Floats:
    """Return the (q, k) solutions of (q, q + 1, k) positive definite equations."""
    count = len(normal)
    for place in range(count - 1):
        share = normal[place + 1 :, place] / normal[place, place]
        normal[place + 1 :, place:] -= share[:, None] * normal[place, place:]
    solution = np.empty((count, normal.shape[2]))
    for place in range(count - 1, -1, -1):
        solution[place] = normal[place, count] / normal[place, place]
        normal[:place, count] -= normal[:place, place] * solution[place]
    return solution
