"""Say in one line what pydantic found wrong with a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import AliasChoices, BaseModel, SecretBytes, SecretStr, ValidationError

from detectk.config.problems import near
from detectk.config.redaction import STARS
from detectk.config.yaml_tree import Keys

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

__all__ = ["NAME", "Complaint", "complaints", "option_names", "secret_strings"]

NAME = r"^[a-zA-Z0-9_-]+$"
"""What a name of the user's may be."""

_LONG = 60
_FEW = 12
_SHAPES = {
    "string": "text",
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "list": "a list",
    "tuple": "a list",
    "set": "a list",
    "frozen_set": "a list",
    "dict": "a mapping",
    "mapping": "a mapping",
    "model": "a mapping",
    "dataclass": "a mapping",
    "none": "empty",
    "finite": "a finite number",
    "date": "a date",
    "datetime": "a date",
    "time_delta": "a length of time",
}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "above"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "below"),
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong.

    Attributes:
        keys: The option, and what is inside it, as far as it was given.
        at: What to point at: ``keys``, or a key below it that should not be there.
        about: Whether to point at the key or at its value.
        words: What is wrong; ``{}`` stands for the value.
        value: The value, as it may be shown.
        hint: What to do.
        free: Whether code wrote the words, which may quote anything.
        declared: Whether the option is declared secret, so that its code knows not to quote.
    """

    keys: Keys
    at: Keys
    about: Literal["key", "value"]
    words: str
    value: str
    hint: str = ""
    free: bool = False
    declared: bool = False

    def text(self, *, secret: bool) -> str:
        """Return the sentence, with stars for a secret value."""
        if self.about == "key":
            return self.words
        return self.words.replace("{}", STARS if secret else self.value)


def complaints(
    model: type[BaseModel], values: Mapping[str, Any], error: ValidationError
) -> tuple[Complaint, ...]:
    """Translate what pydantic found, one complaint for each place."""
    found: dict[tuple[Keys, str], Complaint] = {}
    for detail in error.errors(include_url=False):
        complaint = _complaint(model, values, detail)
        about = (complaint.at, complaint.about)
        earlier = found.get(about)
        if earlier is None:
            found[about] = complaint
        elif complaint.words not in earlier.words:  # the branches of a union, one each
            found[about] = _either(earlier, complaint)
    return tuple(found.values())


@lru_cache(maxsize=256)
def option_names(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the names under which a model takes values."""
    by_name = model.model_config.get("populate_by_name", False)
    by_name = by_name or model.model_config.get("validate_by_name", False)
    names: dict[str, None] = {}
    for name, info in model.model_fields.items():
        choices = _choices(info)
        names |= dict.fromkeys((name, *choices) if by_name or not choices else choices)
    return tuple(names)


def secret_strings(model: type[BaseModel], values: Mapping[str, Any]) -> Iterator[str]:
    """Give every text inside an option that is declared secret."""
    for option in _secret_options(model):
        if option in values:
            yield from _strings(values[option])


def _either(first: Complaint, second: Complaint) -> Complaint:
    head = "{} is not "
    both = first.words.startswith(head) and second.words.startswith(head)
    words = f"{first.words} or {second.words.removeprefix(head)}" if both else first.words
    return replace(first, words=words, free=first.free or second.free)


def _complaint(
    model: type[BaseModel], values: Mapping[str, Any], detail: ErrorDetails
) -> Complaint:
    loc = tuple(detail["loc"])
    kind = detail["type"]
    if kind == "missing":
        keys = _given(values, loc[:-1])
        return Complaint(keys, keys, "key", f"missing key {loc[-1]!r}", "")
    if kind == "extra_forbidden":
        keys = _given(values, loc[:-1])
        inner = _inner(model, keys)
        known = option_names(inner) if inner else ()
        words = f"unknown key {str(loc[-1])!r}"
        hint = near(loc[-1], known)
        if not hint and 0 < len(known) <= _FEW:
            hint = f"known keys: {', '.join(sorted(known))}"
        return Complaint(keys, (*keys, loc[-1]), "key", words, "", hint)
    keys = _given(values, loc)
    declared = bool(keys) and str(keys[0]) in _secret_options(model)
    value = STARS if declared else _shown(detail["input"])
    words, hint, free = _words(kind, detail)
    return Complaint(keys, keys, "value", words, value, hint, free=free, declared=declared)


