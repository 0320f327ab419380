"""Every file of ``examples/`` is valid, runs, and finds what is wrong with the data."""

from __future__ import annotations

import re
import runpy
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from detectk.check import Checker
from detectk.clock import VirtualClock
from detectk.config import ConfigLoader, MetricConfig
from detectk.config.fleet import Loaded
from detectk.values import MetricReport, Notice, Status

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
OUTSIDE = {"acme-detectk-jsonfile", "data", "__pycache__", ".detectk"}
LOADS = {"history/revenue_load.yaml"}
SENDERS = {"slack", "mattermost"}
SERVERS = "databases"  # test_examples_on_servers.py runs them
A_WEEK_AGO = datetime(2024, 6, 24, 0, 1, tzinfo=timezone.utc)
NOW = datetime(2024, 7, 1, 0, 1, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


def files() -> list[str]:
    """Return every metric of the examples, relative to their folder."""
    found = (path.relative_to(EXAMPLES) for path in EXAMPLES.rglob("*.yaml"))
    mine = (path for path in found if path.parts[0] not in OUTSIDE)
    return sorted(str(path) for path in mine if not path.name.startswith("detectk_"))


FILES = files()
CAMPAIGN, CHECKOUT, GERMANY = "fired 06-26 20:00", "fired 06-27 14:00", "fired 06-29 10:00"
REFUSED, QUEUE, FULL = "fired 06-28 09:00", "fired 06-28 10:00", "fired 06-28 10:15"
FRIDAY_OF_BERLIN, COOLING, GAP = "fired 06-27 22:00", "fired 06-30 12:00", "no_data 06-29 03:00"
SUBSCRIBERS, NEWSLETTER = "fired 06-28 06:00", "fired 06-28 11:00"
YEN, SLOW_PACKING = "fired 06-27 09:00", "fired 06-25 19:00"
# What the docstring of make_data.py says, read by hand: the kinds and onsets of all that is told,
# in UTC. A queue of more than 500 begins with its fourth step of 100, at 10:15. Packing is slow
# from 8:00 on, and half of a day has to be slow before its median is: at 19:00 the twelfth hour of
# 24 is. The freezer says the same from 13:40 on, and four times in a row at most before that: an
# hour is over at 14:40, and the thirteenth value, at 15:40, is one more than three times four.
TOLD: Mapping[str, set[str]] = {
    "thresholds/greater_than.yaml": {FULL},
    "thresholds/greater_equal.yaml": {REFUSED},
    "thresholds/less_than.yaml": {QUEUE},
    "thresholds/less_equal.yaml": {QUEUE},
    "thresholds/equals.yaml": {QUEUE},
    "thresholds/not_equals.yaml": {QUEUE},
    "thresholds/between.yaml": {COOLING},
    "thresholds/outside.yaml": {COOLING},
    "thresholds/limits.yaml": {COOLING},
    "thresholds/percent_of_number.yaml": {FRIDAY_OF_BERLIN},
    "thresholds/percent_of_previous.yaml": {QUEUE},
    "thresholds/percent_of_average.yaml": {FRIDAY_OF_BERLIN},
    "statistics/mad.yaml": {CHECKOUT},
    "statistics/zscore.yaml": {COOLING},
    "statistics/iqr.yaml": {CHECKOUT},
    "statistics/window_in_points.yaml": {QUEUE},
    "statistics/weights_exponential.yaml": {SUBSCRIBERS},
    "statistics/weights_linear.yaml": {SUBSCRIBERS},
    "statistics/steady.yaml": {REFUSED},
    "statistics/known_incidents.yaml": {CHECKOUT, GERMANY},
    "statistics/changes.yaml": {SUBSCRIBERS},
    "statistics/absolute_changes.yaml": {COOLING, "fired 06-30 17:00"},
    "statistics/log_changes.yaml": {YEN},
    "statistics/smoothing.yaml": {"fired 06-26 00:00"},
    "statistics/detrend.yaml": {SUBSCRIBERS},
    "statistics/clamp.yaml": {QUEUE},
    "statistics/direction.yaml": {CHECKOUT},
    "counts/poisson.yaml": {REFUSED},
    "counts/binomial.yaml": {REFUSED},
    "shapes/autoreg.yaml": {CHECKOUT, "fired 06-27 15:00", GAP},
    "shapes/changepoint.yaml": {SLOW_PACKING},
    "shapes/flatline.yaml": {"fired 06-29 15:40"},
    "seasons/context_columns.yaml": {CHECKOUT, GAP},
    "seasons/hour_of_week.yaml": {CHECKOUT},
    "seasons/combined.yaml": {CHECKOUT, GAP},
    "seasons/separate.yaml": {CHECKOUT, GAP},
    "seasons/events.yaml": {NEWSLETTER},
    "seasons/events_file.yaml": {NEWSLETTER},
    "seasons/holidays.yaml": {FRIDAY_OF_BERLIN},
    "seasons/month_end.yaml": {"fired 06-30 00:00"},
    "sources/dimensions.yaml": {CHECKOUT, GERMANY},
    "sources/fill_zero.yaml": {CHECKOUT, GERMANY},
    "sources/fill_previous.yaml": set(),
    "sources/delay.yaml": set(),
    "sources/late_data.yaml": set(),
    "sources/local_times.yaml": {FRIDAY_OF_BERLIN},
    "grids/daily.yaml": {FRIDAY_OF_BERLIN},
    "grids/weekly.yaml": {"fired 06-23 22:00"},
    "grids/monthly.yaml": {"fired 05-31 22:00"},
    "freshness/missing_data.yaml": {GAP},
    "freshness/staleness.yaml": {GAP},
    "freshness/stuck.yaml": {"fired 06-29 14:40"},
    "freshness/no_data.yaml": {CHECKOUT, GAP},
    "freshness/age.yaml": {"fired 06-30 21:00"},
    "alerting/consecutive.yaml": {CHECKOUT},
    "alerting/window_and_share.yaml": {FULL},
    "alerting/for.yaml": {QUEUE},
    "alerting/keep_firing_for.yaml": {REFUSED},
    "alerting/cooldown.yaml": {COOLING},
    "alerting/min_deviation.yaml": {REFUSED},
    "alerting/direction.yaml": {CHECKOUT, GERMANY},
    "alerting/several_detectors.yaml": {CAMPAIGN, CHECKOUT, GERMANY},
    "alerting/several_alerters.yaml": {CHECKOUT, GERMANY},
    "alerting/message_template.yaml": {FULL},
    "alerting/on_error.yaml": {FULL},
    "alerting/verdicts_only.yaml": set(),
    "profiles/environment.yaml": {FULL},
    "profiles/flat/queue.yaml": {FULL},
    "profiles/nested/queue.yaml": {FULL},
    "profiles/params/queue.yaml": {FULL},
    "storage/own_file.yaml": {FULL},
    "storage/separate_state.yaml": {FULL},
    "storage/no_detections.yaml": {FULL},
    "storage/disabled.yaml": {FULL},
    "history/revenue.yaml": {CHECKOUT},
    "files/csv.yaml": {"fired 06-28 00:00"},
    "files/csv_many.yaml": {"fired 06-28 00:00"},
    "files/parquet.yaml": {"fired 06-29 22:00"},
    "files/ndjson.yaml": {REFUSED},
    "tags/orders.yaml": {CHECKOUT},
    "tags/queue.yaml": {FULL},
    "tags/revenue.yaml": {FRIDAY_OF_BERLIN},
}


@dataclass(frozen=True)
class Shop:
    """The examples in a folder of their own, with their data."""

    folder: Path
    loader: ConfigLoader
    loaded: Loaded

    def config(self, file: str) -> MetricConfig:
        everything = (*self.loaded.configs, *self.loaded.load_definitions)
        (found,) = (one for one in everything if one.path == self.folder / file)
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop") / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns(*OUTSIDE))
    runpy.run_path(str(folder / "make_data.py"), run_name="__main__")
    loader = ConfigLoader(environ={"HOME": str(folder)})
    return Shop(folder, loader, loader.load_many([folder]))


@pytest.fixture(scope="module")
def week(shop: Shop) -> Iterator[tuple[Mapping[str, MetricReport], Mapping[str, MetricReport]]]:
    """What a run a week ago reported, and one now: it catches up with all that was between."""
    clock = VirtualClock(A_WEEK_AGO)
    runnable = [
        one
        for one in shop.loaded.configs
        if one.path.parent.name != SERVERS and not SENDERS & {a.type for a in one.alerters}
    ]
    names = [str(one.path.relative_to(shop.folder)) for one in runnable]
    with Checker(loader=shop.loader, clock=clock) as checker:
        first = checker.run(runnable).metrics
        clock.set(NOW)
        second = checker.run(runnable).metrics
        yield dict(zip(names, first, strict=True)), dict(zip(names, second, strict=True))


def test_all_examples_load_together_without_a_remark(shop: Shop) -> None:
    assert [str(error) for error in shop.loaded.errors] == []
    everything = (*shop.loaded.configs, *shop.loaded.load_definitions)
    assert [warning for one in everything for warning in one.warnings] == []
    assert sorted(str(one.path.relative_to(shop.folder)) for one in everything) == FILES
    assert {str(one.path.relative_to(shop.folder)) for one in shop.loaded.load_definitions} == LOADS


@pytest.mark.parametrize("file", FILES)
def test_an_example_says_first_what_it_shows(file: str) -> None:
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    assert re.match(r"# .+\n(# .+\n)*name: ", text)


@pytest.mark.parametrize("page", ["examples/README.md", "docs/examples.md"])
def test_the_index_names_every_example(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+\.yaml)`", text)
    assert sorted({name for name in named if "detectk_" not in name}) == FILES


@pytest.mark.parametrize("file", [f for f in FILES if f not in LOADS and SERVERS not in f])
def test_an_example_runs_as_it_is_written(
    file: str, shop: Shop, week: tuple[Mapping[str, MetricReport], Mapping[str, MetricReport]]
) -> None:
    config = shop.config(file)
    if SENDERS & {alerter.type for alerter in config.alerters}:
        with Checker(loader=shop.loader, clock=VirtualClock(NOW)) as checker:
            (report,) = checker.run([config], dry_run=True).metrics
        assert report.error is None
        assert report.verdicts
        return
    for reports in week:
        report = reports[file]
        assert report.error is None
        assert report.warnings == ()
        assert report.pending == 0
        assert report.collected


@pytest.mark.parametrize("file", TOLD)
def test_an_example_finds_what_is_wrong_and_nothing_else(
    file: str, week: tuple[Mapping[str, MetricReport], Mapping[str, MetricReport]]
) -> None:
    first, second = week
    assert first[file].notices == ()
    told = {
        f"{notice.kind} {notice.incident.onset:%m-%d %H:%M}"
        for notice in second[file].notices
        if notice.kind in ("fired", "no_data")
    }
    assert told == TOLD[file]


def test_what_late_rows_disprove_is_taken_back_and_patience_never_says_it(shop: Shop) -> None:
    """Two hours of Friday arrive five hours late: 12 hours of mutability, or 6 of delay."""
    configs = [shop.config(f"sources/{name}.yaml") for name in ("late_data", "delay")]
    clock = VirtualClock(datetime(2024, 6, 28, 7, 1, tzinfo=timezone.utc))
    told: dict[str, list[tuple[int, str]]] = {config.name: [] for config in configs}
    fresh = ConfigLoader(environ={"DETECTK_HOME": str(shop.folder / "late")})
    with Checker(loader=fresh, clock=clock) as checker:
        configs = [fresh.load(config.path) for config in configs]
        while clock.now().hour < 20:
            for report in checker.run(configs).metrics:
                assert report.error is None
                told[report.metric] += [(clock.now().hour, n.kind) for n in report.notices]
            clock.set(clock.now() + HOUR)
    assert told["payments_delayed"] == []
    assert told["payments"][0] == (9, "fired")
    assert "retracted" in [kind for _, kind in told["payments"]]


def test_a_load_definition_brings_the_past_of_the_live_metric(shop: Shop) -> None:
    live, past = shop.config("history/revenue.yaml"), shop.config("history/revenue_load.yaml")
    assert past.name == live.name
    home = ConfigLoader(environ={"DETECTK_HOME": str(shop.folder / "loaded")})
    with Checker(loader=home, clock=VirtualClock(NOW)) as checker:
        loaded = checker.load(home.load(past.path))
    # 6 May to 24 June is seven weeks, each a batch of 168 hours; nights may have no row.
    assert loaded.batches == 7
    assert 0.9 * 7 * 168 < loaded.rows <= 7 * 168
    assert loaded.verdicts


# What each example would tell without the lines that it is about.
WITHOUT: Mapping[str, tuple[str, set[str]]] = {
    "statistics/known_incidents.yaml": (r"(?ms)^incidents:.*?^(?=detector)", {CHECKOUT}),
    "statistics/changes.yaml": (r".*input: changes\n", set()),
    "statistics/detrend.yaml": (r".*detrend: linear\n", set()),
    "seasons/holidays.yaml": (r".*holidays: {.*\n", {"fired 06-23 22:00", FRIDAY_OF_BERLIN}),
    "seasons/month_end.yaml": (r".*seasonal_features: .*\n", set()),
    "seasons/events_file.yaml": (r", newsletter]\n.*events: .*(?=\n)", {"fired 06-25 14:00"}),
}


def fired_without(shop: Shop, file: str, lines: str) -> list[Notice]:
    """Return the incidents that an example finds in the week when ``lines`` are not in it."""
    text = (shop.folder / file).read_text(encoding="utf-8")
    text, times = re.subn(lines, "]" if lines.startswith(",") else "", text)
    assert times == 1
    fresh = ConfigLoader(environ={"DETECTK_HOME": str(shop.folder / "without" / file)})
    clock = VirtualClock(A_WEEK_AGO)
    config = fresh.load_text(text, shop.folder / file)
    with Checker(loader=fresh, clock=clock) as checker:
        checker.run([config])
        clock.set(NOW)
        (report,) = checker.run([config]).metrics
    assert report.error is None
    return list(report.notices)


@pytest.mark.parametrize("file", WITHOUT)
def test_the_lines_that_an_example_is_about_matter(file: str, shop: Shop) -> None:
    lines, wanted = WITHOUT[file]
    notices = fired_without(shop, file, lines)
    assert {f"fired {n.incident.onset:%m-%d %H:%M}" for n in notices if n.kind == "fired"} == wanted


def test_a_clamp_keeps_what_is_wrong_from_becoming_normal(
    shop: Shop, week: tuple[Mapping[str, MetricReport], Mapping[str, MetricReport]]
) -> None:
    file = "statistics/clamp.yaml"
    with_it = [n for n in week[1][file].notices if n.kind == "resolved"]
    without = [
        n for n in fired_without(shop, file, r".*stabilize: clamp\n") if n.kind == "resolved"
    ]
    assert [f"{n.incident.until:%H:%M}" for n in (*with_it, *without)] == ["10:40", "10:15"]


def test_a_share_of_few_orders_is_no_value(
    week: tuple[Mapping[str, MetricReport], Mapping[str, MetricReport]],
) -> None:
    (verdicts,) = week[1]["thresholds/greater_equal.yaml"].verdicts
    assert Status.NULL in verdicts.status.tolist()


def test_the_data_are_the_same_every_time(shop: Shop, tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "make_data.py", tmp_path)
    runpy.run_path(str(tmp_path / "make_data.py"), run_name="__main__")
    for path in (tmp_path / "data").iterdir():
        assert path.read_bytes() == (shop.folder / "data" / path.name).read_bytes(), path.name


def words(code: str) -> str:
    """Return the lines of ``code`` whatever their depth: an excerpt of a class has none."""
    return "\n".join(line.strip() for line in code.splitlines() if line.strip())


def test_the_page_about_plugins_shows_the_plugin_as_it_is() -> None:
    page = (ROOT / "docs/plugins.md").read_text(encoding="utf-8")
    shown = re.findall(r'```\w+ title="(acme-[^"]+)"\n(.*?)```', page, re.DOTALL)
    assert len(shown) >= 7
    for file, excerpt in shown:
        assert words(excerpt) in words((EXAMPLES / file).read_text(encoding="utf-8")), file
