"""The third-party plugin of ``examples/``, used as its author's readers would use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.wheels.conftest import Environment

OUTSIDER = Path(__file__).parents[2] / "examples/acme-detectk-jsonfile"


def test_an_outsider_passes_its_own_tests_beside_our_wheels(
    environment: Environment, tmp_path: Path
) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=OUTSIDER, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("acme_detectk_jsonfile-*.whl")
    environment.install("detectk", "detectk-testing")
    before = environment.plugins()
    environment.install(str(wheel))
    gained = {name: parts for name, parts in environment.plugins().items() if name not in before}
    assert len(gained) == 1
    assert all(gained.values())
    python = str(environment.path / "bin" / "python")
    tests = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(OUTSIDER / "tests")]
    done = subprocess.run(tests, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
