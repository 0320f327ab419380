from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from detectk.console.log import LogFormat, about, set_up
from detectk.console.secrets import hide

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(autouse=True)
def _untouched() -> Iterator[None]:
    names = ("", "detectk", "httpx", "httpcore", "urllib3", "asyncio")
    levels = {name: logging.getLogger(name).level for name in names}
    before = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture
def log() -> logging.Logger:
    return logging.getLogger("detectk.try")


def record(**extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"levelname": "INFO", "msg": "%d rows", "args": (3,), **extra})
    made.created = 1360350000.0  # 2013-02-08 19:00:00 UTC
    return made


def test_a_line_has_the_documented_format_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert LogFormat().format(record()) == "2013-02-08 19:00:00 INFO [-] 3 rows"


def test_a_line_names_the_metric_it_is_about() -> None:
    with about("orders"):
        with about("clicks"):
            assert LogFormat().format(record()).endswith("[clicks] 3 rows")
        assert LogFormat().format(record()).endswith("[orders] 3 rows")
        assert LogFormat().format(record(metric="own")).endswith("[own] 3 rows")
    assert LogFormat().format(record()).endswith("[-] 3 rows")


def test_secrets_are_taken_out_of_messages_and_tracebacks(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    hide("s3cr3t-of-the-log")
    set_up()
    try:
        int("s3cr3t-of-the-log")
    except ValueError:
        log.exception("password %s", "s3cr3t-of-the-log")
    shown = capsys.readouterr().err
    assert "s3cr3t" not in shown
    assert "password ***" in shown
    assert "ValueError: invalid literal for int() with base 10: '***'" in shown


@pytest.mark.parametrize(
    ("verbosity", "ours", "theirs"),
    [
        (-3, "E", "E"),
        (-2, "E", "E"),
        (-1, "WE", "WE"),
        (0, "IWE", "WE"),
        (1, "DIWE", "WE"),
        (2, "DIWE", "DIWE"),
    ],
)
def test_verbosity_chooses_the_lines(
    verbosity: int, ours: str, theirs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up(verbosity)
    for name, expected in (("detectk.x", ours), ("acme", theirs)):
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger(name).log(level, "%s", name)
        lines = capsys.readouterr().err.splitlines()
        assert [re.sub(f"^{STAMP} (.).*$", r"\1", line) for line in lines] == list(expected)


def test_setting_up_twice_writes_once_and_never_to_stdout(
    log: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    set_up()
    set_up()
    log.warning("once")
    shown = capsys.readouterr()
    assert shown.err.count("once") == 1
    assert shown.out == ""


def test_the_http_client_is_kept_quiet() -> None:
    set_up(1)
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)


def test_a_closed_standard_error_stops_nothing(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = io.StringIO()
    closed.close()
    set_up()
    monkeypatch.setattr(sys, "stderr", closed)
    log.warning("nobody reads this")
