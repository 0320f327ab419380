"""Read what Prometheus answers: a matrix of samples, or an error in its own words."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from reprlib import repr as short
from typing import Any, TypeAlias

import numpy as np

from detectk.collectors.http.reading import document_of
from detectk.delivery import Refusal, Reply
from detectk.errors import CollectError
from detectk.values.arrays import Floats, Times
from detectk.values.labels import Labels
from detectk.values.series import Series, Status

__all__ = ["Pairs", "Points", "Range", "data_of", "joined", "refusal_of", "samples"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Points: TypeAlias = tuple[Times, Floats]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Range:
    """Moments of equal distance, in seconds since 1970, and the starts of their intervals."""

    moments: Times
    starts: Times
    step: int


def refusal_of(status: int, text: str) -> Refusal | None:
    """Return what Prometheus said in its own form of an error, None if it is another's."""
    try:
        document = document_of(Reply(status, {}, text.encode()))
    except CollectError:
        return None
    if not isinstance(document, dict) or document.get("status") != "error":
        return None
    kind = document.get("errorType", "")
    hint = "correct the query" if kind == "bad_data" else ""
    if kind in ("timeout", "execution"):
        hint = "make the query cheaper: a recording rule, fewer series, a shorter range"
    return Refusal(f"{kind}: {document.get('error', '')}", hint)


def data_of(reply: Reply) -> Mapping[str, Any]:
    """Return the ``data`` of a success.

    Raises:
        CollectError: It is none of Prometheus.
    """
    document = document_of(reply)
    data = document.get("data") if isinstance(document, dict) else None
    if refusal := refusal_of(reply.status, reply.text) if not data else None:
        raise CollectError(refusal.reason, hint=refusal.hint)
    if not isinstance(data, dict):
        raise CollectError(
            "the answer is JSON, but not of Prometheus",
            hint="url is the server's own address, or what stands before /api/v1",
        )
    for said in document.get("warnings") or ():
        _log.warning("Prometheus warns: %s", said)
    return data


def _matrix(reply: Reply) -> Sequence[Mapping[str, Any]]:
    data = data_of(reply)
    result = data.get("result")
    if data.get("resultType") != "matrix" or not isinstance(result, list):
        raise CollectError(
            f"Prometheus answered with a {data.get('resultType')}, not with a matrix",
            hint="the query must give numbers: an instant vector or a scalar",
        )
    for one in result:
        if isinstance(one, dict) and one.get("histograms"):
            raise CollectError(
                "the query gives histograms, not numbers",
                hint="take a number of them: histogram_quantile, histogram_count or histogram_sum",
            )
    return result


def samples(reply: Reply, part: Range) -> Iterator[tuple[Pairs, Times, Floats]]:
    """Give labels, starts of intervals and values of each series; infinities stay.

    Raises:
        CollectError: The answer is no matrix.
    """
    for one in _matrix(reply):
        yield _sample(one, part)


def _sample(one: Mapping[str, Any], part: Range) -> tuple[Pairs, Times, Floats]:
    try:
        times, values = _points(one, part)
        return tuple(sorted(one["metric"].items())), times, values
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise CollectError(
            f"{short(one)} is no series of Prometheus",
            hint="look at what stands between here and there",
        ) from error


def _points(one: Mapping[str, Any], part: Range) -> tuple[Times, Floats]:
    """Return the points of one series; of several in an interval the newest."""
    pairs = one.get("values") or []
    moments = np.rint([pair[0] for pair in pairs]).astype(np.int64).astype("datetime64[s]")
    values = np.array([pair[1] for pair in pairs], np.float64)
    at = np.searchsorted(part.moments, moments)
    inside = at < len(part.moments)
    inside[inside] = part.moments[at[inside]] == moments[inside]
    starts = part.starts[at[inside]]
    newest = np.append(starts[1:] != starts[:-1], [True]) if starts.size else np.zeros(0, bool)
    return starts[newest], values[inside][newest]


def joined(labels: Labels, parts: Sequence[Points]) -> Series:
    """Return one series of what several requests gave, in order; an infinity is null."""
    times = np.concatenate([times for times, _ in parts]).astype("datetime64[us]")
    values = np.concatenate([values for _, values in parts])
    if len(parts) > 1 and len(times) > 1:  # an interval may be parted between two requests
        newest = np.append(times[1:] != times[:-1], [True])
        times, values = times[newest], values[newest]
    values[np.isinf(values)] = np.nan
    status = np.where(np.isnan(values), Status.NULL, Status.VALUE).astype(np.uint8)
    return Series(labels, times, values, status)
