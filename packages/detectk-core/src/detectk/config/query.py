"""Look at a query before it is ever rendered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from detectk.config.layers import Layer
from detectk.config.metric import Block
from detectk.config.problems import Problems
from detectk.config.yaml_tree import dotted
from detectk.errors import ConfigError

__all__ = ["check_query"]

_WINDOW: Final = frozenset({"period_start", "period_finish"})
_SIMPLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_JINJA = re.compile(r"\{[{%#]")


def check_query(block: Block, layer: Layer, problems: Problems) -> None:
    """Complain of queries that are no templates; warn of a ``query`` without its time variables.

    Args:
        block: The collector.
        layer: The keys of its block.
        problems: Told what is found.
    """
    query, events = (getattr(block.options, name, None) for name in ("query", "events"))
    params = Layer("param", layer.values, layer.tree, (*layer.base, "params"), layer.tainted)
    if isinstance(query, str) and not _is_bounded(query, ("query",), block, params, problems):
        problems.warn(
            f"{dotted((*params.base, 'query'))}: does not use both {{{{ period_start }}}} and "
            "{{ period_finish }}; rows outside the window are dropped",
            params.place(("query",)),
        )
    if isinstance(query, str) and isinstance(events, Mapping):
        for name, template in events.items():
            _is_bounded(template, ("events", name), block, params, problems)


def _is_bounded(
    query: str, path: tuple[str, ...], block: Block, params: Layer, problems: Problems
) -> bool:
    """Whether a query uses both time variables; what is no template is told, and counts as one."""
    try:
        return _uses_window(query)
    except ConfigError as error:
        said, hint = error.message, error.hint
        if params.is_secret(path) or block.sources[path[0]] != "param":
            # The parser quotes what it stumbles over, and that may be part of a secret.
            said, hint = f"{said.partition(':')[0]}: the template cannot be read", ""
        problems.add(
            f"{dotted((*params.base, *path))}: {said}", params.place(path, of="value"), hint
        )
        return True


def _uses_window(query: str) -> bool:
    names = set(_SIMPLE.findall(query))
    if not _JINJA.search(_SIMPLE.sub("", query)):
        return names >= _WINDOW
    from detectk.template.queries import uses_window  # parsing takes 30 times as long as the above

    return uses_window(query)
