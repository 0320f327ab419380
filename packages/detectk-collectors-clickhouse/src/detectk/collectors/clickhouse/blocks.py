"""Columns on the wire as numpy arrays, without the data frame library the driver wants for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from clickhouse_driver.block import BlockInfo, ColumnOrientedBlock
from clickhouse_driver.columns.service import read_column, write_column
from clickhouse_driver.connection import Connection
from clickhouse_driver.defines import DBMS_MIN_REVISION_WITH_BLOCK_INFO
from clickhouse_driver.reader import read_binary_str
from clickhouse_driver.streams.native import BlockInputStream, BlockOutputStream
from clickhouse_driver.varint import read_varint, write_varint
from clickhouse_driver.writer import write_binary_str

__all__ = ["ArrayConnection", "Cells", "Repeated", "join_chunks", "zone_of"]

Cells: TypeAlias = "npt.NDArray[Any] | Sequence[Any]"

# The newest protocol in which every column comes in full: no sparse ones to be expanded.
_REVISION: Final = 54453
_NUMBERS: Final = {
    **{f"Int{bits}": f"<i{bits // 8}" for bits in (8, 16, 32, 64)},
    **{f"UInt{bits}": f"<u{bits // 8}" for bits in (8, 16, 32, 64)},
    "Float32": "<f4",
    "Float64": "<f8",
    "Bool": "|b1",
}
_MICRO: Final = 6
_FINE = re.compile(r"DateTime64\(\d(?:, *'[^']*')?\)")
_COARSE = re.compile(r"DateTime(?:\('[^']*'\))?")
_TIME = re.compile(r"DateTime(?:64\(\d(?:, *'([^']*)')?\)|\('([^']*)'\))?")
_NULLABLE: Final = "Nullable("


@dataclass(frozen=True, slots=True)
class Repeated:
    """A column of texts in runs, which is how a series' name comes.

    Attributes:
        texts: The texts.
        counts: How many times each stands in a row.
    """

    texts: Sequence[str]
    counts: Sequence[int]

    def __len__(self) -> int:
        """Return the number of cells."""
        return sum(self.counts)


class _ArrayInput(BlockInputStream):  # type: ignore[misc]  # the driver carries no types
    def read(self, use_numpy: bool | None = None) -> Any:  # noqa: ARG002, FBT001  # the driver's
        info = BlockInfo()
        if self.context.server_info.used_revision >= DBMS_MIN_REVISION_WITH_BLOCK_INFO:
            info.read(self.fin)
        width, rows = read_varint(self.fin), read_varint(self.fin)
        heads, data = [], []
        for _ in range(width):
            name, kind = read_binary_str(self.fin), read_binary_str(self.fin)
            heads.append((name, kind))
            if rows:
                data.append(self._column(kind, rows))
        return ColumnOrientedBlock(columns_with_types=heads, data=data, info=info)

    def _column(self, kind: str, rows: int) -> Cells:
        if kind.startswith(_NULLABLE) and _dtype(kind[len(_NULLABLE) : -1]):
            nulls = np.frombuffer(self.fin.read(rows), bool)
            return _with_gaps(self._column(kind[len(_NULLABLE) : -1], rows), nulls)
        dtype = _dtype(kind)
        if not dtype:
            cells: Cells = read_column(self.context, kind, rows, self.fin, use_numpy=False)
            return cells
        plain = np.frombuffer(self.fin.read(rows * np.dtype(dtype).itemsize), dtype)
        return _meaning(plain, kind)


class _ArrayOutput(BlockOutputStream):  # type: ignore[misc]  # the driver carries no types
    def write(self, block: Any) -> None:
        if self.context.server_info.used_revision >= DBMS_MIN_REVISION_WITH_BLOCK_INFO:
            block.info.write(self.fout)
        write_varint(block.num_columns, self.fout)
        write_varint(block.num_rows, self.fout)
        for (name, kind), cells in zip(block.columns_with_types, block.data, strict=False):
            write_binary_str(name, self.fout)
            write_binary_str(kind, self.fout)
            if isinstance(cells, Repeated):
                for text, count in zip(cells.texts, cells.counts, strict=True):
                    self.fout.write(_text(text) * count)
            elif isinstance(cells, np.ndarray):
                self.fout.write(cells.astype(_dtype(kind), copy=False).tobytes())
            else:
                write_column(self.context, name, kind, cells, self.fout)
        self.finalize()


class ArrayConnection(Connection):  # type: ignore[misc]  # the driver carries no types
    """The driver's connection, whose answers are arrays wherever a column's type allows it.

    Times are ``datetime64`` in UTC, whatever zone the column's type names. A number that may be
    missing is a float64 with NaN if it is a float, and else a list with None.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, client_revision=_REVISION, **kwargs)
        self.context.client_settings = dict(_CLIENT_SETTINGS)

    def get_block_in_stream(self) -> Any:
        """Return what reads blocks, compressed or not."""
        if not self.compression:
            return _ArrayInput(self.fin, self.context)
        from clickhouse_driver.streams.compressed import CompressedBlockInputStream

        kind = type("_Packed", (_ArrayInput, CompressedBlockInputStream), {})
        return kind(self.fin, self.context)

    def get_block_out_stream(self) -> Any:
        """Return what writes blocks, compressed or not."""
        if not self.compression:
            return _ArrayOutput(self.fout, self.context)
        from clickhouse_driver.streams.compressed import CompressedBlockOutputStream

        kind = type("_Packing", (_ArrayOutput, CompressedBlockOutputStream), {})
        return kind(self.compressor_cls, self.compress_block_size, self.fout, self.context)


