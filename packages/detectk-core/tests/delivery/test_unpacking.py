from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.delivery.exchange import ExchangeError
from detectk.delivery.unpacking import Gunzip


@given(
    parts=st.lists(st.binary(max_size=2_000), min_size=1, max_size=3),
    size=st.integers(1, 200),
)
def test_pieces_of_any_size_make_the_whole(parts: list[bytes], size: int) -> None:
    packed = b"".join(map(gzip.compress, parts))
    unpack = Gunzip()
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert b"".join(unpack.feed(piece, 10_000) for piece in pieces) == b"".join(parts)
    assert unpack.done


def test_no_more_is_unpacked_than_is_asked_for() -> None:
    assert len(Gunzip().feed(gzip.compress(bytes(10_000_000)), 1_000)) == 1_000


def test_nothing_at_all_is_an_end() -> None:
    assert Gunzip().done


def test_an_end_that_is_missing_is_seen() -> None:
    unpack = Gunzip()
    unpack.feed(gzip.compress(b"abc")[:-1], 100)
    assert not unpack.done


def test_what_is_not_packed_is_refused() -> None:
    with pytest.raises(ExchangeError) as caught:
        Gunzip().feed(b"abc", 100)
    assert caught.value.kind == "garbled"
