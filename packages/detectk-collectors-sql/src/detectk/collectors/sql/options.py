"""Options of the SQL collector and the SQL storage; no driver is imported here."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr, field_validator, model_validator

from detectk.contracts.options import Options, RowOptions

__all__ = ["SqlCollectorOptions", "SqlOptions", "SqlStorageOptions"]

_SQLITE: Final = "sqlite:///"
_LATER: Final = {
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}


class SqlOptions(Options):
    """Which database."""

    dialect: Literal["sqlite"] = Field(default="sqlite", description="What the database speaks.")
    connection_string: SecretStr | None = Field(
        default=None,
        description="sqlite:///relative/path.db or sqlite:////absolute/path.db, instead of path.",
    )
    path: Path | None = Field(
        default=None, description="File of the database, relative to the project's root."
    )
    database: Path | None = Field(default=None, description="Another name for path.")
    timeout: float = Field(
        default=30, gt=0, description="Longest wait in seconds, for a query or for a lock."
    )

    @field_validator("dialect", mode="before")
    @classmethod
    def _is_here(cls, value: object) -> object:
        if isinstance(value, str) and value in _LATER:
            raise ValueError(_not_yet(_LATER[value]))
        return value

    @field_validator("connection_string")
    @classmethod
    def _is_a_file(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else _SQLITE + "x"
        scheme = text.partition("://")[0].partition("+")[0].lower()
        if scheme in _LATER:
            raise ValueError(_not_yet(_LATER[scheme]))
        if not text.startswith(_SQLITE) or text == _SQLITE or ":memory:" in text:
            raise ValueError("not a SQLite file; write sqlite:///relative.db or sqlite:////abs.db")
        return value

    @model_validator(mode="after")
    def _names_one_file(self) -> SqlOptions:
        given = [name for name in ("connection_string", "path", "database") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} name the same thing; keep one of them")
        if not given and self._needs_a_file():
            raise ValueError("no database is named; give path: some.db")
        return self

    def _needs_a_file(self) -> bool:
        return True

    def file(self, root: Path) -> Path:
        """Return the file of a SQLite database; relative paths start at ``root``."""
        if self.connection_string:
            return root / self.connection_string.get_secret_value().removeprefix(_SQLITE)
        return root / (self.path or self.database or Path(".detectk", "detectk.db")).expanduser()


class SqlCollectorOptions(SqlOptions, RowOptions):
    """A query and the database it is asked of; the database is only read."""

    query: str = Field(
        min_length=1,
        description="SELECT with {{ period_start }} and {{ period_finish }}, a Jinja template.",
    )
    query_variables: dict[str, object] = Field(
        default_factory=dict, description="Own names for the query and their values."
    )
    max_rows: int = Field(
        default=1_000_000, ge=1, description="More rows than this in one answer is an error."
    )


class SqlStorageOptions(SqlOptions):
    """Where to keep points, verdicts and alert state; ``.detectk/detectk.db`` if not said."""

    def _needs_a_file(self) -> bool:
        return False


def _not_yet(dialect: str) -> str:
    return (
        f"dialect {dialect!r} is not available in this version of detectk-collectors-sql; "
        "use sqlite, or install a later detectk-collectors-sql that has it"
    )
