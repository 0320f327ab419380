"""Which windows were collected: one document a metric, the newest of which counts."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from detectk.clock import Clock
from detectk.collectors.clickhouse.blocks import Repeated
from detectk.collectors.clickhouse.database import Database, chunks, literals
from detectk.collectors.clickhouse.rows import from_micros, to_micros
from detectk.contracts.history import Points, note_loaded
from detectk.values.window import Window

__all__ = ["Loaded"]

Windows = Mapping[str, tuple[Window, ...]]


class Loaded:
    """The table ``dtk_coverage``."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def of(self, metrics: Sequence[str]) -> Mapping[str, Windows]:
        """Return, for each metric of which anything is noted, fingerprint to windows."""
        return {metric: loaded for metric, (loaded, _) in self._documents(metrics).items()}

    def note(self, batch: Sequence[Points]) -> None:
        """Note what each item covered."""
        items = [item for item in batch if item.covered is not None]
        before = self._documents([item.metric for item in items])
        after: dict[str, Windows] = {}
        for item in items:
            if item.covered is not None:
                loaded = after.get(item.metric, before.get(item.metric, ({}, 0))[0])
                after[item.metric] = note_loaded(loaded, item.covered, item.fingerprint)
        changed = [name for name in after if after[name] != before.get(name, ({}, 0))[0]]
        if not changed:
            return
        now = int(self._clock.now().timestamp() * 1e6)
        ones = [1] * len(changed)
        texts = [_text(after[name]) for name in changed]
        versions = [max(before.get(name, ({}, 0))[1] + 1, now) for name in changed]
        self._database.insert(
            "dtk_coverage",
            {
                "metric_name": Repeated(changed, ones),
                "loaded": Repeated(texts, ones),
                "version": versions,
            },
        )

    def _documents(self, metrics: Sequence[str]) -> dict[str, tuple[Windows, int]]:
        """Return, for each metric of which anything is noted, its document and version."""
        found = {}
        for some in chunks(list(dict.fromkeys(metrics))):
            answer = self._database.ask(
                "SELECT metric_name, loaded, version FROM dtk_coverage FINAL "  # noqa: S608  # ours
                f"WHERE metric_name IN ({literals(some)})"
            )
            for metric, text, version in answer.rows():
                found[metric] = (_windows(text), version)
        return found


def _text(loaded: Windows) -> str:
    spans = {
        name: [[to_micros(window.start), to_micros(window.end)] for window in windows]
        for name, windows in loaded.items()
    }
    return json.dumps(spans, ensure_ascii=False, separators=(",", ":"))


def _windows(text: str) -> Windows:
    spans: dict[str, list[list[int]]] = json.loads(text)
    return {
        name: tuple(Window(from_micros(start), from_micros(end)) for start, end in windows)
        for name, windows in spans.items()
    }
