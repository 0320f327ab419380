"""Every page says what is so: its commands are run, its files are loaded, its code is executed.

The blocks of a page are taken from top to bottom in one temporary folder. CONTRIBUTING.md tells
authors what each kind of block is held to.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from typing import Any

import pytest
import tomli
from ruamel.yaml import YAML
from sybil import Document
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "packages/*/README.md", "examples/**/README.md")
    for path in ROOT.glob(pattern)
)
FENCES = RawFencedCodeBlockLexer(re.compile(r"(?P<info>[^\n]*)\n"))
NOT_RUN = re.compile(r"<!-- not run: (?P<reason>\S[^>]*?) -->\s*\Z")
SHOWN = {"cron", "csv", "dockerfile", "ini", "jinja", "sh", "sql", "text", "toml"}
METRIC = {
    *("alerter", "alerters", "alerting", "collector", "description", "detector", "detectors"),
    *("incidents", "metadata", "name", "schedule", "state", "storage", "tags"),
}
FOREIGN = {"apiVersion", "jobs", "services"}
QUERY = (
    "SELECT period_time, value FROM events"
    " WHERE period_time >= '{{ period_start }}' AND period_time < '{{ period_finish }}'"
)
SKELETON = {
    "name": "fragment",
    "collector": {"type": "sqlite", "params": {"database": "events.db", "query": QUERY}},
}
# What a command leaves behind for the next one of its page: variables, folder, exit code.
REMEMBER = 'code=$?; { export -p; printf "cd %q\\n" "$PWD"; echo "(exit $code)"; } > "$STATE"'


@dataclass
class Page:
    """A page on its way from top to bottom."""

    folder: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})

    def check(self, language: str, title: str, source: str) -> str:
        """Return what is wrong with a block, nothing if all is well."""
        if Path(title).is_absolute() or ".." in Path(title).parts:
            return f"a title is a path inside the page's folder, not {title!r}"
        if title:
            path = self.folder / title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        if language == "console":
            return self.run(source)
        if language == "yaml":
            return self.load(title, source)
        if language == "python":
            code = compile(source, title or "block", "exec")
            if not title:
                exec(code, self.names)
        elif language == "json":
            json.loads(source)
        elif language not in SHOWN:
            return f"a block in {language or 'no language'!r} is neither run nor known as shown"
        return ""

    def run(self, source: str) -> str:
        """Type the commands of a console block and compare what they print."""
        typed = re.findall(r"^\$ ((?:.*\\\n)*.*)\n?((?:(?!\$ ).*\n?)*)", source, re.MULTILINE)
        if not typed:
            return "a console block has a line that begins with '$ '"
        following = [command for command, _ in typed[1:]] + [""]
        for (command, wanted), then in zip(typed, following, strict=True):
            if re.match(r"(\S+ )*pip install|pipx install", command):
                if wrong := not_installable(command):
                    return f"{wrong} cannot be installed: {command}"
                continue
            code, got = self.type(command)
            if code and "$?" not in then:
                return f"$ {command}\nexit {code}; 'echo $?' in the next line allows it\n{got}"
            flags = ELLIPSIS | NORMALIZE_WHITESPACE
            if wanted.strip() and not OutputChecker().check_output(
                wanted.strip(), got.strip(), flags
            ):
                return f"$ {command}\nprints\n{got}\nthe page says\n{wanted}"
        return ""

    def type(self, command: str) -> tuple[int, str]:
        """Return the exit code of ``command`` and everything it printed."""
        state = self.folder.parent / "state"
        state.touch()
        environment = {
            "COLUMNS": "100",
            "HOME": str(self.folder.parent),
            "NO_COLOR": "1",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "STATE": str(state),
            "TERM": "dumb",
            "TZ": "UTC",
        }
        done = subprocess.run(
            ["bash", "-c", f". {state}\n{command}\n{REMEMBER}; exit $code"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout

    def load(self, title: str, source: str) -> str:
        """Load a YAML block as what it looks like."""
        for value in YAML(typ="safe").load_all(source):
            if not isinstance(value, dict):
                return "a YAML block begins with a key, so that it says where it belongs"
            if FOREIGN & set(value):
                continue
            if title.endswith("detectk_project.yaml"):
                load_project(self.folder / title)
            elif "profiles" in value or title.endswith("detectk_profiles.yaml"):
                load_profiles(self.folder / (title or "detectk_profiles.yaml"), source)
            elif set(value) <= METRIC:
                load_metric(self.folder, title, source, value)
            else:
                return f"neither a metric, profiles, a project nor foreign: {', '.join(value)}"
        return ""


def load_metric(folder: Path, title: str, source: str, value: dict[str, Any]) -> None:
    """Load a metric, or the fragment of one completed by a skeleton."""
    from detectk.config import ConfigLoader

    path = folder / (title or "block.yaml")
    if not {"name", "collector"} <= set(value):
        path = folder / "fragment.yaml"
        judged = {} if {"detector", "detectors"} & set(value) else {"detector": {"type": "mad"}}
        with path.open("w") as file:
            YAML(typ="safe").dump(SKELETON | judged | value, file)
    else:
        path.write_text(source)
    with pytest.MonkeyPatch.context() as patch:
        for name in re.findall(r"\$\{([A-Za-z_]\w*)\}", source):
            patch.setenv(name, f"http://localhost/{name.lower()}")
        ConfigLoader().load(str(path))


def load_profiles(path: Path, source: str) -> None:
    """Load a profiles file."""
    from detectk.config.profiles import read_profiles

    path.write_text(source)
    read_profiles(path)


def load_project(path: Path) -> None:
    """Load a project file."""
    from detectk.config.project import read_project

    read_project(path)


def not_installable(command: str) -> list[str]:
    """Return what a ``pip install`` names of ours that no ``packages/*/pyproject.toml`` has."""
    projects = {
        path.parent.name: tomli.loads(path.read_text())["project"]
        for path in ROOT.glob("packages/*/pyproject.toml")
    }
    wrong = []
    for name, extras in re.findall(r"(detectk[\w-]*)(?:\[([\w,-]+)\])?", command):
        known = projects.get(name, {}).get("optional-dependencies", {})
        if name not in projects or not set(filter(None, extras.split(","))) <= set(known):
            wrong.append(f"{name}[{extras}]" if extras else name)
    return wrong


def folder_of(path: Path, project: Path) -> Path:
    """Return an empty folder; for a page of ``examples/`` its own, with all that is there."""
    if EXAMPLES not in path.parents:
        project.mkdir()
        return project
    left = ("acme-detectk-jsonfile", "data", ".detectk", "__pycache__")
    shutil.copytree(EXAMPLES, project, ignore=shutil.ignore_patterns(*left))
    folder = project / path.parent.relative_to(EXAMPLES)
    folder.mkdir(exist_ok=True)
    return folder


def test_there_are_pages() -> None:
    assert ROOT / "README.md" in PAGES


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_says_what_is_so(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of(path, tmp_path / "project")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    page = Page(folder)
    document = Document.parse(str(path))
    wrong = []
    for region in FENCES(document):
        if NOT_RUN.search(document.text[: region.start]):
            continue
        language, _, options = region.lexemes["info"].strip().partition(" ")
        title = re.search(r'title="([^"]+)"', options)
        try:
            fault = page.check(language, title[1] if title else "", str(region.lexemes["source"]))
        except Exception as error:  # noqa: BLE001
            fault = f"{type(error).__name__}: {error}"
        if fault:
            line = document.text.count("\n", 0, region.start) + 1
            wrong.append(f"{path.relative_to(ROOT)}:{line}: {fault}")
    assert not wrong, "\n\n".join(wrong)
