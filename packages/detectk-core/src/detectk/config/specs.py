"""What the installed components take, imported when a config first names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from detectk.config.complaints import option_names
from detectk.contracts.options import Options
from detectk.plugin.catalogue import Catalogue
from detectk.plugin.component import Component, Kind

__all__ = ["OptionSpec", "OptionSpecs"]


@dataclass(frozen=True, slots=True)
class OptionSpec:
    """What a component takes."""

    model: type[Options]
    names: frozenset[str]
    environment: Mapping[str, str]


class OptionSpecs:
    """The option models of a catalogue; each is imported once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._specs: dict[tuple[Kind, str], OptionSpec] = {}

    def of(self, component: Component) -> OptionSpec:
        """Return what ``component`` takes.

        Raises:
            PluginError: Its model cannot be imported.
        """
        key = (component.kind, component.name)
        if key not in self._specs:
            model = self.catalogue.options(component)
            environment = getattr(model, "ENVIRONMENT", {})
            self._specs[key] = OptionSpec(model, frozenset(option_names(model)), environment)
        return self._specs[key]
