"""Keep secrets out of every sentence."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

__all__ = ["STARS", "Redactor", "is_plain"]

STARS = "***"
_SHORT = 4
_PART = re.compile(r"[^\s:/@?&=;,'\"|]{4,}")

_PLAIN = re.compile(
    r"(?:^|_)(?:HOSTS?|DATABASE|DB|DBNAME|USER|USERNAME|SCHEMA|REGION|ENV|ENVIRONMENT"
    r"|TIMEZONE|TZ|FILE|PATH|DIR|FOLDER)$",
    re.IGNORECASE,
)
"""Ends of names of what an error is worth nothing without, and that is no password."""


def is_plain(name: str, value: str) -> bool:
    """Whether a variable or option of this name may show its value; an address never may."""
    if name.upper().endswith("PORT"):
        return value.isdecimal()
    return bool(_PLAIN.search(name)) and "://" not in value and "@" not in value


class Redactor:
    """Knows the secret values of one config and takes them out of text."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._patterns: dict[bool, re.Pattern[str] | None] = {}

    def __repr__(self) -> str:
        return f"<Redactor of {len(self._values)} values>"

    def add(self, value: str) -> None:
        """Make ``value`` a secret."""
        if value not in self._values and value.strip():
            self._values.add(value)
            self._patterns = {}

    @property
    def secrets(self) -> frozenset[str]:
        """The secrets, in every form they are known in."""
        return frozenset(self._values)

    def redact(self, text: str, *, parts: bool = False) -> str:
        """Return ``text`` with ``***`` for every secret.

        A secret of up to three characters is taken out only where it stands as a word, or it
        would take whole sentences with it. With ``parts``, the words a secret is made of go too:
        for sentences of code that may have taken the value apart.
        """
        if parts not in self._patterns:
            self._patterns[parts] = self._pattern(parts=parts)
        pattern = self._patterns[parts]
        return pattern.sub(STARS, text) if pattern else text

    def _pattern(self, *, parts: bool) -> re.Pattern[str] | None:
        secrets: set[str] = set()
        for value in self._values:
            for form in (value, value.strip()):
                secrets |= {form, repr(form)[1:-1], json.dumps(form)[1:-1], quote(form)}
            scheme, _, rest = value.rpartition("://")  # "https" is no secret
            secrets |= set(_PART.findall(rest if scheme.isalnum() else value)) if parts else set()
        ordered = sorted(secrets, key=lambda secret: (-len(secret), secret))
        forms = [
            rf"(?<!\w){re.escape(s)}(?!\w)" if len(s) < _SHORT else re.escape(s) for s in ordered
        ]
        return re.compile("|".join(forms)) if forms else None
