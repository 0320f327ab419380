"""What a parser stumbles over, in plain words."""

from __future__ import annotations

from ruamel.yaml.error import YAMLError

from detectk.config.yaml_words import complaint


def test_an_error_without_a_place_is_still_one_line() -> None:
    assert str(complaint(YAMLError("x"), "", "m.yaml")) == (
        "m.yaml: not valid YAML; check its indentation and quotes"
    )
