"""What is in the wheels, and what they say about themselves."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from configparser import ConfigParser
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.wheels.conftest import Distribution

ROOT = Path(__file__).parents[2]
NAMESPACES = ["detectk", "detectk/collectors", "detectk/alerters", "detectk/orchestrators"]


def shipped(distribution: Distribution) -> list[str]:
    names = zipfile.ZipFile(distribution.wheel).namelist()
    return [name for name in names if ".dist-info/" not in name]


def metadata(distribution: Distribution) -> Message:
    wheel = zipfile.ZipFile(distribution.wheel)
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


def entry_points(distribution: Distribution) -> ConfigParser:
    wheel = zipfile.ZipFile(distribution.wheel)
    parser = ConfigParser()
    for name in wheel.namelist():
        if name.endswith(".dist-info/entry_points.txt"):
            parser.read_string(wheel.read(name).decode())
    return parser


def test_every_package_builds_a_wheel(distributions: list[Distribution]) -> None:
    assert {"detectk", "detectk-core", "detectk-detectors"} <= {one.name for one in distributions}


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_no_wheel_closes_a_namespace(distributions: list[Distribution], namespace: str) -> None:
    closing = [one.name for one in distributions if f"{namespace}/__init__.py" in shipped(one)]
    assert closing == []


def test_no_file_is_shipped_twice(distributions: list[Distribution]) -> None:
    count = Counter(name for one in distributions for name in shipped(one))
    assert [name for name, times in count.items() if times > 1] == []


def test_a_wheel_ships_only_what_is_named_like_it(distributions: list[Distribution]) -> None:
    doors = {"detectk-core": "detectk/", "detectk": "detectk/nothing/"}
    for one in distributions:
        home = doors.get(one.name, one.name.replace("-", "/") + "/")
        assert [name for name in shipped(one) if not name.startswith(home)] == []


def test_each_wheel_marks_its_own_types(distributions: list[Distribution]) -> None:
    marks = {one.name: [n for n in shipped(one) if n.endswith("py.typed")] for one in distributions}
    wanted = {one.name: [one.name.replace("-", "/") + "/py.typed"] for one in distributions}
    assert marks == wanted | {"detectk": [], "detectk-core": ["detectk/py.typed"]}


def test_one_entry_point_a_distribution(distributions: list[Distribution]) -> None:
    without = {"detectk", "detectk-kernels", "detectk-testing"}
    count = {
        one.name: len(entry_points(one)["detectk"]) if "detectk" in entry_points(one) else 0
        for one in distributions
    }
    assert count == {one.name: int(one.name not in without) for one in distributions}


def test_entry_points_have_different_names(distributions: list[Distribution]) -> None:
    names = [name for one in distributions for name in one.entries]
    assert len(names) == len(set(names))


def test_every_wheel_needs_python_3_10(distributions: list[Distribution]) -> None:
    assert {metadata(one)["Requires-Python"] for one in distributions} == {">=3.10"}


def test_versions_move_in_lockstep(distributions: list[Distribution]) -> None:
    module = (ROOT / "packages/detectk-core/src/detectk/version.py").read_text()
    (version,) = re.findall(r'^VERSION = "(.+)"$', module, re.MULTILINE)
    assert {one.name: metadata(one)["Version"] for one in distributions} == {
        one.name: version for one in distributions
    }


def test_siblings_are_pinned_to_this_major_version(distributions: list[Distribution]) -> None:
    """Names of ours exist below 1.0 on the public index: a looser pin would take those."""
    loose = [
        (one.name, requirement)
        for one in distributions
        for requirement in metadata(one).get_all("Requires-Dist", [])
        if requirement.startswith("detectk")
        and not re.fullmatch(r"detectk[\w-]*(\[[\w,-]+\])?~=1\.0( ?;.*)?", requirement)
    ]
    assert loose == []


def test_the_kernels_are_compiled_and_bring_no_sources(distributions: list[Distribution]) -> None:
    (kernels,) = (one for one in distributions if one.name == "detectk-kernels")
    kinds = Counter(Path(name).suffix for name in shipped(kernels))
    assert kinds[".so"] + kinds[".pyd"] == 1
    assert kinds[".c"] + kinds[".h"] == 0
    assert not kernels.wheel.stem.endswith("-any")


def test_the_extra_all_of_the_meta_package_names_every_part(
    distributions: list[Distribution],
) -> None:
    """``detectk-testing`` is for authors of plugins, not for users."""
    (meta,) = (one for one in distributions if one.name == "detectk")
    named = " ".join(metadata(meta).get_all("Requires-Dist", []))
    parts = {one.name for one in distributions} - {"detectk", "detectk-testing"}
    assert {part for part in parts if not re.search(rf"\b{part}~=", named)} == set()
