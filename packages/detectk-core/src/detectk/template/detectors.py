"""What a detector is, in one line of text that people read and templates take apart again."""

from __future__ import annotations

import ast
from collections.abc import Mapping

__all__ = ["describe_detector", "detector_words", "read_detector"]


def describe_detector(kind: str, parameters: Mapping[str, object]) -> str:
    """Return ``mad(n_sigma=3.0, window_size='30 days')``: what `Message.detectors` holds.

    Args:
        kind: The detector's type.
        parameters: Plain scalars and lists, defaults included where templates may want them.
    """
    inside = ", ".join(f"{name}={parameters[name]!r}" for name in sorted(parameters))
    return f"{kind}({inside})"


def read_detector(text: str) -> dict[str, object]:
    """Return the parameters, and the type as ``detector``; other text is taken as a type."""
    try:
        call = ast.parse(text, mode="eval").body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.args):
            return {"detector": text}
        parameters = {str(k.arg): ast.literal_eval(k.value) for k in call.keywords}
    except (SyntaxError, ValueError):
        return {"detector": text}
    return {**parameters, "detector": call.func.id}


def detector_words(text: str) -> str:
    """Return ``mad: n_sigma 3, window_size 30 days``, without what is off, empty or unset."""
    read = read_detector(text)
    kind = str(read.pop("detector"))
    told = [f"{name} {_word(value)}" for name, value in read.items() if _matters(value)]
    return f"{kind}: {', '.join(told)}" if told else kind


def _matters(value: object) -> bool:
    return value is not None and value is not False and value not in ((), [], {}, "")


def _word(value: object) -> str:
    if value is True:
        return "on"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        entries = (f"{name} {_word(item)}" for name, item in value.items() if _matters(item))
        return f"({', '.join(entries)})"
    if isinstance(value, list | tuple):
        return "+".join(_word(item) for item in value)
    return str(value)
