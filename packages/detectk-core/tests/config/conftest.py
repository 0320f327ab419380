"""Stand-in components, so that core is tested with nothing else installed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Literal

import pluggy
import pytest
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from detectk.config import ConfigLoader, MetricConfig, all_errors
from detectk.contracts.options import Options, RowOptions
from detectk.errors import DetectKError, PluginError
from detectk.plugin import hookimpl, hookspecs
from detectk.plugin.catalogue import Catalogue
from detectk.plugin.component import Component
from detectk.plugin.discovery import Plugin, Plugins

ENVIRON = {
    "CLICKHOUSE_HOST": "ch.example.com",
    "CLICKHOUSE_PASSWORD": "s3cret-clickhouse",
    "METRICS_DB_URL": "clickhouse://detectk:hunter2hunter2@metrics.example.com/metrics",
    "METRICS_DB_PASSWORD": "s3cret-metrics",
    "MATTERMOST_WEBHOOK": "https://mattermost.example.com/hooks/s3cret-hook",
    "SLACK_WEBHOOK": "https://hooks.slack.com/services/s3cret-slack",
    "POSTGRES_PASSWORD": "s3cret-postgres",
}


class ClickHouse(RowOptions):
    ENVIRONMENT: ClassVar[dict[str, str]] = {
        "host": "CLICKHOUSE_HOST",
        "port": "CLICKHOUSE_PORT",
        "password": "CLICKHOUSE_PASSWORD",
    }

    host: str = "localhost"
    port: int = Field(default=9000, ge=1, le=65535)
    database: str = "default"
    user: str = "default"
    password: SecretStr = SecretStr("")
    secure: bool = False
    verify: bool = True
    timeout: float = Field(default=30, gt=0)
    query: str = Field(min_length=1)


class ClickHouseStorage(Options):
    ENVIRONMENT: ClassVar[dict[str, str]] = {"host": "CLICKHOUSE_HOST"}

    connection_string: SecretStr | None = None
    host: str = "localhost"
    port: int = 9000
    database: str = "default"
    user: str = "default"
    password: SecretStr = SecretStr("")


class Sql(RowOptions):
    dialect: Literal["sqlite", "postgresql"] = "sqlite"
    path: Path | None = None
    host: str = ""
    password: SecretStr | None = None
    query: str
    query_variables: dict[str, Any] = Field(default_factory=dict)
    events: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _named(self) -> Sql:
        if self.dialect == "sqlite" and self.host:
            raise ValueError(f"host {self.host!r} is not for a file; remove it")
        return self


class Auth(BaseModel):
    username: str
    password: SecretStr


class Http(RowOptions):
    url: str
    auth: Auth | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    data: str | None = None
    response_format: Literal["json", "text", "csv"] = "json"


class SqlStorage(Options):
    dialect: Literal["sqlite", "postgresql"] = "sqlite"
    path: str = ""


class Mad(Options):
    window_size: int | str = "30 days"
    n_sigma: float = Field(default=3.0, gt=0)
    use_weighted: bool = False
    weights_type: Literal["exponential", "linear"] = "exponential"
    seasonal_features: tuple[str, ...] = ()
    min_samples: int | None = None

    @field_validator("window_size")
    @classmethod
    def _long(cls, value: int | str) -> int | str:
        if value == "soon":
            raise ValueError(f"{value!r} is not a length of time; write '30 days'")
        return value


class Threshold(Options):
    threshold: float
    operator: Literal["less_than", "greater_than"] = "greater_than"


class Webhook(Options):
    webhook_url: SecretStr
    channel: str | None = None
    username: str = "DetectK"
    timeout: float = 10
    message_template: str | None = None


MODELS: dict[str, type[Options]] = {
    model.__name__: model
    for model in (
        ClickHouse,
        ClickHouseStorage,
        Http,
        Mad,
        Sql,
        SqlStorage,
        Threshold,
        Webhook,
    )
}
DIALECTS: dict[str, dict[str, object]] = {
    "oracle": {"dialect": "oracle"},
    "sqlite": {"dialect": "sqlite"},
    "postgres": {"dialect": "postgresql"},
}
COMPONENTS = (
    Component("collector", "clickhouse", "fake:Part", "ClickHouse"),
    Component("collector", "http", "fake:Part", "Http"),
    Component("collector", "sql", "fake:Part", "Sql", aliases=DIALECTS),
    Component("collector", "broken", "fake:Part", "Nowhere"),
    Component("storage", "clickhouse", "fake:Part", "ClickHouseStorage"),
    Component("storage", "sql", "fake:Part", "SqlStorage", aliases=DIALECTS),
    Component("detector", "mad", "fake:Part", "Mad"),
    Component("detector", "threshold", "fake:Part", "Threshold"),
    Component("detector", "plain", "fake:Part"),
    Component("alerter", "mattermost", "fake:Part", "Webhook"),
    Component("alerter", "slack", "fake:Part", "Webhook"),
)


class FakeCatalogue(Catalogue):
    def options(self, component: Component) -> type[Options]:
        if component.options and component.options not in MODELS:
            raise PluginError("cannot import nowhere", where=f"collector {component.name!r}")
        return MODELS[component.options] if component.options else Options


class Vault:
    @hookimpl
    def detectk_secret(self, scheme: str, name: str) -> str | None:
        if scheme != "vault":
            return None
        if name == "broken":
            raise RuntimeError("token s3cret-token refused")
        return {"db/password": "s3cret-vault"}[name]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    manager = pluggy.PluginManager("detectk")
    manager.add_hookspecs(hookspecs)
    manager.register(Vault())
    plugin = Plugin("fake", "detectk-fake", "1.0.0", "fake", COMPONENTS)
    return FakeCatalogue(Plugins((plugin,), manager.hook))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project, which is also the current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def environ(project: Path) -> dict[str, str]:
    return {**ENVIRON, "HOME": str(project / "home")}


@pytest.fixture
def loader(catalogue: Catalogue, environ: dict[str, str]) -> ConfigLoader:
    return ConfigLoader(catalogue, environ)


@pytest.fixture
def write(project: Path) -> Callable[[str, str], str]:
    """Write a file of the project and return its path relative to it."""

    def put(name: str, text: str) -> str:
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    return put


@pytest.fixture
def load(loader: ConfigLoader) -> Callable[[str], MetricConfig]:
    """Load a metric from text, as ``m.yaml``."""
    return lambda text: loader.load_text(text, "m.yaml")


@pytest.fixture
def complain(loader: ConfigLoader) -> Callable[[str], list[str]]:
    """Load a metric that is wrong and return every line that is said about it."""

    def lines(text: str) -> list[str]:
        with pytest.raises(DetectKError) as caught:
            loader.load_text(text, "m.yaml")
        return [str(error) for error in all_errors(caught.value)]

    return lines
