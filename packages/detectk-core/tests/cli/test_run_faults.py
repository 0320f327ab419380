"""What goes wrong stays where it is, in one line, with the right exit code."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.plugin import Catalogue

if TYPE_CHECKING:
    from conftest import Dtk, Shop

CALM = ("-t", "2024-02-20T10:00:00")
TROUBLED = ("-t", "2024-02-20T11:05:00+00:00")
BAD = "name: bad\ncollectr: {type: sqlite}\ndetector: {type: mda}\n"


def test_a_wrong_query_is_4_and_the_others_still_run(shop: Shop, dtk: Dtk) -> None:
    shop.metric("broken", query="SELECT nope FROM orders")
    shop.metric("orders")
    ran = dtk("run", "metrics", *CALM)
    assert ran.code == 4
    assert "broken: error, no such column: nope" in ran.out
    assert "orders: ok" in ran.out
    assert "2 metrics: 1 ok, 1 error" in ran.out


def test_a_wrong_file_is_2_and_the_others_still_run(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    Path("metrics/bad.yaml").write_text(BAD)
    ran = dtk("run", "metrics/", *CALM)
    assert ran.code == 2
    assert "metrics/bad.yaml:2:1: unknown key 'collectr'; did you mean 'collector'?" in ran.err
    assert "orders: ok" in ran.out
    assert "1 metric: 1 ok; 3 errors in files" in ran.out


def test_a_missing_component_is_3(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest="alerter: {type: clickhose}")
    ran = dtk("run", path, *CALM)
    assert ran.code == 3
    assert "alerter type 'clickhose' is not installed" in ran.err


def test_a_missing_package_is_named_with_its_pip_line(
    shop: Shop, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shop.metric("orders")
    Path(path).write_text(Path(path).read_text().replace("type: sqlite", "type: clickhouse"))
    monkeypatch.setenv("DETECTK_PLUGINS", "collectors-sql,detectors")
    Catalogue.default.cache_clear()
    told = dtk("run", path, *CALM).err
    Catalogue.default.cache_clear()
    assert "pip install detectk-collectors-clickhouse" in told


def test_an_unset_variable_is_named(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", rest='alerter: {type: console}\ndescription: "${NOT_SET}"')
    ran = dtk("run", path, *CALM)
    assert ran.code == 2
    assert "environment variable NOT_SET is not set" in ran.err


def test_two_live_metrics_of_one_name_are_an_error_with_both_files(shop: Shop, dtk: Dtk) -> None:
    one = shop.metric("orders")
    other = shop.metric("orders", file="metrics/deep/other.yaml")
    ran = dtk("run", *CALM)
    assert ran.code == 2
    assert one in ran.err
    assert other in ran.err


@pytest.mark.parametrize("paths", [["nowhere.yaml"], ["metrics/*.nothing"], ["empty"], []])
def test_nothing_to_run_is_2_and_never_silent(folder: Path, dtk: Dtk, paths: list[str]) -> None:
    (folder / "empty").mkdir()
    ran = dtk("run", *paths)
    assert ran.code == 2
    assert " ERROR " in ran.err


def test_a_load_definition_is_not_run(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric(
        "orders",
        rest="alerter: {enabled: false, type: console}",
        schedule="start_time: 2024-02-01",
    )
    ran = dtk("run", path)
    assert ran.code == 2
    assert f"dtk load-history {path}" in ran.err


def test_a_query_without_its_window_is_accepted_with_a_warning(shop: Shop, dtk: Dtk) -> None:
    path = shop.metric("orders", query="SELECT at AS period_time, amount AS value FROM orders")
    ran = dtk("run", path, *CALM)
    assert ran.code == 0
    assert "WARNING [orders]" in ran.err
    assert "period_start" in ran.err


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01"])
def test_an_execution_time_that_is_none_is_2(shop: Shop, dtk: Dtk, text: str) -> None:
    ran = dtk("run", shop.metric("orders"), "-t", text)
    assert ran.code == 2
    assert f"--execution-time: {text!r} is not a time" in ran.err


def test_an_execution_time_in_the_future_is_remarked(shop: Shop, dtk: Dtk) -> None:
    ran = dtk("run", shop.metric("orders"), "-t", "2999-01-01", "--dry-run")
    assert "is in the future" in ran.err


def test_json_names_the_place_of_an_error(shop: Shop, dtk: Dtk) -> None:
    shop.metric("orders")
    Path("metrics/bad.yaml").write_text(BAD)
    ran = dtk("run", *CALM, "--output", "json")
    found = ran.object
    assert found["exit_code"] == ran.code == 2
    assert found["errors"][1] == {
        "message": "unknown key 'collectr'",
        "where": "metrics/bad.yaml:2:1",
        "path": "metrics/bad.yaml",
        "line": 2,
        "column": 1,
        "hint": "did you mean 'collector'?",
        "exit_code": 2,
    }
    assert [metric["metric"] for metric in found["metrics"]] == ["orders"]


class _Refusing(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(400)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), _Refusing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_nobody_takes_is_4_and_stays(shop: Shop, dtk: Dtk, webhook: str) -> None:
    hook = f"alerter: {{type: mattermost, params: {{webhook_url: '{webhook}'}}}}"
    path = shop.metric("orders", rest=hook)
    ran = dtk("run", path, *TROUBLED)
    assert ran.code == 4
    assert "NOT sent: fired to mattermost" in ran.out
    assert "mattermost did not take a message" in ran.err
    assert "completed successfully" not in ran.err
    found = dtk("run", path, *TROUBLED, "--output", "json").object
    assert found["metrics"][0]["pending"] == 1


def test_a_metric_that_another_run_holds_is_75_unless_others_ran(shop: Shop, dtk: Dtk) -> None:
    from datetime import timedelta

    from detectk.check.assemble import Assembler
    from detectk.clock import SystemClock
    from detectk.config import ConfigLoader
    from detectk.plugin import Catalogue

    path = shop.metric("orders")
    assembler = Assembler(Catalogue.default(), SystemClock())
    state = assembler.job(ConfigLoader().load(path)).state
    state.prepare()
    state.lease(["orders"], holder="somebody", ttl=timedelta(minutes=5))
    assembler.close()
    ran = dtk("run", path)
    assert ran.code == 75
    assert "orders: held by another run (somebody)" in ran.out
    other = shop.metric("visits")
    assert dtk("run", path, other, *CALM).code == 0


def test_an_unwritable_home_is_4_and_named(
    shop: Shop, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("plain-file").write_text("")
    monkeypatch.setenv("DETECTK_HOME", str(shop.folder / "plain-file"))
    ran = dtk("run", shop.metric("orders"), *CALM)
    assert ran.code == 4
    assert "plain-file" in ran.err


def test_a_secret_stays_out_of_errors(
    shop: Shop, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", "s3cr3t-token")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused at once
        port = taken.getsockname()[1]
        rest = (
            "alerter: {type: mattermost, params: "
            f"{{webhook_url: 'http://127.0.0.1:{port}/${{HOOK_SECRET}}'}}}}"
        )
        ran = dtk("run", shop.metric("orders", rest=rest), *TROUBLED, "-vv")
    assert ran.code == 4
    assert "s3cr3t" not in ran.out + ran.err
