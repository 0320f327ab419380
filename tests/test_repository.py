"""What the repository as a whole must and must not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNTRACKED = {".git", ".nox", ".venv", ".venvs", "build", "dist", "site", "__pycache__"}
CACHES = {".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache"}
LOCKS = {"Pipfile.lock", "pdm.lock", "poetry.lock", "pylock.toml", "uv.lock"}
DECISIONS = sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
HEADINGS = ["Context", "Decision", "Consequences"]
# Written in parts, so that this file does not hold what it looks for.
INDEX = re.compile(
    "|".join(["index" + "-url", "index" + "_url", "pypi" + r"\.org", "/" + "simple/"])
)


def files() -> Iterator[Path]:
    """Yield every file that somebody wrote."""
    pending = [ROOT]
    while pending:
        for path in pending.pop().iterdir():
            if path.is_dir() and path.name not in UNTRACKED | CACHES:
                pending.append(path)
            elif path.is_file():
                yield path


def two_commands() -> list[str]:
    """Return the shell blocks of the README's section "Two commands"."""
    readme = (ROOT / "README.md").read_text()
    section = re.split(r"^## Two commands$", readme, flags=re.MULTILINE)[1]
    section = re.split(r"^## ", section, flags=re.MULTILINE)[0]
    return [block.strip() for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL)]


def test_no_package_index_is_recorded() -> None:
    text = (path for path in files() if path.suffix not in {".gz", ".png", ".parquet", ".db"})
    assert [str(path) for path in text if INDEX.search(path.read_text(errors="replace"))] == []


def test_no_lock_file() -> None:
    assert [str(path) for path in files() if path.name in LOCKS] == []


def test_constraints_are_names_and_numbers() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    plain = re.compile(r"[a-z0-9-]+==[0-9][\w.]*(; python_version [^;]+)?")
    assert [pin for pin in pins if not plain.fullmatch(pin)] == []


def test_there_are_two_commands_of_one_line() -> None:
    commands = two_commands()
    assert [command.count("\n") for command in commands] == [0, 0]


def test_ci_types_the_second_command_as_it_stands() -> None:
    (_, tests) = two_commands()
    assert tests in (ROOT / ".ci/run").read_text().splitlines()


def test_there_are_decision_records() -> None:
    assert DECISIONS


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_why_and_at_what_price(path: Path) -> None:
    text = path.read_text()
    assert re.match(r"# \d{4}: \S", text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert int(text[2:6]) == int(path.name[:4])


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_in_the_index(path: Path) -> None:
    assert f"({path.name})" in (ROOT / "docs/decisions/index.md").read_text()


def test_a_changelog_fragment_is_of_a_known_kind() -> None:
    kinds = "added|changed|deprecated|removed|fixed|security"
    names = [path.name for path in ROOT.glob("changelog.d/*") if path.name != "README.md"]
    assert [
        name for name in names if not re.fullmatch(rf"[+\w-]+\.({kinds})(\.\d+)?\.md", name)
    ] == []
