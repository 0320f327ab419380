"""Ask a ClickHouse for the points of a metric, without being able to change it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final

from detectk.collectors.clickhouse.clocks import moments, readable
from detectk.collectors.clickhouse.options import ClickHouseCollectorOptions
from detectk.collectors.clickhouse.servers import Servers
from detectk.collectors.clickhouse.session import Answer, Session
from detectk.collectors.clickhouse.troubles import FOREIGN, Trouble, code_of, said, trouble_of
from detectk.contracts.collector import Collector, Request
from detectk.contracts.part import Health
from detectk.contracts.rows import series_from_columns
from detectk.contracts.services import Services
from detectk.contracts.spans import spans_from_columns
from detectk.errors import CollectError, ConfigError
from detectk.template.fingerprint import query_fingerprint
from detectk.template.queries import render_query
from detectk.values.series import Series
from detectk.values.spans import Spans

__all__ = ["ClickHouseCollector"]

# Servers of 2018 know INTERVAL 10 MINUTE only, and the grid reads "10 minutes".
_PLURAL = re.compile(
    r"\b(INTERVAL\s+\d+\s+(?:second|minute|hour|day|week|month|year))s\b", re.IGNORECASE
)
_READ_ONLY: Final = 164


class ClickHouseCollector(Collector[ClickHouseCollectorOptions]):
    """Runs one query a request, which can change nothing, in a shared pool of connections."""

    def __init__(self, options: ClickHouseCollectorOptions, services: Services) -> None:
        super().__init__(options, services)
        self._servers = Servers(options, services)
        self._may_set = True

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window.

        Raises:
            CollectError: No host answers, the query fails, takes too long or gives too many
                rows, or its rows make no series.
            ConfigError: The query is no template, or uses unknown variables.
        """
        answer, zone, old = self._answer(self.describe(request), where=request.metric)
        columns, exact = readable(
            answer,
            time=self.options.timestamp_column,
            zone=self.options.timezone,
            server_zone=zone,
            old=old,
        )
        options = self.options.model_copy(update={"timezone": "UTC"}) if exact else self.options
        return series_from_columns(columns, options, request)

    def events(self, request: Request) -> Mapping[str, Spans]:
        """Return what the queries of the events give.

        Raises:
            CollectError: As for `collect`.
            ConfigError: As for `collect`.
        """
        found = {}
        for name, template in self.options.events.items():
            where = f"{request.metric}: event {name!r}"
            query = self._rendered(template, request, where=where)
            answer, server_zone, old = self._answer(query, where=where)
            columns = moments(answer, zone=self.options.timezone, server_zone=server_zone, old=old)
            found[name] = spans_from_columns(columns, self.options, request, event=name)
        return found

    def check(self) -> Health:
        """Return whether a host answers and lets the user in."""
        try:
            answer, _, _ = self._servers.run(lambda session: self._ask(session, "SELECT version()"))
        except FOREIGN as error:
            trouble = self._trouble(error)
            return Health(ok=False, detail=f"{trouble.message}; {trouble.hint}")
        except ConfigError as error:
            return Health(ok=False, detail=str(error))
        return Health(
            ok=True, detail=f"ClickHouse {answer.columns[0][0]} at {self._servers.hosts.good}"
        )

    def describe(self, request: Request) -> str:
        """Return the query with its variables filled in."""
        return self._rendered(self.options.query, request, where=self.services.where)

    def cost(self, request: Request) -> str:
        """Return how much the server thinks it would read; an old one cannot say."""
        try:
            query = f"EXPLAIN ESTIMATE {self.describe(request)}"
            answer, _, _ = self._servers.run(lambda session: self._ask(session, query))
            found = [dict(zip(answer.names, row, strict=True)) for row in answer.rows()]
        except (*FOREIGN, ConfigError):
            return ""
        return "; ".join(
            f"reads about {row['rows']:,} rows of {row['database']}.{row['table']}"
            f" ({row['marks']:,} marks in {row['parts']:,} parts)"
            for row in found
        )

    def fingerprint(self) -> str:
        """Return 16 hex digits over the query's words and what its columns mean."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return query_fingerprint(self.options)

    def _rendered(self, template: str, request: Request, *, where: str) -> str:
        rendered = render_query(
            template,
            request,
            timezone=self.options.timezone,
            variables=self.options.query_variables,
            filters=self.services.filters,
            where=where,
        )
        return _PLURAL.sub(r"\1", rendered)

    def _answer(self, query: str, *, where: str) -> tuple[Answer, str, bool]:
        try:
            answer, zone, old = self._servers.run(lambda session: self._ask(session, query))
        except FOREIGN as error:
            trouble = self._trouble(error)
            raise CollectError(
                trouble.message, where=where, hint=trouble.hint, retryable=trouble.retryable
            ) from error
        _check_names(answer, where)
        return answer, zone, old

    def _ask(self, session: Session, query: str) -> tuple[Answer, str, bool]:
        """Return the answer, and the server's zone and age, which say what its times mean."""
        timeout, most = self.options.timeout, self.options.max_rows
        try:
            settings = self._limits if self._may_set else {}
            answer = session.ask(query, timeout=timeout, settings=settings, max_rows=most)
        except FOREIGN as error:
            if not settings or code_of(error) != _READ_ONLY or "modify" not in said(error):
                raise
            # The user's own profile is read-only in the way that takes no settings either.
            self._may_set = False
            answer = session.ask(query, timeout=timeout, max_rows=most)
        return answer, session.zone, session.old

    @property
    def _limits(self) -> Mapping[str, str | int]:
        return {
            "readonly": 2,  # reads, and takes the settings beside this one
            "max_execution_time": math.ceil(self.options.timeout),
            "max_result_rows": self.options.max_rows,
            "result_overflow_mode": "throw",
        }

    def _trouble(self, error: Exception) -> Trouble:
        return trouble_of(error, timeout=self.options.timeout, max_rows=self.options.max_rows)


def _check_names(answer: Answer, where: str) -> None:
    if not answer.names:
        raise CollectError("the query gives no columns", where=where, hint="write a SELECT")
    if twice := [name for name, times in Counter(answer.names).items() if times > 1]:
        raise CollectError(
            f"the query gives column {twice[0]!r} twice",
            where=where,
            hint="rename one with AS",
        )
