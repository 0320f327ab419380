"""The compiled functions with their documentation, or an error that says they are missing."""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING

try:
    from detectk.kernels import _sliding
except ImportError:
    _compiled = False
else:
    _compiled = True

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["available", "effects", "moments", "order", "pooled", "weighted"]

available: bool = _compiled and environ.get("DETECTK_KERNELS") != "off"
"""Whether the functions can be called; the environment may say ``DETECTK_KERNELS=off``."""


def order(  # noqa: PLR0913, PLR0917  # the buffers of one call, in the order of the C face
    values: Buffer,
    low: Buffer,
    high: Buffer,
    median: Buffer,
    deviation: Buffer | None,
    tail: Buffer | None,
    first: Buffer | None,
    third: Buffer | None,
    least: Buffer | None,
    /,
) -> None:
    """Write order statistics of each window ``values[low[j]:high[j]]``.

    A window without a value gives NaN everywhere. Nobody else may write to a buffer meanwhile.

    Args:
        values: (m,) float64, finite, at most 2**1000 either way, without -0.0.
        low: (k,) int64, never falls; 0 <= low <= high <= m.
        high: (k,) int64, never falls.
        median: (k,) float64, written: mean of the two middle values of an even count.
        deviation: (k,) float64, written: median of ``|x - median|``, where ``first`` is None or
            equals ``third``, otherwise NaN. Or None.
        tail: (k,) float64, written: 0.95 quantile of ``|x - median|`` where ``deviation`` is 0,
            otherwise NaN. None exactly if ``deviation`` is.
        first: (k,) float64, written: 0.25 quantile. Or None.
        third: (k,) float64, written: 0.75 quantile. None exactly if ``first`` is.
        least: (k,) float64, written: the smallest value. Or None.

    Raises:
        TypeError: a buffer of another kind, or none at all.
        ValueError: a buffer of another length or with what it may not hold.
        RuntimeError: the functions are not available.

    Source: Hyndman & Fan (1996), type 7, for the quantiles.
    """
    _present()
    _sliding.order(values, low, high, median, deviation, tail, first, third, least)


def moments(values: Buffer, low: Buffer, high: Buffer, mean: Buffer, deviation: Buffer, /) -> None:
    """Write mean and population standard deviation of each window ``values[low[j]:high[j]]``.

    Both come from exact sums, so they depend on nothing but what the window holds.

    Args:
        values: (m,) float64, as for ``order``.
        low: (k,) int64, as for ``order``.
        high: (k,) int64, as for ``order``.
        mean: (k,) float64, written: correctly rounded; NaN without a value.
        deviation: (k,) float64, written: within two units in the last place; 0 if all values are
            equal, NaN without a value.

    Raises:
        TypeError: a buffer of another kind, or none at all.
        ValueError: a buffer of another length or with what it may not hold.
        RuntimeError: the functions are not available.
    """
    _present()
    _sliding.moments(values, low, high, mean, deviation)


def weighted(  # noqa: PLR0913, PLR0917  # the buffers of one call, in the order of the C face
    values: Buffer,
    mass: Buffer,
    exponent: Buffer | None,
    low: Buffer,
    high: Buffer,
    offset: Buffer | None,
    median: Buffer,
    deviation: Buffer | None,
    tail: Buffer | None,
    first: Buffer | None,
    third: Buffer | None,
    /,
) -> None:
    """Write weighted order statistics of each window ``values[low[j]:high[j]]``.

    The weight of point i in window j is ``mass[i] * 2**(exponent[i] - exponent[high[j] - 1])``, 0
    where that exponent is below -22; or, without ``exponent``, ``mass[i] + offset[j]``. A quantile
    q is the smallest value whose cumulative weight exceeds q of the total, ties together; where
    one meets it exactly, the mean of it and of the next greater value that has a weight.

    Args:
        values: (m,) float64, as for ``order``.
        mass: (m,) int64; with ``exponent`` from 2**20 to below 2**21.
        exponent: (m,) int64, never falls within a window. Or None.
        low: (k,) int64, as for ``order``.
        high: (k,) int64, as for ``order``; at most 2**20 points in a window.
        offset: (k,) int64; each weight is positive, the greatest times their count below
            2**63. None exactly if ``exponent`` is not.
        median: (k,) float64, written.
        deviation: (k,) float64, written, as ``order`` does. Or None.
        tail: (k,) float64, written, as ``order`` does. None exactly if ``deviation`` is.
        first: (k,) float64, written: 0.25 quantile. Or None.
        third: (k,) float64, written: 0.75 quantile. None exactly if ``first`` is.

    Raises:
        TypeError: a buffer of another kind, or none at all.
        ValueError: a buffer of another length or with what it may not hold.
        RuntimeError: the functions are not available.
    """
    _present()
    _sliding.weighted(
        values, mass, exponent, low, high, offset, median, deviation, tail, first, third
    )


