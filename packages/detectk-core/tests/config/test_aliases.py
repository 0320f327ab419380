"""Other spellings of a key."""

from __future__ import annotations

import pytest

from detectk.config.aliases import ALIASES, rename

RULE = {"consecutive", "window", "share", "cooldown"}


def test_an_alias_becomes_its_key() -> None:
    found = rename({"consecutive_anomalies": 3, "x": 1}, "rule", accepts=RULE.__contains__)
    assert found.values == {"consecutive": 3, "x": 1}
    assert found.spellings == {"consecutive": "consecutive_anomalies"}
    assert found.deprecated == found.clashes == ()


def test_a_deprecated_alias_is_reported() -> None:
    found = rename({"query_timeout": 3}, "collector", accepts={"timeout"}.__contains__)
    assert found.values == {"timeout": 3}
    assert [alias.old for alias in found.deprecated] == ["query_timeout"]


@pytest.mark.parametrize("accepted", [{"query_timeout", "timeout"}, {"other"}])
def test_an_owner_who_takes_the_key_itself_keeps_it(accepted: set[str]) -> None:
    found = rename({"query_timeout": 3}, "collector", accepts=accepted.__contains__)
    assert found.values == {"query_timeout": 3}


def test_an_alias_of_another_scope_is_no_alias() -> None:
    assert rename({"alert_cooldown": 3}, "storage", accepts=RULE.__contains__).values == {
        "alert_cooldown": 3
    }


def test_both_spellings_at_once_clash() -> None:
    values = {"cooldown": 1, "cooldown_minutes": 2, "alert_cooldown": 3}
    found = rename(values, "rule", accepts=RULE.__contains__)
    assert found.values == {"cooldown": 1}
    assert [alias.old for alias in found.clashes] == ["cooldown_minutes", "alert_cooldown"]


def test_no_alias_is_listed_twice() -> None:
    keys = [(alias.scope, alias.old) for alias in ALIASES]
    assert len(keys) == len(set(keys))
