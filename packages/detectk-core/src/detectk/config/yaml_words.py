"""Say in plain words where a YAML parser stopped, and what to do."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError

from detectk.errors import ConfigError, Place

__all__ = ["complaint"]

_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def complaint(error: YAMLError, text: str, path: str) -> ConfigError:
    """Return what a parser complained of, as people would say it."""
    if isinstance(error, ReaderError) and (found := _CONTROL.search(text)):
        head = text[: found.start()]
        place = Place(path, head.count("\n") + 1, found.start() - head.rfind("\n"))
        return ConfigError(f"control character {ord(found[0]):#04x}", where=place, hint="remove it")
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return ConfigError("not valid YAML", where=path, hint="check its indentation and quotes")
    problem, hint = _words(error.problem or "", in_quotes="quoted" in (error.context or ""))
    mark = error.context_mark if "never closed" in problem else None
    mark = mark or error.problem_mark
    place = Place(path, mark.line + 1, mark.column + 1)
    return ConfigError(f"not valid YAML: {problem}", where=place, hint=hint)


def _words(problem: str, *, in_quotes: bool) -> tuple[str, str]:  # noqa: PLR0911  # by problem
    if "'\\t'" in problem:
        return "a tab indents this line", "indent with spaces"
    if "cannot start any token" in problem:
        character = problem.split("'")[1]
        return f"a value cannot begin with {character!r}", "put it in quotes"
    if "not allowed here" in problem:
        return "a second ':' in this line, or wrong indentation", "put the value in quotes"
    if in_quotes and "end of stream" in problem:
        return "a quote is never closed", "close it"
    if "block end" in problem:
        return "the indentation does not fit the lines above", "align it with its siblings"
    if "could not find expected ':'" in problem:
        return "a line without ':'", "write 'key: value'"
    return problem, "check the brackets, quotes and indentation"
