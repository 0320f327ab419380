"""Whatever is written, the answer is a config or one of our errors, and never a secret."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectk.config import ConfigLoader, all_errors, explain
from detectk.errors import DetectKError
from detectk.plugin.catalogue import Catalogue

SECRET = "Tr0ub4dor hunter2-zwölf 'x'"  # noqa: S105  # it has to look like one
PARTS = ("Tr0ub4dor", "hunter2", "zw")
ENVIRON = {"SECRET": SECRET, "HOME": "/nonexistent", "CLICKHOUSE_HOST": "ch.example.com"}
METRIC = """\
name: orders
description: orders ${SECRET}
tags: [critical]
collector:
  type: clickhouse
  params:
    host: h
    port: 9000
    password: ${SECRET}
    query: |
      SELECT '{{ period_start }}', '{{ period_finish }}'
      FROM t WHERE x = '${SECRET}'
    context_columns: [hour]
storage:
  type: sqlite
  params: {path: "${SECRET}", datapoints_retention_days: 30}
state: {type: clickhouse, params: {connection_string: "${SECRET}"}}
detectors:
  - {type: mad, id: a, params: {window_size: 30 days, n_sigma: 3.0}}
  - {type: threshold, params: {threshold: 1}}
alerting: {consecutive: 2, window: 6, share: 0.5}
alerter:
  type: slack
  params: {webhook_url: "https://${SECRET}", cooldown_minutes: 5}
  conditions: {direction: up, no_data: {after: 3}, for: 10 minutes, on_error: 2}
schedule: {interval: 10 minutes, timezone: UTC, delay: 60, start_time: 2024-01-01}
metadata: {team: shop}
"""
PIECES = (
    *("${SECRET}", "${SECRET:-x}", "${UNSET}", "$$", "${file:x}", "${", "{{ x }}", "{% if %}"),
    *("&a", "*a", "<<: *a", "!!str", "!x", "? ", "- ", ": ", "#", "|", ">", "'", '"', "\t", "\n"),
    *(
        "[",
        "]",
        "{",
        "}",
        "null",
        "true",
        "1e400",
        "-1",
        "0x",
        ".nan",
        "\x00",
        "\ufeff",
        "é",
        "---",
    ),
    *("profile: x", "type: ${SECRET}", "interval: 10 ${SECRET}", "params: ${SECRET}", "id: a"),
    *("cooldown: ${SECRET}", "detector: {type: mad}", "mute: 1", "timezone: ${SECRET}", "params:"),
)


@pytest.fixture(scope="module")
def fuzzed(catalogue: Catalogue) -> ConfigLoader:
    return ConfigLoader(catalogue, ENVIRON, "/nonexistent")


def check(loader: ConfigLoader, text: str) -> None:
    errors: tuple[DetectKError, ...] = ()
    try:
        config = loader.load_text(text, "m.yaml")
        said = "\n".join((*config.warnings, explain(config), repr(config.collector)))
    except DetectKError as error:
        errors = all_errors(error)
        said = "\n".join(map(str, errors))
    assert all(str(error).startswith("m.yaml") for error in errors)
    assert not [part for part in PARTS if part in said]


def test_the_whole_metric_is_valid(fuzzed: ConfigLoader) -> None:
    assert fuzzed.load_text(METRIC, "m.yaml").warnings == ()


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cuts=st.lists(
        st.tuples(
            st.integers(0, len(METRIC)), st.integers(0, 12), st.sampled_from((*PIECES, "", ""))
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_mutilated_metric_gives_our_errors_only(
    fuzzed: ConfigLoader, cuts: list[tuple[int, int, str]]
) -> None:
    text = METRIC
    for start, length, piece in cuts:
        text = text[:start] + piece + text[start + length :]
    check(fuzzed, text)


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32))
def test_lines_in_another_order_give_our_errors_only(fuzzed: ConfigLoader, seed: int) -> None:
    source = random.Random(seed)
    lines = METRIC.splitlines()
    for _ in range(source.randint(1, 6)):
        one, other = source.randrange(len(lines)), source.randrange(len(lines))
        lines[one] = source.choice([lines[other], lines[one].replace(": ", ": ${SECRET} ", 1)])
    check(fuzzed, "\n".join(lines))


VALUES = ("[]", "{}", "3", "x", "null", "true", "1.5", "'${SECRET}'", "[${SECRET}]", "{a: 1}")


@pytest.mark.parametrize("value", VALUES)
def test_every_value_may_be_replaced_by_anything(fuzzed: ConfigLoader, value: str) -> None:
    for match in re.finditer(r"(?<=: )[^\s{\[|,}][^\n,}\]]*", METRIC):
        check(fuzzed, METRIC[: match.start()] + value + METRIC[match.end() :])
    for match in re.finditer(r"(?<=: )[{\[].*[}\]]$", METRIC, re.MULTILINE):
        check(fuzzed, METRIC[: match.start()] + value + METRIC[match.end() :])


@given(text=st.text(max_size=60))
def test_any_text_gives_our_errors_only(fuzzed: ConfigLoader, text: str) -> None:
    check(fuzzed, text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=60))
def test_any_bytes_give_our_errors_only(fuzzed: ConfigLoader, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.yaml"
    path.write_bytes(data)
    with pytest.raises(DetectKError):
        fuzzed.load(path)
