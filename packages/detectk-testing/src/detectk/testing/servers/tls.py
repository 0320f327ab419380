"""A certificate that no authority knows but the one handed out with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from detectk.testing.servers.home import Home, program

__all__ = ["Certificate", "certificate"]


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that signed itself: to trust it is to name it as the authority.

    Attributes:
        public: The certificate, good for ``localhost`` and 127.0.0.1.
        key: Its private key, which only the server's user reads.
    """

    public: Path
    key: Path


def certificate(home: Home) -> Certificate | None:
    """Make a certificate in ``home``; None where there is no ``openssl`` to make it."""
    openssl = program("openssl")
    if openssl is None:
        return None
    made = Certificate(home.folder / "tls.crt", home.folder / "tls.key")
    home.run([
        *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650"),
        *("-keyout", str(made.key), "-out", str(made.public), "-subj", "/CN=localhost"),
        *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
    ])  # fmt: skip
    return made
