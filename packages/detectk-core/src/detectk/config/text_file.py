"""Read a file a user names, or say in one line why it cannot be one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from detectk.errors import ConfigError, Place

__all__ = ["read_text"]

MAX_BYTES: Final = 1_000_000


def read_text(path: Path, shown: str) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: It cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        if path.is_dir():
            raise ConfigError("is a folder", where=shown, hint="name a file in it")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ConfigError(f"cannot be read: {reason}", where=shown) from None
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"is larger than {MAX_BYTES // 1000} kB", where=shown, hint="one file is one metric"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigError("is UTF-16", where=shown, hint="save it as UTF-8")
    if b"\0" in data:
        raise ConfigError("is not text", where=shown, hint="a metric is a YAML file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        head = data[: error.start]
        place = Place(shown, head.count(b"\n") + 1, error.start - head.rfind(b"\n"))
        raise ConfigError(
            f"byte 0x{data[error.start]:02x} is not UTF-8", where=place, hint="save it as UTF-8"
        ) from None
