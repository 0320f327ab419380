"""Each suite catches the faults it is there for, and cannot be watered down."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from detectk.testing.suite import Suite

BROKEN = Path(__file__).parent / "broken" / "broken_parts.py"
FAULTS = {
    "TestForgetful": "test_superseded_points_are_kept",
    "TestEager": "test_an_equal_row_changes_nothing",
    "TestInclusive": "test_a_window_holds_its_start_and_not_its_end",
    "TestMixing": "test_one_series_can_be_asked_for",
    "TestPlain": "test_context_keeps_its_types",
    "TestGreedy": "test_pruning_keeps_what_was_covered",
    "TestHasty": "test_touching_ranges_are_one",
    "TestUnordered": "test_versions_are_ordered_by_time_then_step_then_writing",
    "TestRounding": "test_times_are_exact_to_the_microsecond",
    "TestUnfenced": "test_the_late_commit_of_a_paused_holder_changes_nothing",
    "TestHalfFenced": "test_the_late_commit_of_a_paused_holder_changes_nothing",
    "TestReusing": "test_an_expired_lease_goes_to_the_next_with_a_higher_token",
    "TestBackwards": "test_rows_wait_in_the_order_they_were_committed",
    "TestDoubling": "test_a_repeated_commit_adds_no_row",
    "TestPatient": "test_a_failed_row_waits_with_its_attempts_and_error",
    "TestEndless": "test_an_expired_lease_goes_to_the_next_with_a_higher_token",
    "TestRacy": "test_of_many_processes_one_has_the_lease",
    "TestEndingLate": "test_the_window_holds_its_start_and_not_its_end",
    "TestOffGrid": "test_times_are_floored_to_the_grid",
    "TestZeroForNull": "test_a_row_without_a_value_is_null_and_zero_is_a_value",
    "TestRaw": "test_a_source_that_is_not_there_is_a_collect_error",
    "TestFilling": "test_no_rows_are_an_answer",
    "TestChangeable": "test_the_fingerprint_is_of_the_question_not_of_the_answer",
    "TestTelling": "test_a_description_holds_no_secret",
}
PLUGIN_FAULTS = [
    "test_the_plugin_module_is_light",
    "test_it_offers_components",
    "test_names_are_plain_and_offered_once",
    "test_every_target_is_a_part_of_its_kind",
    "test_options_refuse_unknown_keys",
    "test_aliases_preset_options_that_exist",
    "test_building_and_closing_a_part_touches_nothing",
]


def failures(*arguments: str) -> dict[str, set[str]]:
    """Return which tests of which classes failed; none may pass unseen as an error."""
    command = [sys.executable, "-m", "pytest", str(BROKEN), "-q", "-rfE", "--tb=no"]
    options = ["--import-mode=prepend", "-p", "no:cacheprovider", "-o", "python_files=broken_*.py"]
    done = subprocess.run(  # noqa: S603  # this interpreter
        [*command, *options, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    failed: dict[str, set[str]] = {}
    for kind, name in re.findall(r"^FAILED \S+::(\w+)::(\w+)", done.stdout, re.MULTILINE):
        failed.setdefault(kind, set()).add(name)
    return failed


@pytest.fixture(scope="module")
def failed() -> dict[str, set[str]]:
    # A file for a database makes one of the tests slow, and many faults need no race to be seen.
    racy = "TestRacy and not many_metrics"
    return failures("-k", f"not any_life and (({racy}) or (not TestRacy and not processes))")


@pytest.mark.parametrize(("kind", "test"), FAULTS.items())
def test_a_fault_is_caught(failed: dict[str, set[str]], kind: str, test: str) -> None:
    assert test in failed[kind]


@pytest.mark.parametrize("test", PLUGIN_FAULTS)
def test_a_fault_of_a_plugin_is_caught(failed: dict[str, set[str]], test: str) -> None:
    assert test in failed["TestFaultyPlugin"]


def test_what_is_sound_passes(failed: dict[str, set[str]]) -> None:
    assert set(failed) == {*FAULTS, "TestFaultyPlugin"}


def test_a_race_is_caught_by_the_processes_alone(failed: dict[str, set[str]]) -> None:
    assert failed["TestRacy"] == {"test_of_many_processes_one_has_the_lease"}


def test_random_lives_catch_faults_by_themselves() -> None:
    failed = failures("-k", "any_life and (TestForgetful or TestUnfenced)")
    assert sorted(failed) == ["TestForgetful", "TestUnfenced"]


class Sound(Suite):
    def test_something(self) -> None:
        raise NotImplementedError


def test_tests_may_be_added() -> None:
    class More(Sound):
        pytestmark = pytest.mark.slow

        def test_more(self) -> None:
            raise NotImplementedError

    assert More.test_something is Sound.test_something


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("test_something", lambda self: None),
        ("test_something", None),
        ("__test__", False),
        ("pytestmark", pytest.mark.skip),
        ("pytestmark", [pytest.mark.slow, pytest.mark.xfail(reason="later")]),
        ("pytestmark", pytest.mark.skipif("True", reason="never")),
    ],
)
def test_tests_cannot_be_taken_away(name: str, value: object) -> None:
    with pytest.raises(TypeError, match=r"^Weak(\.test_something)?: "):
        type("Weak", (Sound,), {name: value})
