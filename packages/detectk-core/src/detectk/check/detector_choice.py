"""Choose a detector by its type and options, without a metric file."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from detectk.config.aliases import rename
from detectk.config.complaints import Complaint, complaints, option_names
from detectk.config.problems import FileError
from detectk.config.yaml_tree import dotted
from detectk.contracts import Detector, Options, Services, detector_id
from detectk.errors import ConfigError
from detectk.plugin import Catalogue
from detectk.plugin.catalogue import Found
from detectk.template.detectors import describe_detector, detector_words
from detectk.values import Interval

__all__ = ["Choice", "choose"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A detector that is ready to judge.

    Attributes:
        type: Its name, never an alias.
        options: Its options.
        detector: Itself.
    """

    type: str
    options: Options
    detector: Detector[Any]

    @property
    def chosen(self) -> dict[str, object]:
        """The options that differ from their defaults."""
        return self.options.model_dump(mode="json", exclude_defaults=True)

    @property
    def words(self) -> str:
        """The detector in a few words: ``mad: n_sigma 4``."""
        return detector_words(describe_detector(self.type, self.chosen))

    def id(self, interval: Interval) -> str:
        """Return the id under which a metric on ``interval`` would keep its verdicts."""
        return detector_id(self.type, self.detector.algorithm_version, self.options, interval)


def choose(
    type: str,  # noqa: A002 - what a metric file calls it
    params: Mapping[str, Any] | None = None,
    *,
    where: str = "params",
    catalogue: Catalogue | None = None,
) -> Choice:
    """Return a detector, its options checked as those of a metric file are.

    Args:
        type: Its name, or an alias.
        params: Option to value; old spellings are accepted with a warning.
        where: What an error about the options names.
        catalogue: Where detectors come from; what is installed by default.

    Raises:
        PluginError: It is not installed, or broken.
        ConfigError: An option is wrong; `detectk.config.all_errors` gives all that are.
    """
    catalogue = catalogue or Catalogue.default()
    found = catalogue.find("detector", type)
    model = catalogue.options(found.component)
    options = _options(model, _values(found, model, params or {}, where=where), where=where)
    kind = catalogue.load(found.component)
    return Choice(found.component.name, options, kind(options, Services(where=where)))


def _values(
    found: Found, model: type[Options], params: Mapping[str, Any], *, where: str
) -> dict[str, Any]:
    """Return the options in canonical spelling, with those that an alias of the type stands for."""
    kind, name = found.component.kind, found.component.name
    scopes = (kind, f"{kind} {name}", f"{kind} {found.alias}")
    renamed = rename(params, *scopes, accepts=set(option_names(model)).__contains__)
    for alias in renamed.clashes:
        raise ConfigError(
            f"{alias.old!r} and {alias.new!r} are the same", where=where, hint="keep one"
        )
    for alias in renamed.deprecated:
        _log.warning("%s: %r is deprecated; write %r", where, alias.old, alias.new)
    for option, value in found.preset.items():
        if renamed.values.get(option, value) != value:
            raise ConfigError(
                f"type {found.alias!r} means {option} {value!r}",
                where=where,
                hint="remove one of them",
            )
    return {**found.preset, **renamed.values}


def _options(model: type[Options], values: dict[str, Any], *, where: str) -> Options:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = complaints(model, values, error)
        # A misspelt key is why another one is missing.
        ordered = sorted(found, key=lambda one: not one.words.startswith("unknown"))
        wrong = [_said(one, where) for one in ordered]
        raise FileError(wrong[0], wrong) from None


def _said(found: Complaint, where: str) -> ConfigError:
    text = found.text(secret=False)
    message = f"{dotted(found.keys)}: {text}" if found.keys else text
    return ConfigError(message, where=where, hint=found.hint)
