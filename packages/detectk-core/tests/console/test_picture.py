from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from detectk.console.picture import save_picture
from detectk.errors import ConfigError, PluginError

NAN = np.nan
HOURS = np.datetime64("2024-01-01T22", "us") + np.arange(6) * np.timedelta64(1, "h")
VALUES = np.array([1.0, 2.0, NAN, 3.0, NAN, 9.0])
LOWER = np.array([NAN, 0.0, 0.0, 0.0, 0.0, -np.inf])
UPPER = np.array([NAN, 5.0, 5.0, 5.0, np.inf, 5.0])
FLAGGED = np.array([False, False, True, False, False, True])


def texts(path: Path) -> set[str]:
    """Return what a picture says: in an SVG every text is also a comment."""
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314 - our own
    root = ET.parse(path, parser).getroot()  # noqa: S314
    return {(one.text or "").strip() for one in root.iter() if callable(one.tag)}


def save(path: Path, **given: Any) -> None:
    columns = (HOURS, VALUES, LOWER, UPPER, FLAGGED)
    save_picture(str(path), *columns, **given)


@pytest.mark.parametrize(
    ("suffix", "magic"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")]
)
def test_the_name_says_which_kind_of_picture(tmp_path: Path, suffix: str, magic: bytes) -> None:
    save(tmp_path / f"out.{suffix}")
    assert (tmp_path / f"out.{suffix}").read_bytes().startswith(magic)


def test_a_picture_says_what_it_shows_in_its_zone(tmp_path: Path) -> None:
    save(tmp_path / "utc.svg", title="orders: mad", zone="UTC")
    assert {"orders: mad", "expected", "value", "anomaly", "no value"} <= texts(
        tmp_path / "utc.svg"
    )
    assert "Jan-02" in texts(tmp_path / "utc.svg")
    save(tmp_path / "berlin.svg", zone="Asia/Tokyo")  # midnight UTC is 9 in the morning there
    assert "Jan-02" not in texts(tmp_path / "berlin.svg")


def test_nothing_to_draw_is_a_picture_too(tmp_path: Path) -> None:
    none: Any = np.empty(0)
    path = tmp_path / "out.png"
    save_picture(str(path), HOURS[:0], none, none, none, none.astype(bool))
    assert path.stat().st_size > 1000


def test_no_window_system_is_ever_asked_for(tmp_path: Path) -> None:
    save(tmp_path / "out.png")
    assert "matplotlib.pyplot" not in sys.modules


def test_without_matplotlib_the_install_line_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(PluginError, match=r"needs matplotlib; pip install 'detectk-core\[plot\]'"):
        save(tmp_path / "out.png")


def test_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written: no such file"):
        save(tmp_path / "no" / "out.png")