def pooled(  # noqa: PLR0913, PLR0917  # the buffers of one call, in the order of the C face
    values: Buffer,
    codes: Buffer,
    groups: int,
    low: Buffer,
    high: Buffer,
    wanted: Buffer,
    enough: int,
    by_mean: int,
    centre: Buffer,
    size: Buffer,
    least: Buffer,
    pool: Buffer,
    zeros: Buffer,
    deviation: Buffer,
    tail: Buffer | None,
    first: Buffer | None,
    third: Buffer | None,
    /,
) -> None:
    """Write the centre of each target's group, and the scale its neighbours in level lend.

    In the window ``values[low[j]:high[j]]`` every group of two or more values lends: its level is
    its median (``by_mean``: its mean), its residuals are ``x - centre`` of its *other* values
    (with ``enough`` values or more: ``x - level``). A target borrows from the groups in order of
    ``|level - own level|``, groups at equal distance together, until it has ``enough`` residuals.

    Args:
        values: (m,) float64, as for ``order``, but in order of time.
        codes: (m,) int64 in [0, groups): the group of each value.
        groups: number of groups.
        low: (k,) int64, as for ``order``.
        high: (k,) int64, as for ``order``.
        wanted: (k,) int64 in [-1, groups): the group of each target; of a target with -1 nothing
            is written.
        enough: residuals that a target looks for, 1 or more.
        by_mean: 1 for means and standard deviations, 0 for order statistics.
        centre: (k,) float64, written: centre of the target's own group.
        size: (k,) int64, written: values in it; 0 gives NaN and borrows nothing.
        least: (k,) float64, written: the smallest of them.
        pool: (k,) int64, written: residuals borrowed.
        zeros: (k,) int64, written: how many of the values behind them are not above 0.
        deviation: (k,) float64, written: median of ``|r|`` of the residuals, under the conditions
            of ``order``; ``by_mean``: root of the mean of their squares.
        tail: (k,) float64, written: as ``order`` does, of ``|r|``. None exactly if ``by_mean``.
        first: (k,) float64, written: 0.25 quantile of the residuals. Or None, and with ``by_mean``.
        third: (k,) float64, written: 0.75 quantile of them. None exactly if ``first`` is.

    Raises:
        TypeError: a buffer of another kind, or none at all.
        ValueError: a buffer of another length or with what it may not hold.
        RuntimeError: the functions are not available.
    """
    _present()
    _sliding.pooled(
        values,
        codes,
        groups,
        low,
        high,
        wanted,
        enough,
        by_mean,
        centre,
        size,
        least,
        pool,
        zeros,
        deviation,
        tail,
        first,
        third,
    )


def effects(  # noqa: PLR0913, PLR0917  # the buffers of one call, in the order of the C face
    values: Buffer,
    groups: Buffer,
    codes: Buffer,
    low: Buffer,
    high: Buffer,
    wanted: Buffer,
    fewest: int,
    enough: int,
    by_mean: int,
    centre: Buffer,
    size: Buffer,
    effects: Buffer,
    least: Buffer,
    pool: Buffer,
    zeros: Buffer,
    deviation: Buffer,
    tail: Buffer | None,
    first: Buffer | None,
    third: Buffer | None,
    /,
) -> None:
    """Write what one additive effect a feature makes of each target, and the spread of the rest.

    The level of a window is its median, or its mean. Feature by feature, the effect of each group
    of ``fewest`` values or more is that of what the level and the features before leave of them; a
    smaller group has none. A target borrows what all of this leaves of the values fitted nearest
    to its own expectation, those at equal distance together, until it has ``enough``.

    Args:
        values: (m,) float64, as for ``order``, in order of time.
        groups: (f,) int64: groups of each of 1 to 16 features, 0 to 2**24.
        codes: (f * m,) int64: group of each value, one feature after another, ``0 <= codes <
            groups``.
        low: (k,) int64, as for ``order``.
        high: (k,) int64, as for ``order``.
        wanted: (f * k,) int64: group of each target, one feature after another.
        fewest: Values that make an effect.
        enough: Residuals to borrow.
        by_mean: 1 for means and their squares, 0 for order statistics.
        centre: (k,) float64, written: the level and the effects of the target's groups.
        size: (k,) int64, written: values in the smallest of its groups that has an effect; in the
            window if none has.
        effects: (k,) int64, written: how many of its groups have one.
        least: (k,) float64, written: the smallest value whose fitted value is ``centre``; NaN if
            there is none.
        pool: (k,) int64, written, as by ``pooled``.
        zeros: (k,) int64, written, as by ``pooled``.
        deviation: (k,) float64, written, as by ``pooled``.
        tail: (k,) float64, written, as by ``pooled``. None exactly if ``by_mean``.
        first: (k,) float64, written, as by ``pooled``. Or None, and with ``by_mean``.
        third: (k,) float64, written, as by ``pooled``. None exactly if ``first`` is.

    Raises:
        TypeError: a buffer of another kind, or none at all.
        ValueError: a buffer of another length or with what it may not hold.
        RuntimeError: the functions are not available.

    Source: one sweep of the median polish, Tukey (1977), ch. 11, when the centre is a median.
    """
    _present()
    _sliding.effects(
        values,
        groups,
        codes,
        low,
        high,
        wanted,
        fewest,
        enough,
        by_mean,
        centre,
        size,
        effects,
        least,
        pool,
        zeros,
        deviation,
        tail,
        first,
        third,
    )


def _present() -> None:
    if not available:
        raise RuntimeError(
            "detectk.kernels: not compiled here, or DETECTK_KERNELS is 'off'; "
            "ask `available` first, or install detectk-kernels where a C compiler is"
        )
