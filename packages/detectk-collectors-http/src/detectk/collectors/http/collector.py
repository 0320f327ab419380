"""Ask an HTTP endpoint, or Prometheus, for the points of a metric."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Final

from detectk.collectors.http.asking import Asking, secrets_of
from detectk.collectors.http.matrix import refusal_of
from detectk.collectors.http.options import HttpOptions
from detectk.collectors.http.prometheus import Prometheus
from detectk.collectors.http.reading import columns_of, inside
from detectk.collectors.http.records import Columns
from detectk.contracts.collector import Collector, Request
from detectk.contracts.part import Health
from detectk.contracts.rows import series_from_columns
from detectk.contracts.services import Services
from detectk.delivery import HttpFetcher, Patience
from detectk.errors import CollectError, DetectKError
from detectk.values.interval import Interval
from detectk.values.series import Series
from detectk.values.window import Window

__all__ = ["HttpCollector"]

_log = logging.getLogger(__name__)

_NO_QUESTION: Final = frozenset(
    {
        "auth",
        "base_url",
        "headers",
        "max_bytes",
        "max_series",
        "promql",
        "retry_count",
        "retry_delay",
        "timeout",
        "verify_ssl",
    }
)
_WORDS = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\#[^\n]*|[^\s"'`\#]+""")
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_ONLY_THE_PRESENT: Final = "the source tells only its present value: the past cannot be asked for"


class HttpCollector(Collector[HttpOptions]):
    """Asks one address, or the range API of Prometheus; connections are kept and shared."""

    def __init__(self, options: HttpOptions, services: Services) -> None:
        super().__init__(options, services)
        verify = options.verify_ssl
        self._asking = Asking(options, services)
        self._fetcher = HttpFetcher(
            Patience(
                timeout=options.timeout,
                attempts=options.retry_count + 1,
                delay=options.retry_delay,
                limit=options.max_bytes,
            ),
            clock=services.clock,
            verify=services.root / Path(verify).expanduser() if isinstance(verify, str) else verify,
            secrets=secrets_of(options),
            explain=refusal_of if options.mode == "prometheus" else lambda status, text: None,  # noqa: ARG005 - nothing to explain
        )
        self._prometheus = Prometheus(self._asking, self._fetcher)

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window; one value is a point of its newest interval.

        Raises:
            CollectError: The address cannot be read, or what it answers makes no series.
            ConfigError: A template cannot be filled in.
        """
        try:
            if self.options.mode == "prometheus":
                return self._prometheus.collect(request)
            if self._asks_for_the_past(request):
                _log.warning(_ONLY_THE_PRESENT, extra={"metric": request.metric})
                return []
            columns, options = self._columns(request), self.options
            if not (options.single or self._asking.uses_window):
                columns = inside(columns, options, request)
                options = options.model_copy(update={"timezone": "UTC"})
        except CollectError as error:
            error.where = error.where or request.metric
            raise
        return series_from_columns(columns, options, request)

    def check(self) -> Health:
        """Return whether the address answers with something that can be read."""
        now, grid = self.services.clock.now(), Interval(1, "hour")
        window = Window(grid.floor(now - _HOUR), grid.floor(now))
        # Nobody says the metric's name here; its file is mostly called like it.
        name = Path(self.services.where).stem or "check"
        request = Request(name, window, grid, now)
        try:
            if self.options.mode == "prometheus":
                return self._prometheus.check(request)
            columns = self._columns(request, attempts=1)
        except DetectKError as error:
            error.where = "" if error.where == name else error.where
            return Health(ok=False, detail=" ".join(str(error).split()))
        rows = len(next(iter(columns.values()), ()))
        count = "1 row" if rows == 1 else f"{rows} rows"
        return Health(ok=True, detail=f"{self._asking.outline(request)} answers with {count}")

    def describe(self, request: Request) -> str:
        """Return the request without secrets, or the PromQL and its range."""
        if self.options.mode == "prometheus":
            return self._prometheus.outline(request)
        return self._asking.outline(self._asked(request))

    def fingerprint(self) -> str:
        """Return 16 hex digits over the question: never over who asks, or over ``base_url``."""
        return self._fingerprint

    def close(self) -> None:
        """Let go of the connections."""
        self._fetcher.close()

    @cached_property
    def _fingerprint(self) -> str:
        meaning = self.options.model_dump(
            mode="json", exclude_defaults=True, exclude=set(_NO_QUESTION)
        )
        words = [word for word in _WORDS.findall(self.options.promql) if word[0] != "#"]
        text = json.dumps([meaning, words], sort_keys=True, default=str, ensure_ascii=False)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def _asks_for_the_past(self, request: Request) -> bool:
        """Whether today's answer would be stored as that of a day long gone."""
        if not self.options.single or self._asking.uses_window:
            return False
        patience = max(_DAY, request.interval.nominal)
        return request.execution_time - request.window.end > patience

    def _asked(self, request: Request) -> Request:
        """Return the request for the window that the answer describes.

        One value stands for the newest interval, so it must not be asked over a longer window.
        """
        window = request.window
        if not self.options.single or window.empty:
            return request
        return replace(request, window=Window(_newest(request), window.end))

    def _columns(self, request: Request, *, attempts: int | None = None) -> Columns:
        call = self._asking.call(self._asked(request))
        reply = self._fetcher.fetch(call, where=request.metric, attempts=attempts)
        try:
            return columns_of(reply, self.options, newest=_newest(request))
        except CollectError as error:
            error.message = self._fetcher.hide(error.message)
            error.where = request.metric
            raise


def _newest(request: Request) -> datetime:
    return max(request.window.start, request.interval.previous(request.window.end))
