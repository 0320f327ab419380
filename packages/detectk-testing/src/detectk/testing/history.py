"""What every History must do: subclass `HistorySuite` and pytest runs it."""
# ruff: noqa: D102  # the name of a test is its sentence

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from detectk.contracts.history import Coverage, History, HistoryRequest, Pruned, Retention
from detectk.contracts.storage import Storage
from detectk.testing.history_machine import compare_with_reference
from detectk.testing.history_samples import (
    ALWAYS,
    DE,
    FR,
    at,
    judgements,
    points,
    series,
    verdicts,
    window,
)
from detectk.testing.suite import Suite
from detectk.values.labels import NO_LABELS, Labels
from detectk.values.series import Series, Status
from detectk.values.verdicts import Verdicts
from detectk.values.window import Window

__all__ = ["HistorySuite"]

_ALL = HistoryRequest("orders", ALWAYS)


class HistorySuite(Suite, ABC):
    """Holds a history to its contract: upserts, revisions, coverage, retention.

    Subclass it, name the class ``Test...``, and give the storage::

        class TestMyHistory(HistorySuite):
            def storage(self, folder):
                return MyStorage(MyOptions(path=folder / "my.db"), Services(root=folder))
    """

    durable: ClassVar[bool] = True
    """Whether a second storage of the same folder sees what the first one wrote."""

    examples: ClassVar[int] = 40
    """How many random lives are compared with the reference."""

    @abstractmethod
    def storage(self, folder: Path) -> Storage[Any]:
        """Return a new storage whose data belongs to ``folder``: another folder, other data."""

    @pytest.fixture
    def history(self, tmp_path: Path) -> Iterator[History]:
        storage = self.storage(tmp_path)
        storage.history().prepare()
        yield storage.history()
        storage.close()

    # Points

    def test_points_come_back_as_they_were_written(self, history: History) -> None:
        written = series([0, 1, 3], [1.5, None, -0.25], labels=DE, context={"hour": [0, 1, 3]})
        history.write_points([points(written)])
        [[read]] = history.read_points([_ALL])
        assert read.same_as(written)
        assert read.status.tolist() == [Status.VALUE, Status.NULL, Status.VALUE]
        assert read.times.dtype == np.dtype("datetime64[us]")
        assert read.values.dtype == np.dtype(np.float64)
        assert read.status.dtype == np.dtype(np.uint8)

    def test_every_status_is_kept(self, history: History) -> None:
        empty = series(range(6), [None] * 6)
        written = Series(NO_LABELS, empty.times, empty.values, np.arange(6, dtype=np.uint8))
        history.write_points([points(written)])
        assert history.read_points([_ALL])[0][0].status.tolist() == [0, 1, 2, 3, 4, 5]

    def test_a_window_holds_its_start_and_not_its_end(self, history: History) -> None:
        history.write_points([points(series(range(5), [0.0, 1.0, 2.0, 3.0, 4.0]))])
        [[read]] = history.read_points([HistoryRequest("orders", window(1, 3))])
        assert read.values.tolist() == [1.0, 2.0]

    def test_without_points_there_is_no_series(self, history: History) -> None:
        history.write_points([points(series([0], [1.0])), points(series([], []), metric="empty")])
        requests = [
            HistoryRequest("orders", window(1, 9)),
            HistoryRequest("empty", ALWAYS),
            HistoryRequest("unknown", ALWAYS),
        ]
        assert [list(found) for found in history.read_points(requests)] == [[], [], []]
        assert [list(found) for found in history.read_verdicts(requests)] == [[], [], []]

    def test_series_are_ordered_by_labels(self, history: History) -> None:
        for labels in (FR, DE, NO_LABELS):
            history.write_points([points(series([0], [1.0], labels=labels))])
        [read] = history.read_points([_ALL])
        assert [item.labels for item in read] == [NO_LABELS, DE, FR]

    def test_one_series_can_be_asked_for(self, history: History) -> None:
        history.write_points([points(series([0], [1.0], labels=DE), series([0], [2.0], labels=FR))])
        [[read]] = history.read_points([HistoryRequest("orders", ALWAYS, labels=FR)])
        assert (read.labels, read.values.tolist()) == (FR, [2.0])

    def test_one_request_may_be_asked_twice(self, history: History) -> None:
        history.write_points([points(series([0], [1.0]))])
        history.write_verdicts([judgements(verdicts([0]))])
        assert [len(found) for found in history.read_points([_ALL, _ALL])] == [1, 1]
        assert [len(found) for found in history.read_verdicts([_ALL, _ALL])] == [1, 1]

    def test_requests_are_answered_in_order(self, history: History) -> None:
        names = [f"metric {number}" for number in range(1200)]
        history.write_points(
            [points(series([0], [float(n)]), metric=name) for n, name in enumerate(names)]
        )
        answers = history.read_points([HistoryRequest(name, ALWAYS) for name in reversed(names)])
        assert [found[0].values[0] for found in answers] == list(range(1199, -1, -1))
        held = history.coverage(names)
        assert [len(held[name].extent) for name in names] == [1] * 1200

    def test_many_series_of_one_metric_are_kept_apart(self, history: History) -> None:
        many = [series([0], [float(n)], labels=Labels.of({"shop": n})) for n in range(700)]
        history.write_points([points(*many)])
        [read] = history.read_points([_ALL])
        assert {item.labels: item.values[0] for item in read} == {
            item.labels: item.values[0] for item in many
        }

    def test_any_text_may_name_a_metric_or_a_label(self, history: History) -> None:
        labels = Labels.of({"город": 'Zürich \'n "x" \\ % {} \n'})
        metric = "заказы '; DROP TABLE x --"
        history.write_points([points(series([0], [1.0], labels=labels), metric=metric)])
        [[read]] = history.read_points([HistoryRequest(metric, ALWAYS, labels=labels)])
        assert read.labels == labels
        assert list(history.coverage([metric])[metric].extent) == [labels]

    def test_times_are_exact_to_the_microsecond(self, history: History) -> None:
        times = ["1969-12-31T23:59:59.999999", "2024-07-01T00:00:00.000001"]
        written = Series.from_arrays(times, [1.0, 2.0])
        history.write_points([points(written)])
        assert history.read_points([_ALL])[0][0].same_as(written)

    def test_numbers_are_exact_to_the_bit(self, history: History) -> None:
        values = [0.1 + 0.2, 1e-300, -1.7976931348623157e308, 5e-324, 2.0**53 + 2]
        history.write_points([points(series(range(5), values))])
        assert history.read_points([_ALL])[0][0].values.tolist() == values

    def test_context_keeps_its_types(self, history: History) -> None:
        context = {
            "flag": np.array([True, False]),
            "hour": np.array([0, 2**40]),
            "share": np.array([0.5, np.nan]),
            "name": np.array(["a", "é"]),
            "gap": np.array(["a", None], dtype=object),
        }
        history.write_points([points(series([0, 1], [1.0, 2.0], context=context))])
        read = history.read_points([_ALL])[0][0].context
        assert {name: column.tolist()[0] for name, column in read.items()} == {
            "flag": True,
            "hour": 0,
            "share": 0.5,
            "name": "a",
            "gap": "a",
        }
        assert read["hour"].tolist()[1] == 2**40
        assert np.isnan(read["share"][1])
        assert read["gap"].tolist()[1] is None

    def test_rows_with_and_without_context_stand_side_by_side(self, history: History) -> None:
        history.write_points([points(series([0], [1.0]))])
        history.write_points([points(series([1], [1.0], context={"day": ["Mon"]}))])
        assert history.read_points([_ALL])[0][0].context["day"].tolist() == [None, "Mon"]

    # Revisions of points

    def test_a_first_version_is_seen_at_its_own_time(self, history: History) -> None:
        history.write_points([points(series([0, 1], [1.0, 2.0]), step=9)])
        [[read]] = history.read_points([_ALL])
        assert read.seen.tolist() == read.times.tolist()

    def test_an_equal_row_changes_nothing(self, history: History) -> None:
        written = series([0, 1], [1.0, None], context={"day": ["Mon", "Tue"]})
        history.write_points([points(written)])
        history.write_points([points(written, step=9)])
        assert history.read_points([_ALL])[0][0].same_as(written)
        assert self._pruned_points(history) == 2

    @pytest.mark.parametrize("changed", ["value", "null", "status", "context"])
    def test_a_changed_row_is_seen_at_the_step(self, history: History, changed: str) -> None:
        first = series([0, 1], [1.0, 2.0], context={"day": ["Mon", "Tue"]})
        history.write_points([points(first)])
        status = np.array([Status.VALUE, Status.LATE if changed == "status" else Status.VALUE])
        second = Series(
            NO_LABELS,
            first.times,
            np.array([1.0, {"value": 2.5, "null": np.nan}.get(changed, 2.0)]),
            status.astype(np.uint8),
            {"day": np.array(["Mon", "Wed" if changed == "context" else "Tue"])},
        )
        history.write_points([points(second, step=7)])
        [[read]] = history.read_points([_ALL])
        assert np.array_equal(read.values, second.values, equal_nan=True)
        assert read.status.tolist() == second.status.tolist()
        assert read.context["day"].tolist() == second.context["day"].tolist()
        assert read.seen.tolist() == [first.times[0].item(), at(7).replace(tzinfo=None)]

    def test_superseded_points_are_kept(self, history: History) -> None:
        for step, value in enumerate([1.0, 2.0, 1.0]):
            history.write_points([points(series([0], [value]), step=step + 5)])
        [[read]] = history.read_points([_ALL])
        assert read.values.tolist() == [1.0]
        assert read.seen[0].item() == at(7).replace(tzinfo=None)
        assert self._pruned_points(history) == 3

    def test_a_batch_may_be_new_equal_and_changed_at_once(self, history: History) -> None:
        history.write_points([points(series([1, 3, 5], [1.0, 3.0, 5.0]))])
        history.write_points([points(series([0, 1, 2, 3, 9], [0.0, 1.0, 2.0, 3.5, 9.0]), step=9)])
        [[read]] = history.read_points([_ALL])
        assert read.values.tolist() == [0.0, 1.0, 2.0, 3.5, 5.0, 9.0]
        late = [moment.hour for moment in read.seen.tolist()]
        assert late == [0, 1, 2, 9, 5, 9]
        assert self._pruned_points(history) == 7

    # Coverage

    def test_an_unknown_metric_has_an_empty_coverage(self, history: History) -> None:
        assert history.coverage(["unknown"]) == {"unknown": Coverage()}
        assert history.coverage([]) == {}

    def test_touching_ranges_are_one(self, history: History) -> None:
        for hours in ((4, 6), (0, 1), (1, 2), (8, 9), (5, 8)):
            history.write_points([points(covered=window(*hours))])
        assert history.coverage(["orders"])["orders"].ranges == (window(0, 2), window(4, 9))

    def test_a_range_may_swallow_others(self, history: History) -> None:
        for hours in ((2, 3), (5, 6), (0, 9), (3, 4)):
            history.write_points([points(covered=window(*hours))])
        assert history.coverage(["orders"])["orders"].ranges == (window(0, 9),)

    def test_an_empty_range_covers_nothing(self, history: History) -> None:
        history.write_points([points(covered=window(1, 1)), points(series([3], [1.0]))])
        assert history.coverage(["orders"])["orders"].ranges == ()

    def test_a_window_belongs_to_the_question_that_answered_it_last(self, history: History) -> None:
        history.write_points([points(covered=window(0, 6), fingerprint="old")])
        history.write_points([points(covered=window(2, 4), fingerprint="new")])
        history.write_points([points(series([0], [1.0]), fingerprint="not noted")])
        held = history.coverage(["orders"])["orders"]
        assert dict(held.loaded) == {"old": (window(0, 2), window(4, 6)), "new": (window(2, 4),)}
        assert held.ranges == (window(0, 6),)
        assert held.loaded_otherwise("new") == (window(0, 2), window(4, 6))
        history.write_points([points(covered=window(0, 9), fingerprint="new")])
        assert dict(history.coverage(["orders"])["orders"].loaded) == {"new": (window(0, 9),)}

    def test_extent_is_from_the_first_point_to_just_after_the_newest(
        self, history: History
    ) -> None:
        history.write_points([points(series([4, 7], [1.0, 1.0], labels=DE))])
        history.write_points([points(series([2], [None], labels=DE))])
        [[labels, extent]] = history.coverage(["orders"])["orders"].extent.items()
        assert (labels, extent) == (DE, Window(at(2), at(7) + timedelta(microseconds=1)))

    def test_judged_is_the_newest_verdict_of_each_detector(self, history: History) -> None:
        history.write_verdicts(
            [
                judgements(
                    verdicts([1, 5], detector="aaaa"),
                    verdicts([3], detector="bbbb"),
                    verdicts([2], detector="aaaa", labels=DE),
                )
            ]
        )
        assert history.coverage(["orders"])["orders"].judged == {
            (NO_LABELS, "aaaa"): at(5),
            (NO_LABELS, "bbbb"): at(3),
            (DE, "aaaa"): at(2),
        }

    def test_metrics_are_kept_apart(self, history: History) -> None:
        history.write_points([points(series([0], [1.0]), covered=window(0, 1))])
        history.write_verdicts([judgements(verdicts([0]))])
        assert history.coverage(["order"]) == {"order": Coverage()}
        assert history.read_points([HistoryRequest("order", ALWAYS)]) == [[]]

    # Verdicts

    def test_verdicts_come_back_as_they_were_written(self, history: History) -> None:
        written = verdicts([0, 1, 2, 3], labels=DE, explain={"samples": [1, 2, 3, 4]})
        history.write_verdicts([judgements(written, step=9)])
        [[read]] = history.read_verdicts([_ALL])
        assert read.same_as(written)
        assert read.explain["samples"].tolist() == [1, 2, 3, 4]
        assert [getattr(read, name).dtype for name in Verdicts.COLUMNS] == [
            getattr(written, name).dtype for name in Verdicts.COLUMNS
        ]

    def test_verdicts_are_ordered_by_labels_and_detector(self, history: History) -> None:
        for labels, detector in ((FR, "a"), (DE, "b"), (DE, "a"), (NO_LABELS, "z")):
            history.write_verdicts([judgements(verdicts([0], labels=labels, detector=detector))])
        [read] = history.read_verdicts([_ALL])
        found = [(item.labels, item.detector) for item in read]
        assert found == [(NO_LABELS, "z"), (DE, "a"), (DE, "b"), (FR, "a")]
        [read] = history.read_verdicts([HistoryRequest("orders", ALWAYS, labels=DE)])
        assert [item.detector for item in read] == ["a", "b"]

    @pytest.mark.parametrize("column", Verdicts.COLUMNS)
    def test_a_changed_verdict_keeps_its_old_version(self, history: History, column: str) -> None:
        first = verdicts([0, 1])
        second = verdicts([0, 1], change=column)
        history.write_verdicts([judgements(first, step=4)])
        history.write_verdicts([judgements(second, step=6)])
        [[newest]] = history.read_verdicts([_ALL])
        assert [moment.hour for moment in newest.seen.tolist()] == [0, 6]
        [[every]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert [moment.hour for moment in every.times.tolist()] == [0, 1, 1]
        assert [moment.hour for moment in every.seen.tolist()] == [0, 1, 6]
        assert every.take(slice(0, 2)).same_as(first)

    def test_evidence_alone_changes_nothing(self, history: History) -> None:
        history.write_verdicts([judgements(verdicts([0], explain={"samples": [1]}))])
        history.write_verdicts([judgements(verdicts([0], explain={"samples": [2]}), step=5)])
        [[read]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert len(read) == 1
        assert read.seen[0] == read.times[0]

    def test_versions_are_ordered_by_time_then_step_then_writing(self, history: History) -> None:
        for step, value in ((9, 1.0), (5, 2.0), (3, 3.0), (5, 4.0)):
            history.write_verdicts([judgements(verdicts([0, 1], value=value), step=step)])
        [[read]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert [moment.hour for moment in read.times.tolist()] == [0] * 4 + [1] * 4
        assert read.value.tolist() == [1.0, 3.0, 2.0, 4.0] * 2

    # Retention

    def test_pruning_deletes_what_is_older_and_nothing_else(self, history: History) -> None:
        for metric in ("orders", "other"):
            hours = series(range(4), [0.0, 1.0, 2.0, 3.0])
            history.write_points([points(hours, metric=metric, covered=window(0, 4))])
            history.write_points([points(series([0, 3], [9.0, 9.0]), metric=metric, step=5)])
            for value in (1.0, 2.0):
                told = judgements(verdicts(range(4), value=value), metric=metric, step=5)
                history.write_verdicts([told])
        batch = [Retention("orders", at(2), at(3)), Retention("unknown", at(2), at(3))]
        gone = {"orders": Pruned(points=2 + 1, verdicts=3 + 3), "unknown": Pruned()}
        assert history.prune(batch, execute=False) == gone
        assert len(history.read_points([_ALL])[0][0]) == 4
        assert history.prune(batch, execute=True) == gone
        [[left]] = history.read_points([_ALL])
        assert left.values.tolist() == [2.0, 9.0]
        [[judged]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert [moment.hour for moment in judged.times.tolist()] == [3, 3]
        [[other]] = history.read_points([HistoryRequest("other", ALWAYS)])
        assert len(other) == 4
        assert history.prune(batch, execute=True) == {"orders": Pruned(), "unknown": Pruned()}
        extent = Window(at(2), at(3) + timedelta(microseconds=1))
        assert history.coverage(["orders"])["orders"].extent == {NO_LABELS: extent}

    def test_a_dropped_detector_loses_every_verdict_and_nobody_else_any(
        self, history: History
    ) -> None:
        for metric in ("orders", "other"):
            history.write_points([points(series(range(4), [0.0] * 4), metric=metric)])
            for value in (1.0, 2.0):
                told = [
                    verdicts(range(4), detector=detector, labels=labels, value=value)
                    for detector, labels in (("old", NO_LABELS), ("old", DE), ("new", NO_LABELS))
                ]
                history.write_verdicts([judgements(*told, metric=metric, step=5)])
        dropped = frozenset({"old", "unknown"})
        batch = [Retention("orders", at(0), at(1), dropped), Retention("none", at(0), at(0))]
        gone = {"orders": Pruned(verdicts=2 * 4 * 2 + 1 * 2), "none": Pruned()}
        assert history.prune(batch, execute=False) == gone
        assert len(history.read_verdicts([_ALL])[0]) == 3
        assert history.prune(batch, execute=True) == gone
        [[judged]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert (judged.detector, len(judged)) == ("new", 3 * 2)
        held = history.coverage(["orders", "other"])
        assert list(held["orders"].judged) == [(NO_LABELS, "new")]
        assert len(held["other"].judged) == 3
        assert len(history.read_points([_ALL])[0][0]) == 4
        assert history.prune(batch, execute=True) == {"orders": Pruned(), "none": Pruned()}

    def test_a_dropped_detector_may_judge_again(self, history: History) -> None:
        told = judgements(verdicts(range(3), detector="old"))
        history.write_verdicts([told])
        history.prune([Retention("orders", at(0), at(0), frozenset({"old"}))], execute=True)
        assert list(history.metrics()) == []
        history.write_verdicts([told])
        [[judged]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert judged.same_as(told.verdicts[0])

    def test_what_is_pruned_can_be_written_again(self, history: History) -> None:
        written = points(series(range(3), [0.0, 1.0, 2.0]))
        told = judgements(verdicts(range(3)))
        history.write_points([written])
        history.write_verdicts([told])
        history.prune([Retention("orders", at(2), at(9))], execute=True)
        history.write_points([written])
        history.write_verdicts([told])
        [[again]] = history.read_points([_ALL])
        assert again.same_as(written.series[0])
        [[judged]] = history.read_verdicts([HistoryRequest("orders", ALWAYS, versions=True)])
        assert judged.same_as(told.verdicts[0])

    def test_pruning_keeps_what_was_covered(self, history: History) -> None:
        """Otherwise the next load would fetch again what was deleted on purpose."""
        history.write_points([points(series([0], [1.0]), covered=window(0, 4), fingerprint="f")])
        history.prune([Retention("orders", at(9), at(9))], execute=True)
        held = history.coverage(["orders"])["orders"]
        assert held == Coverage(loaded={"f": (window(0, 4),)})

    def test_metrics_with_points_or_verdicts_are_named(self, history: History) -> None:
        assert list(history.metrics()) == []
        history.write_points([points(series([0], [1.0]), metric="b"), points(metric="none")])
        history.write_verdicts([judgements(verdicts([0]), metric="a")])
        assert list(history.metrics()) == ["a", "b"]
        history.prune([Retention("b", at(9), at(9))], execute=True)
        assert list(history.metrics()) == ["a"]

    # The whole

    def test_preparing_again_keeps_everything(self, history: History) -> None:
        written = series([0], [1.0])
        history.write_points([points(written)])
        history.prepare()
        assert history.read_points([_ALL])[0][0].same_as(written)

    def test_a_storage_gives_the_same_history_every_time(self, tmp_path: Path) -> None:
        storage = self.storage(tmp_path)
        assert storage.history() is storage.history()
        storage.close()
        storage.close()

    def test_another_storage_sees_the_same(self, tmp_path: Path) -> None:
        first, second = self.storage(tmp_path), self.storage(tmp_path)
        first.history().prepare()
        first.history().write_points([points(series([0], [1.0]))])
        second.history().prepare()
        seen = len(second.history().read_points([_ALL])[0])
        first.close()
        second.close()
        assert seen == int(self.durable)

    def test_threads_may_write_and_read_at_once(self, history: History) -> None:
        def live(number: int) -> int:
            own = f"own {number}"
            for hour in range(5):
                history.write_points([points(series([hour], [1.0]), metric=own)])
                history.write_points([points(series([hour + 5 * number], [1.0]))])
                history.write_verdicts([judgements(verdicts([hour]), metric=own)])
            return len(history.read_points([HistoryRequest(own, ALWAYS)])[0][0])

        with ThreadPoolExecutor(8) as threads:
            assert list(threads.map(live, range(8))) == [5] * 8
        assert len(history.read_points([_ALL])[0][0]) == 40

    def test_any_life_gives_the_answers_of_the_reference(
        self, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        compare_with_reference(
            lambda: self.storage(tmp_path_factory.mktemp("life")), examples=self.examples
        )

    def _pruned_points(self, history: History) -> int:
        """Count points with their revisions, the only way there is."""
        gone = history.prune([Retention("orders", ALWAYS.end, ALWAYS.start)], execute=True)
        return gone["orders"].points
