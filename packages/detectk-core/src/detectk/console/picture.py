"""Draw a series, its band and what was flagged, as a picture in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from detectk.errors import ConfigError, PluginError
from detectk.values.zones import zone_info

if TYPE_CHECKING:
    from detectk.values.arrays import Floats, Times

__all__ = ["SUFFIXES", "require_pictures", "save_picture"]

SUFFIXES: Final = (".png", ".svg", ".pdf")
"""The pictures that can be drawn, by the end of their names."""

_INCHES: Final = (12.0, 4.5)
_DOTS: Final = 120
_VALUE, _BAND, _FLAG = "#1f5fa8", "#9bb8d9", "#c62828"


def require_pictures(where: str = "") -> None:
    """Check that pictures can be drawn.

    Raises:
        PluginError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise PluginError(
            "a picture needs matplotlib", where=where, hint="pip install 'detectk-core[plot]'"
        ) from error


def save_picture(  # noqa: PLR0913 - columns of one table
    path: str,
    times: Times,
    values: Floats,
    lower: Floats,
    upper: Floats,
    flagged: npt.NDArray[np.bool_],
    *,
    title: str = "",
    zone: str = "UTC",
) -> None:
    """Write a picture; the end of its name says which kind.

    Args:
        path: One of `SUFFIXES` ends it.
        times: (n,) datetime64, UTC, increasing.
        values: (n,) float64; NaN leaves a gap.
        lower: (n,) float64, NaN or infinite where there is no bound.
        upper: (n,) float64, like ``lower``.
        flagged: (n,) bool, the points to mark.
        title: What stands above it.
        zone: IANA key for the axis.

    Raises:
        PluginError: matplotlib is not installed.
        ConfigError: The file cannot be written.
    """
    require_pictures(path)
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    local = zone_info(zone)
    figure = Figure(figsize=_INCHES, dpi=_DOTS, layout="constrained")
    axes = figure.add_subplot()
    at = times.astype("datetime64[us]")
    low, high = _edges(values, lower, upper)
    banded = np.isfinite(lower) | np.isfinite(upper)
    axes.fill_between(
        at, low, high, where=banded.tolist(), color=_BAND, alpha=0.5, linewidth=0, label="expected"
    )
    axes.plot(at, values, color=_VALUE, linewidth=0.9, label="value")
    alone = _alone(np.isfinite(values))
    axes.plot(at[alone], values[alone], ".", color=_VALUE, markersize=2)
    there = flagged & np.isfinite(values)
    axes.plot(at[there], values[there], "o", color=_FLAG, markersize=4, label="anomaly")
    absent = flagged & ~np.isfinite(values)
    if absent.any():  # nothing says how high: they lie on the axis
        axes.plot(
            at[absent],
            np.zeros(int(absent.sum())),
            "x",
            color=_FLAG,
            label="no value",
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )
    locator = AutoDateLocator(tz=local)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    formatter = ConciseDateFormatter(locator, tz=local)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(formatter)
    axes.margins(x=0.01)
    axes.grid(visible=True, alpha=0.25)
    axes.set_title(title, loc="left", fontsize=10)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), fontsize=8, frameon=False, ncols=4)
    try:
        figure.savefig(path)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ConfigError(f"cannot be written: {reason}", where=path) from error


def _edges(values: Floats, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """Return the band with an end where it has none: that of the picture."""
    every = np.concatenate([values, lower, upper])
    every = every[np.isfinite(every)]
    bottom, top = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    low: Floats = np.where(np.isfinite(lower), lower, bottom)
    high: Floats = np.where(np.isfinite(upper), upper, top)
    return low, high


def _alone(there: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the points without a neighbour, to which no line leads."""
    padded = np.concatenate([[False], there, [False]])
    alone: npt.NDArray[np.bool_] = there & ~padded[:-2] & ~padded[2:]
    return alone
