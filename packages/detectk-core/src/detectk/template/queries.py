"""Render the query of a metric: late, sandboxed, and with every unknown name an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from jinja2 import (
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from detectk.errors import ConfigError, Place
from detectk.values.zones import zone_info

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

_QUERY = "<query>"
_UNDEFINED = re.compile(r"'(\w+)' is undefined")


class Moment(str):
    """A time as text, ``2024-11-01 10:00:00``, that still knows which time it is.

    Attributes:
        at: The time, in the zone in which it is written.
    """

    __slots__ = ("at",)

    at: datetime

    @classmethod
    def of(cls, at: datetime, zone: str) -> Moment:
        """Return ``at`` as the clock of ``zone`` shows it, without fractions of a second."""
        local = at.astimezone(zone_info(zone))
        moment = cls(f"{local:%Y-%m-%d %H:%M:%S}")
        moment.at = local
        return moment


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
    try:
        compiled = _compiled(template, tuple(sorted((filters or {}).items())))
        return compiled.render(values | dict(own))
    except TemplateSyntaxError as error:
        problem = f"query, line {error.lineno}: {_said(error)}"
        raise ConfigError(problem, where=where, hint=_near_filter(error, filters)) from error
    except UndefinedError as error:
        problem = f"query, line {_line(error)}: {_said(error)}"
        hint = _near_variable(str(error.message), {*values, *own})
        raise ConfigError(problem, where=where, hint=hint) from error
    except SecurityError as error:
        problem = f"query, line {_line(error)}: {_said(error)}"
        hint = "a query may use values and filters, not Python's insides"
        raise ConfigError(problem, where=where, hint=hint) from error
    except Exception as error:  # an expression, or a filter of a plugin, may raise anything
        problem = f"query, line {_line(error)}: {type(error).__name__}: {error}"
        raise ConfigError(problem, where=where, hint="correct the expression") from error


def uses_window(template: str, *, where: str | Place = "") -> bool:
    """Whether a query uses both ``period_start`` and ``period_finish``.

    One that does not returns the same rows in every run.

    Raises:
        ConfigError: The template cannot be read.
    """
    try:
        tree = _environment().parse(template)
    except TemplateSyntaxError as error:
        problem = f"query, line {error.lineno}: {_said(error)}"
        raise ConfigError(problem, where=where, hint="correct the template") from error
    names = list(tree.find_all(nodes.Name))
    own = {name.name for name in names if name.ctx != "load"}
    return {"period_start", "period_finish"} <= {name.name for name in names} - own


@lru_cache(maxsize=256)
def _compiled(text: str, filters: tuple[tuple[str, Callable[..., object]], ...]) -> Template:
    environment = _environment()
    environment.filters.update(filters)
    code = environment.compile(text, filename=_QUERY)
    return Template.from_code(environment, code, environment.globals)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.filters["datetime_format"] = _datetime_format
    return environment


def _datetime_format(moment: object, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    at = moment.at if isinstance(moment, Moment) else moment
    if not isinstance(at, datetime):
        raise TypeError(f"datetime_format is for times, not for {moment!r}")
    return at.strftime(form)


def _said(error: TemplateError) -> str:
    return (error.message or "it cannot be read").rstrip(".")


def _line(error: BaseException) -> int:
    """Return the line of the template in which ``error`` was raised, 1 when it does not say."""
    line = 1
    step = error.__traceback__
    while step:
        if step.tb_frame.f_code.co_filename == _QUERY:
            line = step.tb_lineno
        step = step.tb_next
    return line


def _near_variable(problem: str, known: set[str]) -> str:
    unknown = _UNDEFINED.search(problem)
    near = difflib.get_close_matches(unknown[1], sorted(known), n=1) if unknown else []
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(sorted(known))}"


def _near_filter(error: TemplateSyntaxError, filters: Filters | None) -> str:
    unknown = re.search(r"No filter named '(\w+)'", error.message or "")
    known = {*_environment().filters, *(filters or {})}
    near = difflib.get_close_matches(unknown[1], sorted(known), n=1) if unknown else []
    return f"did you mean {near[0]!r}?" if near else "correct the template"
