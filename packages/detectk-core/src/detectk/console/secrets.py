"""Keep secrets out of everything that is written to a terminal or a log."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

__all__ = ["Redactor", "hide", "redact"]

_LEAST = 4


class Redactor:
    """Replaces known secrets by ``***``.

    Values shorter than four characters are left alone: they protect nothing, and taking every
    "no" out of a log would destroy it.
    """

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()

    def hide(self, *secrets: str) -> None:
        """Remember ``secrets`` and their percent-encoded forms."""
        spellings = {
            s for secret in secrets for s in (secret, quote(secret, ""), quote_plus(secret))
        }
        worthy = {spelling for spelling in spellings if len(spelling) >= _LEAST}
        self._secrets = tuple(sorted(worthy | set(self._secrets), key=lambda s: (-len(s), s)))

    def redact(self, text: str) -> str:
        """Return ``text`` without the secrets, the longest taken out first."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


_redactor = Redactor()


def hide(*secrets: str) -> None:
    """Take ``secrets`` out of whatever this process writes from now on."""
    _redactor.hide(*secrets)


def redact(text: str) -> str:
    """Return ``text`` without any hidden secret."""
    return _redactor.redact(text)
