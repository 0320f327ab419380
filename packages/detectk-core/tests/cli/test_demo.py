from __future__ import annotations

import logging
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from conftest import Dtk


def test_the_demo_is_handed_its_folder_and_wishes(
    dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[object, ...]] = []

    def run(folder: Path, *, fresh: bool, keep: bool) -> int:
        calls.append((folder, fresh, keep))
        logging.getLogger("detectk.pipeline").info("one of thousands")
        return 4

    module = types.ModuleType("detectk.demo")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "detectk.demo", module)
    quiet = dtk("demo", "somewhere", "--fresh")
    assert (quiet.code, quiet.err) == (4, "")
    assert "one of thousands" in dtk("demo", "-v").err
    calls.pop()
    assert dtk("demo", "--keep").code == 4
    assert calls == [(Path("somewhere"), True, False), (Path("detectk-demo"), False, True)]


def test_a_demo_without_its_packages_names_the_pip_line(
    dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "detectk.demo", None)
    ran = dtk("demo")
    assert ran.code == 3
    assert "pip install 'detectk[demo]'" in ran.err
