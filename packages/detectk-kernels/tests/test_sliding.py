from __future__ import annotations

import ctypes
import math
import os
import subprocess
import sys
import threading
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from detectk import kernels

FUNCTIONS = ["order", "moments", "weighted", "pooled", "effects"]
OUTPUTS = {
    "order": ["median", "deviation", "tail", "first", "third", "least"],
    "moments": ["mean", "deviation"],
    "weighted": ["median", "deviation", "tail", "first", "third"],
    "pooled": [
        *["centre", "size", "least", "pool", "zeros"],
        *["deviation", "tail", "first", "third"],
    ],
    "effects": [
        *["centre", "size", "effects", "least", "pool", "zeros"],
        *["deviation", "tail", "first", "third"],
    ],
}
WHOLE = {"size", "effects", "pool", "zeros"}
# Either of two comes with the other; both may be missing.
TOGETHER = [
    ("order", "deviation"),
    ("order", "tail"),
    ("order", "first"),
    ("order", "third"),
    ("weighted", "deviation"),
    ("weighted", "tail"),
    ("weighted", "first"),
    ("weighted", "third"),
    ("weighted", "exponent"),
    ("pooled", "first"),
    ("pooled", "third"),
    ("effects", "first"),
    ("effects", "third"),
]
MAYBE = {
    *TOGETHER,
    ("order", "least"),
    ("weighted", "offset"),
    ("pooled", "tail"),
    ("effects", "tail"),
}


def arguments(function: str) -> dict[str, Any]:
    """Return arguments by name, in order, that the function takes: four values, three windows."""
    values = {"values": array("d", [3.0, 1.0, 2.0, 5.0])}
    bounds = {"low": array("q", [0, 0, 1]), "high": array("q", [0, 2, 4])}
    between: dict[str, Any] = {}
    if function == "weighted":
        values |= {"mass": array("q", [1 << 20] * 4), "exponent": array("q", [0, 0, 1, 1])}
        between = {"offset": None}
    if function == "pooled":
        values |= {"codes": array("q", [0, 1, 0, 1]), "groups": 2}
        between = {"wanted": array("q", [0, 1, -1]), "enough": 2, "by_mean": 0}
    if function == "effects":
        values |= {"groups": array("q", [2, 3]), "codes": array("q", [0, 1, 0, 1, 2, 2, 0, 0])}
        between = {"wanted": array("q", [0, 1, 1, 0, 2, 1]), "fewest": 1, "enough": 2, "by_mean": 0}
    written = {
        name: array("q", [7] * 3) if name in WHOLE else array("d", [7.0] * 3)
        for name in OUTPUTS[function]
    }
    return values | bounds | between | written


def call(function: str, given: dict[str, Any]) -> None:
    getattr(kernels, function)(*given.values())


BUFFERS = [
    (function, name)
    for function in FUNCTIONS
    for name, given in arguments(function).items()
    if not isinstance(given, int)
]
WRITTEN = [(function, name) for function in FUNCTIONS for name in OUTPUTS[function]]


def kind(function: str, name: str) -> str:
    given = arguments(function)[name]
    return "q" if given is None else str(given.typecode)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_what_is_right_is_taken(function: str) -> None:
    given = arguments(function)
    call(function, given)
    assert all(part != 7 for part in given[OUTPUTS[function][0]][:2])


