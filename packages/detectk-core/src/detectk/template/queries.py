"""Render the query of a metric: late, sandboxed, and with every unknown name an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from detectk.errors import ConfigError, Place
from detectk.template.moment import Moment

if TYPE_CHECKING:
    from detectk.contracts.collector import Request

__all__ = ["QUERY_VARIABLES", "Filters", "Moment", "render_query", "uses_window"]

Filters: TypeAlias = Mapping[str, Callable[..., object]]

QUERY_VARIABLES = (
    "execution_time",
    "interval",
    "interval_seconds",
    "metric_name",
    "period_finish",
    "period_start",
    "timezone",
)
"""What every query may use beside its own variables."""

_NAME: Final = re.compile(r"(?<!\{)\{\{\s*([A-Za-z_]\w*)\s*\}\}(?!\})", re.ASCII)
_JINJA: Final = re.compile(r"\{[{%#]")
_WORDS: Final = frozenset(
    ("true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "else", "in", "is")
)
_ENDS: Final = re.compile(r"\r\n?")


def render_query(
    template: str,
    request: Request,
    *,
    timezone: str = "UTC",
    variables: Mapping[str, object] | None = None,
    filters: Filters | None = None,
    where: str | Place = "",
) -> str:
    """Return the query that ``template`` becomes for one request.

    Args:
        template: Jinja text; see `QUERY_VARIABLES`.
        request: What is asked for.
        timezone: IANA zone in which times are written.
        variables: The metric's own names and their values.
        filters: More filters, by name.
        where: What the template belongs to, for error messages.

    Raises:
        ConfigError: The template cannot be read, or uses what is not there.
    """
    values: dict[str, object] = {
        "execution_time": Moment.of(request.execution_time, timezone),
        "interval": str(request.interval),
        "interval_seconds": int(request.interval.nominal.total_seconds()),
        "metric_name": request.metric,
        "period_finish": Moment.of(request.window.end, timezone),
        "period_start": Moment.of(request.window.start, timezone),
        "timezone": timezone,
    }
    own = variables or {}
    if taken := sorted(own.keys() & values.keys()):
        raise ConfigError(
            f"query variable {taken[0]!r} has a meaning already", where=where, hint="rename it"
        )
    everything = values | dict(own)
    plain = _plain(template, everything)
    if plain is not None:
        return plain
    from detectk.template.sandbox import render

    return render(template, everything, filters or {}, where=where)


def uses_window(template: str, *, where: str | Place = "") -> bool:
    """Whether a query uses both ``period_start`` and ``period_finish``.

    One that does not returns the same rows in every run.

    Raises:
        ConfigError: The template cannot be read.
    """
    from detectk.template.sandbox import names_in

    return {"period_start", "period_finish"} <= names_in(template, where=where)


def _plain(template: str, values: Mapping[str, object]) -> str | None:
    """Return the text of a template that only names values; None where it does more.

    Most do not, and the engine takes longer to import and to compile than all else of a query.
    """
    if _JINJA.search(_NAME.sub("\0", template)):
        return None
    names = set(_NAME.findall(template))
    if not names <= values.keys() - _WORDS:
        return None
    # As the engine does it, line ends are those of Unix, and the last one goes.
    text = _ENDS.sub("\n", template).removesuffix("\n")
    return _NAME.sub(lambda found: str(values[found[1]]), text)
