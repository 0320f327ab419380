"""What a user writes under ``collector.params`` for an HTTP source."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    JsonValue,
    SecretStr,
    field_validator,
    model_validator,
)

from detectk.collectors.http.paths import parse
from detectk.contracts.options import Options, RowOptions
from detectk.values.duration import duration

__all__ = ["AuthOptions", "Format", "HttpOptions"]

Format: TypeAlias = Literal["json", "text", "csv"]
Scalar: TypeAlias = str | int | float | bool | None

_BREAK = re.compile(r"[\r\n\0]")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_FOR_PROMETHEUS: Final = ("promql", "step", "at")
_NOT_FOR_PROMETHEUS: Final = (
    "context_columns",
    "data",
    "data_path",
    "json_body",
    "response_format",
    "separator",
    "timestamp_path",
    "value_path",
)
_SPELLING: Final = {"promql": "query", "json_body": "json"}


def _is_path(text: str | None) -> str | None:
    if text is not None:
        parse(text)
    return text


def _one_line(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()  # a file or an echo often adds a line break
    if _BREAK.search(text):
        raise ValueError("has a line break inside; a header is one line")
    return SecretStr(text)


PathText: TypeAlias = Annotated[str | None, AfterValidator(_is_path)]
OneLine: TypeAlias = Annotated[SecretStr, AfterValidator(_one_line)]


class AuthOptions(Options):
    """Who asks: a name with a password, or a token."""

    username: str | None = Field(default=None, description="Name, for HTTP Basic.")
    password: OneLine | None = Field(default=None, description="Password of the name.")
    token: OneLine | None = Field(default=None, description="Token, for `Authorization: Bearer`.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> AuthOptions:
        if (self.username is None) == (self.token is None):
            raise ValueError(
                "is neither a name nor a token, or both; give username and password, or token"
            )
        if self.token is not None and self.password is not None:
            raise ValueError("has a password for a token; give it a username instead")
        return self


class HttpOptions(RowOptions):
    """One question to one address, or a range query to Prometheus.

    Texts of ``url``, ``path``, ``params``, ``json``, ``data`` and ``query`` are Jinja templates.
    """

    mode: Literal["http", "prometheus"] = Field(
        default="http", description="What is asked: any address, or the API of Prometheus."
    )
    base_url: str = Field(
        default="", description="Where the service is; for a profile. `url` is added to it."
    )
    url: str = Field(default="", description="The address, whole or below `base_url`.")
    path: str = Field(default="", description="What is added to the address.")
    method: Literal["GET", "POST"] | None = Field(
        default=None, description="GET, or POST where there is a body."
    )
    headers: dict[str, OneLine] = Field(default_factory=dict, description="Headers; secret.")
    params: dict[str, Scalar | list[Scalar]] = Field(
        default_factory=dict, description="The query of the address; a list repeats its name."
    )
    json_body: JsonValue = Field(default=None, alias="json", description="Body, sent as JSON.")
    data: str | dict[str, Scalar | list[Scalar]] | None = Field(
        default=None, description="Body: a text as it is, a mapping as a form."
    )
    auth: AuthOptions | None = Field(
        default=None, description="`username` and `password`, or `token`."
    )
    response_format: Format | None = Field(
        default=None, description="What comes back; by default its content type says it."
    )
    separator: str = Field(
        default=",", min_length=1, max_length=1, description="What parts the cells of a CSV."
    )
    value_path: PathText = Field(
        default=None, description="Where the value is: `a.b[0].c`, in a CSV `column[row]`."
    )
    data_path: PathText = Field(
        default=None, description="Where the list of records or of [time, value] pairs is."
    )
    timestamp_path: PathText = Field(
        default=None, description="Where the time is: in a record, or beside a single value."
    )
    query_variables: dict[str, object] = Field(
        default_factory=dict, description="Own names for the templates and their values."
    )
    # Not called `query`: core warns of a query that does not use the window, and PromQL need not.
    promql: str = Field(default="", alias="query", description="PromQL, for `mode: prometheus`.")
    step: str | float | None = Field(
        default=None,
        description="Prometheus: how far apart to evaluate; by default the metric's interval.",
    )
    at: Literal["start", "end"] = Field(
        default="end", description="Prometheus: evaluate at an interval's start or at its end."
    )
    timeout: float = Field(default=30, gt=0, description="Seconds until an answer must be there.")
    verify_ssl: bool | str = Field(
        default=True,
        validation_alias=AliasChoices("verify_ssl", "verify"),
        description="Whether certificates must be trusted, or a file with authorities to trust.",
    )
    retry_count: int = Field(
        default=3, ge=0, le=20, description="How often to ask again after what may pass."
    )
    retry_delay: float = Field(
        default=1, ge=0, description="Longest wait before the first retry, in seconds; it doubles."
    )
    max_bytes: int = Field(
        default=50_000_000, ge=1, description="A longer answer is an error; counted unpacked."
    )

    @field_validator("method", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("verify_ssl", mode="before")
    @classmethod
    def _is_a_word(cls, value: object) -> object:
        word = value.strip().lower() if isinstance(value, str) else ""
        return {"true": True, "yes": True, "false": False, "no": False}.get(word, value)

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name in headers:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a header; write it like X-Api-Key")
        return headers

    @field_validator("step")
    @classmethod
    def _is_whole(cls, step: str | float | None) -> str | float | None:
        if step is not None:
            seconds = duration(step).total_seconds()
            if seconds < 1 or seconds % 1:
                raise ValueError(f"{step!r} is no step; write whole seconds, 1 or more")
        return step

    @model_validator(mode="after")
    def _fits_together(self) -> HttpOptions:
        _check_address(self.address)
        names = {name.lower() for name in self.headers}
        if self.auth is not None and "authorization" in names:
            raise ValueError("auth and the header Authorization say the same; keep one of them")
        if self.json_body is not None and self.data is not None:
            raise ValueError("json and data are both the body; keep one of them")
        prometheus = self.mode == "prometheus"
        strange = _NOT_FOR_PROMETHEUS if prometheus else _FOR_PROMETHEUS
        for name in strange:
            if name in self.model_fields_set:
                spelling, mode = _SPELLING.get(name, name), "prometheus" if prometheus else "http"
                other = "mode: http" if prometheus else "mode: prometheus"
                raise ValueError(
                    f"{spelling} means nothing in mode {mode}; use {other}, or remove it"
                )
        if prometheus and not self.promql.strip():
            raise ValueError("there is nothing to ask; write PromQL into query")
        if self.response_format == "text" and (self.value_path or self.data_path):
            raise ValueError("a text has no paths in it; set response_format to json or csv")
        return self

    @property
    def address(self) -> str:
        """The template of the whole address."""
        absolute = re.match(r"https?://", self.url, re.IGNORECASE)
        parts = (self.url, self.path) if absolute else (self.base_url, self.url, self.path)
        whole = ""
        for part in parts:
            if part:
                joint = not whole or part.startswith(("?", "&"))
                whole = whole + part if joint else f"{whole.rstrip('/')}/{part.lstrip('/')}"
        return whole

    @property
    def verb(self) -> str:
        """The method, chosen or by whether there is a body."""
        body = self.json_body is not None or self.data is not None
        return self.method or ("POST" if body else "GET")

    @property
    def single(self) -> bool:
        """Whether an answer is one value, and not rows."""
        return self.response_format == "text" or bool(self.value_path and not self.data_path)

    @property
    def step_seconds(self) -> int | None:
        """How far apart to evaluate, where it is said."""
        return None if self.step is None else int(duration(self.step).total_seconds())


def _check_address(address: str) -> None:
    if not address:
        raise ValueError("there is no address; give url, or base_url in a profile")
    if not re.match(r"https?://", address, re.IGNORECASE):
        raise ValueError(
            "the address does not begin with https:// or http://; correct url or base_url"
        )
    server = re.split(r"[/?#]", address.partition("://")[2])[0]
    if "{" in server:
        return
    if "@" in server:
        raise ValueError("a name and a password in an address show in logs; move them to auth")
    try:
        found = urlsplit(f"http://{server}")
        host, _ = found.hostname, found.port
    except ValueError:
        raise ValueError("the address has a host or a port that is none; correct it") from None
    if not host:
        raise ValueError("the address names no host; correct url or base_url")
