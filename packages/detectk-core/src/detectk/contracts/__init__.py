"""What a component must do: the contracts that plugin authors implement."""

from detectk.clock import Clock
from detectk.contracts.alerter import Alerter, Sent
from detectk.contracts.collector import Collector, Request
from detectk.contracts.detector import Detector, Lookback, Outcome, Task
from detectk.contracts.executor import Executor
from detectk.contracts.history import (
    Coverage,
    History,
    HistoryRequest,
    Judgements,
    Points,
    Pruned,
    Retention,
    note_loaded,
)
from detectk.contracts.identity import detector_id
from detectk.contracts.json_rows import pack_rows, unpack_rows
from detectk.contracts.options import Options, QueryOptions, RowOptions
from detectk.contracts.part import Health, Part
from detectk.contracts.pool import Pool, Shared
from detectk.contracts.rows import series_from_columns
from detectk.contracts.services import Services
from detectk.contracts.spans import spans_from_columns
from detectk.contracts.state import (
    Lease,
    Leases,
    OutboxRow,
    Receipt,
    State,
    StateChange,
    StateKey,
)
from detectk.contracts.storage import Storage

__all__ = [
    "Alerter",
    "Clock",
    "Collector",
    "Coverage",
    "Detector",
    "Executor",
    "Health",
    "History",
    "HistoryRequest",
    "Judgements",
    "Lease",
    "Leases",
    "Lookback",
    "Options",
    "OutboxRow",
    "Outcome",
    "Part",
    "Points",
    "Pool",
    "Pruned",
    "QueryOptions",
    "Receipt",
    "Request",
    "Retention",
    "RowOptions",
    "Sent",
    "Services",
    "Shared",
    "State",
    "StateChange",
    "StateKey",
    "Storage",
    "Task",
    "detector_id",
    "note_loaded",
    "pack_rows",
    "series_from_columns",
    "spans_from_columns",
    "unpack_rows",
]
