"""Many files at once."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

from detectk.config import ConfigLoader, Loaded, Skipped

Write = Callable[[str, str], str]


def metric(name: str, more: str = "") -> str:
    return (
        f"name: {name}\ncollector: {{type: sqlite, params: {{query: "
        f"'{{{{ period_start }}}} {{{{ period_finish }}}}'}}}}\ndetector: {{type: mad}}\n{more}"
    )


LOAD = "schedule: {start_time: 2024-01-01}\nalerter: {enabled: false}\n"


def names(loaded: Loaded) -> list[str]:
    return [config.name for config in loaded.configs]


def test_a_folder_is_walked_in_order(loader: ConfigLoader, write: Write) -> None:
    for name in ("b.yaml", "a/z.yml", "a/y.yaml", "a.txt", ".hidden/c.yaml", ".h.yaml"):
        write(f"metrics/{name}", metric(name.replace("/", "-").partition(".")[0] or "h"))
    assert names(loader.load_many(["metrics"])) == ["b", "a-y", "a-z"]


def test_one_wrong_file_never_stops_the_others(loader: ConfigLoader, write: Write) -> None:
    write("metrics/a.yaml", "name: [")
    write("metrics/b.yaml", metric("b"))
    write("metrics/c.yaml", metric("c", "detectors: []\nschedul: 1\n"))
    write("metrics/d.yaml", "")
    loaded = loader.load_many(["metrics"])
    assert names(loaded) == ["b"]
    assert [str(error).partition(": ")[0] for error in loaded.errors] == [
        "metrics/a.yaml:1:8",
        "metrics/c.yaml:4:1",
        "metrics/c.yaml:4:12",
        "metrics/c.yaml:5:1",
        "metrics/d.yaml",
    ]


def test_what_is_no_metric_is_skipped_in_a_folder(loader: ConfigLoader, write: Write) -> None:
    write("m/detectk_profiles.yaml", "prod: {type: sqlite}")
    write("m/detectk_project.yaml", "name: shop")
    write("m/commented.yaml", "# name: x\n")
    write("m/compose.yaml", "name: x\nservices: {}\n")
    write("m/list.yaml", "- name: x\n")
    write("m/pods.yaml", "kind: Pod\n---\nkind: Pod\n")
    loaded = loader.load_many(["m"])
    assert loaded.errors == loaded.configs == ()
    assert loaded.skipped == (
        Skipped("m/commented.yaml", "comments only"),
        Skipped("m/compose.yaml", "not a metric"),
        Skipped("m/detectk_profiles.yaml", "shared settings"),
        Skipped("m/detectk_project.yaml", "shared settings"),
        Skipped("m/list.yaml", "not a metric"),
        Skipped("m/pods.yaml", "not a metric"),
    )


def test_a_misspelt_key_does_not_make_a_metric_disappear(
    loader: ConfigLoader, write: Write
) -> None:
    write("m/a.yaml", metric("a").replace("collector", "colector"))
    [error, *_] = loader.load_many(["m"]).errors
    assert "missing key 'collector'" in str(error)


def test_a_file_that_is_named_must_be_a_metric(loader: ConfigLoader, write: Write) -> None:
    path = write("m/compose.yaml", "name: x\nservices: {}\n")
    loaded = loader.load_many([path, "nowhere.yaml"])
    assert [str(error) for error in loaded.errors] == [
        "m/compose.yaml:1:1: missing key 'collector'",
        "m/compose.yaml:1:1: missing key 'detector'; add it",
        "m/compose.yaml:2:1: unknown key 'services'",
        "nowhere.yaml: cannot be read: no such file or directory",
    ]


def test_patterns_find_files_and_folders(loader: ConfigLoader, write: Write) -> None:
    write("m/a.yaml", metric("a"))
    write("m/b.yaml", metric("b"))
    write("m/c/d.yaml", metric("d"))
    write("m/readme.md", "x")
    assert names(loader.load_many(["m/[ab].yaml"])) == ["a", "b"]
    assert names(loader.load_many(["m/*"])) == ["a", "b", "d"]
    assert names(loader.load_many(["m/**/*.yaml"])) == ["a", "b", "d"]
    loaded = loader.load_many(["x*.yaml", "m/a.yaml"])
    assert names(loaded) == ["a"]
    assert [str(error) for error in loaded.errors] == [
        "x*.yaml: matches no file; check the pattern"
    ]


def test_a_name_with_brackets_is_a_file_first(loader: ConfigLoader, write: Write) -> None:
    assert names(loader.load_many([write("m[1].yaml", metric("a"))])) == ["a"]


def test_a_file_is_loaded_once(loader: ConfigLoader, write: Write, project: Path) -> None:
    write("m/a.yaml", metric("a"))
    (project / "m" / "link.yaml").symlink_to(project / "m" / "a.yaml")
    (project / "m" / "loop").symlink_to(project / "m")
    assert names(loader.load_many(["m", "m/a.yaml", project / "m"])) == ["a"]


def test_a_virtual_environment_is_not_entered(loader: ConfigLoader, write: Write) -> None:
    write("m/venv/pyvenv.cfg", "")
    write("m/venv/a.yaml", metric("a"))
    assert loader.load_many(["m"]) == Loaded()


def test_two_live_metrics_of_one_name_are_both_left_out(loader: ConfigLoader, write: Write) -> None:
    write("m/a.yaml", metric("orders"))
    write("m/b.yaml", metric("orders"))
    write("m/c.yaml", metric("other"))
    loaded = loader.load_many(["m"])
    assert names(loaded) == ["other"]
    assert [str(error) for error in loaded.errors] == [
        (
            "metric 'orders' is defined in 2 files: m/a.yaml, m/b.yaml; rename one, or make it a "
            "load definition: schedule.start_time with alerter.enabled: false"
        )
    ]


def test_a_load_definition_stands_beside_its_metric(loader: ConfigLoader, write: Write) -> None:
    write("m/orders.yaml", metric("orders"))
    write("m/orders_historical.yaml", metric("orders", LOAD))
    write("m/orders_more.yaml", metric("orders", LOAD))
    loaded = loader.load_many(["m"])
    assert names(loaded) == ["orders"]
    assert [str(config.path) for config in loaded.load_definitions] == [
        "m/orders_historical.yaml",
        "m/orders_more.yaml",
    ]
    assert loaded.errors == ()


def test_a_link_to_nowhere_is_one_error(loader: ConfigLoader, write: Write, project: Path) -> None:
    write("m/a.yaml", metric("a"))
    (project / "m" / "gone.yaml").symlink_to(project / "nowhere")
    loaded = loader.load_many(["m"])
    assert names(loaded) == ["a"]
    assert [str(error) for error in loaded.errors] == [
        "m/gone.yaml: cannot be read: no such file or directory"
    ]


def test_the_garbage_collector_is_left_as_it_was(loader: ConfigLoader, write: Write) -> None:
    write("m/a.yaml", metric("a"))
    assert gc.isenabled()
    loader.load_many(["m"])
    assert gc.isenabled()
    gc.disable()
    try:
        loader.load_many(["m"])
        assert not gc.isenabled()
    finally:
        gc.enable()
