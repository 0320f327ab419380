from __future__ import annotations

from math import erfc, log, pi, sqrt

import numpy as np
import pytest

from detectk.detectors.engine.normal import sigmas


def test_sigmas_invert_the_normal_tail() -> None:
    expected = np.linspace(0.05, 37.0, 400)
    logs = np.array([log(erfc(sigma / sqrt(2.0)) / 2.0) for sigma in expected])
    assert sigmas(logs) == pytest.approx(expected, rel=1e-10)
    (far,) = sigmas(np.array([-1e6]))
    assert far * far / 2 + log(far * sqrt(2 * pi)) == pytest.approx(1e6, rel=1e-9)
    assert sigmas(np.array([0.0, -0.5]))[0] == 0.0
    assert np.isfinite(sigmas(np.array([-np.inf]))).all()
