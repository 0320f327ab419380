"""Options of the SQL collector and the SQL storage; no driver is imported here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from detectk.collectors.sql.address import SCHEMES, Address, Tls, parsed, scheme_of
from detectk.contracts.options import Options, QueryOptions

__all__ = ["SqlCollectorOptions", "SqlOptions", "SqlStorageOptions"]

_SQLITE: Final = "sqlite:///"
_SERVER: Final = ("host", "port", "user", "password", "tls", "tls_ca")
_IN_A_STRING: Final = ("host", "port", "user", "database")


class SqlOptions(Options):
    """Which database.

    No environment variable gives an option: one name would have to mean a file for one metric
    and a server for the next. ``${POSTGRES_PASSWORD}`` says it where it is meant.
    """

    dialect: Literal["sqlite", "postgresql", "mysql"] = Field(
        default="sqlite", description="What the database speaks; mysql for MariaDB too."
    )
    connection_string: SecretStr | None = Field(
        default=None,
        description="sqlite:///relative/path.db, postgresql://user:password@host/database or "
        "mysql://user:password@host/database, instead of the keys that follow.",
    )
    path: Path | None = Field(
        default=None, description="File of a SQLite database, relative to the project's root."
    )
    database: str | None = Field(
        default=None, min_length=1, description="Database on a server, or another name for path."
    )
    host: str | None = Field(
        default=None,
        min_length=1,
        description="Server, localhost by default; a path is that of a unix socket.",
    )
    port: int | None = Field(default=None, ge=1, le=65535, description="5432 or 3306 by default.")
    user: str | None = Field(default=None, description="Who logs in.")
    password: SecretStr | None = Field(default=None, description="Password of the user.")
    tls: Tls | None = Field(
        default=None,
        description="off, prefer (the default), require, or verify: the server's certificate and "
        "name, the default where tls_ca is given.",
    )
    tls_ca: Path | None = Field(
        default=None, description="Certificate of the authority that vouches for the server."
    )
    timeout: float = Field(
        default=30, gt=0, description="Longest wait in seconds, for a query or for a lock."
    )
    connect_timeout: float = Field(
        default=10, gt=0, description="Longest wait in seconds for a server to take us in."
    )

    pool_size: int = Field(
        default=5,
        ge=1,
        description="With max_overflow, the most connections of one run to one server; a storage "
        "uses one.",
    )
    max_overflow: int = Field(default=10, ge=0, description="Added to pool_size.")

    @model_validator(mode="before")
    @classmethod
    def _by_its_string(cls, values: Any) -> Any:
        """Take the dialect from a connection string, and other names of a dialect."""
        if not isinstance(values, dict):
            return values
        text = values.get("connection_string")
        text = text.get_secret_value() if isinstance(text, SecretStr) else text
        meant = SCHEMES.get(scheme_of(text)) if isinstance(text, str) else None
        dialect = values.get("dialect", meant)
        dialect = SCHEMES.get(dialect, dialect) if isinstance(dialect, str) else dialect
        return values if dialect is None else {**values, "dialect": dialect}

    @field_validator("connection_string")
    @classmethod
    def _is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None:
            return value
        text = value.get_secret_value()
        scheme = scheme_of(text)
        if "://" not in text or scheme not in SCHEMES:
            raise ValueError(
                "not a connection string that is known; write sqlite:///file.db, "
                "postgresql://user:password@host/database or mysql://user:password@host/database"
            )
        if scheme != "sqlite":
            parsed(text)
        elif not text.startswith(_SQLITE) or text == _SQLITE or ":memory:" in text:
            raise ValueError("not a SQLite file; write sqlite:///relative.db or sqlite:////abs.db")
        return value

    @model_validator(mode="after")
    def _names_one_database(self) -> SqlOptions:
        if self.connection_string:
            scheme = scheme_of(self.connection_string.get_secret_value())
            if SCHEMES[scheme] != self.dialect:
                raise ValueError(f"connection_string is for {scheme}, dialect is {self.dialect}")
        if self.dialect == "sqlite":
            self._names_one_file()
        else:
            self._names_one_server()
        return self

    def _names_one_file(self) -> None:
        if odd := [name for name in _SERVER if getattr(self, name) is not None]:
            raise ValueError(f"{odd[0]} is for a server; add dialect: postgresql or mysql")
        given = [name for name in ("connection_string", "path", "database") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} name the same thing; keep one of them")
        if not given and self._needs_a_file():
            raise ValueError("no database is named; give path: some.db")

    def _names_one_server(self) -> None:
        if self.path:
            raise ValueError(f"path is for SQLite; name the {self.dialect} server with host")
        given = [name for name in _IN_A_STRING if getattr(self, name) is not None]
        if self.connection_string and given:
            raise ValueError(f"connection_string and {given[0]} name the same thing; keep one")
        if not self._address().database:
            raise ValueError("no database is named; give database: NAME")

    def _needs_a_file(self) -> bool:
        return True

    def file(self, root: Path) -> Path:
        """Return the file of a SQLite database; relative paths start at ``root``."""
        if self.connection_string:
            return root / self.connection_string.get_secret_value().removeprefix(_SQLITE)
        return root / Path(self.path or self.database or ".detectk/detectk.db").expanduser()

    def address(self, root: Path) -> Address:
        """Return where the server is; the path of ``tls_ca`` starts at ``root``."""
        found = self._address()
        if not found.tls_ca:
            return found
        return replace(found, tls_ca=str(root / Path(found.tls_ca).expanduser()))

    def _address(self) -> Address:
        text = self.connection_string.get_secret_value() if self.connection_string else ""
        found: dict[str, Any] = {"connect_timeout": self.connect_timeout}
        if text:
            found |= parsed(text)
        for name in (*_IN_A_STRING, "tls"):
            if (value := getattr(self, name)) is not None:
                found[name] = value
        if self.password is not None:
            found["password"] = self.password.get_secret_value()
        if self.tls_ca is not None:
            found["tls_ca"] = str(self.tls_ca)
        if found.get("tls_ca"):
            found.setdefault("tls", "verify")
        return Address(**found)


class SqlCollectorOptions(SqlOptions, QueryOptions):
    """A query and the database it is asked of; the database is only read."""


class SqlStorageOptions(SqlOptions):
    """Where to keep points, verdicts and alert state; ``.detectk/detectk.db`` if not said."""

    def _needs_a_file(self) -> bool:
        return False
