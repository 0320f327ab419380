from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.cli import app
from detectk.plugin import Catalogue, Component, Plugin
from detectk.plugin.discovery import Plugins

if TYPE_CHECKING:
    from conftest import Dtk, Shop


def test_no_argument_shows_the_menu(dtk: Dtk) -> None:
    ran = dtk()
    assert ran.code == 0
    assert "Check metrics once" in ran.out


def test_version_may_stand_beside_other_options(dtk: Dtk) -> None:
    ran = dtk("-v", "--version")
    assert (ran.code, ran.out) == (0, "dtk 1.0.0\n")


def test_a_misspelt_command_is_a_usage_error_with_the_near_name(dtk: Dtk) -> None:
    ran = dtk("vaildate")
    assert ran.code == 2
    assert "there is no command 'vaildate'; did you mean 'validate'?" in ran.err


def test_a_command_unlike_any_other_points_to_the_list(dtk: Dtk) -> None:
    assert "dtk --help lists them" in dtk("zzz").err


@pytest.mark.parametrize("arguments", [("run", "--nope"), ("list-detectors", "--output", "xml")])
def test_wrong_options_are_usage_errors(dtk: Dtk, arguments: tuple[str, ...]) -> None:
    ran = dtk(*arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert "Error: " in ran.err


def test_verbosity_may_stand_before_and_after_the_command(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders")
    moment = ("-t", "2024-02-20T09:00:00", "--dry-run")
    assert "INFO [orders]" in dtk("run", path, *moment).err
    assert dtk("-q", "run", path, *moment).err == ""
    assert dtk("run", path, *moment, "--quiet").err == ""
    assert "INFO [orders]" in dtk("-q", "run", path, *moment, "-v").err
    assert "INFO [orders]" in dtk("run", path, "--verbose", *moment).err


def test_a_traceback_needs_debug(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", query="SELECT nope FROM orders")
    assert "Traceback" not in dtk("run", path, "-vv").err
    assert "Traceback" in dtk("run", path, "--debug").err


def test_an_internal_error_is_one_line_until_debug(
    dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Catalogue:
        raise RuntimeError("the floor\nis gone")

    monkeypatch.setattr(Catalogue, "default", broken)
    ran = dtk("plugins")
    assert ran.code == 4
    assert re.fullmatch(
        r"\S+ \S+ ERROR \[-\] internal error: RuntimeError: the floor is gone;"
        r" run again with --debug\n",
        ran.err,
    )
    assert "Traceback" in dtk("plugins", "--debug").err


def test_an_internal_error_is_an_object_too(dtk: Dtk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Catalogue:
        raise RuntimeError("gone")

    monkeypatch.setattr(Catalogue, "default", broken)
    ran = dtk("plugins", "--output", "json")
    assert ran.object["exit_code"] == ran.code == 4
    assert "gone" in ran.object["errors"][0]["message"]


def test_a_known_error_is_an_object_too(folder: Path, dtk: Dtk) -> None:
    ran = dtk("preview", "nothing", "--output", "json")
    assert ran.object["exit_code"] == ran.code == 2
    assert ran.object["errors"][0]["message"] == "there is no metric 'nothing' in ."


def catalogue(*commands: Component) -> Catalogue:
    plugin = Plugin("acme", "acme-detectk", "1.0", "acme", commands=commands)
    return Catalogue(Plugins((plugin,), None))  # type: ignore[arg-type]


def hello(name: str = "you") -> int:
    """Greet."""
    from detectk.console.printing import line

    line(f"hello {name}")
    return 0


def test_a_plugin_adds_a_command(dtk: Dtk, monkeypatch: pytest.MonkeyPatch) -> None:
    greet = Component("command", "greet", "acme_commands:hello", summary="Greet somebody.")
    module = type("acme_commands", (), {"hello": staticmethod(hello)})
    monkeypatch.setitem(__import__("sys").modules, "acme_commands", module)
    monkeypatch.setattr(Catalogue, "default", lambda: catalogue(greet))
    assert dtk("greet", "--name", "all", "-q").out == "hello all\n"
    assert "greet" in dtk("--help").out


def test_a_command_that_cannot_be_imported_is_a_plugin_error(
    dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Component("command", "greet", "acme_missing:hello", summary="Greet somebody.")
    monkeypatch.setattr(Catalogue, "default", lambda: catalogue(broken))
    ran = dtk("greet")
    assert ran.code == 3
    assert "command 'greet': cannot import acme_missing:hello" in ran.err
    assert "reinstall its distribution" in ran.err
    assert dtk("--help").code == 0


def test_completion_knows_the_commands(dtk: Dtk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_DTK_COMPLETE", "complete_zsh")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "dtk list-")
    ran = dtk()
    assert ran.code == 0
    assert "list-metrics" in ran.out
    assert "validate" not in ran.out


def test_an_interrupt_anywhere_else_is_one_line(dtk: Dtk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "_root", interrupted)
    ran = dtk("run")
    assert ran.code == 130
    assert ran.err.endswith("ERROR [-] interrupted\n")
