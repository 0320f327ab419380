"""Read a YAML file into plain values that know where in the file they stand.

Scalars follow the core schema of YAML 1.2: only ``true`` and ``false`` are booleans, ``no``,
``on``, ``10:30`` and ``2024-01-01`` are text, ``010`` is ten. Options that want a boolean still
read ``yes`` and ``no``, because their model does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]  # of the C extension
from ruamel.yaml.error import StreamMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from detectk.errors import ConfigError, Place

__all__ = ["Keys", "Tree", "dotted", "parse"]

Keys: TypeAlias = tuple[str | int, ...]
Spot: TypeAlias = tuple[StreamMark, StreamMark]

MAX_DEPTH: Final = 50
MAX_VALUES: Final = 100_000

_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, object]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMERIC: Final = frozenset("+-.0123456789")
_CORE: Final = "tag:yaml.org,2002:"


@dataclass(frozen=True, slots=True)
class Tree:
    """The content of one YAML file.

    Attributes:
        path: The file, as the user named it.
        root: Its first document: mappings, lists and scalars; None when it holds nothing.
        extra: Where a second document begins, None when there is only one.
        dollars: Whether the text has a dollar sign, so that there may be references.
        spots: For each container, by identity: key to the marks of the key and of the value.
    """

    path: str
    root: Any
    extra: Place | None = None
    dollars: bool = True
    spots: Mapping[int, Mapping[object, Spot]] = field(default_factory=dict, repr=False)

    def place(self, keys: Keys, *, of: Literal["key", "value"] = "key") -> Place:
        """Return where ``keys`` lead; where the path breaks off, the last key that exists."""
        node = self.root
        last: Spot | None = None
        for key in keys:
            spot = self.spots.get(id(node), {}).get(key)
            if spot is None:
                return _place(self.path, last[0]) if last else Place(self.path, 1, 1)
            last, node = spot, node[key]
        return _place(self.path, last[of == "value"]) if last else Place(self.path, 1, 1)


def dotted(keys: Keys) -> str:
    """Write a path as people do: ``detectors[0].params``."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(parts).lstrip(".")


def parse(text: str, path: str) -> Tree:
    """Parse YAML text.

    Raises:
        ConfigError: It is not valid YAML, or uses what a config never needs: a key twice, a tag
            of its own, an alias of itself, a mapping as a key.
    """
    text = text.removeprefix("\ufeff")
    dollars = "$" in text
    try:
        return _Builder(path, CParser(text).get_event).tree(dollars=dollars)
    except YAMLError:
        # The C parser stops at `{url: http://...}` and words its errors worse: ask the other one.
        events = YAML(typ="safe", pure=True).parse(text)
        try:
            return _Builder(path, events.__next__).tree(dollars=dollars)
        except YAMLError as error:
            from detectk.config.yaml_words import complaint  # its expression is slow to compile

            raise complaint(error, text, path) from None


