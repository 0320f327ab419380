"""Build the command line, run it, and turn whatever happens into one line and an exit code."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer

from detectk.cli.failures import error_object
from detectk.cli.menu import Menu
from detectk.cli.settings import Settings, shared_options
from detectk.console.printing import json_object, line
from detectk.errors import DetectKError
from detectk.version import VERSION

__all__ = ["run"]

_INTERRUPTED: Final = 130  # 128 + SIGINT, as a shell counts
_TERMINATED: Final = 143  # 128 + SIGTERM
_READER_GONE: Final = 141  # 128 + SIGPIPE
_INTERNAL: Final = 4

_log = logging.getLogger(__name__)


class _StoppedError(Exception):
    """Leave at once with ``code``, and say ``text``."""

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class _Root(Menu):
    """Turns what no library may swallow into something it passes on."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was chosen."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            text = "interrupted; nothing is lost, the next run goes on from here"
            raise _StoppedError(_INTERRUPTED, text) from None
        except BrokenPipeError:
            raise _StoppedError(_READER_GONE) from None


def run(arguments: Sequence[str], *, terminable: bool = False) -> int:
    """Run ``dtk`` and return its exit code.

    Args:
        arguments: Without the program's name.
        terminable: Give leases back when the process is told to terminate; only in a process of
            its own.
    """
    settings = Settings()
    settings.apply()
    if terminable:
        signal.signal(signal.SIGTERM, _terminate)
    try:
        result = _root().main(
            args=list(arguments) or ["--help"],
            prog_name="dtk",
            standalone_mode=False,
            obj=settings,
        )
    except _StoppedError as stop:
        return _stopped(stop)
    except (KeyboardInterrupt, typer.Abort):
        return _stopped(_StoppedError(_INTERRUPTED, "interrupted"))
    except SystemExit as done:  # so do shell completion and `_terminate` end
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except Exception as error:  # noqa: BLE001 - the last line of defence
        return _failed(error, settings)
    return result if isinstance(result, int) else 0


def _root() -> Any:
    app = typer.Typer(
        cls=_Root,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_dtk)
    command = typer.main.get_command(app)
    command.params += shared_options()
    return command


def _show_version(value: bool) -> None:  # noqa: FBT001 - typer calls it
    if value:
        line(f"dtk {VERSION}")
        raise typer.Exit


def _dtk(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            show_default=False,
            help="Show the version.",
        ),
    ] = False,
) -> None:
    """Watch metrics: one YAML file is one metric, `dtk run` checks it once.

    Exit codes: 0 fine, 2 wrong use or a wrong file, 3 a plugin, 4 a step failed or a message is
    undelivered, 75 another run holds the metric, 1 an anomaly with --fail-on-anomaly.
    """


def _terminate(_number: int, _frame: object) -> None:
    _log.error("terminated; nothing is lost, the next run goes on from here")
    raise SystemExit(_TERMINATED)  # like an interrupt, nothing on the way catches it


def _stopped(stop: _StoppedError) -> int:
    if stop.code == _READER_GONE:
        # Nobody reads: keep the interpreter from flushing into a closed pipe when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    elif stop.text:
        _log.error("%s", stop.text)
    return stop.code


def _failed(error: Exception, settings: Settings) -> int:
    # typer's own complaints: their class has moved between its versions, what they can do has not
    if hasattr(error, "exit_code") and hasattr(error, "show"):
        error.show()
        return int(error.exit_code)
    if isinstance(error, DetectKError):
        code, trace = error.exit_code, error if settings.debug else None
        _log.error("%s", error, exc_info=trace)
        if settings.json:
            json_object({"schema": 1, "exit_code": code, "errors": [error_object(error)]})
        return code
    text = f"internal error: {type(error).__name__}: {error}"
    text = text if settings.debug else f"{text}; run again with --debug"
    _log.error("%s", " ".join(text.split()), exc_info=error if settings.debug else None)
    if settings.json:
        said = {"message": text, "where": "", "hint": "", "exit_code": _INTERNAL}
        json_object({"schema": 1, "exit_code": _INTERNAL, "errors": [said]})
    return _INTERNAL
