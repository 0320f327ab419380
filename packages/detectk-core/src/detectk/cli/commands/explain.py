"""``dtk explain``: a metric as it is after profiles, variables and defaults."""

from __future__ import annotations

from typing import Annotated

import typer

from detectk.cli.targets import find_metric
from detectk.console.printing import line

__all__ = ["explain"]


def explain(
    metric: Annotated[str, typer.Argument(metavar="METRIC", help="A file, or a metric's name.")],
) -> int:
    """Show a metric after profiles, variables and defaults, and where each value is from."""
    from detectk.config import explain as explained

    line(explained(find_metric(metric)).rstrip())
    return 0
