from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

from detectk.console.progress import progress

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_shown_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("loading", 10) as advance:
        advance(5)
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("loading [x]", 10) as advance:
        advance(10)
    assert "loading [x]" in terminal.getvalue()
    assert "10/10" in terminal.getvalue()


def test_quiet_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("loading", 10, quiet=True) as advance:
        advance(1)
    assert terminal.getvalue() == ""
