"""What every collector must do: subclass `CollectorSuite` and pytest runs it."""
# ruff: noqa: D102  # the name of a test is its sentence

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import pytest

from detectk.contracts.collector import Collector, Request
from detectk.errors import CollectError
from detectk.testing.suite import Suite
from detectk.values.arrays import to_instant
from detectk.values.interval import Interval
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.series import Series, Status
from detectk.values.window import Window

__all__ = ["CollectorSuite", "SourceRow"]

_DAY: Final = datetime(2024, 7, 1, tzinfo=timezone.utc)
_HOUR: Final = Interval.parse("1 hour")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a source: columns ``period_time``, ``value`` and ``country``.

    Attributes:
        time: Aware, UTC; to be kept with its seconds.
        value: The number, or none.
        country: Text, for `CollectorSuite.dimensions`.
    """

    time: datetime
    value: float | None
    country: str = ""


class CollectorSuite(Suite, ABC):
    """Holds a collector to its contract: what is in the window, on the grid, nothing else.

    Subclass it, name the class ``Test...``, and give the collector::

        class TestMyCollector(CollectorSuite):
            def collector(self, folder, rows, dimensions=()):
                write_my_source(folder / "source", rows)
                return MyCollector(MyOptions(path=folder / "source", dimensions=dimensions), ...)

            def unreachable(self, folder):
                return MyCollector(MyOptions(path=folder / "nowhere"), ...)
    """

    dimensions: ClassVar[bool] = True
    """Whether one question may be answered by many series."""

    many_rows: ClassVar[bool] = True
    """Whether the source may have several rows in one interval."""

    secret: ClassVar[str] = ""
    """A password or token of the collector's options, which must never be shown."""

    @abstractmethod
    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> Collector[Any]:
        """Return a new collector whose source holds ``rows``, asked by the hour.

        Args:
            folder: Where the source may keep its data; another folder, another source.
            rows: What is in it; times may be outside the window that will be asked for.
            dimensions: Label columns, ``("country",)`` or none.
        """

    @abstractmethod
    def unreachable(self, folder: Path) -> Collector[Any]:
        """Return a new collector whose source is not there."""

    # Rows

    def test_rows_of_the_window_are_points(self, tmp_path: Path) -> None:
        collector = self.collector(tmp_path, _rows({0: 1.5, 1: 0.0, 3: -2.25}))
        [found] = self._collect(collector)
        assert found.labels == NO_LABELS
        assert _hours(found) == [0, 1, 3]
        assert found.values.tolist() == [1.5, 0.0, -2.25]
        assert found.status.tolist() == [Status.VALUE] * 3
        assert found.times.dtype == np.dtype("datetime64[us]")

    def test_the_window_holds_its_start_and_not_its_end(self, tmp_path: Path) -> None:
        collector = self.collector(tmp_path, _rows({hour: float(hour) for hour in range(8)}))
        [found] = self._collect(collector, 2, 5)
        assert found.values.tolist() == [2.0, 3.0, 4.0]

    def test_times_are_floored_to_the_grid(self, tmp_path: Path) -> None:
        late = timedelta(minutes=59, seconds=59)
        rows = [SourceRow(_DAY + timedelta(hours=hour) + late, 1.0) for hour in (1, 3)]
        [found] = self._collect(self.collector(tmp_path, rows), 1, 4)
        assert _hours(found) == [1, 3]

    def test_the_order_of_rows_does_not_matter(self, tmp_path: Path) -> None:
        [found] = self._collect(self.collector(tmp_path, _rows({3: 3.0, 0: 0.0, 2: 2.0})))
        assert found.values.tolist() == [0.0, 2.0, 3.0]

    def test_a_row_without_a_value_is_null_and_zero_is_a_value(self, tmp_path: Path) -> None:
        [found] = self._collect(self.collector(tmp_path, _rows({0: None, 1: 0.0})))
        assert np.isnan(found.values[0])
        assert found.status.tolist() == [Status.NULL, Status.VALUE]

    def test_no_rows_are_an_answer(self, tmp_path: Path) -> None:
        collector = self.collector(tmp_path, _rows({0: 1.0}))
        assert list(self._collect(collector, 2, 5)) == []

    def test_of_several_rows_in_an_interval_the_latest_counts(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        if not self.many_rows:
            return
        minutes = {50: 3.0, 10: 1.0, 30: 2.0}
        rows = [SourceRow(_DAY + timedelta(minutes=at), value) for at, value in minutes.items()]
        [found] = self._collect(self.collector(tmp_path, rows))
        assert found.values.tolist() == [3.0]
        assert "2 rows" in caplog.text

    def test_each_combination_of_labels_is_a_series(self, tmp_path: Path) -> None:
        if not self.dimensions:
            return
        countries = ("FR", "Österreich", "FR", "DE")
        rows = [
            SourceRow(_DAY + timedelta(hours=hour), float(hour), country)
            for hour, country in enumerate(countries)
        ]
        found = self._collect(self.collector(tmp_path, rows, ("country",)))
        assert {series.labels: series.values.tolist() for series in found} == {
            Labels.of({"country": "DE"}): [3.0],
            Labels.of({"country": "FR"}): [0.0, 2.0],
            Labels.of({"country": "Österreich"}): [1.0],
        }
        assert [series.labels for series in found] == sorted(series.labels for series in found)

    def test_asking_again_gives_the_same(self, tmp_path: Path) -> None:
        collector = self.collector(tmp_path, _rows({0: 1.0, 1: None}))
        first, second = self._collect(collector), self._collect(collector)
        assert first[0].same_as(second[0])

    def test_threads_may_ask_at_once(self, tmp_path: Path) -> None:
        collector = self.collector(tmp_path, _rows({hour: float(hour) for hour in range(8)}))
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda end: self._collect(collector, 0, end), range(1, 9)))
        assert [len(found[0]) for found in answers] == list(range(1, 9))

    # Failure

    def test_a_source_that_is_not_there_is_a_collect_error(self, tmp_path: Path) -> None:
        with pytest.raises(CollectError) as failure:
            self._collect(self.unreachable(tmp_path))
        assert not self.secret or self.secret not in str(failure.value)

    def test_a_check_says_whether_the_source_answers(self, tmp_path: Path) -> None:
        here, nowhere = self.collector(tmp_path, _rows({0: 1.0})), self.unreachable(tmp_path)
        good, bad = here.check(), nowhere.check()
        assert (good.ok, bad.ok) == (True, False)
        for health in (good, bad):
            assert health.detail
            assert "\n" not in health.detail
            assert not self.secret or self.secret not in health.detail
        here.close()
        nowhere.close()

    # What it says of itself

    def test_a_description_holds_no_secret(self, tmp_path: Path) -> None:
        text = self.collector(tmp_path, []).describe(_request(0, 8))
        assert text
        assert not self.secret or self.secret not in text

    def test_the_fingerprint_is_of_the_question_not_of_the_answer(self, tmp_path: Path) -> None:
        one, other = tmp_path / "one", tmp_path / "other"
        one.mkdir()
        other.mkdir()
        first = self.collector(one, _rows({0: 1.0}))
        second = self.collector(other, [])
        before = first.fingerprint()
        self._collect(first)
        assert before == first.fingerprint() == second.fingerprint()

    def test_closing_twice_or_unused_is_harmless(self, tmp_path: Path) -> None:
        collector = self.collector(tmp_path, _rows({0: 1.0}))
        collector.close()
        collector.close()

    def _collect(self, collector: Collector[Any], start: int = 0, end: int = 8) -> list[Series]:
        found = list(collector.collect(_request(start, end)))
        collector.close()
        return found


def _request(start: int, end: int) -> Request:
    window = Window(_DAY + timedelta(hours=start), _DAY + timedelta(hours=end))
    return Request("orders", window, _HOUR, _DAY + timedelta(hours=end))


def _rows(values: dict[int, float | None]) -> list[SourceRow]:
    return [SourceRow(_DAY + timedelta(hours=hour), value) for hour, value in values.items()]


def _hours(series: Series) -> list[float]:
    """Return how many hours after the day's start the points are."""
    return list((series.times - to_instant(_DAY)) / np.timedelta64(1, "h"))
