"""Ask a SQL database for the points of a metric, without being able to change it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from typing import Any, Final

from detectk.collectors.sql.dialects import Connection, Source, dialect_of
from detectk.collectors.sql.options import SqlCollectorOptions
from detectk.contracts.collector import Collector, Request
from detectk.contracts.part import Health
from detectk.contracts.rows import series_from_columns
from detectk.contracts.services import Services
from detectk.contracts.spans import spans_from_columns
from detectk.errors import CollectError
from detectk.template.fingerprint import query_fingerprint
from detectk.template.queries import render_query
from detectk.values.series import Series
from detectk.values.spans import Spans

__all__ = ["SqlCollector"]

_AT_ONCE: Final = 10_000


class SqlCollector(Collector[SqlCollectorOptions]):
    """Runs one query a request, on a connection that cannot write.

    Everybody in a run who asks one server as one user takes turns with a few connections.
    """

    def __init__(self, options: SqlCollectorOptions, services: Services) -> None:
        super().__init__(options, services)
        self._dialect = dialect_of(options, services.root)

    def collect(self, request: Request) -> Sequence[Series]:
        """Return the series of the window.

        Raises:
            CollectError: The database cannot be read, the query fails or takes too long, or its
                rows make no series.
            ConfigError: The query is no template, or uses unknown variables.
        """
        columns = self._answer(self.describe(request), where=request.metric)
        return series_from_columns(columns, self.options, request)

    def events(self, request: Request) -> Mapping[str, Spans]:
        """Return what the queries of the events give.

        Raises:
            CollectError: As for `collect`.
            ConfigError: As for `collect`.
        """
        found = {}
        for name, template in self.options.events.items():
            where = f"{request.metric}: event {name!r}"
            columns = self._answer(self._rendered(template, request, where=where), where=where)
            found[name] = spans_from_columns(columns, self.options, request, event=name)
        return found

    def check(self) -> Health:
        """Return whether the database can be read."""
        try:
            return Health(ok=True, detail=self._dialect.check(source=True))
        except self._dialect.errors as error:
            trouble = self._dialect.trouble(error, source=True)
            return Health(ok=False, detail=f"{trouble.message}; {trouble.hint}")

    def describe(self, request: Request) -> str:
        """Return the query with its variables filled in."""
        return self._rendered(self.options.query, request, where=self.services.where)

    def fingerprint(self) -> str:
        """Return 16 hex digits over the query's words and what its columns mean."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        return query_fingerprint(self.options)

    def cost(self, request: Request) -> str:
        """Return what the database expects of the query, or nothing where it cannot say."""
        try:
            query = self.describe(request)
            with self._source() as source:
                return self._dialect.cost(source.connection, query)
        except Exception:  # noqa: BLE001  # a guess is not worth an error
            return ""

    def _rendered(self, template: str, request: Request, *, where: str) -> str:
        return render_query(
            template,
            request,
            timezone=self.options.timezone,
            variables=self.options.query_variables,
            filters=self.services.filters,
            where=where,
        )

    def _answer(self, query: str, *, where: str) -> Mapping[str, Sequence[Any]]:
        try:
            return self._columns(query)
        except self._dialect.errors as error:
            trouble = self._dialect.trouble(error, source=True)
            raise CollectError(
                trouble.message, where=where, hint=trouble.hint, retryable=trouble.retryable
            ) from error
        except CollectError as error:
            error.where = where
            raise

    def _columns(self, query: str) -> Mapping[str, Sequence[Any]]:
        while True:
            source: Source | None = None
            try:
                with self._source() as source:
                    columns = self._asked(source.connection, query)
                    source.used = True
                    return columns
            except self._dialect.errors as error:
                # Whoever was let in before may have been thrown out since, a new one was not.
                lost = self._dialect.trouble(error, source=True).lost
                if not (lost and source and source.used):
                    raise

    @contextmanager
    def _source(self) -> Iterator[Source]:
        """Borrow a connection that cannot write, or have one for this question only."""
        clock = self.services.clock
        if pool := self._dialect.pool(self.services.shared, clock):
            with pool.borrow() as source:
                yield source
        else:
            connection = self._dialect.source(clock)
            with closing(connection):
                yield Source(connection)

    def _asked(self, connection: Connection, query: str) -> Mapping[str, Sequence[Any]]:
        clock, rows = self.services.clock, list[tuple[object, ...]]()
        deadline = clock.monotonic() + self.options.timeout
        with self._dialect.asked(connection, query) as cursor:
            if cursor.description is None:
                raise CollectError("the query gives no columns", hint="write a SELECT")
            names = [str(column[0]) for column in cursor.description]
            if twice := [name for name, times in Counter(names).items() if times > 1]:
                raise CollectError(
                    f"the query gives column {twice[0]!r} twice", hint="rename one with AS"
                )
            while some := cursor.fetchmany(_AT_ONCE):
                rows += some
                if clock.monotonic() > deadline:
                    # Some servers measure each piece of an answer by itself.
                    raise CollectError(
                        f"the query took longer than {self.options.timeout:g} s",
                        hint="ask for less, add an index, or raise timeout",
                        retryable=True,
                    )
                if len(rows) > self.options.max_rows:
                    raise CollectError(
                        f"the query gives more than {self.options.max_rows} rows",
                        hint="aggregate in the query, or raise max_rows",
                    )
        columns = zip(*rows, strict=True) if rows else ((),) * len(names)
        return dict(zip(names, columns, strict=True))
