"""``dtk plugins``: what is installed, what it offers, and what of it is broken."""

from __future__ import annotations

from detectk.cli.settings import JsonOption, Output
from detectk.console.printing import json_object, line, table
from detectk.plugin import Catalogue, Plugin

__all__ = ["plugins"]


def plugins(output: JsonOption = Output.text) -> int:
    """List the installed distributions, their versions and what they offer."""
    found = Catalogue.default().plugins
    if output is Output.json:
        json_object({"schema": 1, "plugins": [_object(plugin) for plugin in found]})
        return 0
    rows = [(plugin.distribution, plugin.version, _offers(plugin)) for plugin in found]
    line(table(("distribution", "version", "offers"), rows))
    for plugin in found:
        if plugin.error:
            line(f"\n{plugin.distribution} is broken: {plugin.error}")
            line(f"  reinstall it: pip install --force-reinstall {plugin.distribution}")
    return 0


def _offers(plugin: Plugin) -> str:
    if plugin.error:
        return "broken, see below"
    kinds: dict[str, list[str]] = {}
    for component in (*plugin.components, *plugin.commands):
        kinds.setdefault(component.kind, []).append(component.name)
    return "; ".join(f"{kind} {', '.join(names)}" for kind, names in kinds.items())


def _object(plugin: Plugin) -> dict[str, object]:
    offers = (*plugin.components, *plugin.commands)
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "module": plugin.module,
        "components": [{"kind": one.kind, "name": one.name} for one in offers],
        "error": plugin.error or None,
    }
