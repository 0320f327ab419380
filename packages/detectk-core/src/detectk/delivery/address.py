"""Addresses that are secrets: which may carry one, and what of them may be shown."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

__all__ = [
    "WebhookUrl",
    "host_of",
    "is_loopback",
    "public_url",
    "reaches_this_machine",
    "same_server",
    "secure_url",
]

_PORTS = {"http": 80, "https": 443}


def secure_url(url: SecretStr) -> SecretStr:
    """Return ``url`` if it keeps a secret: https, or http to this machine.

    Raises:
        ValueError: It does not; the message does not repeat it.
    """
    text = url.get_secret_value().strip()
    try:
        parts = urlsplit(text)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise ValueError("this is not a URL; copy it again from the channel's settings") from None
    if scheme not in ("http", "https") or not host:
        raise ValueError("this is not a URL; it begins with https:// and names a host")
    if scheme == "http" and not is_loopback(host):
        raise ValueError("plain http would show the webhook's secret to everyone; write https://")
    return SecretStr(text)


WebhookUrl = Annotated[SecretStr, AfterValidator(secure_url)]
"""Option type: a secret URL, https or loopback."""


def host_of(url: str) -> str:
    """Return the host, and the port where one is written: all of a webhook that may be shown."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the webhook"
    return f"{parts.hostname}{port}" if parts.hostname else "the webhook"


def public_url(url: str) -> str:
    """Return scheme, host and path: what may be shown of an address that is no webhook."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the address"
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}" if host else "the address"


def same_server(url: str, other: str) -> bool:
    """Whether ``other`` is on the server of ``url``, or is that server's encrypted twin."""
    try:
        one, two = urlsplit(url), urlsplit(other)
        ports = [part.port or _PORTS.get(part.scheme, 0) for part in (one, two)]
    except ValueError:
        return False
    if one.hostname != two.hostname:
        return False
    twin = (one.scheme, two.scheme, *ports) == ("http", "https", 80, 443)
    return twin or (one.scheme == two.scheme and ports[0] == ports[1])


def reaches_this_machine(url: str) -> bool:
    """Whether ``url`` is plain http to this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "http" and is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
