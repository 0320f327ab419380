"""Plain values from YAML, and where they stand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from detectk.config.yaml_tree import MAX_DEPTH, dotted, parse
from detectk.errors import ConfigError, Place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("-3", -3),
        ("+.5", 0.5),
        ("1e3", 1000.0),
        ("3.", 3.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1_000", "1_000"),
        ("10:30", "10:30"),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        ("1.2.3", "1.2.3"),
        ("'-'", "-"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!int 12", 12),
        ("!!float 12", 12.0),
        ("!!float 1.5", 1.5),
        ("!!bool true", True),
        ("!!null ''", None),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    found = parse(f"key: {text}\n", "f.yaml").root["key"]
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(parse("key: .nan", "f.yaml").root["key"])


def test_text_that_begins_like_a_number_is_text() -> None:
    assert parse("a: 12abc\nb: +x\nc: .hidden", "f.yaml").root == {
        "a": "12abc",
        "b": "+x",
        "c": ".hidden",
    }


def test_a_url_may_stand_in_braces() -> None:
    tree = parse("a: {url: http://localhost:80/x}", "f.yaml")
    assert tree.root == {"a": {"url": "http://localhost:80/x"}}
    assert tree.place(("a", "url"), of="value") == Place("f.yaml", 1, 10)


def test_every_key_and_value_has_a_place() -> None:
    tree = parse("a:\n  b: [1, {c: 2}]\n", "f.yaml")
    assert tree.place(()) == Place("f.yaml", 1, 1)
    assert tree.place(("a",)) == Place("f.yaml", 1, 1)
    assert tree.place(("a", "b")) == Place("f.yaml", 2, 3)
    assert tree.place(("a", "b"), of="value") == Place("f.yaml", 2, 6)
    assert tree.place(("a", "b", 1, "c"), of="value") == Place("f.yaml", 2, 14)


def test_a_path_that_breaks_off_is_placed_at_its_last_key() -> None:
    tree = parse("a:\n  b: 1\n", "f.yaml")
    assert tree.place(("a", "x", "y")) == Place("f.yaml", 1, 1)
    assert tree.place(("x",)) == Place("f.yaml", 1, 1)


def test_merged_values_are_placed_where_they_are_written() -> None:
    tree = parse("base: &b {x: 1, y: 2}\na:\n  <<: *b\n  y: 3\n", "f.yaml")
    assert tree.root["a"] == {"y": 3, "x": 1}
    assert tree.place(("a", "x")) == Place("f.yaml", 1, 11)
    assert tree.place(("a", "y")) == Place("f.yaml", 4, 3)


def test_several_mappings_merge_the_first_winning() -> None:
    text = "b: &b {x: 1}\nc: &c {x: 2, y: 2}\na:\n  <<: [*b, *c]\n"
    assert parse(text, "f.yaml").root["a"] == {"x": 1, "y": 2}


def test_aliases_repeat_their_anchor() -> None:
    tree = parse("a: &x [1, 2]\n? &k name\n: *x\nc: *k\n", "f")
    assert tree.root == {"a": [1, 2], "name": [1, 2], "c": "name"}


def test_an_alias_may_be_a_key() -> None:
    assert parse("a: &k name\n*k : 1\n", "f").root == {"a": "name", "name": 1}


def test_a_quoted_merge_key_is_a_key() -> None:
    assert parse("'<<': 1", "f").root == {"<<": 1}


def test_a_byte_order_mark_is_no_content() -> None:
    assert parse("\ufeffa: 1", "f").root == {"a": 1}


def test_dotted_writes_a_path_as_people_do() -> None:
    assert dotted(("detectors", 0, "params", "x")) == "detectors[0].params.x"
    assert dotted(()) == ""


def test_a_second_document_is_seen() -> None:
    assert parse("---\na: 1\n---\nb: 2\n", "f.yaml").extra == Place("f.yaml", 3, 1)
    assert parse("---\na: 1\n", "f.yaml").extra is None


def test_a_file_of_comments_holds_nothing() -> None:
    assert parse("# nothing\n", "f").root is None


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "f.yaml:2:1: key 'a' is here twice (first on line 1); keep one"),
        (
            "a: {{ x }}",
            "f.yaml:1:5: a key must be plain text; quote text that begins with '{' or '['",
        ),
        (
            "[a]: 1",
            "f.yaml:1:1: a key must be plain text; quote text that begins with '{' or '['",
        ),
        (
            "a: @x",
            "f.yaml:1:4: not valid YAML: a value cannot begin with '@'; put it in quotes",
        ),
        (
            "a:\n\t- b",
            "f.yaml:2:1: not valid YAML: a tab indents this line; indent with spaces",
        ),
        ('a: "x\nb: 1', "f.yaml:1:4: not valid YAML: a quote is never closed; close it"),
        (
            "a: |\n  x\n y\n",
            (
                "f.yaml:3:2: not valid YAML: the indentation does not fit the lines above; "
                "align it with its siblings"
            ),
        ),
        (
            "a: b: c",
            (
                "f.yaml:1:5: not valid YAML: a second ':' in this line, or wrong indentation; "
                "put the value in quotes"
            ),
        ),
        (
            "a:\n  b\nc\nd: 1",
            "f.yaml:4:1: not valid YAML: a line without ':'; write 'key: value'",
        ),
        (
            "a: [1",
            (
                "f.yaml:1:6: not valid YAML: expected ',' or ']', but got '<stream end>'; "
                "check the brackets, quotes and indentation"
            ),
        ),
        (
            "a: *x",
            "f.yaml:1:4: this alias has no anchor; quote a value that begins with '*'",
        ),
        (
            "a: &a [*a]",
            "f.yaml:1:8: this alias has no anchor; quote a value that begins with '*'",
        ),
        (
            "a: !!python/object:os.system x",
            "f.yaml:1:4: a tag stands here; quote a value that begins with '!'",
        ),
        ("a: !!int x", "f.yaml:1:4: a tag stands here; quote a value that begins with '!'"),
        ("a: !!set {b}", "f.yaml:1:4: a tag stands here; remove it"),
        ("a: 1\nb: \x07", "f.yaml:2:4: control character 0x07; remove it"),
        ("a:\n  <<: 1", "f.yaml:2:7: '<<' merges something that is no mapping; give it an alias"),
        (
            "a: " + "[" * 100,
            f"f.yaml:1:{MAX_DEPTH + 4}: is nested deeper than {MAX_DEPTH} levels; flatten it",
        ),
        (BOMB, "f.yaml:5:45: aliases grow to over 100000 values; write less"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text, "f.yaml")
    assert str(caught.value) == message