_CLIENT_SETTINGS: Final = {
    "input_format_null_as_default": False,
    "namedtuple_as_json": True,
    "opentelemetry_traceparent": None,
    "opentelemetry_tracestate": "",
    "quota_key": "",
    "server_side_params": False,
    "strings_as_bytes": False,
    "strings_encoding": "utf-8",
    "use_numpy": False,
}


def join_chunks(chunks: Sequence[Cells]) -> Cells:
    """Return one column of the pieces it came in."""
    if len(chunks) == 1:
        return chunks[0]
    arrays = [chunk for chunk in chunks if isinstance(chunk, np.ndarray)]
    if len(arrays) == len(chunks):
        return np.concatenate(arrays)
    lists = (chunk.tolist() if isinstance(chunk, np.ndarray) else chunk for chunk in chunks)
    return list(chain.from_iterable(lists))


def zone_of(kind: str) -> str | None:
    """Return the zone that a column of times names, "" where it names none; None for others."""
    found = _TIME.search(kind)
    return None if found is None else found[1] or found[2] or ""


def _dtype(kind: str) -> str:
    """Return how numpy spells a type of ClickHouse, nothing for one it does not know."""
    if kind in _NUMBERS:
        return _NUMBERS[kind]
    if kind == "Date":
        return "<u2"
    if kind == "Date32":
        return "<i4"
    if _FINE.fullmatch(kind):
        return "<i8"
    return "<u4" if _COARSE.fullmatch(kind) else ""


def _meaning(plain: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    """Return what the bits of a column mean: days and seconds become times."""
    if kind in _NUMBERS:
        return plain
    if kind.startswith("DateTime64"):
        digits = int(kind[len("DateTime64(")])
        ticks: npt.NDArray[np.int64] = plain.astype(np.int64)
        finer = 10 ** abs(_MICRO - digits)
        micros = ticks * finer if digits <= _MICRO else ticks // finer
        moments: npt.NDArray[Any] = micros.astype("datetime64[us]")
        return moments
    unit = "s" if kind.startswith("DateTime") else "D"
    times: npt.NDArray[Any] = plain.astype(np.int64).astype(f"datetime64[{unit}]")
    return times.astype("datetime64[us]")


def _with_gaps(cells: Cells, nulls: npt.NDArray[np.bool_]) -> Cells:
    column = np.array(cells)
    if not nulls.any():
        return column
    if column.dtype.kind == "f":
        column[nulls] = np.nan
    elif column.dtype.kind == "M":
        column[nulls] = np.datetime64("NaT")
    else:
        return [None if null else cell for cell, null in zip(column.tolist(), nulls, strict=True)]
    return column


def _text(text: str) -> bytes:
    """Return a text with its length before it, seven bits a byte."""
    plain = text.encode()
    size, head = len(plain), bytearray()
    while size > 127:  # noqa: PLR2004  # seven bits
        head.append(size & 127 | 128)
        size >>= 7
    return bytes([*head, size]) + plain
