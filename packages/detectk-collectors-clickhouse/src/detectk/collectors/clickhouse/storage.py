"""History, and on one modern server also alert state, in ClickHouse."""

from __future__ import annotations

from detectk.collectors.clickhouse.database import Database
from detectk.collectors.clickhouse.history import ClickHouseHistory
from detectk.collectors.clickhouse.options import ClickHouseStorageOptions
from detectk.collectors.clickhouse.state import ClickHouseState
from detectk.contracts.part import Health
from detectk.contracts.services import Services
from detectk.contracts.storage import Storage
from detectk.errors import DetectKError

__all__ = ["ClickHouseStorage"]


class ClickHouseStorage(Storage[ClickHouseStorageOptions]):
    """Both halves over the run's shared connections."""

    def __init__(self, options: ClickHouseStorageOptions, services: Services) -> None:
        super().__init__(options, services)
        self._database = Database(options, services)
        self._history = ClickHouseHistory(self._database, services.clock)
        self._state = ClickHouseState(self._database)

    def history(self) -> ClickHouseHistory:
        """Return the half that keeps points and verdicts."""
        return self._history

    def state(self) -> ClickHouseState | None:
        """Return the half that keeps alert state; None with several hosts.

        What is written to one of them need not be on the next one yet, so no lease would hold.
        """
        return self._state if len(self.options.target.addresses) == 1 else None

    def check(self) -> Health:
        """Return whether a host lets the user in and make tables; what is missing is made."""
        try:
            version = self._database.ask("SELECT version()").columns[0][0]
            self._history.prepare()
        except DetectKError as error:
            return Health(ok=False, detail=str(error))
        return Health(
            ok=True, detail=f"ClickHouse {version} at {self._database.servers.hosts.good}"
        )

    def identity(self) -> str:
        """Return the hosts and the database."""
        return f"clickhouse://{self.options.target}"
