from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

CALM = ("-t", "2024-02-20T10:00:00")
TROUBLED = ("-t", "2024-02-20T11:05:00+00:00")
BAD = "name: bad\ncollectr: {type: sqlite}\ndetector: {type: mda}\n"


def test_a_calm_metric_is_one_line_and_exit_code_0(shop, dtk) -> None:
    ran = dtk("run", shop.metric("orders"), *CALM)
    assert ran.code == 0
    assert re.fullmatch(r"orders: ok, 109 within \S+ to \S+, 2024-02-20 09:00 UTC\n", ran.out)


def test_the_log_has_the_documented_lines(shop, dtk) -> None:
    lines = dtk("run", shop.metric("orders"), *CALM).err.splitlines()
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d INFO"
    assert re.fullmatch(rf"{stamp} \[-\] Checking as if it were 2024-02-20 10:00:00\+00:00", lines[0])
    assert re.fullmatch(rf"{stamp} \[orders\] Collection successful: \d+ datapoints", lines[1])
    assert re.fullmatch(rf"{stamp} \[orders\] Detection: no anomaly \(score=\d\.\d\)", lines[2])
    assert re.fullmatch(rf"{stamp} \[orders\] Check completed successfully", lines[3])


def test_an_anomaly_is_told_and_is_a_result(shop, dtk) -> None:
    ran = dtk("run", shop.metric("orders"), *TROUBLED)
    assert ran.code == 0
    assert "orders: ANOMALY, 0 is below" in ran.out
    assert "sent: fired to console" in ran.out
    assert "Detection: anomaly (score=" in ran.err


def test_an_anomaly_fails_only_when_asked_to(shop, dtk) -> None:
    path = shop.metric("orders")
    assert dtk("run", path, *CALM, "--fail-on-anomaly", "--dry-run").code == 0
    assert dtk("run", path, *TROUBLED, "--fail-on-anomaly").code == 1


def test_an_incident_is_told_once(shop, dtk) -> None:
    path = shop.metric("orders")
    dtk("run", path, *TROUBLED)
    ran = dtk("run", path, "-t", "2024-02-20T12:05:00")
    assert "orders: ANOMALY" in ran.out
    assert "nothing new to tell" in ran.out
    assert "sent:" not in ran.out


def test_a_metric_without_an_alerter_says_that_nobody_hears_of_it(shop, dtk) -> None:
    ran = dtk("run", shop.metric("orders", rest=""), *TROUBLED)
    assert "nobody to tell: no alerter is on" in ran.out


def test_a_second_run_of_an_interval_has_nothing_to_do(shop, dtk) -> None:
    path = shop.metric("orders")
    dtk("run", path, *CALM)
    ran = dtk("run", path, *CALM)
    assert ran.code == 0
    assert ran.out == (
        "orders: up to date, no interval became complete since 2024-02-20 09:00 UTC\n"
    )


def test_a_dry_run_keeps_and_sends_nothing(shop, dtk) -> None:
    path = shop.metric("orders")
    dry = dtk("run", path, *TROUBLED, "--dry-run")
    assert "would tell: fired" in dry.out
    assert "sent:" not in dry.out
    assert "sent: fired to console" in dtk("run", path, *TROUBLED).out


def test_a_young_metric_has_too_little_history(shop, dtk) -> None:
    ran = dtk("run", shop.metric("orders"), "-t", "2024-02-01T02:00:00")
    assert ran.code == 0
    assert ran.out.startswith("orders: insufficient history, 101")


def test_no_row_is_no_data_and_never_zero(shop, dtk) -> None:
    query = "SELECT at AS period_time, amount AS value FROM orders WHERE at < '1999'"
    ran = dtk("run", shop.metric("orders", query=query), *CALM)
    assert ran.code == 0
    assert ran.out.startswith("orders: no data")
    assert "has not had a row" in ran.out


