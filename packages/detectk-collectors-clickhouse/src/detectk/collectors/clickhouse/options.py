"""Options of the ClickHouse collector and the ClickHouse storage; no driver is imported here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from detectk.collectors.clickhouse.target import Target, parse_hosts, parse_url
from detectk.contracts.options import Options, QueryOptions

__all__ = ["ClickHouseCollectorOptions", "ClickHouseOptions", "ClickHouseStorageOptions"]

_PLAIN_PORT: Final = 9000
_SECURE_PORT: Final = 9440


class ClickHouseOptions(Options):
    """Which ClickHouse, and as whom; what ``connection_string`` says wins over the other keys."""

    ENVIRONMENT: ClassVar[Mapping[str, str]] = {
        "host": "CLICKHOUSE_HOST",
        "port": "CLICKHOUSE_PORT",
        "database": "CLICKHOUSE_DATABASE",
        "user": "CLICKHOUSE_USER",
        "password": "CLICKHOUSE_PASSWORD",
    }

    connection_string: SecretStr | None = Field(
        default=None,
        description="clickhouse://user:password@host1:9000,host2:9000/database?secure=1",
    )
    host: str = Field(
        default="localhost",
        description="Host, or several as 'ch1,ch2:9001': the next is tried when one fails.",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Native port; 9000, or 9440 with secure."
    )
    database: str = Field(
        default="default", min_length=1, description="Where names without a database belong."
    )
    user: str = Field(default="default", description="Who asks.")
    password: SecretStr = Field(default=SecretStr(""), description="The user's password.")
    secure: bool = Field(default=False, description="Speak TLS.")
    verify: bool | Path = Field(
        default=True, description="Check the certificate; or the file of authorities to trust."
    )
    compression: Literal["off", "lz4", "zstd"] = Field(
        default="off", description="Compress what crosses the network."
    )
    timeout: float = Field(default=30, gt=0, description="Longest wait in seconds for a statement.")
    connect_timeout: float = Field(
        default=10, gt=0, description="Longest wait in seconds for one host to answer."
    )
    settings: dict[str, bool | int | float | str] = Field(
        default_factory=dict, description="Settings of ClickHouse for every statement."
    )
    pool_size: int = Field(
        default=8, ge=1, description="Most connections to keep open to this database."
    )

    @field_validator("user", "password", mode="before")
    @classmethod
    def _none_is_the_default(cls, value: object, info: Any) -> object:
        return cls.model_fields[info.field_name].default if value is None else value

    @field_validator("compression", mode="before")
    @classmethod
    def _off_may_be_a_flag(cls, value: object) -> object:
        return {True: "lz4", False: "off"}.get(value, value) if isinstance(value, bool) else value

    @field_validator("connection_string")
    @classmethod
    def _can_be_read(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_url(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _names_a_target(self) -> ClickHouseOptions:
        _ = self.target
        return self

    @cached_property
    def target(self) -> Target:
        """Where to connect, and how."""
        said: dict[str, Any] = {}
        if self.connection_string is not None:
            said = dict(parse_url(self.connection_string.get_secret_value()))
        secure = bool(said.get("secure", self.secure))
        verify = said.get("verify", self.verify)
        port = self.port or (_SECURE_PORT if secure else _PLAIN_PORT)
        settings = {**self.settings, **said.get("settings", {})}
        compression = str(said.get("compression", self.compression)).lower()
        if compression not in {"off", "lz4", "zstd"}:
            raise ValueError(f"compression {compression!r} is not 'off', 'lz4' or 'zstd'")
        return Target(
            addresses=parse_hosts(said.get("host", self.host), port),
            database=said.get("database", self.database),
            user=said.get("user", self.user) or "default",
            password=said.get("password", self.password.get_secret_value()),
            secure=secure,
            verify=verify if isinstance(verify, bool) else str(verify),
            compression=compression,
            connect_timeout=float(said.get("connect_timeout", self.connect_timeout)),
            settings=tuple(sorted((name, _plain(value)) for name, value in settings.items())),
        )


class ClickHouseCollectorOptions(ClickHouseOptions, QueryOptions):
    """A query and the ClickHouse it is asked of, which is only read."""


class ClickHouseStorageOptions(ClickHouseOptions):
    """Where to keep points and verdicts, and on one server also alert state."""


def _plain(value: bool | float | str) -> str | int | float:  # noqa: FBT001  # a value, not a switch
    return int(value) if isinstance(value, bool) else value
