"""Offer this distribution's detectors to the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from detectk.plugin.component import Component
from detectk.plugin.hookspecs import hookimpl

__all__ = ["detectk_components"]


@hookimpl
def detectk_components() -> Iterable[Component]:
    """Offer the detectors of this distribution."""
    return (
        Component(
            kind="detector",
            name="threshold",
            target="detectk.detectors.threshold:ThresholdDetector",
            options="detectk.detectors.options:ThresholdOptions",
            summary="compare with fixed bounds, or with a percentage of a baseline",
            aliases={"manual_bounds": {"operator": "outside"}},
        ),
        Component(
            kind="detector",
            name="mad",
            target="detectk.detectors.mad:MadDetector",
            options="detectk.detectors.options:MadOptions",
            summary="median and median absolute deviation of a sliding window, with seasons",
        ),
        Component(
            kind="detector",
            name="zscore",
            target="detectk.detectors.zscore:ZscoreDetector",
            options="detectk.detectors.options:ZscoreOptions",
            summary="mean and standard deviation of a sliding window, with seasons",
        ),
        Component(
            kind="detector",
            name="iqr",
            target="detectk.detectors.iqr:IqrDetector",
            options="detectk.detectors.options:IqrOptions",
            summary="Tukey's fences around the quartiles of a sliding window, with seasons",
        ),
        Component(
            kind="detector",
            name="autoreg",
            target="detectk.detectors.autoreg:AutoregDetector",
            options="detectk.detectors.options_shape:AutoregOptions",
            summary="forecast of the next point from the points before it, with a season",
        ),
        Component(
            kind="detector",
            name="changepoint",
            target="detectk.detectors.changepoint:ChangepointDetector",
            options="detectk.detectors.options_shape:ChangepointOptions",
            summary="median of the newest points against the level before them",
        ),
        Component(
            kind="detector",
            name="flatline",
            target="detectk.detectors.flatline:FlatlineDetector",
            options="detectk.detectors.options_shape:FlatlineOptions",
            summary="a value that has repeated for too long",
        ),
        Component(
            kind="detector",
            name="missing_data",
            target="detectk.detectors.missing_data:MissingDataDetector",
            options="detectk.detectors.options:MissingDataOptions",
            summary="intervals without a value, in a row or for too long",
        ),
        Component(
            kind="detector",
            name="poisson",
            target="detectk.detectors.poisson:PoissonDetector",
            options="detectk.detectors.options_counts:PoissonOptions",
            summary="counts that the rate of a sliding window makes improbable, with seasons",
        ),
        Component(
            kind="detector",
            name="binomial",
            target="detectk.detectors.binomial:BinomialDetector",
            options="detectk.detectors.options_counts:BinomialOptions",
            summary="shares of few that the share of a sliding window makes improbable",
        ),
    )
