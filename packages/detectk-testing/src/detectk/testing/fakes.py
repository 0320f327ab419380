"""Parts that do as they are told, for tests of what uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from detectk.contracts.alerter import Alerter, Sent
from detectk.contracts.collector import Collector, Request
from detectk.contracts.options import Options
from detectk.contracts.part import Health
from detectk.contracts.services import Services
from detectk.errors import AlertError, CollectError
from detectk.values.message import Message
from detectk.values.series import Series

__all__ = ["FakeCollector", "RecordingAlerter"]


class FakeCollector(Collector[Options]):
    """Gives the series it was made with, cut to the window.

    Args:
        source: Series, or what makes them of a request.
        services: As for every part.

    Attributes:
        requests: What it was asked, in order.
        error: Raised instead of an answer, while it is set.
    """

    def __init__(
        self,
        source: Sequence[Series] | Callable[[Request], Sequence[Series]],
        services: Services | None = None,
    ) -> None:
        super().__init__(Options(), services or Services())
        self._source = source
        self.requests: list[Request] = []
        self.error: CollectError | None = None

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the points of the window, or raise `error`."""
        self.requests.append(request)
        if self.error:
            raise self.error
        series = self._source(request) if callable(self._source) else self._source
        cut = (item.within(request.window) for item in series)
        return [item for item in cut if len(item)]

    def check(self) -> Health:
        """Return whether `error` is unset."""
        return Health(ok=self.error is None, detail=str(self.error or "fake"))

    def fingerprint(self) -> str:
        """Return the same text every time."""
        return "fake"


@dataclass(slots=True)
class _Failures:
    left: int = 0
    error: AlertError = field(default_factory=lambda: AlertError("told to fail"))


class RecordingAlerter(Alerter[Options]):
    """Remembers what it was told to send, and fails on demand.

    Args:
        services: As for every part.

    Attributes:
        messages: What was sent, in order.
        attempts: What it was asked to send, failures included.
    """

    def __init__(self, services: Services | None = None) -> None:
        super().__init__(Options(), services or Services())
        self.messages: list[Message] = []
        self.attempts: list[Message] = []
        self._failures = _Failures()

    def fail(self, times: int = 1, *, error: AlertError | None = None) -> None:
        """Refuse the next ``times`` messages with ``error``."""
        self._failures = _Failures(times, error or AlertError("told to fail", retryable=True))

    def send(self, message: Message) -> Sent:
        """Keep the message, or refuse it."""
        self.attempts.append(message)
        if self._failures.left:
            self._failures.left -= 1
            raise self._failures.error
        self.messages.append(message)
        return Sent(reference=str(len(self.messages)))
