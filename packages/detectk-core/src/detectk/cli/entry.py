"""The first module of ``dtk``: answers ``--version`` before anything slow is imported."""

from __future__ import annotations

import sys

from detectk.version import VERSION

__all__ = ["main"]


def main() -> None:
    """Run ``dtk`` with the process's arguments and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        print(f"dtk {VERSION}")
        return
    from detectk.cli.app import run

    sys.exit(run(sys.argv[1:], terminable=True))
