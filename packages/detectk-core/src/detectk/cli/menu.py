"""The commands by name, each imported only when it is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from detectk.cli.settings import shared_options
from detectk.errors import PluginError

__all__ = ["BUILT_IN", "Entry", "Menu"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu.

    Attributes:
        name: What the user types.
        target: ``package.module:function``, or the name of a typer app instead of a function.
        summary: One line of help.
        section: The heading it stands under.
    """

    name: str
    target: str
    summary: str
    section: str


def _own(section: str, *entries: tuple[str, str, str]) -> Iterator[Entry]:
    for name, target, summary in entries:
        yield Entry(name, f"detectk.cli.commands.{target}", summary, section)


_BEGIN, _CHECK, _LOOK, _KEEP = "Begin", "Check", "Look", "Keep house"
_MORE = "From plugins"

BUILT_IN: Final[dict[str, Entry]] = {
    entry.name: entry
    for entry in (
        *_own(
            _BEGIN,
            ("demo", "demo:demo", "Watch a real anomaly being found, on real data."),
            ("init-project", "init_project:init_project", "Make a folder for metrics."),
            ("init", "init:init", "Write a metric that runs as it is."),
            ("preview", "preview:preview", "See what a metric's source answers, before it runs."),
        ),
        *_own(
            _CHECK,
            ("validate", "validate:validate", "Check files without running them."),
            ("run", "run:run", "Check metrics once: collect, judge, tell."),
            ("run-tagged", "run_tagged:run_tagged", "Check the metrics that have given tags."),
            ("detect", "detect:detect", "Try a detector on a series in a file."),
            ("load-history", "load_history:load_history", "Load the past; never tells anybody."),
        ),
        *_own(
            _LOOK,
            ("list-metrics", "list_metrics:list_metrics", "List the metrics of a folder."),
            ("explain", "explain:explain", "Show a metric after profiles and defaults."),
            ("list-collectors", "list_components:collectors", "List where data may come from."),
            ("list-detectors", "list_components:detectors", "List the ways to judge."),
            ("list-alerters", "list_components:alerters", "List whom messages may go to."),
            ("list-storages", "list_components:storages", "List where history may be kept."),
            ("plugins", "plugins:plugins", "List what is installed, and what of it is broken."),
            ("schema", "schema:schema", "Write the JSON Schema of metric files, for editors."),
        ),
        *_own(
            _KEEP,
            ("clean", "clean:clean", "Delete what is older than it has to be kept."),
            ("unlock", "unlock:unlock", "Free metrics that a dead run still holds."),
        ),
    )
}


class Menu(TyperGroup):
    """The group of all commands: the built-in ones, then those of plugins."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - typer asks like this
        """Return the names in order of the menu."""
        return [entry.name for entry in _entries()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Return a command that imports its module when it is called; None for no command."""
        entry = BUILT_IN.get(cmd_name) or next((e for e in _extra() if e.name == cmd_name), None)
        return _Deferred(entry) if entry else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is meant, or fail with a near name."""
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            near = get_close_matches(name, self.list_commands(ctx), n=1)
            hint = f"did you mean {near[0]!r}?" if near else "dtk --help lists them"
            ctx.fail(f"there is no command {name!r}; {hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """Write the commands under their headings."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for entry in _entries():
            sections.setdefault(entry.section, []).append((entry.name, entry.summary))
        for section, rows in sections.items():
            with formatter.section(section):
                formatter.write_dl(rows)


class _Deferred(TyperCommand):
    """Stands for a command in help and completion, and becomes it when it is called."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.name, help=entry.summary, rich_markup_mode=None)
        self._entry = entry

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Import the command and return its context."""
        return _load(self._entry).make_context(info_name, args, parent=parent, **extra)


def _entries() -> list[Entry]:
    return [*BUILT_IN.values(), *_extra()]


def _extra() -> Iterator[Entry]:
    from detectk.plugin import Catalogue  # looking for plugins takes longer than most commands

    for plugin in Catalogue.default().plugins:
        for command in plugin.commands:
            if command.name not in BUILT_IN:
                yield Entry(command.name, command.target, command.summary, _MORE)


def _load(entry: Entry) -> Any:
    module, _, name = entry.target.partition(":")
    try:
        target = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"cannot import {entry.target} ({error})",
            where=f"command {entry.name!r}",
            hint="reinstall its distribution",
        ) from error
    if not isinstance(target, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(entry.name, context_settings={"help_option_names": ["-h", "--help"]})(target)
        target = app
    command = typer.main.get_command(target)
    command.name = entry.name
    _share(command)
    return command


def _share(command: Any) -> None:
    taken = {spelling for one in command.params for spelling in one.opts}
    command.params += [one for one in shared_options() if not taken & set(one.opts)]
    for inner in getattr(command, "commands", {}).values():
        _share(inner)
