"""What a metric repeats by: features, holidays and events, as every detector with seasons has."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from detectk.contracts.options import Options

__all__ = ["BUILTIN", "CalendarOptions", "HolidayOptions"]

logger = logging.getLogger(__name__)

BUILTIN = (
    "hour_of_day",
    "day_of_week",
    "hour_of_week",
    "day_of_month",
    "month_end",
    "business_day",
    "holiday",
)
"""Features that the clock of the metric's zone gives."""

_BY_HOLIDAYS = {"day_of_week", "hour_of_week", "business_day", "holiday"}
_LONGEST_CODE = 3


def _features(entries: object) -> object:
    """Read feature names; an entry may also be ``{name, expression}``."""
    if not isinstance(entries, list | tuple):
        return entries
    names = []
    for entry in entries:
        if (
            isinstance(entry, Mapping)
            and "name" in entry
            and entry.keys() <= {"name", "expression"}
        ):
            if "expression" in entry:
                logger.warning(
                    "seasonal feature %r: the expression is not evaluated; select it in the query "
                    "as a context column",
                    entry["name"],
                )
            names.append(entry["name"])
        else:
            names.append(entry)
    return tuple(names)


def _country(given: object) -> object:
    """Read a country alone, ``DE``, as one without further wishes."""
    if isinstance(given, bool):
        raise ValueError(f"{given} is no country; write its code, such as 'DE'")  # noqa: TRY004  # pydantic turns only ValueError into a config error
    return {"country": given} if isinstance(given, str) else given


class HolidayOptions(Options):
    """Whose holidays."""

    country: str = Field(min_length=1, description="ISO 3166 code: DE, US.")
    subdivision: str | None = Field(
        default=None, description="A part of it with holidays of its own: BY, CA."
    )
    categories: tuple[str, ...] = Field(
        default=(),
        description="Kinds of holidays, as the country has them: public, bank, school; "
        "public ones by default.",
    )

    @model_validator(mode="before")
    @classmethod
    def _as_codes(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or not isinstance(given.get("country"), str):
            return given
        code = given["country"]
        return {**given, "country": code.upper() if len(code) <= _LONGEST_CODE else code}

    @model_validator(mode="after")
    def _is_there(self) -> HolidayOptions:
        # Without the package the first use says what to install.
        if find_spec("holidays") and (problem := _problem(self)):
            raise ValueError(problem)
        return self


class CalendarOptions(Options):
    """What a detector that knows seasons understands."""

    seasonal_features: Annotated[tuple[str, ...], BeforeValidator(_features)] = Field(
        default=(),
        description="Context columns, names of events, or by the clock of the metric's zone "
        f"{', '.join(BUILTIN)}.",
    )
    holidays: Annotated[HolidayOptions | None, BeforeValidator(_country)] = Field(
        default=None,
        description="Country whose holidays count as Sundays: DE, "
        "or {country: DE, subdivision: BY}.",
    )
    events: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict,
        description="Names of seasonal features to CSV files with columns date, or start and "
        "end, and perhaps name; relative to the project.",
    )

    @model_validator(mode="after")
    def _of_use(self) -> CalendarOptions:
        features = set(self.seasonal_features)
        if self.holidays and not features & _BY_HOLIDAYS:
            raise ValueError(
                "holidays change nothing without a feature they matter to; add "
                f"{' or '.join(sorted(_BY_HOLIDAYS))} to seasonal_features, or remove holidays"
            )
        for name in self.events:
            if name in BUILTIN:
                raise ValueError(f"event {name!r} has a meaning already; rename it")
            if name not in features:
                raise ValueError(
                    f"event {name!r} is not among seasonal_features; add it there, or remove it"
                )
        return self


@lru_cache(maxsize=256)
def _problem(wanted: HolidayOptions) -> str:
    """Return why there are no such holidays; empty when there are."""
    import holidays

    country, subdivision = wanted.country, wanted.subdivision
    if country not in holidays.list_supported_countries():
        near = _near_country(country)
        hint = f"did you mean {near!r}?" if near else "use an ISO 3166 code such as DE or US"
        return f"holidays of country {country!r} are unknown; {hint}"
    kind = type(holidays.country_holidays(country))
    if subdivision is not None:
        try:
            holidays.country_holidays(country, subdiv=subdivision)
        except NotImplementedError:
            return (
                f"country {country!r} has no subdivision {subdivision!r}; "
                f"{_one_of(subdivision, kind.subdivisions)}"
            )
    for category in wanted.categories:
        if category not in kind.supported_categories:
            known = sorted(kind.supported_categories)
            return f"country {country!r} has no category {category!r}; {_one_of(category, known)}"
    return ""


def _near_country(given: str) -> str:
    from holidays.registry import COUNTRIES

    codes = {spoken: names[1] for spoken, names in COUNTRIES.items()}
    codes |= {name.casefold(): names[1] for names in COUNTRIES.values() for name in names[1:]}
    wanted = given.casefold().replace(" ", "_")
    near = difflib.get_close_matches(wanted, codes, n=1)
    return codes[near[0]] if near else ""


def _one_of(given: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(given.casefold(), [name.casefold() for name in known], n=1)
    if near:
        return f"did you mean {next(n for n in known if n.casefold() == near[0])!r}?"
    return f"it has {', '.join(known)}" if known else "remove it, it has none"
