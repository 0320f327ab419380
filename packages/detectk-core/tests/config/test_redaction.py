"""Secrets do not survive a sentence."""

from __future__ import annotations

import pickle

import pytest

from detectk.config.redaction import Redactor, is_plain


def redactor(*secrets: str) -> Redactor:
    made = Redactor()
    for secret in secrets:
        made.add(secret)
    return made


def test_a_secret_becomes_stars_wherever_it_stands() -> None:
    assert redactor("hunter2").redact("xhunter2x and 'hunter2'") == "x***x and '***'"


def test_the_longest_secret_goes_first() -> None:
    assert redactor("hunter", "hunter2").redact("hunter2 hunter") == "*** ***"


def test_a_short_secret_goes_only_as_a_word() -> None:
    assert redactor("no").redact("no, nothing") == "***, nothing"


def test_escaped_forms_go_too() -> None:
    text = "a'b\n\"c\\d é"
    made = redactor(text)
    assert "b" not in made.redact(f"{text!r}")
    assert made.redact("a%27b%0A%22c%5Cd%20%C3%A9") == "***"


def test_parts_go_only_on_request() -> None:
    made = redactor("postgres://user:hunter2@host/db")
    assert made.redact("password hunter2") == "password hunter2"
    assert made.redact("password hunter2", parts=True) == "password ***"


def test_nothing_and_blanks_are_no_secrets() -> None:
    assert redactor("", "  ").redact("a  b") == "a  b"


def test_surrounding_space_does_not_save_a_secret() -> None:
    assert redactor(" hunter2\n").redact("hunter2") == "***"


def test_its_repr_tells_nothing() -> None:
    made = redactor("hunter2")
    assert repr(made) == "<Redactor of 1 values>"
    copy = pickle.loads(pickle.dumps(made))  # noqa: S301  # our own bytes
    assert copy.redact("hunter2") == "***"


def test_its_secrets_can_be_handed_to_another_redactor() -> None:
    assert redactor("hunter2", "").secrets == {"hunter2"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_HOST", "db.example"),
        ("HOST", "a,b"),
        ("CLICKHOUSE_PORT", "9000"),
        ("MYSQL_USER", "reader"),
        ("PGDATABASE_DB", "shop"),
        ("DETECTK_ENV", "prod"),
    ],
)
def test_what_an_error_needs_is_no_secret(name: str, value: str) -> None:
    assert is_plain(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POSTGRES_PASSWORD", "db.example"),
        ("SLACK_WEBHOOK", "x"),
        ("HOSTKEY", "x"),
        ("CLICKHOUSE_PORT", "hunter2"),
        ("DATABASE_URL", "x"),
        ("METRICS_DB", "postgresql://u:p@h/d"),
        ("DB_USER", "u:p@h"),
    ],
)
def test_anything_else_is(name: str, value: str) -> None:
    assert not is_plain(name, value)
