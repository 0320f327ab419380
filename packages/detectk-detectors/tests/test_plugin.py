from __future__ import annotations

import subprocess
import sys
from importlib import import_module

from detectk.contracts import Detector
from detectk.contracts.options import Options
from detectk.detectors.plugin import detectk_components
from detectk.plugin.known import KNOWN


def test_every_component_can_be_loaded() -> None:
    for component in detectk_components():
        for path, root in ((component.target, Detector), (component.options, Options)):
            module, _, name = path.partition(":")
            assert issubclass(getattr(import_module(module), name), root)


def test_naming_the_detectors_imports_no_array_library() -> None:
    code = (
        "import sys, detectk.detectors.plugin as plugin; list(plugin.detectk_components());"
        "assert not {'numpy', 'pydantic', 'polars'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own code


def test_the_core_knows_what_to_install_for_each_name() -> None:
    names = [name for one in detectk_components() for name in (one.name, *one.aliases)]
    assert {KNOWN["detector", name] for name in names} == {"detectk-detectors"}
    assert sorted(names) == sorted(name for kind, name in KNOWN if kind == "detector")
