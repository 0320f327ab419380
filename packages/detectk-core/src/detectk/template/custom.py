"""Message templates of users: the original's variables and ours, in a sandbox."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from detectk.errors import AlertError, ConfigError, Place
from detectk.template.detectors import read_detector
from detectk.template.sightings import percent_deviation
from detectk.template.words import NO_VALUE, elapsed, known
from detectk.values.labels import Labels
from detectk.values.message import Message, Notice

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

__all__ = ["MessageTemplate", "check_template", "custom_text", "render_custom"]

_log = logging.getLogger(__name__)

_VARIABLES = (
    "metric_name",
    "timestamp",
    "value",
    "is_anomaly",
    "score",
    "lower_bound",
    "upper_bound",
    "direction",
    "percent_deviation",
    "metadata",
    "inf",
    "kind",
    "severity",
    "series",
    "labels",
    "expected",
    "excess",
    "onset",
    "ended",
    "duration",
    "points",
    "late",
    "over",
    "description",
    "tags",
    "error",
    "timezone",
)


def render_custom(
    template: str, message: Message, notice: Notice, *, escape: Callable[[str], str] = str
) -> str:
    """Return the user's words for one notice.

    Args:
        template: Jinja; variables as documented under "Message templates".
        message: Gives the metric, its zone, its detectors.
        notice: The series to speak of.
        escape: Makes text that came from data harmless in the channel's markup.

    Raises:
        AlertError: The template fails on this notice, or gives no text; never retryable.
    """
    try:
        text = _environment().from_string(template).render(_context(message, notice, escape))
    except Exception as error:
        raise _failed(message, " ".join(str(error).split()) or type(error).__name__) from error
    if not text.strip():
        raise _failed(message, "it gives an empty text")
    return text


def custom_text(
    template: str, message: Message, *, escape: Callable[[str], str] = str
) -> tuple[str, str]:
    """Return (the user's words for every notice, why there are none).

    A template that fails must not cost the message: the channel then sends the default words,
    with the reason below them. One of the two is empty.
    """
    try:
        texts = [render_custom(template, message, n, escape=escape) for n in message.notices]
    except AlertError as error:
        _log.warning("%s; sending the default words", error)
        return "", error.message
    return "\n\n".join(text.strip("\n") for text in texts), ""


def check_template(text: str, *, where: str | Place = "message_template") -> None:
    """Check what can be checked of a template before there is a message.

    Raises:
        ConfigError: Its syntax is wrong, or it names a variable or filter that does not exist.
    """
    from jinja2 import TemplateSyntaxError, meta

    environment = _environment()
    try:
        tree = environment.parse(text)
        environment.compile(tree)
    except TemplateSyntaxError as error:
        reason = f"line {error.lineno}: {' '.join((error.message or '').split())}"
        raise ConfigError(f"the template is wrong at {reason}", where=where) from error
    unknown = sorted(meta.find_undeclared_variables(tree) - set(_VARIABLES))
    if unknown:
        near = get_close_matches(unknown[0], _VARIABLES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(_VARIABLES)}"
        line = 1 + text[: max(0, text.find(unknown[0]))].count("\n")
        raise ConfigError(
            f"the template names {unknown[0]!r} in line {line}, which does not exist",
            where=where,
            hint=hint,
        )


def _checked(text: str) -> str:
    try:
        check_template(text)
    except ConfigError as error:
        raise ValueError("; ".join(filter(None, (error.message, error.hint)))) from error
    return text


MessageTemplate = Annotated[str, AfterValidator(_checked)]
"""Option type: a template that `check_template` accepts."""


def _context(
    message: Message, notice: Notice, escape: Callable[[str], str]
) -> Mapping[str, object]:
    incident = notice.incident
    seen, zone = incident.peak, ZoneInfo(message.zone)
    labels = Labels.from_key(notice.series)
    missing = notice.kind == "no_data"
    return {
        "metric_name": message.metric,
        "timestamp": seen.time.astimezone(zone),
        "value": known(seen.value),
        "is_anomaly": notice.kind in ("fired", "no_data"),
        "score": seen.score,
        "lower_bound": known(seen.lower),
        "upper_bound": known(seen.upper),
        "direction": "missing" if missing else {-1: "down", 1: "up"}.get(seen.direction, "none"),
        "percent_deviation": percent_deviation(seen),
        "metadata": read_detector(message.detectors.get(seen.detector, "")),
        "inf": math.inf,
        "kind": notice.kind,
        "severity": incident.severity,
        "series": escape(str(labels)),
        "labels": {escape(name): escape(value) for name, value in labels},
        "expected": known(seen.expected),
        "excess": seen.excess,
        "onset": incident.onset.astimezone(zone),
        "ended": None if incident.open else incident.until.astimezone(zone),
        "duration": elapsed(incident.onset, incident.until),
        "points": incident.points,
        "late": notice.late,
        "over": notice.over,
        "description": message.description,
        "tags": message.tags,
        "error": escape(message.error),
        "timezone": message.zone,
    }


@lru_cache(maxsize=1)
def _environment() -> SandboxedEnvironment:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from detectk.plugin.catalogue import Catalogue

    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,  # chat markup, not HTML; data is escaped by the channel
        finalize=lambda value: NO_VALUE if value is None else value,
    )
    for filters in Catalogue.default().hooks.detectk_template_filters():
        environment.filters.update(filters)
    for name in ("round", "int", "float", "abs"):
        environment.filters[name] = _or_none(environment.filters[name])
    return environment


def _or_none(function: Callable[..., object]) -> Callable[..., object]:
    """Let a missing number through a numeric filter, so that it prints as "no value"."""

    def numeric(value: object, *args: object, **kwargs: object) -> object:
        try:
            return value if value is None else function(value, *args, **kwargs)
        except OverflowError:  # an infinity has no integer
            return value

    return numeric


def _failed(message: Message, reason: str) -> AlertError:
    return AlertError(
        f"the message_template fails: {reason}", where=message.metric, hint="correct the template"
    )
