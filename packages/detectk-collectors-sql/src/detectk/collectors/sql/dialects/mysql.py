"""MySQL and MariaDB with pymysql."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Final

from detectk.clock import Clock
from detectk.collectors.sql.dialects.cells import Columns
from detectk.collectors.sql.dialects.dialect import Connection, Cursor, Trouble
from detectk.collectors.sql.dialects.mysql_rows import written
from detectk.collectors.sql.dialects.mysql_troubles import RefusedError, explained
from detectk.collectors.sql.dialects.server import ServerDialect
from detectk.collectors.sql.dialects.server_tables import Words, migration

__all__ = ["MysqlDialect"]

# Names differ by case, by accents and by spaces at their end. MariaDB and MySQL each have one
# such collation, under another name, and take no notice of the other's comment.
_EXACT: Final = "/*M!100202 COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */"
_WORDS: Final = Words(
    types={
        "identity": "BIGINT NOT NULL AUTO_INCREMENT",
        "number": "BIGINT NOT NULL",
        "number?": "BIGINT",
        "small": "SMALLINT NOT NULL",
        "float": "DOUBLE NOT NULL",
        "float?": "DOUBLE",
        "name": "VARCHAR(255) NOT NULL",
        "text": "LONGTEXT NOT NULL",
        "digest": "CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL",
    },
    moment=lambda column: f"TIMESTAMPADD(MICROSECOND, {column}, TIMESTAMP'1970-01-01 00:00:00')",
    quote="`",
    tail=f"ENGINE=InnoDB ROW_FORMAT=DYNAMIC CHARACTER SET utf8mb4 {_EXACT}",
    infinities=False,
    inside=True,
)
_LOCK: Final = "concat('dtk_', md5(database()))"
_PATIENCE: Final = 600
"""Seconds after which a server that says nothing at all is taken for dead."""
_SLACK: Final = 5
"""Seconds that the server has to stop a query by itself."""


class MysqlDialect(ServerDialect):
    """A MySQL or MariaDB database; writers of one metric wait for each other, readers do not.

    It knows no infinity, and no transaction around CREATE TABLE: migrations may run twice.
    """

    name: ClassVar[str] = "mysql"
    port: ClassVar[int] = 3306
    begin: ClassVar[str] = "START TRANSACTION"
    begin_read: ClassVar[str] = "START TRANSACTION READ ONLY"
    now: ClassVar[str] = "unix_timestamp(sysdate(6))"
    migrations: ClassVar[Sequence[Sequence[str]]] = (migration(_WORDS),)
    schema_lock: ClassVar[Sequence[str]] = (f"DO get_lock({_LOCK}, 60)",)
    schema_unlock: ClassVar[Sequence[str]] = (f"DO release_lock({_LOCK})",)
    schema_undo: ClassVar[Sequence[str]] = schema_unlock
    infinities: ClassVar[bool] = False

    @property
    def errors(self) -> tuple[type[Exception], ...]:
        """What the driver raises, and that it is not there."""
        try:
            import pymysql
        except ImportError:
            return (ImportError,)
        return (ImportError, RefusedError, pymysql.Error)

    @property
    def version(self) -> str:
        """SQL that gives one line about the server."""
        return "SELECT if(version() LIKE '%%MariaDB%%', version(), concat('MySQL ', version()))"

    def connect(self) -> Connection:
        """Connect to write; a lock is waited for as long as the time limit."""
        connection: Connection = self._opened(read_timeout=max(_PATIENCE, 2 * self.timeout))
        wait = max(1, round(self.timeout))
        self._set(
            connection,
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            f"SET time_zone = '+00:00', innodb_lock_wait_timeout = {wait}, "
            "sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
        )
        return connection

    def source(self, clock: Clock) -> Connection:  # noqa: ARG002  # the server counts
        """Connect as somebody who cannot write and whom the server stops at the time limit."""
        opened = self._opened(read_timeout=self.timeout + _SLACK)
        limit = f"max_execution_time = {max(1, round(self.timeout * 1000))}"
        if "MariaDB" in opened.get_server_info():
            limit = f"max_statement_time = {self.timeout:g}"
        self._set(
            opened,
            "SET SESSION TRANSACTION READ ONLY",
            f"SET time_zone = '+00:00', {limit}",
        )
        connection: Connection = opened
        return connection

    @contextmanager
    def asked(self, connection: Connection, query: str) -> Iterator[Cursor]:
        """Ask in a read-only transaction; the driver's protocol takes one statement."""
        cursor = _streaming(connection)
        try:
            self._set(connection, "START TRANSACTION READ ONLY")
            cursor.execute(query)
            yield cursor
        finally:
            cursor.close()
        self._set(connection, "ROLLBACK")

    def cost(self, connection: Connection, query: str) -> str:
        """Return what the optimizer expects: how each table is read, and how many rows of it."""
        with self.asked(connection, f"EXPLAIN {query}") as cursor:
            names = [str(column[0]).lower() for column in cursor.description or ()]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(100)]
        return "; ".join(_walk(row) for row in rows if row.get("table"))

    def trouble(self, error: Exception, *, source: bool) -> Trouble:
        """Explain an error by its number."""
        return explained(error, self, source=source)

    def has_table(self, cursor: Cursor, table: str) -> bool:
        """Return whether ``table`` is there."""
        sql = (
            "SELECT 1 FROM information_schema.tables "
            "WHERE table_schema = database() AND table_name = %s"
        )
        cursor.execute(sql, (table,))
        return bool(cursor.fetchall())

    def insert(self, cursor: Cursor, table: str, columns: Columns) -> None:
        """Add rows, many in one statement."""
        written(cursor, f"INSERT INTO {table}", self.with_digest(table, columns))

    def insert_new(self, cursor: Cursor, table: str, columns: Columns) -> None:
        """Add those rows whose key is not there yet."""
        first = next(iter(columns))
        end = f" ON DUPLICATE KEY UPDATE {first} = {table}.{first}"
        written(cursor, f"INSERT INTO {table}", self.with_digest(table, columns), end)

    def replace(self, cursor: Cursor, table: str, key: Sequence[str], columns: Columns) -> None:  # noqa: ARG002  # the table knows its key
        """Add rows in the place of those that have their ``key``, at most one row a key."""
        written(cursor, f"REPLACE INTO {table}", self.with_digest(table, columns))

    def _opened(self, *, read_timeout: float) -> Any:
        import pymysql

        address = self.address
        socket = address.host if address.host.startswith("/") else None
        try:
            connection = pymysql.connect(
                host="localhost" if socket else address.host,
                unix_socket=socket,
                port=address.port or self.port,
                database=address.database,
                user=address.user or None,
                password=address.password.encode(),  # the driver would write it in Latin-1
                charset="utf8mb4",
                autocommit=True,
                connect_timeout=max(1, round(address.connect_timeout)),
                read_timeout=read_timeout,
                **self._tls(),
            )
        except RuntimeError as error:
            # MySQL 8 takes a password in the clear only from those who can encrypt it.
            raise RefusedError(
                f"cannot log in to {address.place} without TLS ({self.hidden(str(error))})",
                "set tls: require, or pip install cryptography",
            ) from error
        if address.tls in ("require", "verify") and not socket:
            # Some versions of the driver go on in the clear with a server that has no TLS.
            with connection.cursor() as cursor:
                cursor.execute("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
                if not any(cipher for _, cipher in cursor.fetchall()):
                    connection.close()
                    raise RefusedError(f"{address.place} offers no TLS", "set tls to what it has")
        return connection

    def _tls(self) -> dict[str, Any]:
        address = self.address
        if address.tls == "off":
            return {"ssl_disabled": True}
        if address.tls == "prefer" and not address.more:
            return {}
        try:
            context = ssl.create_default_context(cafile=address.tls_ca or None)
            if address.tls != "verify":
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
            own = dict(address.more)
            if "ssl_cert" in own:
                context.load_cert_chain(own["ssl_cert"], own.get("ssl_key"))
        except OSError as error:
            reason = error.strerror or str(error)
            raise RefusedError(
                f"no TLS with {address.place}, a certificate cannot be read ({reason})",
                "correct tls and tls_ca",
            ) from error
        return {"ssl": context}

    def _set(self, connection: Any, *statements: str) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _streaming(connection: Any) -> Any:
    """Return a cursor that leaves the rows on the server until they are fetched."""
    from pymysql.cursors import SSCursor

    class Streaming(SSCursor):  # type: ignore[misc]  # the driver has no types
        """Ends at once: the driver would first read whatever is left of a huge answer."""

        def close(self) -> None:
            result = self._result
            if result is not None and result.unbuffered_active:
                result.unbuffered_active, result.connection = False, None
                self.connection = None
                return
            super().close()

        __del__ = close

    return Streaming(connection)


def _walk(row: dict[str, Any]) -> str:
    table, how, index = row["table"], row.get("type"), row.get("key")
    verb = "scans" if how in ("ALL", "index") else "searches"
    using = f" using {index}" if index else ""
    return f"{verb} {table}{using}, about {row.get('rows') or 0} rows"
