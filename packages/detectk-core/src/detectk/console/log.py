"""The log: one format, on standard error, in UTC, without secrets."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from detectk.console.secrets import redact

__all__ = ["LogFormat", "about", "set_up"]

_metric: ContextVar[str] = ContextVar("detectk_metric", default="-")
_CHATTY = ("httpx", "httpcore", "urllib3", "asyncio")


@contextmanager
def about(metric: str) -> Iterator[None]:
    """Mark every line logged inside as being about ``metric``; holds for this thread or task."""
    token = _metric.set(metric)
    try:
        yield
    finally:
        _metric.reset(token)


def set_up(verbosity: int = 0) -> None:
    """Send the log to standard error; a second call replaces the first.

    Args:
        verbosity: -2 errors only, -1 warnings, 0 what happens, 1 why (``-v``), 2 that of other
            libraries too (``-vv``).
    """
    ours = {-2: logging.ERROR, -1: logging.WARNING, 0: logging.INFO}
    level = logging.DEBUG if verbosity > 0 else ours[max(-2, verbosity)]
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, _ToStandardError)]:
        root.removeHandler(handler)
    handler = _ToStandardError()
    handler.setFormatter(LogFormat())
    root.addHandler(handler)
    root.setLevel(level if verbosity > 1 else max(level, logging.WARNING))
    logging.getLogger("detectk").setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


class LogFormat(logging.Formatter):
    """``YYYY-mm-dd HH:MM:SS LEVEL [metric] message``, in UTC; ``-`` where there is no metric.

    The metric is that of `about`, or the record's own: ``log.info(..., extra={"metric": name})``.
    """

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s [%(metric)s] %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with any traceback below it, without secrets."""
        if not hasattr(record, "metric"):
            record.metric = _metric.get()
        return redact(super().format(record))


class _ToStandardError(logging.Handler):
    """Looks standard error up for each line, so that a progress bar may borrow it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except (OSError, ValueError):  # closed, or full: a log must not stop a run
            return
