"""Every other spelling of a key that is accepted, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

__all__ = ["ALIASES", "DIRECTIONS", "Alias", "Renamed", "rename"]


class Alias(NamedTuple):
    """Another spelling.

    Attributes:
        scope: Where it is accepted: ``rule``, ``storage``, the ``params`` of a kind of component
            (``collector``) or of one component (``detector threshold``).
        old: The spelling.
        new: The key it stands for.
        deprecated: Whether using it is worth a warning.
    """

    scope: str
    old: str
    new: str
    deprecated: bool = False


ALIASES: Final = (
    Alias("rule", "consecutive_anomalies", "consecutive"),
    Alias("rule", "anomaly_window", "window"),
    Alias("rule", "min_anomaly_share", "share"),
    Alias("rule", "cooldown_minutes", "cooldown"),
    Alias("rule", "alert_cooldown", "cooldown"),
    Alias("storage", "retention_days", "datapoints_retention_days", deprecated=True),
    Alias("collector", "query_timeout", "timeout", deprecated=True),
    Alias("collector http", "body", "data", deprecated=True),
    Alias("detector", "min_window_size", "min_samples", deprecated=True),
    Alias("detector threshold", "value", "threshold", deprecated=True),
    Alias("alerter", "template", "message_template"),
)

_OLD: Final = frozenset(alias.old for alias in ALIASES)

DIRECTIONS: Final[Mapping[str, str]] = {"any": "both", "one": "same"}
"""Other words for a direction."""


@dataclass(frozen=True, slots=True)
class Renamed:
    """Values in canonical spelling.

    Attributes:
        values: Key to value.
        spellings: Canonical key to the one that was written.
        deprecated: The aliases among them that deserve a warning.
        clashes: Aliases of a key that is there as well.
    """

    values: dict[str, Any]
    spellings: Mapping[str, str] = field(default_factory=dict)
    deprecated: tuple[Alias, ...] = ()
    clashes: tuple[Alias, ...] = ()


def rename(values: Mapping[str, Any], *scopes: str, accepts: Callable[[str], bool]) -> Renamed:
    """Return ``values`` in canonical spelling.

    An alias is left alone where its owner takes that key itself, or does not take the key it
    stands for.
    """
    if _OLD.isdisjoint(values):
        return Renamed(dict(values))
    aliases = [
        alias
        for alias in ALIASES
        if alias.old in values
        and alias.scope in scopes
        and accepts(alias.new)
        and not accepts(alias.old)
    ]
    result = Renamed(dict(values))
    spellings: dict[str, str] = {}
    clashes = []
    for alias in aliases:
        value = result.values.pop(alias.old)
        if alias.new in result.values:
            clashes.append(alias)
            continue
        result.values[alias.new] = value
        spellings[alias.new] = alias.old
    used = [alias for alias in aliases if alias.deprecated]
    return Renamed(result.values, spellings, tuple(used), tuple(clashes))
