"""Ask a SQL database for the points of a metric, without being able to change it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any, Final

from detectk.collectors.sql.dialects import SqliteDialect
from detectk.collectors.sql.options import SqlCollectorOptions
from detectk.contracts.collector import Collector, Request
from detectk.contracts.options import RowOptions
from detectk.contracts.part import Health
from detectk.contracts.rows import series_from_columns
from detectk.contracts.services import Services
from detectk.errors import CollectError
from detectk.template.fingerprint import tokens
from detectk.template.queries import render_query
from detectk.values.series import Series

__all__ = ["SqlCollector"]

_AT_ONCE: Final = 10_000


class SqlCollector(Collector[SqlCollectorOptions]):
    """Runs one query a request, on a connection of its own that cannot write."""

    def __init__(self, options: SqlCollectorOptions, services: Services) -> None:
        super().__init__(options, services)
        self._dialect = SqliteDialect(options.file(services.root), timeout=options.timeout)

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window.

        Raises:
            CollectError: The database cannot be read, the query fails or takes too long, or its
                rows make no series.
            ConfigError: The query is no template, or uses unknown variables.
        """
        query = self.describe(request)
        try:
            columns = self._columns(query)
        except self._dialect.errors as error:
            trouble = self._dialect.trouble(error, source=True)
            raise CollectError(
                trouble.message,
                where=request.metric,
                hint=trouble.hint,
                retryable=trouble.retryable,
            ) from error
        except CollectError as error:
            error.where = request.metric
            raise
        return series_from_columns(columns, self.options, request)

    def check(self) -> Health:
        """Return whether the database can be read."""
        try:
            return Health(ok=True, detail=self._dialect.check(source=True))
        except self._dialect.errors as error:
            trouble = self._dialect.trouble(error, source=True)
            return Health(ok=False, detail=f"{trouble.message}; {trouble.hint}")

    def describe(self, request: Request) -> str:
        """Return the query with its variables filled in."""
        return render_query(
            self.options.query,
            request,
            timezone=self.options.timezone,
            variables=self.options.query_variables,
            filters=self.services.filters,
            where=self.services.where,
        )

    def fingerprint(self) -> str:
        """Return 16 hex digits over the query's words and what its columns mean."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        meaning = self.options.model_dump(
            mode="json",
            exclude_defaults=True,
            include=set(RowOptions.model_fields) - {"max_series"},
        )
        parts = [tokens(self.options.query), self.options.query_variables, meaning]
        text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
        return blake2b(text.encode(), digest_size=8).hexdigest()

    def _columns(self, query: str) -> Mapping[str, Sequence[Any]]:
        connection = self._dialect.source(self.services.clock)
        try:
            cursor = connection.cursor()
            cursor.execute(query)
            if cursor.description is None:
                raise CollectError("the query gives no columns", hint="write a SELECT")
            names = [str(column[0]) for column in cursor.description]
            if twice := [name for name, times in Counter(names).items() if times > 1]:
                raise CollectError(
                    f"the query gives column {twice[0]!r} twice", hint="rename one with AS"
                )
            rows: list[tuple[object, ...]] = []
            while some := cursor.fetchmany(_AT_ONCE):
                rows += some
                if len(rows) > self.options.max_rows:
                    raise CollectError(
                        f"the query gives more than {self.options.max_rows} rows",
                        hint="aggregate in the query, or raise max_rows",
                    )
        finally:
            connection.close()
        columns = zip(*rows, strict=True) if rows else ((),) * len(names)
        return dict(zip(names, columns, strict=True))