class _Builder:
    """Builds the values of one stream of events."""

    def __init__(self, path: str, read: Callable[[], Any]) -> None:
        self.path = path
        self.next = read
        self.spots: dict[int, dict[object, Spot]] = {}
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.count = 0

    def tree(self, *, dollars: bool) -> Tree:
        root: Any = None
        extra: Place | None = None
        seen = False
        while type(event := self.next()) is not StreamEndEvent:
            if type(event) is not DocumentStartEvent:
                continue
            if seen:
                extra = _place(self.path, event.start_mark)
                break
            seen = True
            root = self.node(self.next(), 0)
        return Tree(self.path, root, extra, dollars, self.spots)

    def node(self, event: Any, depth: int) -> Any:
        kind = type(event)
        start = self.count
        self.count += 1
        if kind is ScalarEvent:
            value = self.scalar(event)
        elif kind is AliasEvent:
            return self.alias(event)
        elif depth > MAX_DEPTH:
            raise _deep(_place(self.path, event.start_mark))
        elif kind is MappingStartEvent:
            value = self.mapping(event, depth + 1)
        else:
            value = self.sequence(event, depth + 1)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, self.count - start)
        return value

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.implicit[0] or event.tag in (None, "!"):
            return _plain(text) if event.implicit[0] else text
        return self.tagged(event, text)

    def tagged(self, event: Any, text: str) -> Any:
        tag = event.tag.removeprefix(_CORE)
        if tag == "str":
            return text
        value = _plain(text)
        if tag == "float" and type(value) is int:
            return float(value)
        names = {"int": int, "float": float, "bool": bool, "null": type(None)}
        if tag in names and type(value) is names[tag]:
            return value
        return self.fail(event, "a tag stands here", "quote a value that begins with '!'")

    def alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            self.fail(event, "this alias has no anchor", "quote a value that begins with '*'")
        value, size = self.anchors[event.anchor]
        self.count += size
        if self.count > MAX_VALUES:
            self.fail(event, f"aliases grow to over {MAX_VALUES} values", "write less")
        return value

    def sequence(self, event: Any, depth: int) -> list[Any]:
        self.container(event)
        values: list[Any] = []
        spots: dict[object, Spot] = {}
        while type(item := self.next()) is not SequenceEndEvent:
            spots[len(values)] = (item.start_mark, item.start_mark)
            values.append(self.node(item, depth))
        self.spots[id(values)] = spots
        return values

    def mapping(self, event: Any, depth: int) -> dict[Any, Any]:
        self.container(event)
        values: dict[Any, Any] = {}
        spots: dict[object, Spot] = {}
        merged: list[tuple[Any, Any]] = []
        while type(name := self.next()) is not MappingEndEvent:
            key = self.key(name)
            item = self.next()
            if key == "<<" and name.implicit[0]:
                merged.append((item, self.node(item, depth)))
                continue
            if key in values:
                first = spots[key][0].line + 1
                self.fail(name, f"key {key!r} is here twice (first on line {first})", "keep one")
            spots[key] = (name.start_mark, item.start_mark)
            values[key] = self.node(item, depth)
        for item, source in merged:
            self.merge(item, source, values=values, spots=spots)
        self.spots[id(values)] = spots
        return values

    def merge(
        self, event: Any, source: Any, *, values: dict[Any, Any], spots: dict[object, Spot]
    ) -> None:
        for other in source if isinstance(source, list) else [source]:
            if not isinstance(other, dict):
                self.fail(event, "'<<' merges something that is no mapping", "give it an alias")
            for key, value in other.items():
                if key not in values:
                    values[key] = value
                    spots[key] = self.spots[id(other)][key]

    def key(self, event: Any) -> Any:
        self.count += 1
        if type(event) is AliasEvent:
            value = self.alias(event)
        elif type(event) is ScalarEvent:
            value = self.scalar(event)
            if event.anchor is not None:
                self.anchors[event.anchor] = (value, 1)
        else:
            value = [] if type(event) is SequenceStartEvent else {}
        if isinstance(value, list | dict):
            self.fail(event, "a key must be plain text", "quote text that begins with '{' or '['")
        return value

    def container(self, event: Any) -> None:
        if event.tag not in (None, "!", f"{_CORE}map", f"{_CORE}seq"):
            self.fail(event, "a tag stands here", "remove it")

    def fail(self, event: NodeEvent, message: str, hint: str) -> NoReturn:
        raise ConfigError(message, where=_place(self.path, event.start_mark), hint=hint)


def _plain(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    try:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _BASED.fullmatch(text):
            return int(text, 0)
    except ValueError:  # more digits than Python converts
        return text
    return float(text) if _FLOAT.fullmatch(text) else text


def _place(path: str, mark: Any) -> Place:
    return Place(path, mark.line + 1, mark.column + 1)


def _deep(place: Place) -> ConfigError:
    return ConfigError(f"is nested deeper than {MAX_DEPTH} levels", where=place, hint="flatten it")
