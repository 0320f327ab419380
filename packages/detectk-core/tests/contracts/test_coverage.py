"""Who answered which window: the newest question owns it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from detectk.contracts import Coverage, note_loaded
from detectk.values import Window

START = datetime(2024, 3, 10, tzinfo=timezone.utc)


def window(start: int, end: int) -> Window:
    return Window(START + timedelta(hours=start), START + timedelta(hours=end))


def test_a_new_question_takes_its_window_from_the_old_one() -> None:
    loaded = note_loaded({}, window(0, 6), "old")
    loaded = note_loaded(loaded, window(2, 4), "new")
    assert loaded == {"old": (window(0, 2), window(4, 6)), "new": (window(2, 4),)}
    assert Coverage(loaded).ranges == (window(0, 6),)
    assert Coverage(loaded).loaded_otherwise("new") == (window(0, 2), window(4, 6))


def test_a_question_that_is_not_known_differs_from_none() -> None:
    loaded = note_loaded({}, window(0, 6), "")
    assert Coverage(loaded).loaded_otherwise("new") == ()


def test_a_fingerprint_that_owns_nothing_is_forgotten() -> None:
    loaded = note_loaded({"old": (window(1, 2),)}, window(0, 6), "new")
    assert loaded == {"new": (window(0, 6),)}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12), st.sampled_from("abc"))))
def test_every_hour_belongs_to_who_asked_last(asked: list[tuple[int, int, str]]) -> None:
    loaded: dict[str, tuple[Window, ...]] = {}
    owner: dict[int, str] = {}
    for first, second, name in asked:
        start, end = sorted((first, second))
        loaded = note_loaded(loaded, window(start, end), name)
        owner |= dict.fromkeys(range(start, end), name)
    found = {
        hour: name
        for name, windows in loaded.items()
        for one in windows
        for hour in range(12)
        if START + timedelta(hours=hour) in one
    }
    assert found == owner
    assert all(loaded.values())
