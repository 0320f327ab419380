"""Tell whether two texts are the same query."""

from __future__ import annotations

import json
import re
from hashlib import blake2b

from detectk.contracts.options import QueryOptions, RowOptions

__all__ = ["query_fingerprint", "tokens"]

_TOKEN = re.compile(
    r"""
    (?P<nothing> \s+ | --[^\n]* | /\*.*?\*/ | \{\#.*?\#\} )
    | (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` )
    | (?P<word> \w+ )
    | (?P<sign> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_PLACEHOLDER = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_KEYWORD = re.compile(
    """
    all|and|as|asc|avg|between|by|case|cast|coalesce|count|cross|desc|distinct|else|end|except|
    exists|false|from|full|group|having|in|inner|intersect|interval|is|join|lateral|left|like|
    limit|max|min|not|null|offset|on|or|order|outer|over|partition|right|select|sum|then|true|
    union|using|values|when|where|window|with
    """,
    re.VERBOSE | re.IGNORECASE,
)


def tokens(query: str) -> list[str]:
    """Return the words and signs of a query template.

    White space and comments do not count, nor does the case of common keywords, nor the space
    inside ``{{ }}``; what is quoted counts to the letter.
    """
    found = []
    for match in _TOKEN.finditer(query):
        if match["quoted"]:
            found.append(_PLACEHOLDER.sub(r"{{ \1 }}", match["quoted"]))
        elif match["word"]:
            word = match["word"]
            found.append(word.lower() if _KEYWORD.fullmatch(word) else word)
        elif match["sign"]:
            found.append(match["sign"])
    return found


def query_fingerprint(options: QueryOptions) -> str:
    """Return 16 hex digits over the words of queries, their variables and what columns mean."""
    meaning = options.model_dump(
        mode="json", exclude_defaults=True, include=set(RowOptions.model_fields) - {"max_series"}
    )
    parts = [tokens(options.query), options.query_variables, meaning]
    if options.events:  # a metric without any keeps the fingerprint it had before there were some
        parts.append({name: tokens(query) for name, query in options.events.items()})
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=8).hexdigest()
