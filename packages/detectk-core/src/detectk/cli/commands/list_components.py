"""``dtk list-collectors`` and its like: what a metric may name as its ``type``."""

from __future__ import annotations

from detectk.cli.settings import JsonOption, Output
from detectk.console.printing import json_object, line, table
from detectk.plugin import Catalogue, Kind

__all__ = ["alerters", "collectors", "detectors", "storages"]


def collectors(output: JsonOption = Output.text) -> int:
    """List where data may come from: the types of `collector:`."""
    return _show("collector", output)


def detectors(output: JsonOption = Output.text) -> int:
    """List the ways to judge: the types of `detector:`."""
    return _show("detector", output)


def alerters(output: JsonOption = Output.text) -> int:
    """List whom messages may go to: the types of `alerter:`."""
    return _show("alerter", output)


def storages(output: JsonOption = Output.text) -> int:
    """List where history may be kept: the types of `storage:`."""
    return _show("storage", output)


def _show(kind: Kind, output: Output) -> int:
    owners = {
        component.target: plugin.distribution
        for plugin in Catalogue.default().plugins
        for component in plugin.components
    }
    components = Catalogue.default().components(kind)
    if output is Output.json:
        found = [
            {
                "type": component.name,
                "aliases": sorted(component.aliases),
                "summary": component.summary,
                "distribution": owners[component.target],
            }
            for component in components
        ]
        json_object({"schema": 1, f"{kind}s": found})
        return 0
    if not components:
        line(f"no {kind} is installed; dtk plugins shows what is")
        return 0
    rows = [
        (
            component.name,
            ", ".join(sorted(component.aliases)),
            component.summary,
            owners[component.target],
        )
        for component in components
    ]
    line(table(("type", "also", "what it does", "from"), rows))
    return 0
