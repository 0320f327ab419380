"""The command lines of the founding documents, in their order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.version import VERSION

if TYPE_CHECKING:
    from conftest import Dtk, Shop


def test_the_quick_start_of_the_readme(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dtk("init-project", "my-metrics", "--minimal").code == 0
    monkeypatch.chdir(folder / "my-metrics")
    assert dtk("init", "metrics/sessions.yaml", "-d", "mad").code == 0
    assert dtk("validate", "metrics/sessions.yaml").code == 0
    assert dtk("run", "metrics/sessions.yaml").code == 0


@pytest.fixture
def configs(shop: Shop) -> Shop:
    """Return the layout of the deployment guide."""
    shop.metric("sessions_10min", file="configs/production/sessions_10min.yaml")
    shop.metric("revenue_hourly", file="configs/production/revenue_hourly.yaml")
    shop.metric("staged", file="configs/staging/staged.yaml")
    Path("configs/detectk_profiles.yaml").write_text("shop: {type: sqlite, path: shop.db}\n")
    return shop


@pytest.mark.parametrize(
    "line",
    [
        "--version",
        "run configs/production/sessions_10min.yaml",
        "run configs/",
        "run configs/production/sessions_10min.yaml --verbose",
        "validate configs/production/sessions_10min.yaml",
        "validate configs/production/sessions_10min.yaml configs/production/revenue_hourly.yaml",
        "validate configs/production/*.yaml",
        "list-collectors",
        "list-detectors",
        "list-alerters",
        "list-metrics configs",
        "init-project",
    ],
)
def test_every_documented_line_works(configs: Shop, dtk: Dtk, line: str) -> None:
    assert dtk(*line.split()).code == 0


def test_the_version_that_is_printed_is_ours(dtk: Dtk) -> None:
    assert VERSION in dtk("--version").out


def test_shared_settings_among_metrics_are_left_alone(configs: Shop, dtk: Dtk) -> None:
    ran = dtk("validate", "configs/")
    assert ran.code == 0
    assert ran.out.endswith("3 metrics valid, 1 other file skipped\n")
