"""How good are the detectors, at their defaults, on series whose incidents are known?

    nox -s quality                      on the generator of this folder
    nox -s quality -- FOLDER            and on a folder of labelled series
    nox -s quality -- --write docs/quality.md

Events, not points, are counted; see `benchmarks.quality.scoring`. The table gives the mean over
families, so that a family of many series does not decide alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.quality.corpus import read_corpus
from benchmarks.quality.generator import Labelled, series_of
from benchmarks.quality.scoring import Judged, Tally, best_recall, tally
from detectk.check import detect
from detectk.plugin import Catalogue
from detectk.values import Verdict

SEED = 20241
# What these need is not in a plain series: a bound, and the trials behind a ratio.
NEEDS_MORE = ("threshold", "binomial")
START, END = "<!-- quality: start -->", "<!-- quality: end -->"


@dataclass(frozen=True, slots=True)
class Row:
    """One detector on one set of series."""

    detector: str
    families: dict[str, Tally]
    whole: Tally
    recall_at_one: float
    milliseconds: float

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of a table."""
        told = [one for one in self.families.values() if one.incidents]
        means = [
            np.mean([getattr(one, name) for one in told]) for name in ("precision", "recall", "f1")
        ]
        false = np.mean([one.false_per_thousand for one in self.families.values()])
        return (
            f"`{self.detector}`",
            *(f"{mean:.2f}" for mean in means),
            f"{false:.2f}",
            f"{self.recall_at_one:.2f}",
            f"{self.whole.delay:.0f}",
            f"{self.milliseconds:.1f}",
        )


HEADER = (
    "detector",
    "precision",
    "recall",
    "F1",
    "false alerts / 1,000",
    "recall at 1 / 1,000",
    "delay, points",
    "ms / 1,000 points",
)


def judged(series: Labelled, name: str, params: dict[str, object]) -> Judged:
    """Let a detector judge a series."""
    found = detect((series.times, series.values), type=name, params=params, gaps=True)
    rows = np.searchsorted(found.times, series.times)
    flagged = found.verdict[rows] == Verdict.ANOMALY
    return Judged(series, flagged, found.excess[rows])


def row(corpus: Sequence[Labelled], name: str, params: dict[str, object]) -> Row:
    """Measure a detector."""
    start = process_time()
    found = [judged(series, name, params) for series in corpus]
    spent = process_time() - start
    points = sum(len(series.values) for series in corpus)
    families = {
        family: tally(one for one in found if one.series.family == family)
        for family in sorted({series.family for series in corpus})
    }
    return Row(
        name,
        families,
        tally(found),
        best_recall(found, false_per_thousand=1.0),
        1e6 * spent / points,
    )


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table."""
    lines = [tuple(header), *map(tuple, rows)]
    lines.insert(1, ("---", *("---:" for _ in lines[0][1:])))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def report(title: str, corpus: Sequence[Labelled], names: Sequence[str]) -> str:
    """Measure ``names`` on ``corpus``."""
    rows = [row(corpus, name, {}) for name in names]
    families = sorted({series.family for series in corpus})
    kinds = sorted({kind for one in rows for kind in one.whole.kinds})
    points = sum(len(series.values) for series in corpus)
    incidents = rows[0].whole.incidents
    return "\n\n".join(
        (
            f"## {title}",
            f"{len(corpus)} series, {points:,} points, {incidents:,} incidents that count.",
            table(HEADER, (one.cells for one in rows)),
            "F1 by family:",
            table(
                ("detector", *families),
                (
                    (
                        f"`{one.detector}`",
                        *(
                            _number(one.families[name].f1, one.families[name].incidents)
                            for name in families
                        ),
                    )
                    for one in rows
                ),
            ),
            "Share of the incidents found, by kind:",
            table(
                ("detector", *kinds),
                (
                    (
                        f"`{one.detector}`",
                        *(
                            _number(one.whole.kinds[kind][0] / one.whole.kinds[kind][1], 1)
                            for kind in kinds
                        ),
                    )
                    for one in rows
                ),
            ),
        )
    )


def _number(number: float, known: int) -> str:
    return f"{number:.2f}" if known else ""


def main() -> None:
    """Print the tables, or write them into a page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, help="labelled series besides the generated ones"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--detectors", nargs="*", help="all at their defaults, unless named")
    parser.add_argument("--write", type=Path, help="page that holds the tables between its marks")
    given = parser.parse_args()
    names = given.detectors or [
        component.name
        for component in Catalogue.default().components("detector")
        if component.name not in NEEDS_MORE
    ]
    sets = {f"Generated (seed {given.seed})": list(series_of(given.seed))}
    if given.folder:
        series = list(read_corpus(given.folder))
        real = [one for one in series if not one.family.startswith("synth")]
        made = [one for one in series if one.family.startswith("synth")]
        sets |= {"Real": real} if real else {}
        sets |= {"Synthetic": made} if made else {}
    text = "\n\n".join(report(title, corpus, names) for title, corpus in sets.items())
    print(text)
    if given.write:
        page = given.write.read_text()
        before, rest = page.split(START)
        given.write.write_text(f"{before}{START}\n\n{text}\n\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    main()
