"""Pieces of a zone's clock against zoneinfo itself."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from detectk.values.zones import EPOCH, SECOND, piece_at, pieces_between
from hypothesis import given
from hypothesis import strategies as st


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
    assert all(left.end == right.start for left, right in zip(pieces, pieces[1:], strict=False))


@given(
    st.sampled_from(["UTC", "Africa/Casablanca", "Antarctica/Troll", "Asia/Gaza", "Europe/Dublin"]),
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_a_piece_has_the_offset_that_zoneinfo_says(zone: str, naive: datetime) -> None:
    moment = naive.replace(tzinfo=timezone.utc)
    piece = piece_at(zone, (moment - EPOCH) // SECOND)
    assert timedelta(seconds=piece.offset) == moment.astimezone(ZoneInfo(zone)).utcoffset()
