"""Turn an answer into columns: JSON, CSV or text."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

import numpy as np
from pydantic_core import from_json

from detectk.collectors.http.options import Format, HttpOptions
from detectk.collectors.http.records import Columns, rows, single
from detectk.collectors.http.table import table
from detectk.contracts.cells import instants
from detectk.contracts.collector import Request
from detectk.delivery import Reply
from detectk.errors import CollectError
from detectk.values.arrays import to_instant

__all__ = ["columns_of", "document_of", "inside"]

_FIRST_WORDS: Final = 60


def columns_of(reply: Reply, options: HttpOptions, *, newest: datetime) -> Columns:
    """Return the columns that ``options`` name, each of one length; empty if there are no rows.

    Args:
        reply: A success.
        options: Where the rows are and what they mean.
        newest: The time of a value that has none: the start of the newest interval.

    Raises:
        CollectError: The answer is not what it should be, or a path leads nowhere.
    """
    kind = _format(reply, options)
    if not reply.body.strip() and (reply.status == 204 or kind == "csv"):  # noqa: PLR2004 - No Content
        return {}
    if kind == "text":
        return single(reply.text.strip(), options, newest)
    if kind == "csv":
        return table(reply.text, options, newest)
    return rows(document_of(reply), options, newest)


def inside(columns: Columns, options: HttpOptions, request: Request) -> Columns:
    """Return the rows of the window, times in UTC: what else an answer brings is no surprise.

    Raises:
        CollectError: A cell is no time.
    """
    if not columns:
        return columns
    name = options.timestamp_column
    try:
        times = instants(columns[name], zone=options.timezone, window=request.window)
    except (OverflowError, ValueError) as error:
        raise CollectError(
            f"column {name!r}: {error}", hint="give a datetime, an ISO text or seconds since 1970"
        ) from error
    start, end = to_instant(request.window.start), to_instant(request.window.end)
    within = np.flatnonzero((times >= start) & (times < end))
    kept: Columns = {key: [cells[row] for row in within.tolist()] for key, cells in columns.items()}
    return kept | {name: times[within]}


def document_of(reply: Reply) -> Any:
    """Return the JSON document of an answer.

    Raises:
        CollectError: It is none.
    """
    try:
        return from_json(reply.body)
    except ValueError:
        pass  # it may be in another encoding, or hold half a character
    try:
        return json.loads(reply.body)
    except (RecursionError, ValueError) as error:
        words = " ".join(reply.text[: 4 * _FIRST_WORDS].split())
        if not words:
            raise CollectError(
                "the answer is empty, not JSON", hint="look at the address, or set response_format"
            ) from error
        page = words[:9].lower().startswith(("<!doctype", "<html"))
        raise CollectError(
            f"the answer is not JSON, it begins with {words[:_FIRST_WORDS]!r}",
            hint="it is a web page: the address leads to a login or to a proxy"
            if page
            else "set response_format to csv or text if it is that",
        ) from error


def _format(reply: Reply, options: HttpOptions) -> Format:
    if options.response_format:
        return options.response_format
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("text/csv", "application/csv"):
        return "csv"
    # Many servers call their JSON plain text; a path says that there is something to find in it.
    if kind == "text/plain" and not (options.value_path or options.data_path):
        return "text"
    return "json"
