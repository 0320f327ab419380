# ruff: noqa: S106  # made-up passwords, and queries of our own

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from detectk.collectors.clickhouse.options import (
    ClickHouseCollectorOptions,
    ClickHouseStorageOptions,
)
from detectk.collectors.clickhouse.target import Address, Target


def target(**options: Any) -> Target:
    return ClickHouseStorageOptions(**options).target


def test_without_options_it_is_the_default_user_of_this_machine() -> None:
    assert target() == Target((Address("localhost", 9000),), "default", "default", "")
    assert target(user=None, password=None) == target()


def test_hosts_are_tried_in_order_and_may_have_their_own_port() -> None:
    found = target(host="ch1, ch2:9001,[::1]:9002,[::2]", port=9005).addresses
    assert [str(one) for one in found] == ["ch1:9005", "ch2:9001", "[::1]:9002", "[::2]:9005"]


def test_tls_has_a_port_of_its_own() -> None:
    assert target(secure=True).addresses == (Address("localhost", 9440),)
    assert target(secure=True, port=9000).addresses == (Address("localhost", 9000),)


def test_a_connection_string_says_everything() -> None:
    found = target(
        connection_string="clickhouse://us%40er:p%3Aw%2F@h1:9001,h2/db"
        "?secure=1&verify=/ca.pem&compression=lz4&connect_timeout=2&max_threads=1"
    )
    assert found == Target(
        (Address("h1", 9001), Address("h2", 9440)),
        "db",
        "us@er",
        "p:w/",
        secure=True,
        verify="/ca.pem",
        compression="lz4",
        connect_timeout=2.0,
        settings=(("max_threads", "1"),),
    )


@pytest.mark.parametrize("scheme", ["clickhouse", "clickhouse+native", "CLICKHOUSE"])
def test_every_spelling_of_the_scheme_is_understood(scheme: str) -> None:
    assert target(connection_string=f"{scheme}://h").addresses == (Address("h", 9000),)


def test_an_s_in_the_scheme_is_tls() -> None:
    found = target(connection_string="clickhouses://h")
    assert (found.secure, found.addresses) == (True, (Address("h", 9440),))


def test_what_a_connection_string_leaves_out_comes_from_the_other_keys() -> None:
    found = target(connection_string="clickhouse://h", database="d", user="u", password="p")
    assert (found.database, found.user, found.password) == ("d", "u", "p")


@pytest.mark.parametrize(
    "options",
    [
        {"connection_string": "postgres://u:geheim@h/db"},
        {"connection_string": "geheim"},
        {"connection_string": "clickhouse://u:geheim@h:port/db"},
        {"connection_string": "clickhouse://u:geheim@h/db?secure=perhaps"},
        {"connection_string": "clickhouse://u:geheim@h/db?compression=rar"},
        {"host": "a,,b"},
        {"host": "a:70000"},
        {"port": 0},
        {"compression": "gzip"},
        {"timeout": 0},
    ],
)
def test_what_cannot_be_is_refused_without_its_secret(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as failure:
        ClickHouseStorageOptions(**options)
    assert "geheim" not in str(failure.value)


def test_no_text_of_the_options_holds_the_password() -> None:
    given = ClickHouseStorageOptions(
        password="geheim", connection_string="clickhouse://u:geheim@h/db"
    )
    assert "geheim" not in f"{given!r} {given} {given.target!r} {given.target}"


def test_the_environment_names_the_usual_options() -> None:
    assert ClickHouseCollectorOptions.ENVIRONMENT["host"] == "CLICKHOUSE_HOST"
    assert set(ClickHouseCollectorOptions.ENVIRONMENT) < set(ClickHouseStorageOptions.model_fields)
