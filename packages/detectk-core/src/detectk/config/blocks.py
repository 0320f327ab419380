"""Read ``type``, ``profile`` and ``params`` into a component and its validated options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from detectk.config.aliases import rename
from detectk.config.layers import Layer, merge, only, validate, without
from detectk.config.metric import Block
from detectk.config.problems import Problems
from detectk.config.profiles import Profiles
from detectk.config.redaction import is_plain
from detectk.config.references import Resolver
from detectk.config.specs import OptionSpec, OptionSpecs
from detectk.config.yaml_tree import Keys, dotted
from detectk.errors import ConfigError, Place, PluginError
from detectk.plugin.catalogue import Found
from detectk.plugin.component import Kind

__all__ = ["BlockReader", "Read"]


class Read(NamedTuple):
    """What became of a block.

    Attributes:
        block: The component and its options; None when there is none, or something is wrong.
        named: Whether the block names a component at all.
        taken: The keys that are not the component's, in a layer each for profile and params.
    """

    block: Block | None = None
    named: bool = True
    taken: tuple[Layer, ...] = ()


class _Source(NamedTuple):
    """A profile or the params: what type it names, and its options."""

    layer: Layer
    type: str | None = None


class BlockReader:
    """Reads the blocks of one file.

    Args:
        specs: What the installed components take.
        environ: The environment, for the options a component reads from there.
        profiles: Where profiles are found.
        folder: The config's folder, absolute: where the search for profiles starts.
        resolver: Resolves the references of a profile.
        problems: Told what is wrong.
    """

    def __init__(
        self,
        specs: OptionSpecs,
        environ: Mapping[str, str],
        *,
        profiles: Profiles,
        folder: Path,
        resolver: Resolver,
        problems: Problems,
    ) -> None:
        self._specs = specs
        self._environ = environ
        self._profiles = profiles
        self._folder = folder
        self._resolver = resolver
        self.problems = problems

    def read(
        self, kind: Kind, layer: Layer, *, direct: Collection[str] = (), take: Collection[str] = ()
    ) -> Read:
        """Read the ``type``, ``profile`` and ``params`` of a block.

        Args:
            kind: What the block is.
            layer: The block's own keys.
            direct: Options that may stand beside ``params`` as well as in it.
            take: Keys of ``params`` that are the block's, unless the component wants them.
        """
        params = self._params(layer, direct)
        profile = self._profile(layer)
        if params is None or profile is False:
            return Read(taken=(only(params, frozenset(take)),) if params else ())
        written = layer.values.get("type")
        named = written or layer.values.get("profile")
        sources = [_Source(params, written)]
        if profile:
            sources.insert(0, profile)
        found = self._component(kind, layer, sources) if named else None
        spec = self._spec(found, layer) if found else None
        accepts = spec.names if spec else frozenset[str]()
        mine = frozenset(key for key in take if key not in accepts)
        taken = tuple(only(source.layer, mine) for source in sources)
        if not found or not spec:
            return Read(named=bool(named), taken=taken)
        rest = [self._canonical(without(s.layer, mine), found, spec) for s in sources]
        block = self._block(found, spec, rest, layer=layer, params=params)
        return Read(block, taken=taken)

    def _block(
        self, found: Found, spec: OptionSpec, rest: list[Layer], *, layer: Layer, params: Layer
    ) -> Block | None:
        component = found.component
        spellings = dict.fromkeys(found.preset, (*layer.base, "type"))
        preset = Layer(
            f"type {found.alias!r}", found.preset, layer.tree, params.base, spellings=spellings
        )
        self._check_preset(preset, rest)
        given = {option for source in (preset, *rest) for option in source.values}
        merged = merge([*self._environment(spec, params, given), preset, *rest])
        options = validate(spec.model, merged, self.problems)
        if options is None:
            return None
        return Block(
            kind=component.kind,
            type=component.name,
            written=found.alias or component.name,
            component=component,
            options=options,
            profile=layer.values.get("profile") or "",
            sources=merged.labels,
        )

    def _params(self, layer: Layer, direct: Collection[str]) -> Layer | None:
        base = (*layer.base, "params")
        given = layer.values.get("params")
        if given is not None and not isinstance(given, dict):
            place = layer.place(("params",), of="value")
            self.problems.add(f"{dotted(base)}: is not a mapping", place, "write key: value below")
            return None
        values = dict(given or {})
        spellings: dict[str, Keys] = {}
        for key in [key for key in layer.values if key in direct]:
            if key in values:
                text = f"{dotted(layer.base)}: {key!r} is here and in 'params'"
                self.problems.add(text, layer.place((key,)), "keep one")
            values[key] = layer.values[key]
            spellings[key] = (*layer.base, key)
        return Layer("param", values, layer.tree, base, layer.tainted, spellings)

    def _profile(self, layer: Layer) -> _Source | Literal[False] | None:
        """Return the profile, None when none is named, False when it cannot be had."""
        name = layer.values.get("profile")
        if not name:
            return None
        try:
            profile = self._profiles.find(name, self._folder)
        except ConfigError as error:
            if isinstance(error.where, Place):  # the profiles file itself is wrong
                self.problems.keep(error)
            else:
                place = layer.place(("profile",), of="value")
                label = dotted((*layer.base, "profile"))
                self.problems.add(f"{label}: {error.message}", place, error.hint)
            return False
        resolved = self._resolver.resolve(profile.tree, profile.keys)
        values = dict(resolved.value)
        kind, nested = values.pop("type", None), values.pop("params", None)
        own = Layer(
            f"profile {name!r}", values, profile.tree, profile.keys, tainted=resolved.tainted
        )
        if kind is not None and not isinstance(kind, str):
            place = own.place(("type",), of="value")
            self.problems.add(f"{name}.type: is not text", place, "put it in quotes")
            return False
        if nested is None:
            return _Source(own, kind)
        if not isinstance(nested, dict):
            place = own.place(("params",), of="value")
            self.problems.add(f"{name}.params: is not a mapping", place, "write key: value below")
            return False
        for key in values.keys() & nested.keys():
            self.problems.add(
                f"{name}: {key!r} is here and in 'params'", own.place((key,)), "keep one"
            )
        spellings: dict[str, Keys] = {str(k): (*profile.keys, "params", k) for k in nested}
        return _Source(replace(own, values={**values, **nested}, spellings=spellings), kind)

    def _component(self, kind: Kind, layer: Layer, sources: list[_Source]) -> Found | None:
        found: Found | None = None
        for source in sources:
            if source.type is None:
                continue
            mine = source.layer.tree is layer.tree and source.layer.label == "param"
            place = (layer if mine else source.layer).place(("type",), of="value")
            try:
                other = self._specs.catalogue.find(kind, source.type)
            except PluginError as error:
                self.problems.missing(error, place)
                return None
            if found and found.component != other.component:
                text = f"{dotted(layer.base)}: type {source.type!r} contradicts the profile's"
                hint = f"the profile is for {found.component.name!r}; remove one of them"
                self.problems.add(text, place, hint)
                return None
            found = other if found is None or other.alias else found
        if found is None:
            place = layer.place(("profile",), of="value")
            text = f"{dotted(layer.base)}: neither it nor its profile has a type"
            self.problems.add(text, place, "add 'type' to the profile")
        return found

    def _spec(self, found: Found, layer: Layer) -> OptionSpec | None:
        try:
            return self._specs.of(found.component)
        except PluginError as error:
            self.problems.missing(error, layer.place(("type",), of="value"))
            return None

    def _canonical(self, layer: Layer, found: Found, spec: OptionSpec) -> Layer:
        kind, name = found.component.kind, found.component.name
        scopes = (kind, f"{kind} {name}", f"{kind} {found.alias}")
        renamed = rename(layer.values, *scopes, accepts=spec.names.__contains__)
        if len(renamed.values) == len(layer.values) and not renamed.spellings:
            return layer
        label = dotted(layer.base)
        for alias in renamed.clashes:
            text = f"{label}: {alias.old!r} and {alias.new!r} are the same"
            self.problems.add(text, layer.place((alias.old,)), "keep one")
        for alias in renamed.deprecated:
            text = f"{label}: {alias.old!r} is deprecated; write {alias.new!r}"
            self.problems.warn(text, layer.place((alias.old,)))
        spellings = {new: layer.path((old,)) for new, old in renamed.spellings.items()}
        return replace(layer, values=renamed.values, spellings={**layer.spellings, **spellings})

    def _check_preset(self, preset: Layer, rest: list[Layer]) -> None:
        for option, value in preset.values.items():
            for layer in rest:
                if layer.values.get(option, value) != value:
                    self.problems.add(
                        f"{dotted(layer.path((option,)))}: {preset.label} means {option} {value!r}",
                        layer.place((option,), of="value"),
                        "remove one of them",
                    )

    def _environment(self, spec: OptionSpec, params: Layer, given: set[str]) -> list[Layer]:
        layers = []
        for option, name in spec.environment.items():
            value = self._environ.get(name)
            if value and option not in given:
                tainted = frozenset[tuple[str | int, ...]]()
                if not is_plain(name, value):
                    self.problems.redactor.add(value)
                    tainted = frozenset({(*params.base, option)})
                layers.append(
                    Layer(f"env {name}", {option: value}, params.tree, params.base, tainted)
                )
        return layers
