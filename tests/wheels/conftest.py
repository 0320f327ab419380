"""Every distribution as the index would serve it, and environments to install it in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tomli

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Distribution:
    """One folder under ``packages/`` and the wheel it builds."""

    name: str
    folder: Path
    wheel: Path

    @property
    def project(self) -> dict[str, Any]:
        project: dict[str, Any] = tomli.loads((self.folder / "pyproject.toml").read_text())[
            "project"
        ]
        return project

    @property
    def entries(self) -> set[str]:
        """Names of its entries in the group ``detectk``."""
        return set(self.project.get("entry-points", {}).get("detectk", {}))


@dataclass(frozen=True)
class Environment:
    """A virtual environment fed from a folder of wheels and nothing else."""

    path: Path
    wheelhouse: Path

    def pip(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(self.path / "bin" / "python")]
        self._run([*command, *arguments])

    def install(self, *names: str) -> None:
        here = ("--no-index", "--find-links", str(self.wheelhouse))
        self.pip("install", "--quiet", "--no-compile", *here, *names)

    def dtk(self, *arguments: str) -> str:
        return self._run([str(self.path / "bin" / "dtk"), *arguments])

    def plugins(self) -> dict[str, set[tuple[str, str]]]:
        """Return what ``dtk plugins`` lists: entry point -> its (kind, name) components."""
        listed = json.loads(self.dtk("plugins", "--output", "json"))["plugins"]
        return {
            plugin["name"]: {(part["kind"], part["name"]) for part in plugin["components"]}
            for plugin in listed
        }

    def python(self, script: str) -> str:
        return self._run([str(self.path / "bin" / "python"), "-c", script])

    def _run(self, command: list[str]) -> str:
        # No index and no settings of the person who runs this may leak in.
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=kept)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def wheelhouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every wheel of ours."""
    folder = tmp_path_factory.mktemp("wheelhouse")
    for pyproject in sorted(ROOT.glob("packages/*/pyproject.toml")):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
        subprocess.run(build, cwd=pyproject.parent, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="session")
def distributions(wheelhouse: Path) -> list[Distribution]:
    """Every distribution, core first, so that each can be installed after what it needs."""
    found = []
    for pyproject in ROOT.glob("packages/*/pyproject.toml"):
        name = pyproject.parent.name
        (wheel,) = wheelhouse.glob(f"{name.replace('-', '_')}-*.whl")
        found.append(Distribution(name, pyproject.parent, wheel))
    return sorted(found, key=lambda one: (one.name != "detectk-core", one.name))


@pytest.fixture(scope="session")
def supplies(wheelhouse: Path) -> Path:
    """The wheelhouse, with the wheels of everything that ours depend on beside them."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(wheelhouse)]
    ours = [str(wheel) for wheel in wheelhouse.glob("detectk*.whl")]
    subprocess.run([*pip, "-c", str(ROOT / "constraints.txt"), *ours], check=True)
    return wheelhouse


@pytest.fixture
def environment(tmp_path: Path, supplies: Path) -> Environment:
    """A fresh, empty environment."""
    path = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)
    return Environment(path, supplies)
