from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from detectk.check.detector_choice import choose
from detectk.config import all_errors
from detectk.contracts import detector_id
from detectk.errors import ConfigError, PluginError
from detectk.plugin import Catalogue, Plugin
from detectk.plugin.discovery import Plugins
from detectk.values import Interval


def test_a_detector_has_the_id_it_would_have_in_a_metric() -> None:
    choice = choose("threshold", {"threshold": 5})
    hour = Interval.parse("1 hour")
    assert choice.id(hour) == detector_id("threshold", 1, choice.options, hour)
    assert choice.chosen == {"threshold": 5.0}
    assert choice.words == "threshold: threshold 5"


def test_an_alias_of_the_type_is_the_type_itself() -> None:
    assert choose("manual_bounds", {"max_value": 5}).type == "threshold"


def test_old_spellings_are_accepted_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert choose("mad", {"exp_decay_factor": 0.1}).options.model_dump()["half_life"] > 6
    assert "'exp_decay_factor' is deprecated" in caplog.text
    assert choose("mad", {"min_window_size": 9}).chosen == {"min_samples": 9}
    assert "params: 'min_window_size' is deprecated; write 'min_samples'" in caplog.text
    with pytest.raises(ConfigError, match="'min_window_size' and 'min_samples' are the same; keep"):
        choose("mad", {"min_window_size": 9, "min_samples": 9})


def test_what_an_alias_presets_holds() -> None:
    (component,) = (c for c in Catalogue.default().components("detector") if c.name == "threshold")
    strict = replace(component, aliases={"strict": {"threshold": 5}})
    plugin = Plugin("acme", "acme", "1.0", "acme", components=(strict,))
    catalogue = Catalogue(Plugins((plugin,), None))  # type: ignore[arg-type]
    assert choose("strict", catalogue=catalogue).chosen == {"threshold": 5.0}
    with pytest.raises(ConfigError, match="params: type 'strict' means threshold 5; remove one"):
        choose("strict", {"threshold": 6}, catalogue=catalogue)


@pytest.mark.parametrize(
    ("kind", "params", "errors"),
    [
        ("mad", {"n_sgima": 3}, ["params: unknown key 'n_sgima'; did you mean 'n_sigma'?"]),
        ("mad", {"n_sigma": -1}, ["params: n_sigma: -1 is not above 0"]),
        (
            "threshold",
            {"treshold": 5, "operator": "above"},
            [
                "params: unknown key 'treshold'; did you mean 'threshold'?",
                "params: missing key 'threshold'",
                "params: operator: 'above' is not one of",
            ],
        ),
        (
            "threshold",
            {"threshold": 5, "percent": True},
            ["params: percent of baseline None means nothing; set baseline"],
        ),
    ],
)
def test_everything_that_is_wrong_is_said_as_of_a_metric_file(
    kind: str, params: dict[str, Any], errors: list[str]
) -> None:
    with pytest.raises(ConfigError) as raised:
        choose(kind, params)
    found = [str(error) for error in all_errors(raised.value)]
    assert len(found) == len(errors)
    assert all(f.startswith(e) for f, e in zip(found, errors, strict=True)), found


def test_a_misspelt_type_gets_the_near_name() -> None:
    with pytest.raises(PluginError, match=r"'thrshold' is not installed; did you mean 'threshold'"):
        choose("thrshold")


def test_a_type_that_is_not_installed_gets_its_install_line() -> None:
    empty = Catalogue(Plugins((), None))  # type: ignore[arg-type]
    with pytest.raises(PluginError, match="'mad' is not installed; pip install detectk-detectors"):
        choose("mad", catalogue=empty)
