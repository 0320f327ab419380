"""Every error DetectK raises, and the exit code each one means.

::

    DetectKError
    |- ConfigError      2   the user's file: YAML, schema, profile, reference, template
    |- PluginError      3   a component is not found, broken, in conflict, or breaks its contract
    |- StepError        4   a step of one metric's run failed
    |  |- CollectError
    |  |- StorageError
    |  |- DetectError
    |  `- AlertError
    `- LeaseHeldError  75   another run holds the metric
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "AlertError",
    "CollectError",
    "ConfigError",
    "DetectError",
    "DetectKError",
    "LeaseHeldError",
    "Place",
    "PluginError",
    "StepError",
    "StorageError",
]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in a user's file; line and column count from 1, 0 when unknown."""

    path: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.path
        return f"{self.path}:{self.line}:{self.column}"


class DetectKError(Exception):
    """Root of the tree; reads ``<where>: <what is wrong>; <what to do>``.

    Args:
        message: What is wrong, with the offending value, never a secret.
        where: A file place, a metric name or a component; empty when the message says it.
        hint: What to do about it.
    """

    exit_code: ClassVar[int] = 4

    def __init__(self, message: str, *, where: str | Place = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __copy__(self) -> Self:
        """Return a twin, however a subclass is built."""
        twin = type(self).__new__(type(self), *self.args)
        twin.__dict__.update(self.__dict__)
        return twin

    def __str__(self) -> str:
        head = f"{self.where}: " if str(self.where) else ""
        tail = f"; {self.hint}" if self.hint else ""
        return f"{head}{self.message}{tail}"


class ConfigError(DetectKError):
    """A user's file is wrong."""

    exit_code: ClassVar[int] = 2


class PluginError(DetectKError):
    """A component is missing, broken, in conflict or breaks its contract."""

    exit_code: ClassVar[int] = 3


class StepError(DetectKError):
    """A step of a metric's run failed.

    Args:
        message: What is wrong.
        where: The metric or component, for the sentence.
        hint: What to do.
        retryable: Whether the same call may succeed later without anybody's help.
    """

    exit_code: ClassVar[int] = 4
    step: ClassVar[str] = "run"
    retry_after: float | None = None
    """Seconds that the other side asked to wait, where it did."""

    def __init__(
        self,
        message: str,
        *,
        where: str | Place = "",
        hint: str = "",
        retryable: bool = False,
    ) -> None:
        super().__init__(message, where=where, hint=hint)
        self.retryable = retryable


class CollectError(StepError):
    """The source could not be read, or its rows make no series."""

    step: ClassVar[str] = "collect"


class StorageError(StepError):
    """History or state could not be read or written."""

    step: ClassVar[str] = "store"


class DetectError(StepError):
    """A detector could not judge."""

    step: ClassVar[str] = "detect"


class AlertError(StepError):
    """A message could not be delivered.

    Args:
        message: What the channel answered.
        where: The channel.
        hint: What to do.
        retryable: Whether sending again may help (429, 5xx, time-out).
        retry_after: Seconds the channel asked to wait, when it did.
    """

    step: ClassVar[str] = "deliver"

    def __init__(
        self,
        message: str,
        *,
        where: str | Place = "",
        hint: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, where=where, hint=hint, retryable=retryable)
        self.retry_after = retry_after


class LeaseHeldError(DetectKError):
    """Another live run holds the metric."""

    exit_code: ClassVar[int] = 75
