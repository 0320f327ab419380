"""The scale of borrowed residuals for those who go by means, to the last bit."""

from __future__ import annotations

from collections.abc import Sequence
from math import frexp, fsum, ldexp, nan, sqrt

__all__ = ["pool_scale"]


def pool_scale(residuals: Sequence[float]) -> float:
    """Return the root of the mean square of residuals, whatever their order.

    They are brought below 1 by a power of two first, so that no square overflows; each square is
    rounded, and so is their sum, once.

    Args:
        residuals: At most 2**1001 in magnitude.

    Returns:
        Scale in the metric's unit; 0.0 if all are 0, NaN if there are none.
    """
    if not residuals:
        return nan
    exponent = frexp(max(map(abs, residuals)))[1]
    shares = [ldexp(residual, -exponent) for residual in residuals]
    # Not `share**2`: a power is not rounded correctly everywhere.
    return ldexp(sqrt(fsum(share * share for share in shares) / len(shares)), exponent)
