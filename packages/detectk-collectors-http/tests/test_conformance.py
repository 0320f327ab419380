"""The collector against the suites that every plugin passes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest

from detectk.collectors.http.collector import HttpCollector
from detectk.contracts import Collector
from detectk.testing.collector import CollectorSuite, SourceRow
from detectk.testing.plugin import PluginSuite

SECRET = "v3ry-s3cret-t0ken"  # noqa: S105 - made up, and looked for


class OverHttp(CollectorSuite):
    secret = SECRET
    options: ClassVar[dict[str, Any]] = {}
    kind: ClassVar[str] = "application/json"

    @pytest.fixture(autouse=True)
    def _serve(self, site: Any, build: Callable[..., HttpCollector], answer: Any) -> None:
        # The folder is said in a header, so that the question is the same for all of them.
        self.bodies: dict[str, str] = {}
        self.site, self.build = site, build
        site.page = lambda asked: answer(self.bodies[asked.headers["x-folder"]], kind=self.kind)

    def body(self, rows: Sequence[SourceRow]) -> str:
        raise NotImplementedError

    def collector(
        self, folder: Path, rows: Sequence[SourceRow], dimensions: tuple[str, ...] = ()
    ) -> Collector[Any]:
        self.bodies[str(folder)] = self.body(rows)
        return self.build(
            url=self.site.url,
            headers={"X-Folder": str(folder)},
            auth={"token": SECRET},
            dimensions=dimensions,
            **self.options,
        )

    def unreachable(self, folder: Path) -> Collector[Any]:
        return self.build(url="http://127.0.0.1:1/", auth={"token": SECRET}, **self.options)


class TestJsonRecords(OverHttp):
    options: ClassVar[dict[str, Any]] = {
        "data_path": "data.rows",
        "timestamp_path": "at.utc",
        "value_path": "counts[0]",
    }

    def body(self, rows: Sequence[SourceRow]) -> str:
        records = [
            {"at": {"utc": row.time.isoformat()}, "counts": [row.value], "country": row.country}
            for row in rows
        ]
        return json.dumps({"data": {"rows": records}})


class TestJsonPairs(OverHttp):
    dimensions = False

    def body(self, rows: Sequence[SourceRow]) -> str:
        return json.dumps([[row.time.timestamp(), row.value] for row in rows])


class TestJsonLists(OverHttp):
    options: ClassVar[dict[str, Any]] = {"data_path": "hourly"}

    def body(self, rows: Sequence[SourceRow]) -> str:
        columns = {
            "period_time": [row.time.isoformat() for row in rows],
            "value": [row.value for row in rows],
            "country": [row.country for row in rows],
        }
        return json.dumps({"hourly": columns})


class TestCsv(OverHttp):
    kind = "text/csv; charset=utf-8"

    def body(self, rows: Sequence[SourceRow]) -> str:
        lines = [
            f"{row.time:%Y-%m-%d %H:%M:%S},{'' if row.value is None else row.value},{row.country}"
            for row in rows
        ]
        return "\r\n".join(["period_time,value,country", *lines, ""])


class TestHttpPlugin(PluginSuite):
    module = "detectk.collectors.http.plugin"
    examples: ClassVar[dict[str, Any]] = {"http": {"url": "https://example.com/orders"}}
    drivers = ("httpx",)
