"""History and alert state in one SQL database."""

from __future__ import annotations

from detectk.collectors.sql.database import Database
from detectk.collectors.sql.dialects import Connection, dialect_of
from detectk.collectors.sql.history import SqlHistory
from detectk.collectors.sql.options import SqlStorageOptions
from detectk.collectors.sql.state import SqlState
from detectk.contracts.part import Health
from detectk.contracts.services import Services
from detectk.contracts.storage import Storage
from detectk.errors import StorageError

__all__ = ["SqlStorage"]


class SqlStorage(Storage[SqlStorageOptions]):
    """Both halves over one connection, opened when one of them is first used."""

    def __init__(self, options: SqlStorageOptions, services: Services) -> None:
        super().__init__(options, services)
        self._dialect = dialect_of(options, services.root)
        self._database = Database(self._dialect, self.connect)
        self._history = SqlHistory(self._database, services.clock)
        self._state = SqlState(self._database, services.clock)

    def connect(self) -> Connection:
        """Open the database; both halves come here, once.

        Override it to see every statement before it runs::

            class Watched(SqlStorage):
                def connect(self):
                    connection = super().connect()
                    connection.set_trace_callback(print)
                    return connection
        """
        return self._dialect.connect()

    def history(self) -> SqlHistory:
        """Return the half that keeps points and verdicts."""
        return self._history

    def state(self) -> SqlState:
        """Return the half that keeps alert state."""
        return self._state

    def check(self) -> Health:
        """Return whether the database can be used; what is not there yet is made."""
        try:
            detail = self._dialect.check(source=False)
            self._history.prepare()  # who may log in may still not be allowed to make tables
            return Health(ok=True, detail=detail)
        except StorageError as error:
            return Health(ok=False, detail=str(error))
        except self._dialect.errors as error:
            trouble = self._dialect.trouble(error, source=False)
            return Health(ok=False, detail=f"{trouble.message}; {trouble.hint}")

    def identity(self) -> str:
        """Return the kind of database and its address."""
        return self._dialect.identity

    def close(self) -> None:
        """Close the connection."""
        self._database.close()
