"""Ask Prometheus for the points of a metric, in as many ranges as it takes."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np

from detectk.collectors.http.asking import Asking
from detectk.collectors.http.matrix import (
    Pairs,
    Points,
    Range,
    data_of,
    joined,
    samples,
)
from detectk.collectors.http.options import HttpOptions
from detectk.collectors.http.reading import document_of
from detectk.contracts.collector import Request
from detectk.contracts.part import Health
from detectk.delivery import Call, HttpFetcher
from detectk.delivery.address import public_url
from detectk.errors import CollectError
from detectk.values.labels import Labels
from detectk.values.series import Series

__all__ = ["Prometheus"]

_log = logging.getLogger(__name__)

_MOST_POINTS: Final = 11_000
"""What Prometheus evaluates of one series in one request."""

_API: Final = re.compile(r"/api/v1/(query|query_range)/?$")
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
_NAME: Final = "__name__"

_Found: TypeAlias = dict[Pairs, list[Points]]


class Prometheus:
    """Runs one PromQL expression on the grid of a metric.

    Prometheus looks back from the moment of an evaluation, so an interval is described by the
    one at its end; ``at: start`` asks for the moment at which it begins.
    """

    def __init__(self, asking: Asking, fetcher: HttpFetcher) -> None:
        self._asking, self._fetcher = asking, fetcher
        self._options: HttpOptions = asking.options

    def collect(self, request: Request) -> list[Series]:
        """Return the series of the window, ordered by labels; no sample is no row.

        Raises:
            CollectError: Prometheus cannot be asked, refuses, or its series cannot be told apart.
            ConfigError: The query is no template, or uses unknown variables.
        """
        found: _Found = {}
        infinite = 0
        for part in self._ranges(request):
            reply = self._fetcher.fetch(self._call(part, request), where=request.metric)
            for labels, times, values in samples(reply, part):
                infinite += int(np.isinf(values).sum())
                found.setdefault(labels, []).append((times, values))
        if infinite:
            _log.warning(
                "%d infinite values were taken as no value",
                infinite,
                extra={"metric": request.metric},
            )
        named = self._named(found)
        return [joined(labels, parts) for labels, parts in sorted(named.items())]

    def outline(self, request: Request) -> str:
        """Return what `collect` would ask."""
        text = " ".join(self._query(request).split())
        parts = list(self._ranges(request))
        if not parts:
            return f"query_range of {self._address(request)}: {text}, for no interval"
        first, last = parts[0].moments[0], parts[-1].moments[-1]
        many = f", in {len(parts)} requests" if len(parts) > 1 else ""
        return (
            f"query_range of {self._address(request)}: {text} "
            f"from {first}Z to {last}Z, step {parts[0].step} s{many}"
        )

    def check(self, request: Request) -> Health:
        """Return whether Prometheus answers, and its version where it tells."""
        base = self._base(request)
        headers = self._asking.headers({})
        try:
            reply = self._fetcher.fetch(
                Call("GET", f"{base}/api/v1/status/buildinfo", headers), where="", attempts=1
            )
            version = document_of(reply)["data"]["version"]
        except CollectError as error:
            if error.retryable:
                return Health(ok=False, detail=str(error))
            version = ""  # what is compatible with Prometheus need not have all of its API
        except (KeyError, TypeError):
            version = ""
        if version:
            return Health(ok=True, detail=f"Prometheus {version} at {public_url(base)}")
        try:
            call = Call("GET", f"{base}/api/v1/query", headers, params=(("query", "1"),))
            reply = self._fetcher.fetch(call, where="", attempts=1)
            data_of(reply)
        except CollectError as error:
            return Health(ok=False, detail=str(error))
        return Health(ok=True, detail=f"the API of Prometheus at {public_url(base)}")

    def _base(self, request: Request) -> str:
        return _API.sub("", self._asking.url(request).partition("?")[0].rstrip("/"))

    def _address(self, request: Request) -> str:
        return public_url(self._base(request))

    def _query(self, request: Request) -> str:
        return self._asking.text(self._options.promql, request, "query").strip()

    def _call(self, part: Range, request: Request) -> Call:
        own = self._asking.call(request)
        params = (
            *parse_qsl(urlsplit(own.url).query, keep_blank_values=True),
            *own.params,
            ("query", self._query(request)),
            ("start", str(int(part.moments[0].astype(np.int64)))),
            ("end", str(int(part.moments[-1].astype(np.int64)))),
            ("step", str(part.step)),
        )
        url = f"{self._base(request)}/api/v1/query_range"
        if own.method == "GET":
            return Call("GET", url, own.headers, params=params)
        headers = self._asking.headers(_FORM)
        return Call("POST", url, headers, content=urlencode(params).encode())

    def _ranges(self, request: Request) -> Iterator[Range]:
        """Give the moments to evaluate, in runs of equal steps that Prometheus accepts.

        A day may have 23 hours and a month 28 days; a run ends where the step changes.
        """
        window, interval = request.window, request.interval
        starts = interval.steps(window.start, window.end).astype("datetime64[s]")
        end = np.datetime64(window.end.replace(tzinfo=None), "s")
        if not starts.size:
            return
        ends = np.append(starts[1:], end)
        if step := self._options.step_seconds:
            if step > int((ends - starts).max().astype(np.int64)):
                raise CollectError(
                    f"step {self._options.step} is longer than the interval, {interval}",
                    where=request.metric,
                    hint="remove step, or make it shorter",
                )
            span, second = np.timedelta64(step, "s"), np.timedelta64(1, "s")
            moments = np.arange(starts[0], end, span)
            if self._options.at == "end":
                moments = moments[moments + span <= end] + span
            # At its end, an evaluation tells of what was before it.
            within = moments - second if self._options.at == "end" else moments
            owners = starts[np.searchsorted(starts, within, side="right") - 1]
        else:
            moments, owners = (ends if self._options.at == "end" else starts), starts
        gaps = np.diff(moments).astype(np.int64)
        first = 0
        while first < len(moments):
            gap = int(gaps[first]) if first < len(gaps) else int((ends - starts)[-1].astype(int))
            last = first
            while last < len(gaps) and gaps[last] == gap and last - first + 1 < _MOST_POINTS:
                last += 1
            yield Range(moments[first : last + 1], owners[first : last + 1], gap)
            first = last + 1

    def _named(self, found: _Found) -> dict[Labels, list[Points]]:
        chosen = self._options.dimensions
        named: dict[Labels, list[Points]] = {}
        for key, parts in found.items():
            given = dict(key)
            if chosen:
                labels = Labels.of({name: given.get(name, "") for name in chosen})
            else:
                labels = Labels.of({name: v for name, v in given.items() if name != _NAME})
            if labels in named:
                by = ", ".join(chosen or sorted(given.keys() - {_NAME}))
                raise CollectError(
                    f"two series have the same labels ({labels or 'none'})",
                    hint=f"aggregate in the query: sum by ({by}) (...), or name more dimensions",
                )
            named[labels] = parts
        if len(named) > self._options.max_series:
            raise CollectError(
                f"{len(named)} series, more than max_series {self._options.max_series}",
                hint="aggregate or filter in the query, or raise max_series",
            )
        return named
