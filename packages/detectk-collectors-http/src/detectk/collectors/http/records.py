"""Find the columns in a JSON document: records, pairs, lists, or one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from reprlib import repr as short
from typing import Any, Final, TypeAlias

from detectk.collectors.http.options import HttpOptions
from detectk.collectors.http.paths import ABSENT, Path, find, look, parse
from detectk.contracts.cells import Column
from detectk.errors import CollectError

__all__ = ["Columns", "rows", "single"]

Columns: TypeAlias = dict[str, Column]

_PAIR: Final = 2


def rows(document: Any, options: HttpOptions, newest: datetime) -> Columns:
    """Return the columns of a document; empty if there are no rows.

    Args:
        document: What JSON can hold.
        options: Where the rows are and what they mean.
        newest: The time of a value that has none.

    Raises:
        CollectError: A path leads nowhere, or to something else.
    """
    if options.single or not isinstance(document, dict | list):
        return single(document, options, newest)
    records: object = document
    if options.data_path:
        try:
            records = find(document, parse(options.data_path))
        except LookupError as error:
            raise _lost(error, "data_path") from error
    if records is None:
        return {}
    if isinstance(records, Mapping):
        whole = {name: look(records, path) for name, path in _paths(options).items()}
        if all(isinstance(column, list) for column in whole.values()):
            return _of_one_length(whole)
        records = [records]
    if not isinstance(records, list):
        raise CollectError(
            f"there is no list of records but {short(records)}",
            hint="name the way to the list in data_path, or the one value in value_path",
        )
    if all(isinstance(record, Mapping) for record in records):
        return _of_records(records, options)
    if options.value_path and options.timestamp_path:
        return _of_lists(records, options)
    return _of_pairs(records, options)


def single(document: Any, options: HttpOptions, newest: datetime) -> Columns:
    """Return columns of one row: the value at ``value_path``, or the document itself.

    Raises:
        CollectError: A path leads nowhere, or to no value.
    """
    value = document
    if options.value_path and isinstance(document, dict | list):
        try:
            value = find(document, parse(options.value_path))
        except LookupError as error:
            raise _lost(error, "value_path") from error
    if isinstance(value, dict | list):
        kind = "list" if isinstance(value, list) else "mapping"
        raise CollectError(
            f"there is no number but a {kind}",
            hint="go on in value_path to the number, or name the list of records in data_path",
        )
    columns: Columns = {
        name: [None if (cell := look(document, parse(name))) is ABSENT else cell]
        for name in (*options.context_columns, *options.dimensions)
    }
    time: object = newest
    if options.timestamp_path:
        try:
            time = find(document, parse(options.timestamp_path))
        except LookupError as error:
            raise _lost(error, "timestamp_path") from error
    return columns | {options.timestamp_column: [time], options.value_column: [value]}


def _paths(options: HttpOptions) -> dict[str, Path]:
    """Return the column names that rows are made of, and where in a record each is found."""
    names = (*options.context_columns, *options.dimensions)
    paths = {name: _of_name(name) for name in names}
    paths[options.timestamp_column] = parse(options.timestamp_path or options.timestamp_column)
    paths[options.value_column] = parse(options.value_path or options.value_column)
    return paths


def _of_name(name: str) -> Path:
    try:
        return parse(name)
    except ValueError:
        return (name,)


def _of_records(records: Sequence[Mapping[Any, Any]], options: HttpOptions) -> Columns:
    """Turn records into columns; what one of them lacks is null, what all lack is an error."""
    if not records:
        return {}
    columns: Columns = {}
    for name, path in _paths(options).items():
        key = path[0] if len(path) == 1 else name
        cells: list[object] = [record.get(key, ABSENT) for record in records]
        if len(path) > 1:
            cells = [
                look(record, path) if cell is ABSENT else cell
                for record, cell in zip(records, cells, strict=True)
            ]
        absent = cells.count(ABSENT)
        if absent == len(cells):
            try:
                find(records[0], path)
            except LookupError as error:
                raise _lost(error, _option_of(name, options), "the first record") from error
        columns[name] = [None if cell is ABSENT else cell for cell in cells] if absent else cells
    return columns


def _of_lists(records: Sequence[object], options: HttpOptions) -> Columns:
    """Turn lists into columns, each cell by its place."""
    return {
        name: _cells_of(records, path, _option_of(name, options))
        for name, path in _paths(options).items()
    }


def _cells_of(records: Sequence[object], path: Path, option: str) -> list[object]:
    try:
        return [find(record, path) for record in records]
    except LookupError as error:
        raise _lost(error, option, "a record") from error


def _of_pairs(records: Sequence[Any], options: HttpOptions) -> Columns:
    for number, record in enumerate(records, 1):
        if not isinstance(record, list) or len(record) != _PAIR:
            raise CollectError(
                f"record {number} is {short(record)}, neither a mapping nor a [time, value] pair",
                hint="correct data_path, or give all records one shape",
            )
    if options.dimensions or options.context_columns:
        raise CollectError(
            "a [time, value] pair has no dimensions and no context",
            hint="remove dimensions and context_columns, or ask for records",
        )
    times, values = [record[0] for record in records], [record[1] for record in records]
    return {options.timestamp_column: times, options.value_column: values}


def _of_one_length(columns: Mapping[str, Any]) -> Columns:
    lengths = {name: len(column) for name, column in columns.items()}
    if len(set(lengths.values())) > 1:
        sizes = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise CollectError(
            f"the lists differ in length: {sizes}", hint="correct data_path, or ask for records"
        )
    return dict(columns) if any(lengths.values()) else {}


def _option_of(name: str, options: HttpOptions) -> str:
    if name == options.timestamp_column:
        return "timestamp_path" if options.timestamp_path else "timestamp_column"
    if name == options.value_column:
        return "value_path" if options.value_path else "value_column"
    return "dimensions" if name in options.dimensions else "context_columns"


def _lost(error: LookupError, option: str, where: str = "") -> CollectError:
    problem, _, hint = str(error).rpartition("; ")
    return CollectError(f"{option}: {where}{': ' if where else ''}{problem}", hint=hint)
