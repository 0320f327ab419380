"""Run chosen metrics and show what came of it: what ``run`` and ``run-tagged`` share."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from detectk.check import Checker, exit_code
from detectk.cli.moments import clock_at
from detectk.cli.outcome import outcome_of
from detectk.cli.settings import Output
from detectk.cli.telling import log_outcome, run_object, show
from detectk.config import Loaded, MetricConfig
from detectk.console.printing import json_object
from detectk.errors import ConfigError, DetectKError

__all__ = ["Wish", "check"]

_log = logging.getLogger(__name__)


class Wish(NamedTuple):
    """How a run is to be.

    Attributes:
        execution_time: What ``--execution-time`` says; empty for now.
        dry_run: Keep and send nothing.
        fail_on_anomaly: Let an anomaly be exit code 1.
        output: The form of the result.
    """

    execution_time: str = ""
    dry_run: bool = False
    fail_on_anomaly: bool = False
    output: Output = Output.text


def check(configs: Sequence[MetricConfig], loaded: Loaded, wish: Wish) -> int:
    """Run ``configs``, which are among what was ``loaded``, and return the exit code."""
    errors: list[DetectKError] = list(loaded.errors)
    if not configs and not errors:
        errors.append(_nothing(loaded))
    clock = clock_at(wish.execution_time)
    for error in errors:
        _log.error("%s", error)
    for config in configs:
        for warning in config.warnings:
            _log.warning("%s", warning, extra={"metric": config.name})
    with Checker(clock=clock) as checker:
        report = checker.run(configs, dry_run=wish.dry_run)
    outcomes = [
        outcome_of(metric, heard=any(one.enabled and one.block for one in config.alerters))
        for metric, config in zip(report.metrics, configs, strict=True)
    ]
    for outcome in outcomes:
        if outcome.report.error and not outcome.report.seconds:  # it never reached the pipeline
            _log.error("%s", outcome.report.error, extra={"metric": outcome.report.metric})
        log_outcome(outcome)
    code = exit_code(report, errors, fail_on_anomaly=wish.fail_on_anomaly)
    if wish.output is Output.json:
        json_object(run_object(outcomes, errors, at=report.at.isoformat(), code=code))
    else:
        show(outcomes, errors, dry_run=wish.dry_run)
    return code


def _nothing(loaded: Loaded) -> ConfigError:
    if loaded.load_definitions:
        path = loaded.load_definitions[0].path
        return ConfigError(
            "only defines a historical load, so there is nothing to check",
            where=str(path),
            hint=f"dtk load-history {path}",
        )
    return ConfigError("there is no metric", hint="dtk init metrics/my_metric.yaml writes one")
