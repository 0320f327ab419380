"""One line for each thing pydantic finds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretBytes,
    SecretStr,
    ValidationError,
)

from detectk.config.complaints import complaints, option_names, secret_strings


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str
    token: SecretStr | None = None


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=1, le=9)] | None = None
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    inner: Inner | None = None
    several: list[Inner] = []
    by_name: dict[str, Inner] = {}
    url: HttpUrl | None = None
    day: date | None = None
    length: timedelta | None = None
    same: int | float | None = None
    either: Annotated[int, Field(ge=5)] | Annotated[float, Field(ge=5)] | None = None
    short: Annotated[str, Field(min_length=3)] = "abc"
    pattern: Annotated[str, Field(pattern="^x")] = "x"
    keys: dict[str, SecretBytes] = {}
    alias: int = Field(default=1, validation_alias=AliasChoices("alias", "other"))
    named: int = Field(default=1, alias="name-d")


def said(**values: Any) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Model.model_validate(values)
    return [
        f"{'.'.join(map(str, found.at))}: {found.text(secret=False)}; {found.hint}".rstrip("; ")
        for found in complaints(Model, values, caught.value)
    ]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"count": 0}, "count: 0 is not at least 1"),
        ({"count": 10}, "count: 10 is not at most 9"),
        ({"count": 1.5}, "count: 1.5 is not a whole number"),
        ({"share": 0}, "share: 0 is not above 0"),
        ({"share": 1}, "share: 1 is not below 1"),
        ({"inner": {"path": "a", "pat": 1}}, "inner.pat: unknown key 'pat'; did you mean 'path'?"),
        ({"inner": {}}, "inner: missing key 'path'"),
        ({"inner": 3}, "inner: *** is not a mapping"),
        (
            {"several": [{"path": "a", "x": 1}]},
            "several.0.x: unknown key 'x'; known keys: path, token",
        ),
        ({"by_name": {"a": {"path": "a", "tokn": 1}}}, "by_name.a.tokn: unknown key 'tokn'"),
        (
            {"url": "x"},
            "url: 'x' is not right (input should be a valid URL, relative URL without a base)",
        ),
        ({"day": "x"}, "day: 'x' is not a date"),
        ({"length": []}, "length: a list is not a length of time"),
        ({"same": "x"}, "same: 'x' is not a whole number or a number"),
        ({"either": 1}, "either: 1 is not at least 5"),
        ({"short": "ab"}, "short: 'ab' is not right (string should have at least 3 characters)"),
        ({"pattern": "{}"}, "pattern: '{}' is not right (string should match pattern '^x')"),
        ({"share": "x" * 80}, f"share: '{'x' * 59}... is not a number"),
        ({"share": None}, "share: nothing is not a number"),
        ({"share": {}}, "share: a mapping is not a number"),
        ({"{}": 1}, "{}: unknown key '{}'"),
        ({"named": 1}, "named: unknown key 'named'"),
    ],
)
def test_every_kind_of_mistake_has_its_words(values: dict[str, Any], line: str) -> None:
    [found] = said(**values)
    assert found == line or found.startswith(f"{line}; did you mean")


def test_the_names_of_an_option_are_those_it_is_read_from() -> None:
    names = option_names(Model)
    assert {"alias", "other", "name-d", "count"} <= set(names)
    assert "named" not in names


def test_a_model_that_reads_field_names_has_both() -> None:
    class Both(BaseModel):
        model_config = ConfigDict(populate_by_name=True)

        named: int = Field(default=1, alias="name-d")

    assert option_names(Both) == ("named", "name-d")


class Node(BaseModel):
    children: list[Node] = Field(default_factory=list)
    name: str = ""


def test_a_model_inside_itself_is_searched_once() -> None:
    assert list(secret_strings(Node, {"children": [{"name": "a"}]})) == []


def test_secrets_are_found_wherever_they_are_declared() -> None:
    values = {
        "inner": {"path": "p", "token": "t1"},
        "several": [{"path": "p", "token": 5}, {"path": None, "token": True}],
        "keys": {"a": "k1"},
        "short": "plain",
    }
    assert set(secret_strings(Model, values)) == {"p", "t1", "5", "k1"}
