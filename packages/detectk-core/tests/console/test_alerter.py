from __future__ import annotations

import io
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from detectk.console.alerter import ConsoleAlerter
from detectk.console.options import ConsoleOptions
from detectk.contracts.services import Services
from detectk.errors import AlertError
from detectk.template.messages import as_text
from detectk.testing.alerter import AlerterSuite
from detectk.testing.messages import a_message


def alerter(**options: Any) -> ConsoleAlerter:
    return ConsoleAlerter(ConsoleOptions.model_validate(options), Services())


class TestConsoleAlerter(AlerterSuite):
    def alerter(self) -> ConsoleAlerter:
        return alerter()


def test_a_message_is_a_block_with_an_empty_line_after_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    alerter().send(a_message())
    assert capsys.readouterr().out == f"{as_text(a_message())}\n\n"


def test_the_first_word_is_coloured_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    alerter(color="always").send(a_message("resolved"))
    shown = capsys.readouterr().out
    assert shown.startswith("\x1b[1;32mRESOLVED\x1b[0m: flights_departures")
    assert shown.count("\x1b") == 2


def test_a_template_replaces_the_words(capsys: pytest.CaptureFixture[str]) -> None:
    alerter(template="{{ metric_name }} {{ direction }}").send(a_message())
    assert capsys.readouterr().out == "flights_departures down\n\n"


def test_a_failing_template_costs_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    alerter(message_template="{{ metadata.median }}").send(a_message())
    shown = capsys.readouterr().out
    assert shown.startswith("HIGH: flights_departures")
    assert shown.endswith("'dict object' has no attribute 'median'\n\n")


def test_a_closed_output_leaves_the_message_for_the_next_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    with pytest.raises(AlertError, match="standard output cannot be written") as caught:
        alerter(color="never").send(a_message())
    assert caught.value.retryable


def test_a_wrong_template_is_found_before_there_is_a_message() -> None:
    with pytest.raises(ValidationError, match="did you mean 'value'"):
        alerter(message_template="{{ valeu }}")
