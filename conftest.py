"""Rules for every test of the repository."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import settings

# A reason is listed only when it names what cannot exist on the machine that runs the tests.
ALLOWED_SKIPS: dict[str, str] = {
    "a small filesystem cannot be mounted here": "mounting takes rights that few machines give",
}
SERVER_FIXTURES = ("_server", "mysql_url", "postgresql_url", "clickhouse_url")
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def forbidden_skip(report: pytest.TestReport | pytest.CollectReport) -> str | None:
    """Return the reason of a skip that CI does not accept, None for anything else."""
    if not os.environ.get("CI") or not report.skipped or hasattr(report, "wasxfail"):
        return None
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if any(allowed in reason for allowed in ALLOWED_SKIPS):
        return None
    return f"a skipped test hides what it would have shown; make it run, or name it: {reason}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what a real server answers to, so that a session may leave it out."""
    for item in items:
        if any(name.endswith(SERVER_FIXTURES) for name in getattr(item, "fixturenames", ())):
            item.add_marker("server")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,  # noqa: ARG001
    call: pytest.CallInfo[None],  # noqa: ARG001
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With ``CI`` set, turn a skipped test into a failure."""
    report = yield
    return refuse(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,  # noqa: ARG001
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """With ``CI`` set, turn a module skipped as a whole into an error."""
    report = yield
    return refuse(report)


def refuse(report: Report) -> Report:
    """Fail ``report`` if it is a skip that CI does not accept."""
    if complaint := forbidden_skip(report):
        report.outcome = "failed"
        report.longrepr = complaint
    return report
