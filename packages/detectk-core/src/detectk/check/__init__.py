"""Check metrics: config, catalogue and clock become live parts, and the pipeline runs them."""

from detectk.check.checker import Checker, Connection, Past
from detectk.check.housekeeping import Cleaned, Unlocked
from detectk.check.metric_check import MetricCheck
from detectk.check.outcome import CheckResult, Detection, exit_code, result_of
from detectk.check.preview import Preview
from detectk.check.trial import detect, detect_file

__all__ = [
    "CheckResult",
    "Checker",
    "Cleaned",
    "Connection",
    "Detection",
    "MetricCheck",
    "Past",
    "Preview",
    "Unlocked",
    "detect",
    "detect_file",
    "exit_code",
    "result_of",
]
