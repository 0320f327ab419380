"""Turn options into a request: templates filled in, a body made, secrets kept apart."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from detectk.collectors.http.options import HttpOptions
from detectk.contracts.collector import Request
from detectk.contracts.services import Services
from detectk.delivery import Call
from detectk.delivery.address import public_url
from detectk.template.queries import render_query

__all__ = ["Asking", "secrets_of"]

_TEMPLATE = re.compile(r"\{[{%#]")
_STARS: Final = "***"
_LEAST_SECRET: Final = 6  # shorter constants of an address, such as limit=100, are no secret
_JSON: Final = "application/json; charset=utf-8"
_FORM: Final = "application/x-www-form-urlencoded"
_TEXT: Final = "text/plain; charset=utf-8"
_WANTED: Final = {
    "json": "application/json, */*;q=0.5",
    "csv": "text/csv, */*;q=0.5",
    "text": "text/plain, */*;q=0.5",
    None: "application/json, text/csv;q=0.9, text/plain;q=0.8, */*;q=0.5",
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Fills in the templates of one collector.

    Attributes:
        options: What the user wrote.
        services: Filters, and the place for errors.
    """

    options: HttpOptions
    services: Services

    def text(self, template: str, request: Request, option: str) -> str:
        """Return ``template`` with its variables filled in.

        Args:
            template: What the user wrote.
            request: What is asked for.
            option: Where it was written, for errors.

        Raises:
            ConfigError: It cannot be read, or uses what is not there.
        """
        if not _TEMPLATE.search(template):
            return template
        place = f"collector.params.{option}"
        return render_query(
            template,
            request,
            timezone=self.options.timezone,
            variables=self.options.query_variables,
            filters=self.services.filters,
            where=f"{self.services.where}: {place}" if self.services.where else place,
        )

    def call(self, request: Request) -> Call:
        """Return the request for one window.

        Raises:
            ConfigError: A template cannot be filled in.
        """
        options = self.options
        headers = {"Accept": _WANTED[options.response_format]}
        content: bytes | None = None
        if options.json_body is not None:
            body = self._filled(options.json_body, request, "json")
            content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
            headers["Content-Type"] = _JSON
        elif isinstance(options.data, str):
            content = self.text(options.data, request, "data").encode("utf-8", "replace")
            headers["Content-Type"] = _TEXT
        elif options.data is not None:
            content = urlencode(list(self._pairs(options.data, request, "data"))).encode()
            headers["Content-Type"] = _FORM
        return Call(
            method=options.verb,
            url=self.url(request),
            headers=self.headers(headers),
            params=tuple(self._pairs(options.params, request, "params")),
            content=content,
        )

    @property
    def uses_window(self) -> bool:
        """Whether the request says which window is wanted; if not, the answer has what it has."""
        options = self.options
        parts = (options.address, options.params, options.json_body, options.data)
        return any("period_" in text for text in _templates(parts))

    def url(self, request: Request) -> str:
        """Return the address, filled in."""
        return self.text(self.options.address, request, "url").strip()

    def headers(self, ours: Mapping[str, str]) -> dict[str, str]:
        """Return ``ours`` and the user's, which win, and who asks."""
        headers = {name.lower(): value for name, value in ours.items()}
        headers |= {name.lower(): v.get_secret_value() for name, v in self.options.headers.items()}
        if credentials := _credentials(self.options):
            headers["authorization"] = credentials
        return headers

    def outline(self, request: Request) -> str:
        """Return the request as it may be shown: constants that may be secrets become stars."""
        options = self.options
        query = parse_qsl(urlsplit(self.url(request)).query, keep_blank_values=True)
        shown = [(name, _STARS) for name, _ in query]
        for name, value in options.params.items():
            each = value if isinstance(value, list) else [value]
            shown += [(name, str(self._shown(item, request, "params"))) for item in each]
        tail = "&".join(f"{name}={value}" for name, value in shown)
        text = f"{options.verb} {public_url(self.url(request))}{f'?{tail}' if tail else ''}"
        body = options.json_body if options.json_body is not None else options.data
        if body is not None:
            option = "json" if options.json_body is not None else "data"
            shape = self._shown(body, request, option)
            text += f" with {shape if isinstance(shape, str) else json.dumps(shape)}"
        return text

    def _pairs(
        self, values: Mapping[str, Any], request: Request, option: str
    ) -> Iterator[tuple[str, str]]:
        for name, value in values.items():
            for item in value if isinstance(value, list) else [value]:
                if item is not None:
                    yield name, _plain(self._filled(item, request, f"{option}.{name}"))

    def _filled(self, value: Any, request: Request, option: str) -> Any:
        if isinstance(value, str):
            return self.text(value, request, option)
        if isinstance(value, dict):
            return {key: self._filled(v, request, f"{option}.{key}") for key, v in value.items()}
        if isinstance(value, list):
            return [self._filled(v, request, f"{option}[{n}]") for n, v in enumerate(value)]
        return value

    def _shown(self, value: Any, request: Request, option: str) -> Any:
        if isinstance(value, str):
            if _TEMPLATE.search(value):
                return self.text(value, request, option)
            return value if len(value) < _LEAST_SECRET else _STARS
        if isinstance(value, dict):
            return {key: self._shown(v, request, f"{option}.{key}") for key, v in value.items()}
        if isinstance(value, list):
            return [self._shown(v, request, f"{option}[{n}]") for n, v in enumerate(value)]
        return value


def secrets_of(options: HttpOptions) -> set[str]:
    """Return the texts of ``options`` that a server may repeat and nobody else may see."""
    found: set[str] = set()
    credentials = _credentials(options)
    for value in [*(v.get_secret_value() for v in options.headers.values()), credentials]:
        found |= {value, value.rpartition(" ")[2]}
    if options.auth and options.auth.password:
        found.add(options.auth.password.get_secret_value())
    query = options.address.partition("?")[2]
    constants = _constants([options.params, options.json_body, options.data, query])
    return found | {text for text in constants if len(text) >= _LEAST_SECRET}


def _credentials(options: HttpOptions) -> str:
    auth = options.auth
    if auth is None:
        return ""
    if auth.token is not None:
        return f"Bearer {auth.token.get_secret_value()}"
    password = auth.password.get_secret_value() if auth.password else ""
    return f"Basic {b64encode(f'{auth.username}:{password}'.encode()).decode()}"


def _constants(value: Any) -> Iterator[str]:
    for text in _texts(value):
        if not _TEMPLATE.search(text):
            yield from re.split(r"[&=]", text)


def _templates(value: Any) -> Iterator[str]:
    return (text for text in _texts(value) if _TEMPLATE.search(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
