"""The Python API of the first release: one file in, one result out."""

from __future__ import annotations

from datetime import datetime, timezone
from os import PathLike

from detectk.check.checker import Checker
from detectk.check.outcome import CheckResult, result_of
from detectk.clock import Clock, SystemClock, VirtualClock
from detectk.config import ConfigLoader
from detectk.errors import ConfigError, DetectKError

__all__ = ["MetricCheck"]


class MetricCheck:
    """Checks one metric at a time.

    Args:
        config_loader: Reads the files; a new one by default.
        clock: The machine's by default.
    """

    def __init__(
        self, config_loader: ConfigLoader | None = None, *, clock: Clock | None = None
    ) -> None:
        self._loader = config_loader or ConfigLoader()
        self._clock = clock or SystemClock()

    def execute(
        self, config_path: str | PathLike[str], execution_time: datetime | str | None = None
    ) -> CheckResult:
        """Check the metric of a file once and return what happened.

        Args:
            config_path: The metric's file.
            execution_time: Run as if it were this time; naive is UTC, text is ISO 8601.

        Returns:
            The result; whatever failed at run time is in its ``errors``.

        Raises:
            ConfigError: The file, or ``execution_time``, is wrong.
        """
        clock = self._clock if execution_time is None else VirtualClock(_moment(execution_time))
        path = str(config_path)
        config = self._loader.load(path)
        try:
            with Checker(loader=self._loader, clock=clock) as checker:
                report = checker.run([config])
        except ConfigError:
            raise
        except DetectKError as error:
            return CheckResult(config.name, errors=(str(error),))
        result = result_of(report.metrics[0])
        if isinstance(report.metrics[0].error, ConfigError):
            raise report.metrics[0].error
        return result


def _moment(at: datetime | str) -> datetime:
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at.replace("Z", "+00:00"))
        except ValueError as error:
            msg = f"execution time {at!r} is no ISO 8601 time"
            raise ConfigError(msg, hint="write it like 2024-01-31T10:00:00+00:00") from error
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)
