"""Look at a query before it is ever rendered."""

from __future__ import annotations

import re
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
    """Complain of a ``query`` that is no template, and warn of one without its time variables.

    Args:
        block: The collector.
        layer: The keys of its block.
        problems: Told what is found.
    """
    query = getattr(block.options, "query", None)
    if not isinstance(query, str):
        return
    params = Layer("param", layer.values, layer.tree, (*layer.base, "params"), layer.tainted)
    label = dotted((*params.base, "query"))
    try:
        bounded = _uses_window(query)
    except ConfigError as error:
        place = params.place(("query",), of="value")
        said, hint = error.message, error.hint
        if params.is_secret(("query",)) or block.sources["query"] != "param":
            # The parser quotes what it stumbles over, and that may be part of a secret.
            said, hint = f"{said.partition(':')[0]}: the template cannot be read", ""
        problems.add(f"{label}: {said}", place, hint)
        return
    if not bounded:
        problems.warn(
            f"{label}: does not use both {{{{ period_start }}}} and {{{{ period_finish }}}}; "
            "rows outside the window are dropped",
            params.place(("query",)),
        )


def _uses_window(query: str) -> bool:
    names = set(_SIMPLE.findall(query))
    if not _JINJA.search(_SIMPLE.sub("", query)):
        return names >= _WINDOW
    from detectk.template.queries import uses_window  # parsing takes 30 times as long as the above

    return uses_window(query)
