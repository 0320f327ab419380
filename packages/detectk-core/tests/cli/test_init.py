from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectk.cli.scaffold.sample import make_sample
from detectk.errors import ConfigError

if TYPE_CHECKING:
    from conftest import Dtk

DETECTORS = (
    *("threshold", "mad", "zscore", "iqr", "poisson", "binomial"),
    *("autoreg", "changepoint", "flatline", "missing_data"),
)


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_template_validates_and_runs_as_it_is_written(
    folder: Path, dtk: Dtk, detector: str
) -> None:
    """Lesson A3: templates of the first release validated and then failed."""
    made = dtk("init", "metrics/sessions.yaml", "-d", detector)
    assert made.code == 0
    assert "  dtk run metrics/sessions.yaml" in made.out
    valid = dtk("validate", "metrics/sessions.yaml")
    assert valid.out == "metrics/sessions.yaml: ok\n1 metric valid\n"
    ran = dtk("run", "metrics/sessions.yaml", "--output", "json")
    assert ran.code == 0
    assert ran.object["metrics"][0]["status"] == "ok"
    assert dtk("preview", "metrics/sessions.yaml").code == 0


def test_every_detector_that_is_offered_has_a_template(dtk: Dtk) -> None:
    listed = dtk("list-detectors", "--output", "json").object["detectors"]
    assert {one["type"] for one in listed} == set(DETECTORS)


def test_an_own_query_is_taken_over(folder: Path, dtk: Dtk) -> None:
    Path("q.sql").write_text(
        "SELECT substr(started_at, 1, 13) || ':00:00' AS period_time,\n"
        "\tcount(DISTINCT visitor) AS value\nFROM sessions\n"
        "WHERE started_at >= '{{ period_start }}' AND started_at < '{{ period_finish }}'\n"
        "GROUP BY 1;\n".replace(";", "")
    )
    assert dtk("init", "visitors", "--query", "q.sql").code == 0
    text = Path("visitors.yaml").read_text()
    assert "        count(DISTINCT visitor) AS value" in text
    assert dtk("run", "visitors.yaml").code == 0


def test_an_own_database_is_named_by_its_profile(folder: Path, dtk: Dtk) -> None:
    Path("detectk_profiles.yaml").write_text("shop: {type: sqlite, path: shop.db}\n")
    assert dtk("init", "metrics/orders.yaml", "--profile", "shop").code == 0
    assert not Path("sample.db").exists()
    assert dtk("validate").code == 0


def test_a_file_is_replaced_only_when_asked_to(folder: Path, dtk: Dtk) -> None:
    assert dtk("init").code == 0
    ran = dtk("init")
    assert ran.code == 2
    assert "my_metric.yaml: is there already; choose another name, or add --overwrite" in ran.err
    assert dtk("init", "--overwrite", "-d", "iqr").code == 0
    assert "type: iqr" in Path("my_metric.yaml").read_text()


def test_a_folder_gets_a_file_of_the_usual_name(folder: Path, dtk: Dtk) -> None:
    Path("metrics").mkdir()
    dtk("init", "metrics")
    assert Path("metrics/my_metric.yaml").is_file()


def test_a_name_is_made_of_the_file(folder: Path, dtk: Dtk) -> None:
    dtk("init", "metrics/new users (eu).yaml")
    assert "name: new_users_eu_\n" in Path("metrics/new users (eu).yaml").read_text()
    assert dtk("validate").code == 0


def test_an_unknown_detector_gets_the_near_name_and_no_file(folder: Path, dtk: Dtk) -> None:
    ran = dtk("init", "-d", "maad")
    assert ran.code == 3
    assert "detector type 'maad' is not installed; did you mean 'mad'?" in ran.err
    assert not list(folder.iterdir())


def test_an_alias_of_a_detector_is_written_as_the_detector(folder: Path, dtk: Dtk) -> None:
    assert dtk("init", "-d", "manual_bounds").code == 0
    assert dtk("validate", "my_metric.yaml").code == 0


def test_a_query_that_cannot_be_read_is_2(folder: Path, dtk: Dtk) -> None:
    assert dtk("init", "--query", "nowhere.sql").code == 2


def test_a_folder_that_cannot_be_written_is_2(folder: Path, dtk: Dtk) -> None:
    Path("plain").write_text("")
    ran = dtk("init", "plain/orders.yaml")
    assert ran.code == 2
    assert "plain/orders.yaml: cannot be written" in ran.err


def test_a_sample_has_the_same_hours_whenever_it_is_made(tmp_path: Path) -> None:
    counts = []
    for day in (1, 3):
        make_sample(tmp_path / "sample.db", datetime(2024, 3, day, 5, 30, tzinfo=timezone.utc))
        with closing(sqlite3.connect(tmp_path / "sample.db")) as database:
            sql = "SELECT group_concat(visitor) FROM sessions WHERE started_at LIKE '2024-03-02 1%'"
            counts.append(database.execute(sql).fetchone())
    assert counts[0] == counts[1]


