"""The first module of ``dtk``: answers ``--version`` before anything slow is imported."""

from __future__ import annotations

import gc
import os
import sys

from detectk.version import VERSION

__all__ = ["main"]


def main() -> None:
    """Run ``dtk`` with the process's arguments and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        print(f"dtk {VERSION}")
        return
    # A run makes many values that live as long as it does: looking for cycles among them again
    # and again takes a third of its time and frees nothing. No more does a last look at its end.
    gc.set_threshold(200_000, 50, 50)
    # Nor does anybody need plugins for pydantic: it looks through all that is installed for them.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from detectk.cli.app import run

    code = run(sys.argv[1:], terminable=True)
    gc.freeze()
    sys.exit(code)
