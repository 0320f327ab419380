"""Render a query with jinja: sandboxed, and with every unknown name an error."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import lru_cache

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
from detectk.template.moment import Moment

__all__ = ["names_in", "render"]

_QUERY = "<query>"
_UNDEFINED = re.compile(r"'(\w+)' is undefined")


def render(
    template: str,
    values: Mapping[str, object],
    filters: Mapping[str, Callable[..., object]],
    *,
    where: str | Place = "",
) -> str:
    """Return what ``template`` becomes with ``values``.

    Raises:
        ConfigError: It cannot be read, or uses what is not there.
    """
    try:
        return _compiled(template, tuple(sorted(filters.items()))).render(values)
    except TemplateSyntaxError as error:
        problem = f"query, line {error.lineno}: {_said(error)}"
        raise ConfigError(problem, where=where, hint=_near_filter(error, filters)) from error
    except UndefinedError as error:
        problem = f"query, line {_line(error)}: {_said(error)}"
        hint = _near_variable(str(error.message), {*values})
        raise ConfigError(problem, where=where, hint=hint) from error
    except SecurityError as error:
        problem = f"query, line {_line(error)}: {_said(error)}"
        hint = "a query may use values and filters, not Python's insides"
        raise ConfigError(problem, where=where, hint=hint) from error
    except Exception as error:  # an expression, or a filter of a plugin, may raise anything
        problem = f"query, line {_line(error)}: {type(error).__name__}: {error}"
        raise ConfigError(problem, where=where, hint="correct the expression") from error


def names_in(template: str, *, where: str | Place = "") -> set[str]:
    """Return the names that a query uses and does not set itself.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        tree = _environment().parse(template)
    except TemplateSyntaxError as error:
        problem = f"query, line {error.lineno}: {_said(error)}"
        raise ConfigError(problem, where=where, hint="correct the template") from error
    names = list(tree.find_all(nodes.Name))
    own = {name.name for name in names if name.ctx != "load"}
    return {name.name for name in names} - own


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


def _near_filter(error: TemplateSyntaxError, filters: Mapping[str, Callable[..., object]]) -> str:
    unknown = re.search(r"No filter named '(\w+)'", error.message or "")
    known = {*_environment().filters, *filters}
    near = difflib.get_close_matches(unknown[1], sorted(known), n=1) if unknown else []
    return f"did you mean {near[0]!r}?" if near else "correct the template"