def test_times_are_shown_in_the_metrics_zone(shop, dtk) -> None:
    path = shop.metric("orders", schedule="timezone: America/New_York")
    assert "2024-02-20 04:00 EST" in dtk("run", path, *CALM).out


def test_a_wrong_query_is_4_and_the_others_still_run(shop, dtk) -> None:
    shop.metric("broken", query="SELECT nothing FROM orders")
    shop.metric("orders")
    ran = dtk("run", "metrics", *CALM)
    assert ran.code == 4
    assert "broken: error, no such column: nothing" in ran.out
    assert "orders: ok" in ran.out
    assert "2 metrics: 1 ok, 1 error" in ran.out


def test_a_wrong_file_is_2_and_the_others_still_run(shop, dtk) -> None:
    shop.metric("orders")
    Path("metrics/bad.yaml").write_text(BAD)
    ran = dtk("run", "metrics/", *CALM)
    assert ran.code == 2
    assert "metrics/bad.yaml:2:1: unknown key 'collectr'; did you mean 'collector'?" in ran.err
    assert "orders: ok" in ran.out
    assert "1 metric: 1 ok; 3 errors in files" in ran.out


def test_a_missing_component_is_3(shop, dtk) -> None:
    path = shop.metric("orders", rest="alerter: {type: clickhose}")
    ran = dtk("run", path, *CALM)
    assert ran.code == 3
    assert "alerter type 'clickhose' is not installed" in ran.err


def test_a_missing_package_is_named_with_its_pip_line(shop, dtk) -> None:
    path = shop.metric("orders")
    Path(path).write_text(Path(path).read_text().replace("type: sqlite", "type: clickhouse"))
    assert "pip install detectk-collectors-clickhouse" in dtk("run", path, *CALM).err


def test_an_unset_variable_is_named(shop, dtk) -> None:
    path = shop.metric("orders", rest='alerter: {type: console}\ndescription: "${NOT_SET}"')
    ran = dtk("run", path, *CALM)
    assert ran.code == 2
    assert "environment variable NOT_SET is not set" in ran.err


def test_two_live_metrics_of_one_name_are_an_error_with_both_files(shop, dtk) -> None:
    one = shop.metric("orders")
    other = shop.metric("orders", file="metrics/deep/other.yaml")
    ran = dtk("run", *CALM)
    assert ran.code == 2
    assert one in ran.err
    assert other in ran.err


@pytest.mark.parametrize("paths", [["nowhere.yaml"], ["metrics/*.nothing"], ["empty"], []])
def test_nothing_to_run_is_2_and_never_silent(folder: Path, dtk, paths: list[str]) -> None:
    (folder / "empty").mkdir()
    ran = dtk("run", *paths)
    assert ran.code == 2
    assert " ERROR " in ran.err


def test_a_load_definition_is_not_run(shop, dtk) -> None:
    path = shop.metric(
        "orders",
        rest="alerter: {enabled: false, type: console}",
        schedule="start_time: 2024-02-01",
    )
    ran = dtk("run", path)
    assert ran.code == 2
    assert f"dtk load-history {path}" in ran.err


def test_a_query_without_its_window_is_accepted_with_a_warning(shop, dtk) -> None:
    path = shop.metric("orders", query="SELECT at AS period_time, amount AS value FROM orders")
    ran = dtk("run", path, *CALM)
    assert ran.code == 0
    assert "WARNING [orders]" in ran.err
    assert "period_start" in ran.err


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01"])
def test_an_execution_time_that_is_none_is_2(shop, dtk, text: str) -> None:
    ran = dtk("run", shop.metric("orders"), "-t", text)
    assert ran.code == 2
    assert f"--execution-time: {text!r} is not a time" in ran.err


def test_an_execution_time_in_the_future_is_remarked(shop, dtk) -> None:
    ran = dtk("run", shop.metric("orders"), "-t", "2999-01-01", "--dry-run")
    assert "is in the future" in ran.err


