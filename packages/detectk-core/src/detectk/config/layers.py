"""Merge values that come from several places, validate them, and blame the right place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from detectk.config.complaints import Complaint, complaints, secret_strings
from detectk.config.problems import Problems, near
from detectk.config.references import NO_SECRETS
from detectk.config.yaml_tree import Keys, Tree, dotted
from detectk.errors import Place

__all__ = ["Layer", "Merged", "merge", "only", "unknown_keys", "validate", "without"]

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Layer:
    """Values of one origin.

    Attributes:
        label: What `explain` calls the origin: ``param``, ``profile 'prod'``.
        values: Option to value, in canonical spelling.
        tree: The file they stand in.
        base: Where in it.
        tainted: Paths in the tree that hold secrets.
        spellings: Option to its path in the tree, where that is not ``base`` plus the option.
    """

    label: str
    values: Mapping[str, Any]
    tree: Tree
    base: Keys
    tainted: frozenset[Keys] = NO_SECRETS
    spellings: Mapping[str, Keys] = field(default_factory=dict)

    def path(self, option: Keys) -> Keys:
        """Return the path in the tree of an option, or of something inside it."""
        if not option:
            return self.base
        return (*self.spellings.get(str(option[0]), (*self.base, option[0])), *option[1:])

    def place(self, option: Keys, *, of: Literal["key", "value"] = "key") -> Place:
        """Return where an option stands."""
        return self.tree.place(self.path(option), of=of)

    def is_secret(self, option: Keys) -> bool:
        """Whether the option, or anything in it, came from a reference."""
        path = self.path(option)
        return any(taint[: len(path)] == path for taint in self.tainted)


@dataclass(frozen=True, slots=True)
class Merged:
    """Values of several layers, the last one that has an option winning.

    Attributes:
        values: Option to value.
        sources: Option to the layer it came from.
        home: The layer to blame for what is not there.
    """

    values: Mapping[str, Any]
    sources: Mapping[str, Layer]
    home: Layer

    @property
    def labels(self) -> dict[str, str]:
        """Option to the label of its layer."""
        return {option: layer.label for option, layer in self.sources.items()}


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge layers, given from the weakest to the strongest; the last is home."""
    values: dict[str, Any] = {}
    sources: dict[str, Layer] = {}
    for layer in layers:
        for option, value in layer.values.items():
            values[option] = value
            sources[option] = layer
    return Merged(values, sources, layers[-1])


def validate(
    model: type[M],
    merged: Merged,
    problems: Problems,
    *,
    context: Mapping[str, object] | None = None,
) -> M | None:
    """Return the model of the values; None when they are wrong, which ``problems`` then tell.

    Args:
        model: What they are to be.
        merged: The values.
        problems: Told what is wrong.
        context: What the model's validators want to know besides.
    """
    for secret in secret_strings(model, merged.values):
        problems.redactor.add(secret)
    try:
        return model.model_validate(dict(merged.values), context=context)
    except ValidationError as error:
        for complaint in complaints(model, merged.values, error):
            _blame(complaint, merged, problems)
        return None


def unknown_keys(layer: Layer, known: Collection[str], problems: Problems) -> Layer:
    """Return ``layer`` without the keys a block does not take, after complaining of each."""
    odd = [key for key in layer.values if key not in known]
    if not odd:
        return layer
    label = dotted(layer.base)
    for key in odd:
        hint = near(key, sorted(known)) or "options of a component go under 'params'"
        text = f"unknown key {str(key)!r}"
        problems.add(f"{label}: {text}", layer.place((key,)), hint)
    return only(layer, frozenset(known))


def only(layer: Layer, keys: frozenset[str]) -> Layer:
    """Return ``layer`` with some of its keys."""
    if keys.isdisjoint(layer.values):
        return _nothing(layer)
    return replace(layer, values={k: v for k, v in layer.values.items() if k in keys})


def _nothing(layer: Layer) -> Layer:
    return Layer(layer.label, {}, layer.tree, layer.base, layer.tainted)


def without(layer: Layer, keys: frozenset[str]) -> Layer:
    """Return ``layer`` without some of its keys."""
    if keys.isdisjoint(layer.values):
        return layer
    values: dict[str, Any] = {k: v for k, v in layer.values.items() if k not in keys}
    return replace(layer, values=values)


def _blame(complaint: Complaint, merged: Merged, problems: Problems) -> None:
    keys = complaint.keys
    layer = merged.sources.get(str(complaint.at[0]), merged.home) if complaint.at else merged.home
    secret = bool(keys) and layer.is_secret(keys)
    is_value = complaint.about == "value" and bool(keys)
    label = dotted(layer.path(keys))
    redact = problems.redactor.redact
    parts = complaint.free and (secret or _guarded(merged))
    if secret and complaint.free and not complaint.declared:
        text, hint = "the value given by reference is not valid", "check what it refers to"
    else:
        text = redact(complaint.text(secret=secret), parts=parts)
        hint = "" if secret and not complaint.free else redact(complaint.hint, parts=parts)
    if layer.label.startswith("env "):
        text = f"{text} (from {layer.label})"
    problems.add(
        f"{label}: {text}" if label else text,
        layer.place(complaint.at, of="value" if is_value else "key"),
        hint,
    )


def _guarded(merged: Merged) -> bool:
    return any(layer.tainted for layer in merged.sources.values())
