"""What the catalogue learns without loading polars."""

from __future__ import annotations

import subprocess
import sys

from detectk.collectors.files.collector import FilesCollector
from detectk.collectors.files.options import FilesOptions
from detectk.collectors.files.plugin import detectk_components


def test_the_component_names_the_classes() -> None:
    (component,) = detectk_components()
    assert (component.kind, component.name) == ("collector", "files")
    assert component.target == f"{FilesCollector.__module__}:{FilesCollector.__name__}"
    assert component.options == f"{FilesOptions.__module__}:{FilesOptions.__name__}"


def test_an_alias_presets_its_format() -> None:
    (component,) = detectk_components()
    for name, preset in component.aliases.items():
        assert FilesOptions.model_validate({"path": "a", **preset}).kind == name


def test_polars_is_not_loaded_before_a_file_is_read() -> None:
    script = (
        "import sys\n"
        "import detectk.collectors.files\n"
        "import detectk.collectors.files.plugin\n"
        "assert 'polars' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)  # noqa: S603 - our own text
