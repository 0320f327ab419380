"""Collect everything that is wrong with one file, so that it is told at once."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from detectk.config.redaction import Redactor
from detectk.errors import ConfigError, DetectKError, Place, PluginError

__all__ = ["FileError", "FilePluginError", "Problems", "all_errors", "near"]


class FileError(ConfigError):
    """A file is wrong; reads as its first error, ``errors`` has all of them in file order."""

    def __init__(self, first: DetectKError, errors: Sequence[DetectKError]) -> None:
        super().__init__(first.message, where=first.where, hint=first.hint)
        self.errors = tuple(errors)


class FilePluginError(PluginError):
    """A file is right, but needs a component that is missing or broken; see `FileError`."""

    def __init__(self, first: DetectKError, errors: Sequence[DetectKError]) -> None:
        super().__init__(first.message, where=first.where, hint=first.hint)
        self.errors = tuple(errors)


class Problems:
    """The errors and warnings of one file, redacted as they come in."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self.errors: list[DetectKError] = []
        self.warnings: list[str] = []
        self._doubted: set[Place | str] = set()

    def add(self, message: str, where: Place | str, hint: str = "") -> None:
        """Note an error, unless it only follows from one that `doubt` was told of."""
        if where in self._doubted:
            return
        redact = self.redactor.redact
        self.errors.append(ConfigError(redact(message), where=where, hint=redact(hint)))

    def doubt(self, message: str, where: Place | str, hint: str = "") -> None:
        """Note an error that leaves no value at its place: what comes of that is noise."""
        self.add(message, where, hint)
        self._doubted.add(where)

    def missing(self, error: PluginError, where: Place | str) -> None:
        """Note that a component cannot be had."""
        redact = self.redactor.redact
        message = f"{error.where}: {error.message}" if str(error.where) else error.message
        self.errors.append(PluginError(redact(message), where=where, hint=redact(error.hint)))

    def keep(self, error: DetectKError) -> None:
        """Note an error as it is, of another file say."""
        self.errors.append(error)

    def warn(self, message: str, where: Place | str) -> None:
        """Note what is accepted with a remark."""
        text = f"{where}: {self.redactor.redact(message)}"
        if text not in self.warnings:
            self.warnings.append(text)

    def settle(self) -> None:
        """Raise when anything is wrong.

        Raises:
            FileError: There is an error in the file.
            FilePluginError: Components are missing or broken, and nothing else is wrong.
        """
        if not self.errors:
            return
        ordered = sorted(self.errors, key=_order)
        for error in ordered:
            if isinstance(error, ConfigError):
                raise FileError(error, ordered)
        raise FilePluginError(ordered[0], ordered)


def all_errors(error: DetectKError) -> tuple[DetectKError, ...]:
    """Return everything that one load complained about, in file order."""
    return error.errors if isinstance(error, FileError | FilePluginError) else (error,)


def near(word: object, known: Sequence[str]) -> str:
    """Return the hint ``did you mean 'x'?``, empty when nothing is near."""
    found = get_close_matches(str(word), known, n=1)
    return f"did you mean {found[0]!r}?" if found else ""


def _order(error: DetectKError) -> tuple[str, int, int]:
    where = error.where
    return (where.path, where.line, where.column) if isinstance(where, Place) else (where, 0, 0)
