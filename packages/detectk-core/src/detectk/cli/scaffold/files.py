"""Write the files of a scaffold without ever overwriting what is not ours to overwrite."""

from __future__ import annotations

from pathlib import Path

from detectk.errors import ConfigError

__all__ = ["write"]


def write(path: Path, text: str, *, overwrite: bool = False) -> None:
    """Write a new file, and the folders above it.

    Raises:
        ConfigError: It is there already, or cannot be written.
    """
    if path.exists() and not overwrite:
        raise ConfigError(
            "is there already", where=str(path), hint="choose another name, or add --overwrite"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        hint = "choose a folder that you may write to"
        raise ConfigError(f"cannot be written: {reason}", where=str(path), hint=hint) from error