def test_metrics_are_chosen_by_selectors(shop, dtk) -> None:
    shop.metric("orders", tags="shop")
    shop.metric("visits")
    assert "1 metric" not in dtk("run", *CALM, "-q", "--dry-run").out
    assert dtk("run", *CALM, "-s", "tag:shop", "--dry-run").out.startswith("orders: ok")
    assert dtk("run", *CALM, "-e", "orders", "--dry-run").out.startswith("visits: ok")
    ran = dtk("run", "-s", "tag:nothing")
    assert ran.code == 2
    assert "none of 2 metrics matches tag:nothing" in ran.err


def test_many_metrics_are_a_table_and_a_total(shop, dtk) -> None:
    for name in ("a", "b", "c"):
        shop.metric(name, rest="")
    shop.metric("d", query="SELECT nothing FROM orders")
    ran = dtk("run", *TROUBLED)
    header = ran.out.splitlines()[0].split("  ")
    assert [word.strip() for word in header if word] == [
        "metric", "status", "value", "expected", "interval from", "told",
    ]  # fmt: skip
    assert ran.out.count("anomaly") == 4
    assert ran.out.endswith("4 metrics: 3 anomaly, 1 error\n")


def test_json_is_one_object_and_messages_go_elsewhere(shop, dtk) -> None:
    ran = dtk("run", shop.metric("orders"), *TROUBLED, "--output", "json")
    found = ran.object
    assert found["schema"] == 1
    assert found["exit_code"] == ran.code == 0
    assert found["at"] == "2024-02-20T11:05:00+00:00"
    assert found["errors"] == []
    (metric,) = found["metrics"]
    assert metric["status"] == "anomaly"
    assert metric["value"] == 0.0
    assert metric["newest"] == "2024-02-20T10:00:00+00:00"
    assert metric["point"]["verdict"] == "anomaly"
    assert metric["point"]["direction"] == "down"
    assert metric["notices"][0]["kind"] == "fired"
    assert metric["deliveries"] == [
        {
            "channel": "console",
            "kind": "fired",
            "dedup_key": metric["notices"][0]["id"],
            "delivered": True,
            "error": None,
        }
    ]
    assert "Duration" in ran.err


def test_json_has_null_for_what_is_not_there(shop, dtk) -> None:
    query = QUERY_WITH_A_HOLE
    ran = dtk("run", shop.metric("orders", query=query), *CALM, "--output", "json")
    point = ran.object["metrics"][0]["point"]
    assert point["value"] is None
    assert "NaN" not in ran.out


QUERY_WITH_A_HOLE = (
    "SELECT at AS period_time, CASE WHEN at < '2024-02-20 09' THEN amount END AS value FROM orders"
    " WHERE at >= '{{ period_start }}' AND at < '{{ period_finish }}'"
)


def test_json_names_the_place_of_an_error(shop, dtk) -> None:
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


def test_a_message_nobody_takes_is_4_and_stays(shop, dtk, webhook: str) -> None:
    hook = f"alerter: {{type: mattermost, params: {{webhook_url: '{webhook}'}}}}"
    path = shop.metric("orders", rest=hook)
    ran = dtk("run", path, *TROUBLED)
    assert ran.code == 4
    assert "NOT sent: fired to mattermost" in ran.out
    assert "mattermost did not take a message" in ran.err
    assert "completed successfully" not in ran.err
    found = dtk("run", path, *TROUBLED, "--output", "json").object
    assert found["metrics"][0]["pending"] == 1


def test_a_metric_that_another_run_holds_is_75_unless_others_ran(shop, dtk) -> None:
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


def test_an_unwritable_home_is_4_and_named(shop, dtk, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("plain-file").write_text("")
    monkeypatch.setenv("DETECTK_HOME", str(shop.folder / "plain-file"))
    ran = dtk("run", shop.metric("orders"), *CALM)
    assert ran.code == 4
    assert "plain-file" in ran.err


def test_a_secret_stays_out_of_errors(shop, dtk, monkeypatch: pytest.MonkeyPatch) -> None:
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
