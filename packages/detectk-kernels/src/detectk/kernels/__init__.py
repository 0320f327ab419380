"""Statistics of sliding windows, compiled, exact, and independent of the windows before.

``available`` says whether the functions were compiled when this was installed. Without them the
detectors do the same in Python, bit for bit and slower.
"""

from detectk.kernels.sliding import available, effects, moments, order, pooled, weighted

__all__ = ["available", "effects", "moments", "order", "pooled", "weighted"]
