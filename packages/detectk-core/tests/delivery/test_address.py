from __future__ import annotations

import pytest

from detectk.delivery.address import host_of, is_loopback


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.slack.com/services/T/B/x", "hooks.slack.com"),
        ("https://user:pass@chat.example.com:8443/hooks/x?y#z", "chat.example.com:8443"),
        ("https://[::1]:80/x", "::1:80"),
        ("nonsense", "the webhook"),
        ("https://host:port/x", "the webhook"),
    ],
)
def test_only_the_host_is_shown(url: str, shown: str) -> None:
    assert host_of(url) == shown


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_known(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["10.0.0.1", "localhost.example.com", "192.168.0.1", "example"])
def test_other_machines_are_not(host: str) -> None:
    assert not is_loopback(host)
