"""Read a folder of labelled series: one CSV file a series, and ``labels.json``."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.quality.generator import Incident, Labelled

__all__ = ["read_corpus"]


def read_corpus(folder: Path) -> Iterator[Labelled]:
    """Yield the series that ``labels.json`` names.

    It maps "FAMILY/NAME.csv" to a list of ``{start, end, kind}``; the files have the columns
    ``timestamp`` (UTC, on a grid) and ``value`` (empty where none came).

    Raises:
        OSError: A file cannot be read.
    """
    labels = json.loads((folder / "labels.json").read_text())
    for path in sorted(labels):
        with (folder / path).open(newline="") as file:
            rows = list(csv.DictReader(file))
        times = np.array([row["timestamp"] for row in rows], dtype="datetime64[us]")
        values = np.array([float(row["value"] or "nan") for row in rows])
        incidents = [
            Incident(
                int(np.searchsorted(times, np.datetime64(one["start"], "us"))),
                int(np.searchsorted(times, np.datetime64(one["end"], "us"), side="right")) - 1,
                one["kind"],
            )
            for one in labels[path]
        ]
        incidents = sorted((one for one in incidents if one.last >= one.first), key=_first)
        yield Labelled(path.split("/")[0], Path(path).stem, times, values, tuple(incidents))


def _first(incident: Incident) -> int:
    return incident.first
