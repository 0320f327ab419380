"""Statistical detectors: of values, counts, shares, levels, forecasts, and of what is missing.

Name one in a metric's YAML (``dtk list-detectors`` has them all), or import its class from the
module of its name: ``from detectk.detectors.mad import MadDetector``.
"""

__all__: list[str] = []
