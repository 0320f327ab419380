"""The reference of options names every option of every detector, with its default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.plugin import Catalogue

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

CONFIGURATION = Path(__file__).parents[2] / "docs" / "configuration.md"
HEADED = "mad, zscore, iqr"
SECTIONS = {
    "mad": HEADED,
    "zscore": HEADED,
    "iqr": HEADED,
    "poisson": "poisson, binomial",
    "binomial": "poisson, binomial",
}


def section(name: str) -> str:
    """Return the text below a heading of the third level."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    found = re.search(rf"^### {name}\n(.*?)(?=^###? )", text, re.DOTALL | re.MULTILINE)
    assert found, f"no section {name!r}"
    return found[1]


def rows(text: str, detector: str) -> dict[str, str]:
    """Return the options of tables that ``detector`` has, and their defaults as written."""
    row = r"^\| `(\w+)`(?: \(([\w, ]+)\))? \| ([^|]+) \|"
    return {
        name: default
        for name, only, default in re.findall(row, text, re.MULTILINE)
        if not only or detector in only.split(", ")
    }


def documented(detector: str) -> dict[str, str]:
    """Return the options of a detector, and their defaults as written."""
    text = section(SECTIONS.get(detector, detector))
    found = rows(text, detector)
    above = re.search(r"\A\n(`[^|]*?)\sas\sabove", text)
    if above:
        shared = rows(section(HEADED), detector)
        outside = re.sub(r"\(default [^)]*\)", "", above[1])
        for name in re.findall(r"`(\w+)`", outside):
            found[name] = shared[name]
    return found


def options(detector: str) -> dict[str, FieldInfo]:
    catalogue = Catalogue.default()
    return dict(catalogue.options(catalogue.find("detector", detector).component).model_fields)


def ours() -> list[str]:
    components = Catalogue.default().components("detector")
    return sorted(one.name for one in components if one.target.startswith("detectk.detectors."))


@pytest.mark.parametrize("detector", ours())
def test_the_reference_has_every_option_and_no_other(detector: str) -> None:
    assert sorted(documented(detector)) == sorted(options(detector))


@pytest.mark.parametrize("detector", ours())
def test_a_default_is_the_one_that_is_written(detector: str) -> None:
    fields = options(detector)
    for name, written in documented(detector).items():
        default = fields[name].get_default(call_default_factory=True)
        if fields[name].is_required():
            assert written == "required", name
        elif isinstance(default, bool):
            assert written == str(default).lower(), name
        elif isinstance(default, int | float):
            assert float(written) == default, name
        elif isinstance(default, str):
            assert written.strip("`") == default, name
        elif default in ((), {}):
            assert written == "none", name
        else:
            assert default is None, name
            assert written == "none" or " " in written, name
