"""Read a file of rows into columns, whatever form it has."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from detectk.check.timestamps import is_time
from detectk.contracts.cells import Column
from detectk.errors import ConfigError, PluginError

__all__ = ["STDIN", "Table", "read_table", "why"]

STDIN: Final = "-"
_STDIN_NAME: Final = "standard input"
_PARQUET_MAGIC: Final = b"PAR1"
_GZIP_MAGIC: Final = b"\x1f\x8b"
_SEPARATORS: Final = ("\t", ";", ",")
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
_UNNAMED: Final = ("timestamp", "value")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of equal length.

    Attributes:
        where: The file, as the user named it.
        columns: Name to (n,) cells: texts of a CSV, what they are of other forms.
        place: Where a row stands, counted from 0: ``in.csv:7``.
        named: Whether the file names its columns.
    """

    where: str
    columns: Mapping[str, Column]
    place: Callable[[int], str]
    named: bool = True


def read_table(path: str) -> Table:
    """Read a CSV, NDJSON or Parquet file, packed with gzip or not; ``-`` is standard input.

    Without a suffix that says otherwise it is a CSV: separated by tabs, semicolons or commas,
    whichever its first line has; a first line in which something is a time is no header.

    Raises:
        ConfigError: It cannot be read, or is not what its name says.
        PluginError: It is Parquet and polars is not installed.
    """
    where = _STDIN_NAME if path == STDIN else path
    content = _content(path, where)
    name = path.lower().removesuffix(".gz")
    if name.endswith(".parquet") or content.startswith(_PARQUET_MAGIC):
        return _parquet(content, where)
    if not content.strip():
        raise ConfigError("is empty", where=where, hint="check what wrote it")
    text = _text(content, where)
    if name.endswith((".ndjson", ".jsonl")) or (path == STDIN and text.startswith("{")):
        return _ndjson(text, where)
    return _csv(text, where)


def why(error: OSError | EOFError | zlib.error) -> str:
    """Return the reason of a failure to read or write, in a few words."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


def _content(path: str, where: str) -> bytes:
    try:
        content = sys.stdin.buffer.read() if path == STDIN else Path(path).read_bytes()
        return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
    except (EOFError, OSError, zlib.error) as error:
        raise ConfigError(f"cannot be read: {why(error)}", where=where) from error


def _text(content: bytes, where: str) -> str:
    try:
        text = content.decode("utf-16" if content.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise ConfigError(
            f"is no UTF-8 text: byte {byte:#04x} in line {line}",
            where=where,
            hint="give a CSV in UTF-8, or NDJSON or Parquet by its suffix",
        ) from None
    if found := _NO_TEXT.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ConfigError(
            f"is no text: byte {ord(found[0]):#04x} in line {line}",
            where=where,
            hint="give a CSV, or NDJSON or Parquet by its suffix",
        )
    return text


def _csv(text: str, where: str) -> Table:
    head = text.lstrip("\r\n").partition("\n")[0]
    separator = next((sign for sign in _SEPARATORS if sign in head), ",")
    columns = _even(text, separator) if '"' not in text else None
    if columns is None:
        columns = _uneven(text, separator, where)
    first = [cells[0].strip() for cells in columns]
    named = not any(map(is_time, first))
    names = first if named else [*_UNNAMED, *(f"column {n}" for n in range(3, len(first) + 1))]
    if named:
        _refuse_twins(names, where)
    start = 1 if named else 0
    return Table(
        where,
        {name: cells[start:] for name, cells in zip(names, columns, strict=False) if name},
        lambda row: f"{where}:{_line_of(text, separator, row + start)}",
        named,
    )


def _even(text: str, separator: str) -> list[list[str]] | None:
    """Split text whose lines have equally many cells and no quotes; None where they have not."""
    lines = text.replace("\r\n", "\n").strip("\r\n").split("\n")
    counts = {line.count(separator) for line in lines}
    if len(counts) > 1 or "\r" in lines[0]:
        return None
    width = counts.pop() + 1
    if separator * (width - 1) in lines:  # a blank line
        return None
    cells = separator.join(lines).split(separator)
    return [cells[column::width] for column in range(width)]


def _uneven(text: str, separator: str, where: str) -> list[list[str]]:
    width = 0
    rows: list[list[str]] = []
    for line, row in _rows(text, separator, where):
        width = width or len(row)
        if len(row) != width:
            if len(row) < width or any(cell.strip() for cell in row[width:]):
                cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
                raise ConfigError(
                    f"has {cells}, the first line has {width}",
                    where=f"{where}:{line}",
                    hint="put a cell that holds a separator in quotes",
                )
            row = row[:width]  # noqa: PLW2901 - spreadsheets end their lines with separators
        rows.append(row)
    return [list(column) for column in zip(*rows, strict=True)]


def _rows(text: str, separator: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank, and the line on which it ends."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as error:
        said = str(error).partition(" - ")[0]
        raise ConfigError(
            f"is no CSV: {said}", where=f"{where}:{reader.line_num}", hint="close the quotes"
        ) from None


def _line_of(text: str, separator: str, row: int) -> int:
    return next(line for n, (line, _) in enumerate(_rows(text, separator, "")) if n == row)


def _refuse_twins(names: Sequence[str], where: str) -> None:
    for name in names:
        if name and names.count(name) > 1:
            raise ConfigError(
                f"column {name!r} is there twice", where=f"{where}:1", hint="rename one of them"
            )


def _ndjson(text: str, where: str) -> Table:
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
    rows = []
    for n, line in lines:
        try:
            row = json.loads(line)
        except (RecursionError, ValueError):
            row = None
        if not isinstance(row, dict):
            _no_object(f"{where}:{n}")
        rows.append(row)
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [row.get(name) for row in rows] for name in names}
    return Table(where, columns, lambda row: f"{where}:{lines[row][0]}")


def _no_object(where: str) -> NoReturn:
    raise ConfigError("is no JSON object", where=where, hint="give one object a line")


def _parquet(content: bytes, where: str) -> Table:
    try:
        import polars as pl
    except ImportError as error:
        raise PluginError(
            "Parquet needs polars", where=where, hint="pip install 'detectk-core[polars]'"
        ) from error
    try:
        frame = pl.read_parquet(content)
    except (OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"cannot be read: {reason}", where=where) from error
    from detectk.check.frames import columns_of

    return Table(where, columns_of(frame), lambda row: f"{where}: row {row + 1}")
