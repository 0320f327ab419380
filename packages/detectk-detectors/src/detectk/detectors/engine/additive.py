"""Separate seasonal features: one additive effect a feature, fitted in turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from detectk.detectors.engine.groups import Cell

__all__ = ["Fit", "fit_effects"]


@dataclass(frozen=True, slots=True)
class Fit:
    """A level and effects.

    Attributes:
        centre: What the target is expected to be.
        samples: Points of the target's thinnest group that gave an effect; all points if none.
        cells: The points by fitted value, with their residuals.
        least: Smallest value of the points whose fitted value is ``centre``; NaN if there are none.
        effects: How many features gave an effect.
    """

    centre: float
    samples: int
    cells: list[Cell]
    least: float
    effects: int


def fit_effects(
    points: Sequence[tuple[float, int]],
    codes: Sequence[Sequence[int]],
    target: Sequence[int],
    *,
    centre: Callable[[Sequence[tuple[float, int]]], float],
    least: int,
) -> Fit:
    """Fit ``value = level + effect of feature 1 + effect of feature 2 + ...``.

    Each effect is the centre of what the earlier ones leave, so that features which overlap (an
    hour of the day and a shift) are not counted twice, and nothing is ever divided by a level
    that may be near zero. A group of fewer than ``least`` points has no effect.

    Args:
        points: (value, microseconds) of the window, oldest first.
        codes: For each feature, the group of each point.
        target: For each feature, the group of the target.
        centre: Centre of such points.
        least: Points that make an effect.

    Source: one sweep of the median polish, Tukey (1977), ch. 11, when the centre is a median.
    """
    level = centre(points)
    left = [(value - level, at) for value, at in points]
    fitted = [level] * len(points)
    expected, samples, effects = level, len(points), 0
    for groups, wanted in zip(codes, target, strict=True):
        members: dict[int, list[tuple[float, int]]] = {}
        for point, code in zip(left, groups, strict=True):
            members.setdefault(code, []).append(point)
        effect = {code: centre(mine) for code, mine in members.items() if len(mine) >= least}
        left = [
            (value - effect.get(code, 0.0), at)
            for (value, at), code in zip(left, groups, strict=True)
        ]
        fitted = [value + effect.get(code, 0.0) for value, code in zip(fitted, groups, strict=True)]
        if wanted in effect:
            expected += effect[wanted]
            samples = min(samples, len(members[wanted]))
            effects += 1
    return Fit(expected, samples, *_cells(points, fitted, left, expected), effects)


def _cells(
    points: Sequence[tuple[float, int]],
    fitted: Sequence[float],
    left: Sequence[tuple[float, int]],
    expected: float,
) -> tuple[list[Cell], float]:
    members: dict[float, list[tuple[float, float]]] = {}
    for (value, _), centre, (residual, _) in zip(points, fitted, left, strict=True):
        members.setdefault(centre, []).append((residual, value))
    cells = [
        Cell(centre, [residual for residual, _ in mine], sum(value <= 0.0 for _, value in mine))
        for centre, mine in members.items()
    ]
    least = min((value for _, value in members.get(expected, ())), default=float("nan"))
    return cells, least
