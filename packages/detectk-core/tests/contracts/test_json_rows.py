"""Context and evidence as text, against JSON written by hand."""

from __future__ import annotations

import json
import math
from enum import IntEnum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectk.contracts import pack_rows, unpack_rows


def test_rows_without_columns_are_empty_objects() -> None:
    assert pack_rows({}, 2) == ["{}", "{}"]
    assert unpack_rows(["{}", "{}"]) == {}
    assert pack_rows({"a": np.array([])}, 0) == []


def test_a_row_is_one_canonical_object() -> None:
    columns = {
        "name": np.array(["a", 'Zürich "x"\n']),
        "flag": np.array([True, False]),
        "hour": np.array([0, 23]),
        "share": np.array([0.5, 1.0]),
    }
    assert pack_rows(columns, 2) == [
        '{"flag":true,"hour":0,"name":"a","share":0.5}',
        '{"flag":false,"hour":23,"name":"Zürich \\"x\\"\\n","share":1.0}',
    ]


class _Day(IntEnum):
    MONDAY = 1


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, "null"),
        (math.nan, "null"),
        (-math.inf, "null"),
        (np.datetime64("NaT", "us"), "null"),
        (np.datetime64("2024-07-01T12:00"), '"2024-07-01T12:00"'),
        (np.float32(0.5), "0.5"),
        (np.int8(3), "3"),
        (np.bool_(True), "true"),  # noqa: FBT003  # numpy has no other way
        (_Day.MONDAY, "1"),
        (2**70, "1180591620717411303424"),
        ((1, 2), '"(1, 2)"'),
    ],
)
def test_any_cell_has_a_text(cell: object, text: str) -> None:
    column = np.empty(1, dtype=object)
    column[0] = cell
    assert pack_rows({"a": column}, 1) == [f'{{"a":{text}}}']
    assert json.loads(pack_rows({"a": column}, 1)[0]) == {"a": json.loads(text)}


@pytest.mark.parametrize(
    ("texts", "kind", "cells"),
    [
        (["1", "2"], "i", [1, 2]),
        (["1", "2.5"], "f", [1.0, 2.5]),
        (["true", "false"], "b", [True, False]),
        (['"a"', '"bc"'], "U", ["a", "bc"]),
        (['"a"', "null"], "O", ["a", None]),
        (["true", "1"], "O", [True, 1]),
        (["null", "null"], "O", [None, None]),
        ([str(2**70), "1"], "f", [2.0**70, 1.0]),
    ],
)
def test_a_column_gets_the_type_of_its_cells(texts: list[str], kind: str, cells: object) -> None:
    column = unpack_rows([f'{{"a":{text}}}' for text in texts])["a"]
    assert (column.dtype.kind, column.tolist()) == (kind, cells)


def test_numbers_with_gaps_become_floats() -> None:
    column = unpack_rows(['{"a":1}', '{"a":null}', "{}"])["a"]
    assert column.dtype == np.dtype(np.float64)
    assert (column[0], np.isnan(column[1:]).tolist()) == (1.0, [True, True])


def test_a_name_that_is_missing_in_a_row_is_none_there() -> None:
    assert unpack_rows(["{}", '{"a":"x"}'])["a"].tolist() == [None, "x"]


@given(st.lists(st.one_of(st.text(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1))
def test_texts_and_floats_come_back_exactly(cells: list[str | float]) -> None:
    column = np.empty(len(cells), dtype=object)
    column[:] = cells
    texts = pack_rows({"a": column}, len(cells))
    assert [json.loads(text)["a"] for text in texts] == cells
    assert pack_rows(unpack_rows(texts), len(cells)) == texts or "\0" in "".join(map(str, cells))
