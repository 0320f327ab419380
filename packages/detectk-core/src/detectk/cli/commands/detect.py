"""``dtk detect``: try a detector on a series in a file, without a metric and a source."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from detectk.cli.settings import Settings
from detectk.console.printing import stdout_reserved
from detectk.errors import ConfigError

if TYPE_CHECKING:
    from detectk.check.detector_choice import Choice
    from detectk.values import Interval

__all__ = ["detect"]

_log = logging.getLogger(__name__)

_STDIN = "-"


def _form(ctx: typer.Context, value: str) -> str:
    settings = ctx.find_object(Settings)
    if value == "json" and settings is not None and not settings.json:
        settings.json = True
        ctx.with_resource(stdout_reserved())
    return value


def detect(  # noqa: PLR0913 - one parameter an option
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT [PICTURE]]",
            show_default=False,
            help="CSV, NDJSON or Parquet; '-', or nothing and a pipe, is standard input.",
        ),
    ] = None,
    *,
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", show_default=False, help="The detector.")
    ],
    params: Annotated[
        list[str] | None,
        typer.Option(
            "--param",
            "-p",
            metavar="KEY=VALUE",
            show_default=False,
            help="An option of the detector, its value as in YAML; may be repeated.",
        ),
    ] = None,
    interval: Annotated[
        str,
        typer.Option(
            metavar="LENGTH",
            show_default=False,
            help="The grid, like '10 minutes'; by default the commonest distance between rows.",
        ),
    ] = "",
    timezone: Annotated[
        str,
        typer.Option(metavar="ZONE", help="Zone of times without one, and of calendar features."),
    ] = "UTC",
    timestamp_column: Annotated[
        str,
        typer.Option(metavar="NAME", show_default=False, help="By default timestamp, else first."),
    ] = "",
    value_column: Annotated[
        str,
        typer.Option(metavar="NAME", show_default=False, help="By default value, else the next."),
    ] = "",
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            callback=_form,
            metavar="FILE|text|json",
            show_default=False,
            help="Write a CSV here; or the form of the summary.",
        ),
    ] = "",
    listed: Annotated[
        str,
        typer.Option(
            "--list",
            metavar="FILE",
            show_default=False,
            help="Many files: lines of INPUT, a tab, OUTPUT.",
        ),
    ] = "",
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Write the intervals without a row as well.")
    ] = False,
    plot: Annotated[
        bool,
        typer.Option("--plot", help="Draw it here; with PICTURE, to that .png, .svg or .pdf."),
    ] = False,
) -> int:
    """Judge every point of a series with any installed detector, each from the points up to it.

    Columns beside time and value are context, for seasonal features and the like. The result has
    one row for each row that came in: a CSV where it is piped, a summary where somebody reads.
    """
    from detectk.cli.trials import Asked, Shown, try_all, try_one

    given, picture = _sorted_out(files or [], plot=plot)
    asked = Asked(
        _choice(kind, params or []),
        _interval(interval, timezone),
        timezone,
        timestamp_column,
        value_column,
        gaps,
    )
    if not listed:
        return try_one(_one(given), asked, Shown(output, plot, picture))
    for there, words in (
        (given, "--list names the inputs"),
        (plot, "--plot is for one input"),
        (output not in ("", "text", "json"), "--list names the outputs"),
    ):
        if there:
            raise ConfigError(words, where="--list", hint="leave one of them out")
    return try_all(listed, asked, output=output)


def _sorted_out(files: Sequence[str], *, plot: bool) -> tuple[list[str], str]:
    """Return the inputs, and the picture to draw if there is one."""
    if not plot:
        return list(files), ""
    from detectk.console.picture import SUFFIXES

    pictures = [file for file in files if file.lower().endswith(SUFFIXES)]
    if len(pictures) > 1:
        raise ConfigError(f"{len(pictures)} pictures are given", where="--plot", hint="give one")
    return [file for file in files if file not in pictures], "".join(pictures)


def _one(inputs: Sequence[str]) -> str:
    if len(inputs) > 1:
        raise ConfigError(
            f"{len(inputs)} inputs are given: {', '.join(inputs)}",
            hint="give one, or a file of lines of INPUT, a tab, OUTPUT as --list",
        )
    if not inputs and sys.stdin.isatty():
        raise ConfigError("there is no INPUT", hint="give a file, or pipe a CSV into it")
    return inputs[0] if inputs else _STDIN


def _interval(text: str, timezone: str) -> Interval | None:
    from detectk.values import Interval
    from detectk.values.zones import zone_info

    try:
        zone_info(timezone)
    except ValueError as error:
        raise _wrong(error, "--timezone") from None
    try:
        return Interval.parse(text, timezone) if text else None
    except ValueError as error:
        raise _wrong(error, "--interval") from None


def _wrong(error: ValueError, option: str) -> ConfigError:
    message, _, hint = str(error).partition("; ")
    return ConfigError(message, where=option, hint=hint)


def _choice(kind: str, pairs: Sequence[str]) -> Choice:
    """Return the detector; of several wrong options each is logged, and the last one raised."""
    from detectk.check.detector_choice import choose
    from detectk.config import all_errors

    try:
        return choose(kind, _params(pairs), where="--param")
    except ConfigError as error:
        *others, last = all_errors(error)
        for other in others:
            _log.error("%s", other)
        raise last from None


def _params(pairs: Sequence[str]) -> dict[str, Any]:
    """Read ``key=value`` pairs, values as a metric file would have them."""
    from detectk.config.yaml_tree import parse

    params: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        key = key.strip()
        if not equals or not key:
            raise ConfigError(
                f"{pair!r} is no KEY=VALUE", where="--param", hint="write it like n_sigma=3"
            )
        if key in params:
            raise ConfigError(f"{key!r} is there twice", where="--param", hint="keep one")
        try:
            params[key] = parse(text, "--param").root
        except ConfigError as error:
            raise ConfigError(error.message, where=f"--param {key}", hint=error.hint) from None
    return params
