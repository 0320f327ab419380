from __future__ import annotations

from detectk.console.secrets import Redactor


def test_secrets_are_taken_out_wherever_they_are() -> None:
    redactor = Redactor()
    redactor.hide("hunter2", "p@ss/word")
    assert redactor.redact("a hunter2b, p@ss/word, p%40ss%2Fword") == "a ***b, ***, ***"


def test_the_longest_goes_first() -> None:
    redactor = Redactor()
    redactor.hide("pass")
    redactor.hide("password")
    assert redactor.redact("password pass") == "*** ***"


def test_tiny_ones_stay() -> None:
    redactor = Redactor()
    redactor.hide("", "no")
    assert redactor.redact("no news") == "no news"
