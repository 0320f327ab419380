"""Files that cannot be ours get one clear line."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectk.config.text_file import MAX_BYTES, read_text
from detectk.errors import ConfigError


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes("\ufeffname: é".encode())
    assert read_text(path, "m.yaml") == "name: é"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x7fELF\0\0", "m.yaml: is not text; a metric is a YAML file"),
        (b"a: 1\nb: caf\xe9\n", "m.yaml:2:7: byte 0xe9 is not UTF-8; save it as UTF-8"),
        ("a: 1".encode("utf-16"), "m.yaml: is UTF-16; save it as UTF-8"),
        (b"#" * (MAX_BYTES + 1), "m.yaml: is larger than 1000 kB; one file is one metric"),
    ],
)
def test_what_is_no_yaml_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        read_text(path, "m.yaml")
    assert str(caught.value) == message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^m\.yaml: cannot be read: no such file or directory$"):
        read_text(tmp_path / "m.yaml", "m.yaml")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^metrics: is a folder; name a file in it$"):
        read_text(tmp_path, "metrics")
