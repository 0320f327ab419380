"""Connection profiles: shapes, lookup, merging."""

# ruff: noqa: E501  # a message is one line, and is compared as one

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr

from detectk.config import ConfigLoader, MetricConfig
from detectk.config.profiles import Profiles, read_profiles
from detectk.errors import ConfigError
from detectk.plugin.catalogue import Catalogue

Load = Callable[[str], MetricConfig]
Complain = Callable[[str], list[str]]
Write = Callable[[str, str], str]

QUERY = "query: '{{ period_start }} {{ period_finish }}'"
METRIC = f"""\
name: orders
collector:
  profile: prod
  params:
    {QUERY}
detector: {{type: mad}}
"""


@pytest.mark.parametrize(
    "text",
    [
        "prod: {type: clickhouse, host: h, port: 9440}",
        "profiles: {prod: {type: clickhouse, host: h, port: 9440}}",
        "profiles: {prod: {type: clickhouse, params: {host: h, port: 9440}}}",
        "prod: {type: clickhouse, host: h, params: {port: 9440}}",
        "version: 1\nother: {}\nprod: {type: clickhouse, host: h, port: 9440}",
    ],
)
def test_every_documented_shape_is_read(load: Load, write: Write, text: str) -> None:
    write("detectk_profiles.yaml", text)
    collector = load(METRIC).collector
    assert (collector.type, collector.profile) == ("clickhouse", "prod")
    assert collector.options.model_dump(include={"host", "port"}) == {"host": "h", "port": 9440}
    assert collector.sources["host"] == "profile 'prod'"


def test_params_win_over_profile_over_environment_over_defaults(load: Load, write: Write) -> None:
    write("detectk_profiles.yaml", "prod: {type: clickhouse, port: 1, database: p}")
    block = load(METRIC).collector
    assert block.sources == {
        "host": "env CLICKHOUSE_HOST",
        "password": "env CLICKHOUSE_PASSWORD",
        "port": "profile 'prod'",
        "database": "profile 'prod'",
        "query": "param",
    }
    found = load(METRIC.replace("params:\n", "params:\n    database: mine\n")).collector.options
    assert found.model_dump(include={"host", "port", "database", "user"}) == {
        "host": "ch.example.com",
        "port": 1,
        "database": "mine",
        "user": "default",
    }


def test_references_are_resolved_only_in_the_profile_that_is_used(load: Load, write: Write) -> None:
    write(
        "detectk_profiles.yaml",
        "other: {type: sql, password: '${UNSET}'}\n"
        "prod: {type: clickhouse, password: '${POSTGRES_PASSWORD}'}",
    )
    config = load(METRIC)
    assert config.collector.options.model_dump()["password"] == SecretStr("s3cret-postgres")
    assert config.redactor.redact("s3cret-postgres") == "***"


def test_a_profiles_name_may_come_from_the_environment(load: Load, write: Write) -> None:
    write("detectk_profiles.yaml", "dev: {type: clickhouse}")
    assert load(METRIC.replace("prod", "${DETECTK_ENV:-dev}")).collector.profile == "dev"


def test_storage_and_alerter_take_profiles(load: Load, write: Write) -> None:
    write(
        "detectk_profiles.yaml",
        "prod: {type: clickhouse}\n"
        "db: {type: sqlite, path: a.db, save_detections: false}\n"
        "ops: {type: slack, webhook_url: 'https://x', cooldown_minutes: 5}",
    )
    text = "storage: {profile: db, detections_retention_days: 7}\nalerter: {profile: ops}\n"
    config = load(METRIC + text)
    assert config.storage.type == "sql"
    assert config.storage.detections_retention_days == 7
    assert not config.storage.save_detections
    assert config.alerters[0].type == "slack"
    assert config.alerters[0].rule.cooldown.total_seconds() == 300


def test_a_type_beside_a_profile_must_agree(load: Load, complain: Complain, write: Write) -> None:
    write("detectk_profiles.yaml", "prod: {type: postgres}")
    both = METRIC.replace("profile: prod", "type: {}\n  profile: prod")
    block = load(both.replace("{}", "sql")).collector
    assert (block.type, block.written) == ("sql", "postgres")
    assert complain(both.replace("{}", "clickhouse")) == [
        (
            "m.yaml:3:9: collector: type 'clickhouse' contradicts the profile's; "
            "the profile is for 'sql'; remove one of them"
        )
    ]


@pytest.mark.parametrize(
    ("profile", "message"),
    [
        ("{type: clickhouse, hots: x}", "{0}:1:26: prod: unknown key 'hots'; did you mean 'host'?"),
        ("{type: clickhouse, port: x}", "{0}:1:32: prod.port: 'x' is not a whole number"),
        (
            "{type: clickhouse, port: '${POSTGRES_PASSWORD}'}",
            "{0}:1:32: prod.port: *** is not a whole number",
        ),
        (
            "{type: clickhous}",
            "{0}:1:14: collector type 'clickhous' is not installed; did you mean 'clickhouse'?",
        ),
        (
            "{host: x}",
            "m.yaml:3:12: collector: neither it nor its profile has a type; add 'type' to the profile",
        ),
        ("{type: [x]}", "{0}:1:14: prod.type: is not text; put it in quotes"),
        (
            "{type: clickhouse, params: 3}",
            "{0}:1:34: prod.params: is not a mapping; write key: value below",
        ),
        (
            "{type: clickhouse, host: x, params: {host: y}}",
            "{0}:1:26: prod: 'host' is here and in 'params'; keep one",
        ),
        (
            "{type: clickhouse, password: '${UNSET}'}",
            "{0}:1:36: prod.password: environment variable UNSET is not set; set it or write ${UNSET:-default}",
        ),
    ],
)
def test_what_is_wrong_in_a_profile_is_placed_in_its_file(
    complain: Complain, write: Write, project: Path, profile: str, message: str
) -> None:
    write("detectk_profiles.yaml", f"prod: {profile}")
    shown = message.replace("{0}", f"{project}/detectk_profiles.yaml")
    assert complain(METRIC) == [shown]


