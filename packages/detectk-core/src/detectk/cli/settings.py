"""What holds for every command: how much is said, and in which form."""

from __future__ import annotations

import logging
from copy import copy
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any

import typer

from detectk.console.log import LogFormat, set_up
from detectk.console.printing import stdout_reserved

__all__ = ["JsonOption", "Output", "Settings", "TimeOption", "shared_options"]


class Output(str, Enum):
    """The form of a result."""

    text = "text"
    json = "json"

    def __str__(self) -> str:
        """Return what the user types."""
        return self.value


@dataclass(slots=True)
class Settings:
    """The options that may stand before or after a command.

    Attributes:
        verbosity: See `detectk.console.log.set_up`.
        debug: Whether tracebacks are shown.
        json: Whether standard output is for one JSON object.
    """

    verbosity: int = 0
    debug: bool = False
    json: bool = False

    def apply(self) -> None:
        """Set the log up accordingly."""
        set_up(max(1, self.verbosity) if self.debug else self.verbosity)
        if not self.debug:
            for handler in logging.getLogger().handlers:
                if isinstance(handler.formatter, LogFormat):
                    handler.addFilter(_says_something)
                    handler.setFormatter(_WithoutTraceback())


class _WithoutTraceback(LogFormat):
    """The one format, for people who asked for no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line alone; the record stays whole for other handlers."""
        plain = copy(record)
        plain.exc_info = plain.exc_text = plain.stack_info = None
        return super().format(plain)


def _says_something(record: logging.LogRecord) -> bool:
    return not (record.exc_info and record.levelno <= logging.DEBUG)


def _louder(ctx: typer.Context, value: int) -> None:
    _change(ctx, verbosity=value)


def _quieter(ctx: typer.Context, value: int) -> None:
    _change(ctx, verbosity=-value)


def _debug(ctx: typer.Context, value: bool) -> None:  # noqa: FBT001 - typer calls it
    _change(ctx, debug=value)


def _change(ctx: typer.Context, *, verbosity: int = 0, debug: bool = False) -> None:
    settings = ctx.find_object(Settings)
    if settings is not None and (verbosity or debug):
        settings.verbosity += verbosity
        settings.debug = settings.debug or debug
        settings.apply()


def _form(ctx: typer.Context, value: Output) -> Output:
    settings = ctx.find_object(Settings)
    if settings is not None and Output(value) is Output.json and not settings.json:
        settings.json = True
        ctx.with_resource(stdout_reserved())
    return value


TimeOption = Annotated[
    str,
    typer.Option(
        "--execution-time",
        "-t",
        metavar="TIME",
        show_default=False,
        help="Run as if it were this time (ISO 8601); without a zone it is UTC.",
    ),
]
JsonOption = Annotated[
    Output,
    typer.Option("--output", callback=_form, metavar="text|json", help="Form of the result."),
]
"""``--output``: with json, standard output is one object and nothing else."""


def _options(
    *,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            callback=_louder,
            expose_value=False,
            show_default=False,
            metavar="",
            help="Say why; -vv for other libraries too.",
        ),
    ] = 0,
    quiet: Annotated[
        int,
        typer.Option(
            "--quiet",
            "-q",
            count=True,
            callback=_quieter,
            expose_value=False,
            show_default=False,
            metavar="",
            help="Log warnings only; -qq errors only.",
        ),
    ] = 0,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            callback=_debug,
            expose_value=False,
            show_default=False,
            help="Show tracebacks.",
        ),
    ] = False,
) -> None:
    """Stand for the options that every command has."""


def shared_options() -> list[Any]:
    """Return ``-v``, ``-q`` and ``--debug`` as parameters of a command."""
    app = typer.Typer(add_completion=False)
    app.command()(_options)
    return list(typer.main.get_command(app).params)
