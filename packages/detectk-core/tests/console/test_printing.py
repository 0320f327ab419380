from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

from detectk.console.printing import (
    json_object,
    line,
    paint,
    paint_chart,
    stdout_reserved,
    table,
    wants_colour,
)
from detectk.console.secrets import hide

if TYPE_CHECKING:
    import pytest


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_results_go_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    line("result")
    line("remark", error=True)
    assert capsys.readouterr() == ("result\n", "remark\n")


def test_standard_output_can_be_kept_for_json(capsys: pytest.CaptureFixture[str]) -> None:
    with stdout_reserved():
        line("a message")
        json_object({"schema": 1, "value": float("nan"), "band": [float("inf"), 2.5], "name": "é"})
    line("after")
    shown = capsys.readouterr()
    assert shown.err == "a message\n"
    payload = shown.out.removesuffix("after\n")
    assert json.loads(payload) == {"schema": 1, "value": None, "band": [None, 2.5], "name": "é"}
    assert "é" in payload


def test_secrets_are_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    hide("s3cr3t-of-the-printing")
    line("s3cr3t-of-the-printing")
    json_object({"url": "s3cr3t-of-the-printing"})
    assert capsys.readouterr().out == '***\n{\n  "url": "***"\n}\n'


def test_a_poor_terminal_shows_what_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    line("naïve ●")
    assert raw.getvalue() == b"na?ve ?\n"


def test_a_table_aligns_words_left_and_numbers_right() -> None:
    rows = [["orders", 12, 0.5], ["東京", 1_000, 10.25], ["x", 7, 3]]
    assert table(["name", "points", "share"], rows) == (
        "name    points  share\n"
        "------  ------  -----\n"
        "orders      12    0.5\n"
        "東京      1000  10.25\n"
        "x            7      3"
    )


def test_a_table_can_be_empty_and_have_holes() -> None:
    assert table(["a", "b"], []) == "a  b\n-  -"
    assert table(["a", "b"], [["x", None], ["y", "z"]]) == "a  b\n-  -\nx\ny  z"


def test_paint_is_put_on_where_it_is_wanted() -> None:
    assert paint("x", "bold", "red") == "\x1b[1;31mx\x1b[0m"
    assert paint("x", "red", colour=False) == "x"
    assert paint("", "red") == ""


def test_a_chart_is_painted_by_what_its_characters_mean() -> None:
    assert paint_chart("░░─●") == "\x1b[2m░░\x1b[0m─\x1b[1;31m●\x1b[0m"
    assert paint_chart("░─●", colour=False) == "░─●"


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour("auto", Terminal())
    assert not wants_colour("auto", io.StringIO())
    assert wants_colour("always", io.StringIO())
    assert not wants_colour("never", Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour("auto", Terminal())
    monkeypatch.setenv("NO_COLOR", "")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour("auto", Terminal())