def test_an_unknown_profile_names_a_near_one_and_the_files(
    complain: Complain, write: Write, project: Path
) -> None:
    write("detectk_profiles.yaml", "prid: {type: clickhouse}")
    assert complain(METRIC) == [
        (
            f"m.yaml:3:12: collector.profile: unknown profile 'prod' "
            f"(searched: {project}/detectk_profiles.yaml); did you mean 'prid'?"
        )
    ]


def test_without_any_file_the_hint_says_where_to_write_one(complain: Complain) -> None:
    assert complain(METRIC) == [
        (
            "m.yaml:3:12: collector.profile: unknown profile 'prod' "
            "(searched: there is no profiles file); "
            "write it in a detectk_profiles.yaml beside the metric or above it"
        )
    ]


def test_the_name_of_a_profile_from_the_environment_is_not_shown(complain: Complain) -> None:
    [line] = complain(METRIC.replace("prod", "${POSTGRES_PASSWORD}"))
    assert "s3cret" not in line
    assert "unknown profile '***'" in line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "1:1: is not a mapping; write 'name: {type: ...}'"),
        ("a: [", "2:1: not valid YAML: "),
        ("profiles: {prod: 3}", "1:12: profile 'prod' is not a mapping; write its type"),
    ],
)
def test_a_wrong_profiles_file_is_named(
    complain: Complain, write: Write, project: Path, text: str, message: str
) -> None:
    write("detectk_profiles.yaml", f"{text}\n")
    [line] = complain(METRIC)
    assert line.startswith(f"{project}/detectk_profiles.yaml:{message}")


def test_an_empty_profiles_file_is_harmless(complain: Complain, write: Write) -> None:
    write("detectk_profiles.yaml", "# none\n")
    [line] = complain(METRIC)
    assert "unknown profile 'prod'" in line


def host(profiles: Profiles, folder: Path) -> object:
    return profiles.find("prod", folder).values["host"]


def test_the_first_file_that_has_the_name_wins(project: Path, write: Write) -> None:
    environ = {
        "DETECTK_PROFILES_PATH": f"{project}/none.yaml:{project}/set.yaml:{project}/folder",
        "HOME": f"{project}/home",
    }
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    files = [
        "set.yaml",
        "folder/detectk_profiles.yaml",
        "a/b/detectk_profiles.yaml",
        "a/b/detectk_profiles.yml",
        "a/detectk_profiles.yaml",
        "detectk_profiles.yaml",
        "home/.detectk/profiles.yaml",
        "etc/profiles.yaml",
    ]
    for name in files:
        write(name, f"prod: {{host: {name}}}")
    for name in files:
        assert host(Profiles(environ, project / "etc"), inner) == name
        write(name, "other: {host: x}")
    with pytest.raises(ConfigError, match="unknown profile 'prod'"):
        Profiles(environ, project / "etc").find("prod", inner)


def test_the_current_folder_is_searched_too(
    project: Path, write: Write, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write("detectk_profiles.yaml", "prod: {host: here}")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert host(Profiles({}, project / "etc"), elsewhere) == "here"


def test_a_file_is_read_once(project: Path, write: Write) -> None:
    write("detectk_profiles.yaml", "prod: {host: first}\nlive: {host: x}")
    profiles = Profiles({}, project / "etc")
    assert host(profiles, project) == "first"
    write("detectk_profiles.yaml", "prod: {host: second}")
    assert host(profiles, project) == "first"
    assert profiles.find("live", project).values == {"host": "x"}


def test_all_profiles_of_a_file_can_be_read(project: Path, write: Write) -> None:
    write("p.yaml", "a: {type: x}\nprofiles: {b: {type: y}}")
    assert {n: p.values["type"] for n, p in read_profiles(project / "p.yaml").items()} == {
        "a": "x",
        "b": "y",
    }


def test_profiles_are_found_from_the_configs_folder(
    catalogue: Catalogue, environ: dict[str, str], write: Write
) -> None:
    write("configs/detectk_profiles.yaml", "prod: {type: clickhouse, host: shared}")
    path = write("configs/production/orders.yaml", METRIC)
    config = ConfigLoader(catalogue, environ).load(path)
    assert config.collector.options.model_dump()["host"] == "shared"
    assert config.project.root.name == "configs"


def test_a_wrong_query_of_a_profile_is_not_quoted(complain: Complain, write: Write) -> None:
    write("detectk_profiles.yaml", "prod: {type: sqlite, query: '{{ x ${POSTGRES_PASSWORD}'}")
    assert complain(METRIC.partition("  params:")[0] + "detector: {type: mad}") == [
        "m.yaml:2:1: collector.params.query: query, line 1: the template cannot be read"
    ]


def test_a_path_with_dots_leads_to_the_same_profiles(
    catalogue: Catalogue, environ: dict[str, str], write: Write, project: Path
) -> None:
    write("a/detectk_profiles.yaml", "prod: {type: clickhouse}")
    write("a/m.yaml", METRIC)
    write("b/x", "")
    for path in ("b/../a/m.yaml", str(project / "b" / ".." / "a" / "m.yaml")):
        assert ConfigLoader(catalogue, environ).load(path).project.root == project / "a"
