"""``dtk preview``: what is asked, what comes back, and what that advises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from detectk.cli.moments import clock_at
from detectk.cli.settings import JsonOption, Output, TimeOption
from detectk.cli.targets import find_metric
from detectk.console.printing import json_object, line, table
from detectk.template.words import count, moment, number, period

if TYPE_CHECKING:
    from detectk.check import Preview
    from detectk.values import Series

__all__ = ["preview"]


def preview(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A file, or a metric's name.")],
    rows: Annotated[
        int, typer.Option("--rows", "-n", min=1, help="Rows of a series to show.")
    ] = 10,
    execution_time: TimeOption = "",
    output: JsonOption = Output.text,
) -> int:
    """See what a metric's source answers, before it runs; nothing is kept.

    Shows the query as it is asked, the first rows, the grid, and what the gaps and zeros advise.
    """
    from detectk.check import Checker

    config = find_metric(metric)
    with Checker(clock=clock_at(execution_time)) as checker:
        seen = checker.preview(config, rows=rows)
    if output is Output.json:
        json_object({"schema": 1, "metric": config.name, **_object(seen)})
    else:
        _show(config.name, seen)
    return 0


def _show(name: str, seen: Preview) -> None:
    window = period(seen.window.start, seen.window.end, seen.zone)
    line(f"{name}: {count(seen.points, 'row')} from {window}\n")
    line("\n".join(f"    {text}" for text in seen.query.strip().splitlines()))
    for series in seen.series:
        line()
        if series.labels:
            line(f"{series.labels}:")
        line(_rows(series, seen.zone))
    line()
    found = seen.inferred or "too few to tell"
    line(f"interval  {seen.interval} configured, {found} between most rows")
    line(f"missing   {_share(seen.missing_share)} of the complete intervals have no row")
    line(f"zero      {_share(seen.zero_share)} of the rows are 0")
    if seen.cost:
        line(f"cost      {seen.cost}")
    for advice in seen.advice:
        line(f"advice    {advice}")


def _rows(series: Series, zone: str) -> str:
    from detectk.values import to_datetime

    rows = [
        (
            moment(to_datetime(time), zone),
            number(float(value)),
            *(column[i] for column in series.context.values()),
        )
        for i, (time, value) in enumerate(zip(series.times, series.values, strict=True))
    ]
    return table(("interval from", "value", *series.context), rows)


def _share(share: float) -> str:
    percent = 100 * share
    return f"{percent:.0f}%" if percent in (0, 100) or percent >= 1 else "less than 1%"


def _object(seen: Preview) -> dict[str, object]:
    from detectk.values import to_datetime

    return {
        "query": seen.query,
        "start": seen.window.start.isoformat(),
        "end": seen.window.end.isoformat(),
        "timezone": seen.zone,
        "points": seen.points,
        "series": [
            {
                "labels": dict(series.labels),
                "rows": [
                    {
                        "time": to_datetime(time).isoformat(),
                        "value": float(value),
                        **{name: str(column[i]) for name, column in series.context.items()},
                    }
                    for i, (time, value) in enumerate(zip(series.times, series.values, strict=True))
                ],
            }
            for series in seen.series
        ],
        "interval": seen.interval,
        "inferred_interval": seen.inferred,
        "missing_share": seen.missing_share,
        "zero_share": seen.zero_share,
        "cost": seen.cost or None,
        "advice": list(seen.advice),
    }