@pytest.mark.parametrize(("function", "name"), BUFFERS)
@pytest.mark.parametrize(
    "make",
    [
        lambda good: 7,
        lambda good: good.tolist(),
        lambda good: good.tobytes(),
        lambda good: array("f", good.tolist()),
        lambda good: array("i", map(int, good.tolist())),
        lambda good: array("Q", map(abs, map(int, good.tolist()))),
        lambda good: array("q" if good.typecode == "d" else "d", map(int, good.tolist())),
        lambda good: memoryview(array(good.typecode, [1] * 2 * len(good)))[::2],
        lambda good: memoryview(good)[::-1],
        lambda good: memoryview(good).cast("B").cast(good.typecode, [1, len(good)]),
        lambda good: memoryview(bytearray(8 * len(good) + 1))[1:].cast(good.typecode),
        lambda good: (ctypes.c_int16 * len(good))(),
    ],
    ids=["int", "list", "bytes", "f", "i", "Q", "other", "strided", "back", "2-D", "odd", "short"],
)
def test_a_buffer_of_another_kind_is_refused(
    function: str, name: str, make: Callable[[Any], Any]
) -> None:
    given = arguments(function)
    good = given[name] if given[name] is not None else array("q", [0, 0, 0])
    given[name] = make(good)
    with pytest.raises(TypeError, match=rf"^{function}: {name} is .*; give a one-dimensional"):
        call(function, given)


@pytest.mark.parametrize(("function", "name"), sorted({*BUFFERS} - MAYBE))
def test_none_is_refused_where_a_buffer_must_be(function: str, name: str) -> None:
    with pytest.raises(TypeError, match=rf"{name} is None"):
        call(function, arguments(function) | {name: None})


@pytest.mark.parametrize(("function", "name"), TOGETHER)
def test_what_comes_together_is_not_parted(function: str, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}.* (together|exclude)"):
        call(function, arguments(function) | {name: None})


def test_exponent_and_offset_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="exclude"):
        call("weighted", arguments("weighted") | {"offset": array("q", [0] * 3)})


@pytest.mark.parametrize("function", ["pooled", "effects"])
def test_means_have_no_quantiles(function: str) -> None:
    given = arguments(function)
    without = given | {"by_mean": 1} | dict.fromkeys(["tail", "first", "third"])
    call(function, without)
    for names in (["tail"], ["first", "third"]):
        with pytest.raises(ValueError, match="without by_mean"):
            call(function, without | {name: given[name] for name in names})


@pytest.mark.parametrize("function", ["pooled", "effects"])
def test_the_tail_is_missing_only_with_means(function: str) -> None:
    with pytest.raises(ValueError, match="tail goes without by_mean"):
        call(function, arguments(function) | {"tail": None})


@pytest.mark.parametrize(("function", "name"), WRITTEN)
def test_what_is_read_only_is_not_written_to(function: str, name: str) -> None:
    given = arguments(function)
    given[name] = memoryview(given[name].tobytes()).cast(kind(function, name))
    with pytest.raises(TypeError, match=rf"{name} is read-only"):
        call(function, given)


# Where nothing else is as long as the values, they may be more than the windows need.
@pytest.mark.parametrize(
    ("function", "name"), sorted({*BUFFERS} - {("order", "values"), ("moments", "values")})
)
def test_a_buffer_of_another_length_is_refused(function: str, name: str) -> None:
    given = arguments(function)
    given[name] = array(kind(function, name), [0] * 9)
    with pytest.raises(ValueError, match=rf"{function}: \w+ has \d+ elements; give \d"):
        call(function, given)


@pytest.mark.parametrize("count", [0, 17])
def test_features_are_one_to_sixteen(count: int) -> None:
    given = arguments("effects") | {"groups": array("q", [3] * count)}
    given |= {"codes": array("q", [0] * 4 * count), "wanted": array("q", [0] * 3 * count)}
    with pytest.raises(ValueError, match=rf"effects: groups has {count} elements; give 1 to 16"):
        call("effects", given)


