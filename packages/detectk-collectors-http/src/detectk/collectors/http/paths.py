"""Find a value inside a document by its path: ``data.rows[0].count``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from reprlib import repr as short
from typing import Final, TypeAlias

__all__ = ["ABSENT", "Path", "Step", "find", "look", "parse"]

Step: TypeAlias = str | int
Path: TypeAlias = tuple[Step, ...]

_FEW: Final = 8
_STEP = re.compile(
    r"""
    \[ \s* (?P<index> -?\d+ ) \s* \]
    | \[ \s* (?P<quote> ["'] ) (?P<quoted> .*? ) (?P=quote) \s* \]
    | (?: (?P<dot> \. ) | \A ) (?P<name> [^.\[\]]+ )
    """,
    re.VERBOSE,
)


class _Absent:
    """What is found where nothing is; null is something."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()


@lru_cache(maxsize=1024)
def parse(text: str) -> Path:
    """Return the steps of a path: names, and places in lists, from the end where negative.

    ``$`` and ``.`` are the document itself, and a path may begin with ``$``. A name with dots or
    brackets is written ``["a.b"]``.

    Raises:
        ValueError: It is no path.
    """
    rest = text.strip()
    if rest in ("$", "."):
        return ()
    rest = re.sub(r"\A\$\.?", "", rest)
    steps: list[Step] = []
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise ValueError(f"{text!r} is no path; write it like 'data.rows[0].count'")
        if step["index"] is not None:
            steps.append(int(step["index"]))
        else:
            steps.append(step["quoted"] if step["quote"] else step["name"].strip())
        at = step.end()
    if not steps:
        raise ValueError("an empty path leads nowhere; '$' is the document itself")
    return tuple(steps)


def look(document: object, path: Path) -> object:
    """Return what ``path`` leads to, `ABSENT` if it leads nowhere."""
    for step in path:
        document = _next(document, step)
        if document is ABSENT:
            break
    return document


def find(document: object, path: Path) -> object:
    """Return what ``path`` leads to.

    Raises:
        LookupError: It leads nowhere; the message tells how far it leads and what is there, the
            hint after the semicolon a near name.
    """
    for number, step in enumerate(path):
        found = _next(document, step)
        if found is ABSENT:
            here = spelled(path[:number])
            problem, hint = _told(document, step)
            raise LookupError(f"{spelled(path)!r} ends at {here!r}: {problem}; {hint}")
        document = found
    return document


def spelled(path: Path) -> str:
    """Return a path as people write it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.search(r"[.\[\]]", step):
            text += f'["{step}"]'
        else:
            text += f".{step}" if text else step
    return text or "$"


def _next(document: object, step: Step) -> object:
    if isinstance(document, Mapping):
        # A list may have become a mapping of numbers on its way through another language.
        return document.get(step, document.get(str(step), ABSENT))
    if isinstance(document, list) and isinstance(step, int):
        inside = -len(document) <= step < len(document)
        return document[step] if inside else ABSENT
    return ABSENT


def _told(document: object, step: Step) -> tuple[str, str]:
    if isinstance(document, Mapping):
        names = [str(name) for name in document]
        shown = ", ".join(map(repr, names[:_FEW])) + (", ..." if len(names) > _FEW else "")
        lower = {name.casefold(): name for name in names}
        near = difflib.get_close_matches(str(step).casefold(), lower, n=1)
        hint = f"did you mean {lower[near[0]]!r}?" if near else "name one of these"
        return f"{step!r} is not among {shown or 'its keys, it has none'}", hint
    if isinstance(document, Sequence) and not isinstance(document, str):
        if isinstance(step, int):
            count = f"{len(document)} items" if len(document) != 1 else "1 item"
            return (
                f"there is no [{step}] in a list of {count}",
                "count from 0, or from -1 backwards",
            )
        return f"{step!r} is asked of a list", "say which of its items, such as [0]"
    return f"{step!r} is asked of {short(document)}", "shorten the path"
