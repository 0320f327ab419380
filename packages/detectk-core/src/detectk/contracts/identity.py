"""How a detector is named, so that a change of its parameters starts a new set of verdicts."""

from __future__ import annotations

import json
from hashlib import blake2b

from detectk.contracts.options import Options
from detectk.values.interval import Interval

__all__ = ["detector_id"]


def detector_id(kind: str, version: int, options: Options, interval: Interval) -> str:
    """Return 8 hex digits over type, algorithm version, non-default options, zone and interval.

    Args:
        kind: The detector's type, never an alias of it.
        version: `Detector.algorithm_version`.
        options: Its options; defaults do not count, so that a new default key keeps old ids.
        interval: The metric's grid.
    """
    chosen = options.model_dump(mode="json", exclude_defaults=True)
    parts = [kind, version, chosen, interval.zone, str(interval)]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=4).hexdigest()