@pytest.mark.parametrize(("function", "name"), WRITTEN)
def test_an_output_has_its_own_memory(function: str, name: str) -> None:
    given = arguments(function)
    shared = bytearray(8 * 7)
    given[name] = memoryview(shared)[:24].cast(kind(function, name))
    given["high"] = memoryview(shared)[16:40].cast("q")
    with pytest.raises(ValueError, match=rf"{name} shares memory with high"):
        call(function, given)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("low", "high", "what"),
    [
        ([-1, 0, 1], [0, 2, 4], "low is negative or falls at 0"),
        ([0, 2, 1], [2, 3, 4], "low is negative or falls at 2"),
        ([0, 0, 0], [0, 2, 1], "high is negative or falls at 2"),
        ([0, 3, 3], [0, 2, 4], "low is above high at 1"),
        ([0, 0, 1], [0, 2, 5], "high is beyond the last value at 2"),
        ([0, 0, -(2**63)], [0, 2, 4], "low is negative or falls at 2"),
        ([0, 0, 2**63 - 1], [0, 2, 2**63 - 1], "high is beyond the last value at 2"),
    ],
)
def test_bounds_that_would_harm_are_refused(
    function: str, low: list[int], high: list[int], what: str
) -> None:
    bounds = {"low": array("q", low), "high": array("q", high)}
    with pytest.raises(ValueError, match=rf"{function}: {what}; "):
        call(function, arguments(function) | bounds)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    "bad", [math.nan, -math.nan, math.inf, -math.inf, -0.0, 1.1e301, -1e308], ids=str
)
def test_values_without_a_place_in_an_order_are_refused(function: str, bad: float) -> None:
    with pytest.raises(ValueError, match=rf"{function}: values is .* at 2; "):
        call(function, arguments(function) | {"values": array("d", [1.0, 2.0, bad, 3.0])})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_largest_and_smallest_values_are_taken(function: str) -> None:
    extremes = array("d", [2.0**1000, -(2.0**1000), 5e-324, -5e-324])
    call(function, arguments(function) | {"values": extremes})


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("codes", [0, 2, 0, 0]),
        ("codes", [0, -1, 0, 0]),
        ("wanted", [0, 2, 0]),
        ("wanted", [0, -2, 0]),
    ],
)
def test_groups_that_are_not_there_are_refused(name: str, bad: list[int]) -> None:
    with pytest.raises(ValueError, match=rf"pooled: {name} is not in .* at 1; "):
        call("pooled", arguments("pooled") | {name: array("q", bad)})


@pytest.mark.parametrize(
    ("name", "bad"), [("groups", -1), ("groups", 2**31), ("enough", 0), ("by_mean", 2)]
)
def test_numbers_out_of_range_are_refused(name: str, bad: int) -> None:
    with pytest.raises(ValueError, match=rf"pooled: {name} is "):
        call("pooled", arguments("pooled") | {name: bad})


@pytest.mark.parametrize(("name", "bad"), [("fewest", 0), ("enough", 0), ("by_mean", 2)])
def test_numbers_of_effects_out_of_range_are_refused(name: str, bad: int) -> None:
    with pytest.raises(ValueError, match=rf"effects: {name} is "):
        call("effects", arguments("effects") | {name: bad})


@pytest.mark.parametrize(
    ("name", "place", "bad", "what"),
    [
        ("codes", 1, 2, "codes is not in .* at 1"),
        ("codes", 1, -1, "codes is not in .* at 1"),
        ("codes", 6, 3, "codes is not in .* at 2"),
        ("wanted", 2, 2, "wanted is not in .* at 2"),
        ("wanted", 2, -1, "wanted is not in .* at 2"),
        ("wanted", 4, 3, "wanted is not in .* at 1"),
        ("groups", 1, -1, "groups is out of range at 1"),
        ("groups", 1, 2**24 + 1, "groups is out of range at 1"),
        ("groups", 0, 0, "codes is not in .* at 0"),
    ],
)
def test_groups_of_a_feature_that_are_not_there_are_refused(
    name: str, place: int, bad: int, what: str
) -> None:
    given = arguments("effects")
    given[name][place] = bad
    with pytest.raises(ValueError, match=rf"effects: {what}; "):
        call("effects", given)


