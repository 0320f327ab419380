"""Statistical detectors: threshold, mad, zscore, iqr and missing_data.

Name one in a metric's YAML, or import its class from the module of its name:
``from detectk.detectors.mad import MadDetector``.
"""

__all__: list[str] = []
