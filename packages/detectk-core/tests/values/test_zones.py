"""Pieces of a zone's clock against zoneinfo itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectk.values.zones import EPOCH, SECOND, piece_at, pieces_between, wall_to_utc


def second(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=timezone.utc) - EPOCH) // SECOND


def test_the_pieces_of_new_york_begin_at_its_changes() -> None:
    start, end = second("2024-01-01"), second("2025-01-01")
    pieces = list(pieces_between("America/New_York", start, end))
    changes = [piece.start for piece in pieces if piece.reached != piece.start + piece.offset]
    assert changes[-2:] == [second("2024-03-10 07:00"), second("2024-11-03 06:00")]


def test_a_gap_is_below_the_piece_and_a_fold_above() -> None:
    spring = piece_at("America/New_York", second("2024-03-10 07:00"))
    assert spring.reached == spring.start + spring.offset - 3600
    autumn = piece_at("America/New_York", second("2024-11-03 06:00"))
    assert autumn.reached == autumn.start + autumn.offset + 3600


def test_pieces_leave_no_hole() -> None:
    pieces = list(pieces_between("Europe/Paris", second("1930-01-01"), second("2060-01-01")))
    assert all(left.end == right.start for left, right in pairwise(pieces))


@given(
    st.sampled_from(["UTC", "Africa/Casablanca", "Antarctica/Troll", "Asia/Gaza", "Europe/Dublin"]),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_a_piece_has_the_offset_that_zoneinfo_says(zone: str, naive: datetime) -> None:
    moment = naive.replace(tzinfo=timezone.utc)
    piece = piece_at(zone, (moment - EPOCH) // SECOND)
    assert timedelta(seconds=piece.offset) == moment.astimezone(ZoneInfo(zone)).utcoffset()


@given(
    st.sampled_from(["America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "UTC"]),
    st.lists(st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1)), max_size=20),  # noqa: DTZ001
)
def test_wall_times_become_utc_as_zoneinfo_says(zone: str, naive: list[datetime]) -> None:
    shown = np.array([(t.replace(tzinfo=timezone.utc) - EPOCH) // SECOND for t in naive], np.int64)
    expected = [(t.replace(tzinfo=ZoneInfo(zone)) - EPOCH) // SECOND for t in naive]
    assert wall_to_utc(zone, shown).tolist() == expected


def test_a_wall_time_shown_twice_is_its_first() -> None:
    walls = np.array([second("2024-11-03 01:30"), second("2024-03-10 02:30")])
    assert wall_to_utc("America/New_York", walls).tolist() == [
        second("2024-11-03 05:30"),
        second("2024-03-10 07:30"),
    ]
