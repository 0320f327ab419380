"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MODULES = sorted(ROOT.glob("packages/*/src/**/*.py"))
FACES = [path for path in MODULES if path.name == "__init__.py"]
MOST_LINES = 500
MOST_BYTES = 200_000
CLOCK = "detectk/clock.py"
HTTP = "detectk/delivery/http.py"
HTTP_CLIENTS = {
    "aiohttp",
    "http.client",
    "httpx",
    "pycurl",
    "requests",
    "urllib.request",
    "urllib3",
}
TIMES = {
    ("date", "today"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("time", "monotonic"),
    ("time", "perf_counter"),
    ("time", "sleep"),
    ("time", "time"),
    ("time", "time_ns"),
}
SLOW = {
    "httpx",
    "importlib.metadata",
    "jinja2",
    "numpy",
    "pluggy",
    "polars",
    "pydantic",
    "rich",
    "typer",
}


def inside(path: Path) -> str:
    """Return where ``path`` is found when it is installed: ``detectk/clock.py``."""
    return str(path).split("/src/", maxsplit=1)[1]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_face(node: ast.stmt) -> bool:
    """Return whether a statement may stand in an ``__init__.py``."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    if isinstance(node, ast.Assign):
        return [ast.unparse(target) for target in node.targets] == ["__all__"]
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.target) == "__all__"
    return isinstance(node, ast.Import | ast.ImportFrom)


def test_there_is_something_to_check() -> None:
    assert any(inside(path) == CLOCK for path in MODULES)


def test_no_module_is_longer_than_anybody_reads() -> None:
    long = {inside(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_no_file_is_data_in_disguise() -> None:
    files = (path for path in ROOT.glob("packages/**/*") if path.is_file())
    mine = (path for path in files if "__pycache__" not in path.parts)
    assert [str(path) for path in mine if path.stat().st_size > MOST_BYTES] == []


@pytest.mark.parametrize("path", FACES, ids=inside)
def test_a_face_is_a_docstring_imports_and_a_sorted_all(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    assert [ast.unparse(node) for node in tree.body if not is_face(node)] == []


@pytest.mark.parametrize("path", MODULES, ids=inside)
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_only_the_clock_knows_the_time() -> None:
    knowing = {
        f"{inside(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and (ast.unparse(node.value).rpartition(".")[2], node.attr) in TIMES
        and inside(path) != CLOCK
    }
    assert knowing == set()


def test_only_delivery_imports_an_http_client() -> None:
    importers = {
        inside(path)
        for path in MODULES
        if HTTP_CLIENTS & set(imported(ast.parse(path.read_text())))
    }
    assert importers == {HTTP}


def test_nothing_extends_a_namespace_by_hand() -> None:
    assert [inside(path) for path in MODULES if "extend_path" in path.read_text()] == []


def test_no_stray_face_closes_a_namespace() -> None:
    """Each measured to break core for everybody who installs in editable mode."""
    above = [
        path.relative_to(ROOT)
        for path in FACES
        if path.parent.name == "detectk"
        or re.search(r"/detectk/(collectors|alerters)/__init__", str(path))
    ]
    assert above == []


def test_the_version_is_printed_without_importing_anything_slow() -> None:
    script = (
        "import sys\n"
        "from detectk.cli.entry import main\n"
        "sys.argv = ['dtk', '--version']\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert not stop.code\n"
        "print(*sorted(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    version, modules = done.stdout.splitlines()
    assert "1.0.0" in version
    assert SLOW & set(modules.split()) == set()