def _words(kind: str, detail: ErrorDetails) -> tuple[str, str, bool]:  # noqa: PLR0911  # by kind
    context: Mapping[str, Any] = detail.get("ctx", {})
    given = detail["input"]
    if kind in ("value_error", "assertion_error"):
        said = str(context.get("error", detail["msg"])).replace("{}", "{ }")
        message, _, hint = said.partition("; ")
        return message, hint, True
    if kind in ("literal_error", "enum"):
        choices = str(context["expected"])
        names = [name.strip(" '") for name in choices.replace(" or ", ",").split(",")]
        return f"{{}} is not one of {choices.replace(' or ', ', ')}", near(given, names), False
    if kind in _BOUNDS:
        key, words = _BOUNDS[kind]
        bound = context[key]
        shown = f"{bound:g}" if isinstance(bound, int | float) else str(bound)
        return f"{{}} is not {words} {shown}", "", False
    if kind in ("too_short", "string_too_short") and not given:
        return "is empty", "fill it in or remove it", False
    if kind == "string_pattern_mismatch" and context["pattern"] == NAME:
        return "{} has more than letters, digits, '_' and '-'", "rename it", False
    shape = _SHAPES.get(_stem(kind))
    if shape is None:
        return f"{{}} is not right ({detail['msg'][0].lower()}{detail['msg'][1:]})", "", True
    return f"{{}} is not {shape}", _shape_hint(shape, given), False


def _stem(kind: str) -> str:
    for end in (
        "_type",
        "_parsing",
        "_from_float",
        "_attributes_type",
        "_number",
        "_required",
        "_from_datetime_parsing",
    ):
        if kind.endswith(end) and kind.removesuffix(end) in _SHAPES:
            return kind.removesuffix(end)
    return kind


def _shape_hint(shape: str, given: object) -> str:
    if shape == "text" and isinstance(given, bool | int | float):
        return "put it in quotes"
    if shape == "a list" and isinstance(given, str):
        return "write [...]"
    return ""


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."


def _given(values: Any, loc: Keys) -> Keys:
    """Keep of a location what the user wrote; pydantic adds the branches of unions."""
    keys: list[str | int] = []
    for key in loc:
        known = range(len(values)) if isinstance(values, list) else values
        if isinstance(known, Mapping | range) and key in known:
            values = values[key]
            keys.append(key)
    return tuple(keys)


def _inner(model: type[BaseModel], keys: Keys) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    for key in keys:
        if found is None or isinstance(key, int):
            continue
        info = found.model_fields.get(key)
        found = next(_models(info.annotation), None) if info else None
    return found


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if _is_class(annotation) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _choices(info: FieldInfo) -> tuple[str, ...]:
    """Return the aliases under which a field takes its value."""
    alias = info.validation_alias
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
    return tuple(choice for choice in choices if isinstance(choice, str))


@lru_cache(maxsize=256)
def _secret_options(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(
        name
        for field, info in model.model_fields.items()
        if _holds_secret(info.annotation)
        for name in (field, *_choices(info))
    )


def _holds_secret(annotation: Any, seen: frozenset[Any] = frozenset()) -> bool:
    if _is_class(annotation):
        if issubclass(annotation, SecretStr | SecretBytes):
            return True
        if issubclass(annotation, BaseModel) and annotation not in seen:
            inside = (info.annotation for info in annotation.model_fields.values())
            return any(_holds_secret(each, seen | {annotation}) for each in inside)
    return any(_holds_secret(argument, seen) for argument in get_args(annotation))


def _is_class(annotation: Any) -> bool:
    """Whether it is a class; to Python 3.10 ``list[int]`` is one too."""
    return isinstance(annotation, type) and get_origin(annotation) is None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
