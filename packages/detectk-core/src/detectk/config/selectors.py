"""Choose metrics by name, pattern, tag, type or file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePath

from detectk.config.metric import MetricConfig

__all__ = ["matches", "select", "select_tagged"]


def select(
    configs: Iterable[MetricConfig], include: Sequence[str] = (), exclude: Sequence[str] = ()
) -> list[MetricConfig]:
    """Return the metrics that match any of ``include`` and none of ``exclude``, in order.

    Args:
        configs: The metrics.
        include: Selectors, see `matches`; none means all.
        exclude: Selectors.
    """
    return [
        config
        for config in configs
        if (not include or any(matches(config, selector) for selector in include))
        and not any(matches(config, selector) for selector in exclude)
    ]


def matches(config: MetricConfig, selector: str) -> bool:
    """Whether a metric matches one selector.

    A selector is a name or a pattern (``orders_*``), ``tag:critical``, ``type:mad`` for the type of
    its collector or of a detector, or the path or pattern of its file (``metrics/shop/*``).
    """
    prefix, colon, word = selector.partition(":")
    if colon and prefix == "tag":
        return any(fnmatchcase(tag, word) for tag in config.tags)
    if colon and prefix == "type":
        blocks = (config.collector, *config.detectors)
        return any(fnmatchcase(kind, word) for b in blocks for kind in (b.type, b.written))
    if fnmatchcase(config.name, selector):
        return True
    path = PurePath(selector)
    is_path = len(path.parts) > 1 or path.suffix in (".yaml", ".yml")
    return is_path and (config.path.match(str(path)) or path in config.path.parents)


def select_tagged(
    configs: Iterable[MetricConfig],
    tags: Iterable[str],
    *,
    match_all: bool = False,
    exclude: Iterable[str] = (),
) -> list[MetricConfig]:
    """Return the metrics with any of ``tags``, or with all, and with none of ``exclude``.

    Each of ``tags`` and ``exclude`` may be several, with commas between; no tags means all.
    """
    wanted, unwanted = _split(tags), _split(exclude)
    return [
        config
        for config in configs
        if _tagged(set(config.tags), wanted, match_all=match_all) and not unwanted & {*config.tags}
    ]


def _tagged(tags: set[str], wanted: set[str], *, match_all: bool) -> bool:
    if not wanted:
        return True
    return wanted <= tags if match_all else bool(wanted & tags)


def _split(tags: Iterable[str]) -> set[str]:
    return {tag.strip() for text in tags for tag in text.split(",")} - {""}
