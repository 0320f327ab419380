from __future__ import annotations

import pytest

from detectk.delivery.address import host_of, is_loopback, public_url, same_server


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


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@example.com:8443/a/b?key=secret#x", "https://example.com:8443/a/b"),
        ("http://[::1]:80/x?y", "http://[::1]:80/x"),
        ("https://example.com", "https://example.com"),
        ("nonsense", "the address"),
        ("https://[::1/x", "the address"),
        ("https://example.com:port/x", "the address"),
    ],
)
def test_of_an_address_the_host_and_the_path_are_shown(url: str, shown: str) -> None:
    assert public_url(url) == shown


@pytest.mark.parametrize(
    ("url", "other", "same"),
    [
        ("http://a.example/x", "http://a.example/y", True),
        ("http://a.example/x", "http://A.EXAMPLE:80/y", True),
        ("http://a.example/x", "https://a.example/x", True),
        ("https://a.example/x", "http://a.example/x", False),
        ("http://a.example:8080/x", "https://a.example/x", False),
        ("http://a.example/x", "http://b.example/x", False),
        ("http://a.example/x", "http://a.example:8080/x", False),
        ("http://a.example/x", "http://a.example:port/x", False),
    ],
)
def test_a_server_is_its_host_and_port_or_its_encrypted_twin(
    url: str, other: str, *, same: bool
) -> None:
    assert same_server(url, other) is same
