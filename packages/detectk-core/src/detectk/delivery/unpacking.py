"""Unpack an answer piece by piece, and never more of it than is asked for."""

from __future__ import annotations

import zlib

from detectk.delivery.exchange import ExchangeError

__all__ = ["Gunzip"]


class Gunzip:
    """What is packed with gzip; a small bomb of it cannot fill the memory."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self._begun = False

    @property
    def done(self) -> bool:
        """Whether all that was begun has ended."""
        return self._stream.eof or not self._begun

    def feed(self, data: bytes, most: int) -> bytes:
        """Return what ``data`` unpacks to, its first ``most`` bytes."""
        self._begun = True
        out = bytearray()
        try:
            while data and len(out) < most:
                if self._stream.eof:
                    self._stream = zlib.decompressobj(wbits=31)
                out += self._stream.decompress(data, most - len(out))
                data = self._stream.unused_data or self._stream.unconsumed_tail
        except zlib.error as error:
            raise ExchangeError("garbled", "it is not packed with gzip, as it says") from error
        return bytes(out)
