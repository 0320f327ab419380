"""``dtk schema``: the JSON Schema of metric files, so that an editor can help."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from detectk.console.printing import json_object, line
from detectk.errors import ConfigError

__all__ = ["schema"]


def schema(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", show_default=False, help="Write it here."),
    ] = None,
) -> int:
    """Write the JSON Schema (2020-12) of metric files, with the installed components.

    With the YAML extension of an editor, begin a file with
    `# yaml-language-server: $schema=metric.schema.json`.
    """
    from detectk.config import json_schema

    document = json_schema()
    if output is None:
        json_object(document)
        return 0
    try:
        output.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise ConfigError(f"cannot be written: {reason}", where=str(output)) from error
    line(f"wrote {output}")
    return 0