@pytest.mark.parametrize("bad", [2**63, 1.5, "1", None])
def test_what_is_no_number_is_refused(bad: Any) -> None:
    with pytest.raises(TypeError, match="pooled: groups is no whole number"):
        call("pooled", arguments("pooled") | {"groups": bad})


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"mass": [1 << 20, 1 << 21, 1 << 20, 1 << 20]}, r"mass is not in .* at 1"),
        ({"mass": [1 << 20, 0, 1 << 20, 1 << 20]}, r"mass is not in .* at 1"),
        ({"exponent": [0, 0, 1, 0]}, "exponent falls within a window at 2"),
        ({"exponent": [0, 0, 2**62, 0]}, r"beyond 2\*\*62 at 2"),
        ({"exponent": None, "offset": [0, 0, -(1 << 20)]}, "not positive in window at 2"),
        ({"exponent": None, "offset": [0, 0, 2**62]}, "offset is beyond"),
        ({"exponent": None, "offset": [0, 0, 2**61 + 2**60]}, "may sum to"),
    ],
)
def test_weights_that_would_overflow_are_refused(
    changed: dict[str, list[int] | None], what: str
) -> None:
    arrays = {name: part and array("q", part) for name, part in changed.items()}
    with pytest.raises(ValueError, match=rf"weighted: .*{what}"):
        call("weighted", arguments("weighted") | arrays)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_written_when_something_is_refused(function: str) -> None:
    given = arguments(function) | {"high": array("q", [0, 2, 5])}
    with pytest.raises(ValueError, match="beyond"):
        call(function, given)
    assert {part for name in OUTPUTS[function] for part in given[name]} == {7}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_windows_are_no_work(function: str) -> None:
    given = arguments(function)
    for name in ["low", "high", "wanted", *OUTPUTS[function]]:
        if name in given:
            given[name] = array(given[name].typecode)
    call(function, given)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_values_are_windows_without_any(function: str) -> None:
    given = arguments(function)
    for name in ["values", "mass", "exponent", "codes"]:
        if name in given:
            given[name] = array(given[name].typecode)
    given |= {"low": array("q", [0] * 3), "high": array("q", [0] * 3)}
    call(function, given)
    assert math.isnan(given[OUTPUTS[function][0]][0])


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_wrong_count_of_arguments_is_refused(function: str) -> None:
    from detectk.kernels import _sliding

    with pytest.raises(TypeError, match=rf"{function}: 1 arguments given; give \d+"):
        getattr(_sliding, function)(array("d"))


def test_whole_numbers_may_come_as_long() -> None:
    low = (ctypes.c_long * 1)(0)
    high = (ctypes.c_long * 1)(2)
    mean, deviation = array("d", [0.0]), array("d", [0.0])
    kernels.moments(array("d", [1.0, 3.0]), low, high, mean, deviation)
    assert (mean[0], deviation[0]) == (2.0, 1.0)


def test_another_thread_runs_meanwhile() -> None:
    """The main thread counts while a call that takes long is under way."""
    count = 200_000
    values = array("d", [1e300, 1e-300] * (count // 2))
    low, high = array("q", [0]) * count, array("q", range(count))
    outputs = array("d", [0.0]) * count, array("d", [0.0]) * count
    thread = threading.Thread(target=kernels.moments, args=(values, low, high, *outputs))
    thread.start()
    seen = 0
    while thread.is_alive():
        seen += 1
    thread.join()
    assert seen > 1000


def test_the_environment_sets_the_kernels_aside() -> None:
    script = (
        "from detectk import kernels\n"
        "assert not kernels.available\n"
        "try:\n    kernels.moments(*[b''] * 5)\n"
        "except RuntimeError as error:\n    print(error)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own text
        [sys.executable, "-c", script],
        env=os.environ | {"DETECTK_KERNELS": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("detectk.kernels: not compiled here, or DETECTK_KERNELS is 'off'")


def test_the_kernels_are_compiled_here() -> None:
    """The other tests say nothing where they are not."""
    assert kernels.available
