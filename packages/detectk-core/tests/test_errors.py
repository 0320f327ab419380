"""Errors read as one sentence and mean one exit code."""

from __future__ import annotations

from copy import copy

import pytest

from detectk import errors
from detectk.errors import (
    AlertError,
    ConfigError,
    DetectKError,
    LeaseHeldError,
    Place,
    PluginError,
    StorageError,
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (DetectKError("it broke"), "it broke"),
        (DetectKError("it broke", where="orders"), "orders: it broke"),
        (DetectKError("it broke", hint="mend it"), "it broke; mend it"),
        (
            ConfigError("unknown key 'a'", where=Place("m.yaml", 3, 5), hint="did you mean 'b'?"),
            "m.yaml:3:5: unknown key 'a'; did you mean 'b'?",
        ),
        (ConfigError("is empty", where=Place("m.yaml")), "m.yaml: is empty"),
    ],
)
def test_an_error_reads_where_what_and_what_to_do(error: DetectKError, sentence: str) -> None:
    assert str(error) == sentence


def test_each_kind_has_the_exit_code_of_the_documentation() -> None:
    codes = {
        name: getattr(errors, name).exit_code for name in errors.__all__ if name.endswith("Error")
    }
    assert codes == {
        "DetectKError": 4,
        "ConfigError": 2,
        "PluginError": 3,
        "StepError": 4,
        "CollectError": 4,
        "StorageError": 4,
        "DetectError": 4,
        "AlertError": 4,
        "LeaseHeldError": 75,
    }


def test_an_alert_error_carries_what_the_channel_asked_for() -> None:
    error = AlertError("429", where="slack", retryable=True, retry_after=3.0)
    assert (error.retryable, error.retry_after, error.step) == (True, 3.0, "deliver")


def test_the_tree_is_the_one_that_is_drawn() -> None:
    assert issubclass(AlertError, errors.StepError)
    assert not issubclass(LeaseHeldError, errors.StepError)
    assert not issubclass(PluginError, ConfigError)


def test_an_error_can_be_copied_however_its_class_is_built() -> None:
    class ToldError(StorageError):
        def __init__(self, trouble: tuple[str, str]) -> None:
            super().__init__(trouble[0], hint=trouble[1], retryable=True)

    error = ToldError(("away", "wait"))
    twin = copy(error)
    twin.where = "orders"
    assert (str(twin), str(error)) == ("orders: away; wait", "away; wait")
    assert type(twin) is ToldError
    assert twin.retryable
