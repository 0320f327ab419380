"""Write results to standard output; the only place of the project that prints."""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal, TextIO
from unicodedata import combining, east_asian_width

from detectk.console.secrets import redact

__all__ = [
    "ColourMode",
    "Style",
    "json_object",
    "line",
    "paint",
    "paint_chart",
    "stdout_reserved",
    "table",
    "wants_colour",
]

ColourMode = Literal["auto", "always", "never"]
Style = Literal["bold", "dim", "red", "green", "yellow", "blue", "magenta"]

_CODES: Final[dict[Style, str]] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
}
_reserved: ContextVar[bool] = ContextVar("detectk_stdout_reserved", default=False)


def line(text: str = "", *, error: bool = False) -> None:
    """Write ``text`` and a line end; what the terminal cannot show becomes ``?``.

    Args:
        text: One line or several, without secrets or with them: they are taken out.
        error: Write to standard error.
    """
    stream = sys.stderr if error or _reserved.get() else sys.stdout
    text = redact(text)
    try:
        print(text, file=stream, flush=True)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        shown = text.encode(encoding, "replace").decode(encoding)
        print(shown, file=stream, flush=True)


@contextmanager
def stdout_reserved() -> Iterator[None]:
    """Keep standard output for one JSON object: what is printed inside goes to standard error."""
    token = _reserved.set(True)
    try:
        yield
    finally:
        _reserved.reset(token)


def json_object(value: Mapping[str, object]) -> None:
    """Write one JSON object to standard output, reserved or not; NaN and infinity are null."""
    text = json.dumps(_plain(value), ensure_ascii=False, indent=2, default=str)
    print(redact(text), file=sys.stdout, flush=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows under headers, columns two spaces apart; columns of numbers to the right."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(headers, *cells, strict=True)]
    right = [
        bool(rows) and all(isinstance(row[i], int | float) for row in rows) for i in _each(headers)
    ]
    lines = [headers, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(_pad(cell, widths[i], right=right[i]) for i, cell in enumerate(row)).rstrip()
        for row in lines
    )


def paint(text: str, *styles: Style, colour: bool = True) -> str:
    """Return ``text`` in ``styles`` for a terminal, or as it is."""
    if not (colour and styles and text):
        return text
    return f"\x1b[{';'.join(_CODES[style] for style in styles)}m{text}\x1b[0m"


def paint_chart(text: str, *, colour: bool = True) -> str:
    """Return a chart of `detectk.console.chart` with its band dimmed and its flags in red."""
    dimmed = re.sub(r"░+", lambda found: paint(found[0], "dim", colour=colour), text)
    return re.sub(r"●+", lambda found: paint(found[0], "bold", "red", colour=colour), dimmed)


def wants_colour(mode: ColourMode = "auto", stream: TextIO | None = None) -> bool:
    """Whether to colour: ``auto`` is a terminal and no ``NO_COLOR`` (https://no-color.org)."""
    if mode != "auto":
        return mode == "always"
    stream = stream or (sys.stderr if _reserved.get() else sys.stdout)
    dumb = os.environ.get("TERM") == "dumb" or bool(os.environ.get("NO_COLOR"))
    return stream.isatty() and not dumb


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _each(headers: Sequence[str]) -> range:
    return range(len(headers))


def _width(text: str) -> int:
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def _pad(text: str, width: int, *, right: bool) -> str:
    room = " " * (width - _width(text))
    return f"{room}{text}" if right else f"{text}{room}"