def test_a_database_of_another_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE sessions (mine TEXT)")
    with pytest.raises(ConfigError, match="is not the sample"):
        make_sample(path, datetime(2024, 3, 1, tzinfo=timezone.utc))


def test_a_file_that_is_no_database_is_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    path.write_text("plain text that is long enough to be no database header at all" * 20)
    with pytest.raises(ConfigError, match="cannot be written"):
        make_sample(path, datetime(2024, 3, 1, tzinfo=timezone.utc))


def test_a_minimal_project_has_every_shared_file(folder: Path, dtk: Dtk) -> None:
    ran = dtk("init-project", "my-metrics", "--minimal", "--no-git")
    assert ran.code == 0
    assert sorted(path.name for path in Path("my-metrics").iterdir()) == [
        ".env.example",
        ".gitignore",
        "README.md",
        "detectk_profiles.yaml",
        "detectk_project.yaml",
        "metrics",
    ]
    assert "  cd my-metrics\n" in ran.out


def test_a_project_runs_as_it_is_made(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    dtk("init-project", "my-metrics", "--no-git")
    monkeypatch.chdir(folder / "my-metrics")
    assert dtk("validate").code == 0
    assert "sessions: ok" in dtk("run").out


DATABASES = {
    "sqlite": "strftime('%Y-%m-%d %H:00:00', started_at)",
    "postgres": "date_trunc('hour', started_at)",
    "postgresql": "date_trunc('hour', started_at)",
    "mysql": "date_format(started_at, '%Y-%m-%d %H:00:00')",
    "mariadb": "date_format(started_at, '%Y-%m-%d %H:00:00')",
    "clickhouse": "toStartOfHour(started_at)",
}


@pytest.mark.parametrize("database", DATABASES)
def test_the_profile_is_that_of_the_database_and_metrics_speak_its_words(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    assert dtk("init-project", "-d", database, "--minimal", "--no-git").code == 0
    meant = {"postgres": "postgresql", "mariadb": "mysql"}.get(database, database)
    assert f"\n  type: {meant}" in Path("detectk_profiles.yaml").read_text()
    assert dtk("init", "orders.yaml", "--profile", "warehouse").code == 0
    assert f"  {DATABASES[database]} AS period_time" in Path("orders.yaml").read_text()
    for line in Path(".env.example").read_text().splitlines():
        if not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    assert dtk("validate", "orders.yaml").code == 0


@pytest.mark.parametrize("database", ["postgresql", "mysql", "clickhouse"])
def test_the_sample_of_a_project_needs_no_server_and_no_password(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    dtk("init-project", "shop", "-d", database, "--no-git")
    monkeypatch.chdir(folder / "shop")
    assert dtk("validate").code == 0
    assert "sessions: ok" in dtk("run").out


@pytest.mark.parametrize("database", ["postgres", "mysql", "clickhouse"])
def test_a_password_that_is_not_set_is_named_before_anybody_asks_the_server(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.delenv(f"{database.upper()}_PASSWORD", raising=False)
    dtk("init-project", "-d", database, "--minimal", "--no-git")
    dtk("init", "orders.yaml", "--profile", "warehouse")
    ran = dtk("validate", "orders.yaml")
    assert ran.code == 2
    assert f"environment variable {database.upper()}_PASSWORD is not set" in ran.out + ran.err


def test_a_metric_of_a_profile_that_is_not_there_yet_is_written(folder: Path, dtk: Dtk) -> None:
    assert dtk("init", "orders.yaml", "--profile", "nobody").code == 0
    assert "profile: nobody" in Path("orders.yaml").read_text()


def test_an_unknown_database_is_2(folder: Path, dtk: Dtk) -> None:
    ran = dtk("init-project", "-d", "oracle")
    assert ran.code == 2
    assert "unknown database 'oracle'; one of clickhouse, mysql, postgresql, sqlite" in ran.err


def test_what_is_there_is_kept(folder: Path, dtk: Dtk) -> None:
    Path("README.md").write_text("mine")
    ran = dtk("init-project", "--no-git")
    assert "kept README.md" in ran.out
    assert Path("README.md").read_text() == "mine"
    assert dtk("init-project", "--no-git").code == 0


def test_a_repository_is_begun_unless_there_is_one(folder: Path, dtk: Dtk) -> None:
    assert dtk("init-project", "--minimal").code == 0
    assert Path(".git").is_dir()
    assert dtk("init-project", "inner", "--minimal").code == 0
    assert not Path("inner/.git").exists()


def test_interactive_asks_for_what_is_missing(
    folder: Path, dtk: Dtk, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["asked", "mysql"])
    monkeypatch.setattr("typer.prompt", lambda *_args, **_options: next(answers))
    assert dtk("init-project", "-i", "--minimal", "--no-git").code == 0
    assert "type: mysql" in Path("asked/detectk_profiles.yaml").read_text()
