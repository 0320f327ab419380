"""Everything wrong with a file is told at once."""

from __future__ import annotations

import pytest

from detectk.config.problems import FileError, FilePluginError, Problems, all_errors, near
from detectk.config.redaction import Redactor
from detectk.errors import ConfigError, Place, PluginError


def problems(*secrets: str) -> Problems:
    redactor = Redactor()
    for secret in secrets:
        redactor.add(secret)
    return Problems(redactor)


def test_without_errors_nothing_is_raised() -> None:
    made = problems()
    made.warn("odd", "m.yaml")
    made.settle()
    assert made.warnings == ["m.yaml: odd"]


def test_a_warning_is_told_once() -> None:
    made = problems()
    made.warn("odd", "m.yaml")
    made.warn("odd", "m.yaml")
    assert made.warnings == ["m.yaml: odd"]


def test_the_first_error_in_the_file_speaks_for_all() -> None:
    made = problems()
    made.add("late", Place("m.yaml", 9, 1))
    made.missing(PluginError("x is not installed", hint="pip install x"), Place("m.yaml", 2, 1))
    made.add("early", Place("m.yaml", 3, 1), "mend it")
    made.keep(ConfigError("whole", where="m.yaml"))
    with pytest.raises(FileError) as caught:
        made.settle()
    assert caught.value.exit_code == 2
    assert str(caught.value) == "m.yaml: whole"
    assert [str(error) for error in all_errors(caught.value)] == [
        "m.yaml: whole",
        "m.yaml:2:1: x is not installed; pip install x",
        "m.yaml:3:1: early; mend it",
        "m.yaml:9:1: late",
    ]


def test_only_missing_components_are_a_plugin_error() -> None:
    made = problems()
    made.missing(PluginError("cannot be imported", where="collector 'x'"), Place("m.yaml", 2, 1))
    with pytest.raises(FilePluginError, match=r"^m\.yaml:2:1: collector 'x': cannot be") as caught:
        made.settle()
    assert caught.value.exit_code == 3
    assert len(all_errors(caught.value)) == 1


def test_secrets_are_taken_out_as_they_come_in() -> None:
    made = problems("hunter2")
    made.add("hunter2 is wrong", "m.yaml", "not hunter2")
    made.missing(PluginError("no hunter2", hint="hunter2"), "m.yaml")
    made.warn("hunter2", "m.yaml")
    said = " ".join([*map(str, made.errors), *made.warnings])
    assert "hunter2" not in said


def test_a_single_error_is_all_there_is() -> None:
    error = ConfigError("x")
    assert all_errors(error) == (error,)


def test_near_names_are_suggested() -> None:
    assert near("quer", ["query", "host"]) == "did you mean 'query'?"
    assert near("zzz", ["query"]) == ""


def test_what_follows_from_a_missing_value_is_not_told() -> None:
    problems = Problems(Redactor())
    problems.doubt("HOOK is not set", Place("m.yaml", 3, 5), "set it")
    problems.add("this is not a URL", Place("m.yaml", 3, 5))
    problems.add("unknown key 'x'", Place("m.yaml", 4, 5))
    assert [error.message for error in problems.errors] == ["HOOK is not set", "unknown key 'x'"]
