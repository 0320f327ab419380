"""The project a file belongs to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from detectk.config.project import Projects, read_project
from detectk.errors import ConfigError

Write = Callable[[str, str], str]


@pytest.mark.parametrize(
    "mark",
    ["detectk_project.yaml", "detectk_project.yml", "detectk_profiles.yaml"],
)
def test_the_nearest_ancestor_with_a_mark_is_the_root(
    project: Path, write: Write, mark: str
) -> None:
    write(f"a/{mark}", "# mark")
    found = Projects({}).find(project / "a" / "b" / "c")
    assert found.root == project / "a"
    assert found.home == project / "a" / ".detectk"


def test_without_a_mark_the_folder_is_the_root(project: Path) -> None:
    assert Projects({}).find(project / "a").root == project / "a"


def test_a_root_that_is_given_is_not_looked_for(project: Path, write: Write) -> None:
    write("a/detectk_project.yaml", "")
    assert Projects({}, project).find(project / "a").root == project


def test_the_environment_moves_the_home(project: Path) -> None:
    assert Projects({"DETECTK_HOME": "/var/lib/detectk"}).find(project).home == Path(
        "/var/lib/detectk"
    )


def test_the_project_file_is_read(project: Path, write: Write) -> None:
    write("detectk_project.yaml", "name: shop\nversion: 2\nalerting: {consecutive: 2}")
    found = Projects({}).find(project)
    assert found.name == "shop"
    assert found.has_alerting
    assert read_project(project / "detectk_project.yaml")[0].version == 2


def test_an_empty_project_file_is_fine(project: Path, write: Write) -> None:
    write("detectk_project.yaml", "")
    found = Projects({}).find(project)
    assert (found.name, found.has_alerting) == ("", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- x", ":1:1: is not a mapping; write key: value"),
        ("nam: x", ":1:1: unknown key 'nam'; did you mean 'name'?"),
        ("name: 3", ":1:7: name: 3 is not text; put it in quotes"),
        ("alerting: 3", ":1:11: alerting: 3 is not a mapping"),
    ],
)
def test_a_wrong_project_file_is_named(
    project: Path, write: Write, text: str, message: str
) -> None:
    write("detectk_project.yaml", text)
    with pytest.raises(ConfigError) as caught:
        Projects({}).find(project)
    assert str(caught.value) == f"{project}/detectk_project.yaml{message}"
