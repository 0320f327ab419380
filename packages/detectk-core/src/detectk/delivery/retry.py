"""Try again what may pass: back-off with full jitter, bounded in attempts and in time."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from typing import TypeVar

from detectk.clock import Clock
from detectk.errors import StepError

__all__ = ["with_retry"]

T = TypeVar("T")
_log = logging.getLogger(__name__)


def with_retry(  # noqa: PLR0913 - one knob each
    call: Callable[[], T],
    *,
    clock: Clock,
    attempts: int = 3,
    base: float = 1.0,
    cap: float = 10.0,
    total: float = 30.0,
    chance: Callable[[], float] = random.random,
) -> T:
    """Return what ``call`` returns, calling it again after an error that may pass.

    The wait before attempt k is drawn from [0, min(cap, base * 2**(k - 1))]: full jitter keeps a
    thousand metrics from coming back at one moment. A channel that named a time (`Retry-After`)
    is left alone for at least that long; one that asks for more than is left of ``total`` gets
    no second call, since the next run will come back to it.

    Args:
        call: What to do.
        clock: Lets the waits pass and measures the calls.
        attempts: How often to call at most.
        base: Seconds; the longest first wait.
        cap: Seconds; no drawn wait is longer.
        total: Seconds for calls and waits together; no wait begins that would not fit.
        chance: Draws from [0, 1).

    Raises:
        StepError: The last one, or the first that is not retryable.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog (2015).
    """
    spent = 0.0
    for attempt in range(1, attempts):
        began = clock.monotonic()
        try:
            return call()
        except StepError as error:
            if not error.retryable:
                raise
            spent += clock.monotonic() - began
            wait = chance() * min(cap, base * 2 ** (attempt - 1)) + _asked_for(error)
            if spent + wait > total:
                raise
            _log.warning("trying again in %.1f s (attempt %d failed: %s)", wait, attempt, error)
        clock.sleep(wait)
        spent += wait
    return call()


def _asked_for(error: StepError) -> float:
    return error.retry_after or 0.0
