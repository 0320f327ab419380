"""A metric's file, right and wrong."""

# ruff: noqa: E501  # a message is one line, and is compared as one

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from detectk.config import ConfigLoader, MetricConfig, all_errors
from detectk.errors import ConfigError, PluginError
from detectk.plugin.catalogue import Catalogue

Load = Callable[[str], MetricConfig]
Complain = Callable[[str], list[str]]
Write = Callable[[str, str], str]

QUERY = "query: '{{ period_start }} {{ period_finish }}'"
METRIC = f"""\
name: orders
collector:
  type: sqlite
  params:
    {QUERY}
detector:
  type: mad
"""
CLICKHOUSE = METRIC.replace("sqlite", "clickhouse")


def test_the_least_metric_is_valid(load: Load) -> None:
    config = load(METRIC)
    assert (config.name, config.description, config.tags) == ("orders", "", ())
    assert config.collector.type == "sql"
    assert config.collector.written == "sqlite"
    assert config.collector.kind == "collector"
    assert config.storage.type is None
    assert config.storage.component is config.storage.options is None
    assert (config.storage.enabled, config.storage.save_detections) == (True, True)
    assert config.storage.datapoints_retention_days == 90
    assert config.storage.detections_retention_days == 90
    assert config.state is None
    assert [detector.type for detector in config.get_detectors()] == ["mad"]
    assert config.get_detectors()[0].id is None
    assert config.alerters == ()
    assert config.rules == {}
    assert config.schedule.interval == "10 minutes"
    assert config.metadata == {}
    assert config.path == Path("m.yaml")
    assert config.warnings == ()
    assert not config.is_load_definition


def test_empty_optional_blocks_are_absent_ones(load: Load) -> None:
    blocks = ("storage", "state", "alerter", "alerters", "alerting", "schedule", "metadata")
    text = METRIC + "".join(f"{block}:\n" for block in (*blocks, "tags", "description"))
    assert load(text).storage == load(METRIC).storage
    assert load(text).alerters == ()


def test_the_founding_names_are_there(load: Load) -> None:
    config = load(METRIC + "tags: [critical, hourly]\nschedule: {interval: 1 hour}")
    assert set(config.tags) == {"critical", "hourly"}
    assert config.schedule.interval == "1 hour"
    assert config.schedule.grid.nominal == timedelta(hours=1)


def test_load_file_is_load(loader: ConfigLoader, write: Write) -> None:
    path = write("metrics/orders.yaml", METRIC)
    assert loader.load_file(path).name == loader.load(Path(path)).name == "orders"
    assert loader.load(path).path == Path("metrics/orders.yaml")


def test_a_config_can_be_sent_to_another_process(load: Load) -> None:
    config = load(METRIC + "alerter: {type: slack, params: {webhook_url: s3cret-hook}}")
    copy = pickle.loads(pickle.dumps(config))  # noqa: S301  # our own bytes
    assert copy.collector.options == config.collector.options
    assert copy.redactor.redact("s3cret-hook") == "***"


def test_a_secret_shows_in_no_repr(load: Load) -> None:
    text = CLICKHOUSE.replace("params:", "params:\n    user: ${POSTGRES_PASSWORD}")
    config = load(text + "alerter: {type: slack, params: {webhook_url: s3cret-hook}}")
    assert "s3cret" not in repr(config)


def test_row_options_may_stand_beside_params(load: Load) -> None:
    text = METRIC.replace(
        "  params:", "  value_column: amount\n  context_columns: [hour]\n  params:"
    )
    options = load(text).collector.options.model_dump()
    assert options["value_column"] == "amount"
    assert options["context_columns"] == ("hour",)


def test_the_storages_own_keys_may_stand_in_params(load: Load) -> None:
    storage = load(
        METRIC + "storage: {type: sql, params: {path: a.db, datapoints_retention_days: 7, "
        "save_detections: false}}"
    ).storage
    assert storage.datapoints_retention_days == 7
    assert not storage.save_detections
    assert storage.block
    assert storage.component == storage.block.component
    assert storage.options == storage.block.options


def test_the_embedded_storage_has_keys_too(load: Load) -> None:
    storage = load(
        METRIC + "storage: {enabled: no, params: {detections_retention_days: 7}}"
    ).storage
    assert (storage.type, storage.enabled, storage.detections_retention_days) == (None, False, 7)


def test_state_is_another_storage(load: Load) -> None:
    state = load(METRIC + "state: {type: postgres}").state
    assert state
    assert (state.kind, state.type) == ("storage", "sql")


def test_several_detectors_and_alerters_are_kept_in_order(load: Load) -> None:
    config = load(
        METRIC.replace("detector:\n  type: mad\n", "")
        + "detectors: [{type: mad, id: wide}, {type: threshold, params: {threshold: 1}}, {type: plain}]\n"
        "alerter: [{type: slack, params: {webhook_url: x1}}, {enabled: false}]"
    )
    assert [detector.type for detector in config.detectors] == ["mad", "threshold", "plain"]
    assert [detector.id for detector in config.detectors] == ["wide", None, None]
    assert [alerter.type for alerter in config.alerters] == ["slack", None]
    assert config.alerters[0].component
    assert config.alerters[0].options
    assert config.alerters[1].component is config.alerters[1].options is None


def test_a_template_is_an_option_of_the_alerter(load: Load) -> None:
    text = METRIC + "alerter: {type: slack, params: {webhook_url: x1, template: '${{ value }}'}}"
    [alerter] = load(text).alerters
    assert alerter.options
    assert alerter.options.model_dump()["message_template"] == "${{ value }}"


@pytest.mark.parametrize(
    ("blocks", "is_load"),
    [
        ("schedule: {start_time: 2024-01-01}\nalerter: {enabled: false}", True),
        (
            "schedule: {start_time: 2024-01-01}\nalerters: [{enabled: false}, {enabled: false}]",
            True,
        ),
        ("schedule: {start_time: 2024-01-01}", False),
        ("alerter: {enabled: false}", False),
        (
            (
                "schedule: {start_time: 2024-01-01}\n"
                "alerter: [{enabled: false}, {type: slack, params: {webhook_url: x1}}]"
            ),
            False,
        ),
    ],
)
def test_a_load_definition_begins_somewhere_and_alerts_nobody(
    load: Load, blocks: str, *, is_load: bool
) -> None:
    assert load(f"{METRIC}{blocks}\n").is_load_definition is is_load


def test_references_work_in_any_value(load: Load) -> None:
    text = CLICKHOUSE.replace("params:", "params:\n    port: ${PORT:-9440}")
    config = load(
        text + "schedule: {interval: '${EVERY:-1 hour}'}\nmetadata: {h: '${CLICKHOUSE_HOST}'}"
    )
    assert config.collector.options.model_dump()["port"] == 9440
    assert config.schedule.interval == "1 hour"
    assert config.metadata == {"h": "ch.example.com"}


def test_a_plugin_reads_secrets(load: Load) -> None:
    text = CLICKHOUSE.replace("params:", "params:\n    password: ${vault:db/password}")
    config = load(text)
    assert config.redactor.redact("s3cret-vault") == "***"


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            ("\ndetector", "\nbacktest: {enabled: true}\ndetector"),
            "m.yaml:6:1: backtest: this block is no longer used; remove it",
        ),
        (
            ("params:", "params:\n    query_timeout: 5"),
            "m.yaml:5:5: collector.params: 'query_timeout' is deprecated; write 'timeout'",
        ),
        (
            ("params:", "params:\n    interval: 1 hour"),
            "m.yaml:5:5: collector.params.interval: is deprecated; write it under 'schedule'",
        ),
        (
            ("\ndetector", "\nstorage: {retention_days: 30}\ndetector"),
            (
                "m.yaml:6:11: storage: 'retention_days' is deprecated; "
                "write 'datapoints_retention_days'"
            ),
        ),
        (
            (" {{ period_finish }}", ""),
            (
                "m.yaml:5:5: collector.params.query: does not use both {{ period_start }} and "
                "{{ period_finish }}; rows outside the window are dropped"
            ),
        ),
        (
            (" {{ period_finish }}", "{% if period_start %}x{% endif %}"),
            (
                "m.yaml:5:5: collector.params.query: does not use both {{ period_start }} and "
                "{{ period_finish }}; rows outside the window are dropped"
            ),
        ),
    ],
)
def test_what_is_deprecated_or_odd_is_accepted_with_a_warning(
    load: Load, change: tuple[str, str], warning: str
) -> None:
    assert load(CLICKHOUSE.replace(*change)).warnings == (warning,)


def test_deprecated_keys_still_work(load: Load) -> None:
    text = CLICKHOUSE.replace("params:", "params:\n    interval: 1 hour\n    query_timeout: 5")
    config = load(text + "storage: {params: {retention_days: 30}}")
    assert config.schedule.interval == "1 hour"
    assert config.collector.options.model_dump()["timeout"] == 5
    assert config.storage.datapoints_retention_days == 30


def test_an_interval_said_twice_may_be_said_the_same(load: Load) -> None:
    text = METRIC.replace("params:", "params:\n    interval: 60 minutes")
    assert load(text + "schedule: {interval: 1 hour}").schedule.interval == "1 hour"


def test_a_query_with_filters_is_bounded_too(load: Load) -> None:
    text = METRIC.replace("{{ period_finish }}", "{{ period_finish | datetime_format }}")
    assert load(text).warnings == ()


def test_the_queries_of_events_are_templates_too(load: Load, complain: Complain) -> None:
    text = METRIC.replace("params:", "params:\n    events:\n      promo: 'SELECT {{ it }}'")
    assert load(text).warnings == ()
    assert complain(text.replace("{{ it }}", "{{ it")) == [
        "m.yaml:6:14: collector.params.events.promo: query, line 1: unexpected end of template, expected 'end of print statement'; correct the template"
    ]


def test_options_of_other_shapes_are_read(load: Load) -> None:
    text = (
        METRIC.replace("sqlite", "http")
        .replace(
            QUERY, "{url: x, body: b, auth: {username: u, password: s3cret-auth}, headers: {A: b}}"
        )
        .replace("params:\n    {", "params: {")
    )
    config = load(text)
    assert config.collector.options.model_dump()["data"] == "b"
    assert config.redactor.redact("s3cret-auth") == "***"


WRONG: list[tuple[str, str, str]] = [
    (
        "name: orders",
        "name: or ders",
        "1:7: name: 'or ders' has more than letters, digits, '_' and '-'; rename it",
    ),
    ("name: orders", "name: 12", "1:7: name: 12 is not text; put it in quotes"),
    (
        "name: orders",
        'name: "a\\n"',
        "1:7: name: 'a\\n' has more than letters, digits, '_' and '-'; rename it",
    ),
    ("name: orders\n", "", "1:1: missing key 'name'"),
    (
        "name: orders\n",
        "name: orders\ntags: critical\n",
        "2:7: tags: 'critical' is not a list; write [...]",
    ),
    (
        "name: orders\n",
        "name: orders\ntags: [1]\n",
        "2:8: tags[0]: 1 is not text; put it in quotes",
    ),
    ("name: orders\n", "name: orders\ntimezone: UTC\n", "2:1: unknown key 'timezone'"),
    ("collector:", "colector:", "2:1: unknown key 'colector'; did you mean 'collector'?"),
    (
        "  type: sqlite\n",
        "  type: sqlit\n",
        "3:9: collector type 'sqlit' is not installed; did you mean 'sqlite'?",
    ),
    (
        "  type: sqlite\n",
        "  type: sqlite\n  host: x\n",
        "4:3: collector: unknown key 'host'; options of a component go under 'params'",
    ),
    (
        "  type: sqlite\n",
        "  type: sqlite\n  parms: x\n",
        "4:3: collector: unknown key 'parms'; did you mean 'params'?",
    ),
    ("  type: sqlite\n", "", "2:1: collector: missing key 'type'; add it"),
    ("  type: sqlite\n", "  type: ''\n", "3:9: collector.type: is empty; fill it in or remove it"),
    ("  type: sqlite\n", "  type: 3\n", "3:9: collector.type: 3 is not text; put it in quotes"),
    ("  type: sqlite\n", "  type: broken\n", "3:9: collector 'broken': cannot import nowhere"),
    (
        "  type: sqlite\n",
        "  type: sqlite\n  fill: zeros\n",
        "4:9: collector.fill: 'zeros' is not one of 'zero', 'previous'; did you mean 'zero'?",
    ),
    ("    query:", "    quer:", "4:3: collector.params: missing key 'query'"),
    (
        QUERY,
        "query: x\n    dialect: postgresql",
        "6:14: collector.params.dialect: type 'sqlite' means dialect 'sqlite'; remove one of them",
    ),
    (
        QUERY,
        "query: x\n    host: h",
        "4:3: collector.params: host 'h' is not for a file; remove it",
    ),
    (
        QUERY,
        "query: x\n    value_column: b\n  value_column: a",
        "7:3: collector: 'value_column' is here and in 'params'; keep one",
    ),
    (
        QUERY,
        "query: 'SELECT {{ x'",
        "5:12: collector.params.query: query, line 1: unexpected end of template, expected 'end of print statement'; correct the template",
    ),
    (QUERY, "query: [1]", "5:12: collector.params.query: a list is not text"),
    (
        QUERY,
        "query: x\n    max_series: 0",
        "6:17: collector.params.max_series: 0 is not at least 1",
    ),
    (
        QUERY,
        "query: x\n    context_columns: hour",
        "6:22: collector.params.context_columns: 'hour' is not a list; write [...]",
    ),
    (
        QUERY,
        "query: x\n    interval: 1 hour\nschedule: {interval: 1 day}",
        "6:15: collector.params.interval: '1 hour' is not schedule.interval '1 day'; keep schedule.interval",
    ),
    (
        "  params:\n    " + QUERY,
        "  params: 3",
        "4:11: collector.params: is not a mapping; write key: value below",
    ),
    ("detector:\n  type: mad\n", "", "1:1: missing key 'detector'; add it"),
    (
        "detector:\n  type: mad\n",
        "detectors: []\n",
        "6:12: detectors: is empty; fill it in or remove it",
    ),
    ("detector:\n  type: mad\n", "detectors: [3]\n", "6:13: detectors[0]: 3 is not a mapping"),
    (
        "detector:\n",
        "detectors: [{type: plain}]\ndetector:\n",
        "6:1: 'detector' and 'detectors' are both here; keep one",
    ),
    (
        "detector:\n  type: mad\n",
        "detectors: [{type: mad}, {type: mad}]\n",
        "6:26: detectors[1]: another detector has the same type and params; remove one of them",
    ),
    (
        "detector:\n  type: mad\n",
        "detectors: [{type: mad, id: a}, {type: plain, id: a}]\n",
        "6:51: detectors[1].id: 'a' is taken by another detector; rename one of them",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  id: a b\n",
        "8:7: detector.id: 'a b' has more than letters, digits, '_' and '-'; rename it",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {n_sigma: -1}\n",
        "8:21: detector.params.n_sigma: -1 is not above 0",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {n_sigma: high}\n",
        "8:21: detector.params.n_sigma: 'high' is not a number",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {use_weighted: maybe}\n",
        "8:26: detector.params.use_weighted: 'maybe' is not true or false",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {window_size: soon}\n",
        "8:25: detector.params.window_size: 'soon' is not a length of time; write '30 days'",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {window_size: []}\n",
        "8:25: detector.params.window_size: a list is not a whole number or text",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {weights_type: exp}\n",
        "8:26: detector.params.weights_type: 'exp' is not one of 'exponential', 'linear'",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {sigma: 3}\n",
        "8:12: detector.params: unknown key 'sigma'; did you mean 'n_sigma'?",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  profile: x\n",
        "8:3: detector: unknown key 'profile'; options of a component go under 'params'",
    ),
    (
        "  type: mad\n",
        "  type: mad\n  params: {min_samples: 3, min_window_size: 3}\n",
        "8:28: detector.params: 'min_window_size' and 'min_samples' are the same; keep one",
    ),
    ("detector:", "alerter: {}\ndetector:", "6:1: alerter: missing key 'type'; add it"),
    ("detector:", "alerter: 3\ndetector:", "6:10: alerter: 3 is not a mapping or a list"),
    (
        "detector:",
        "alerter: {enabled: maybe}\ndetector:",
        "6:20: alerter.enabled: 'maybe' is not true or false",
    ),
    (
        "detector:",
        "alerter: {type: slack}\ndetector:",
        "6:1: alerter.params: missing key 'webhook_url'",
    ),
    (
        "detector:",
        "alerter: {type: telegram}\ndetector:",
        "6:17: alerter type 'telegram' is not installed; installed: mattermost, slack",
    ),
    (
        "detector:",
        "alerters: [{enabled: false}]\nalerter: {enabled: false}\ndetector:",
        "6:1: 'alerter' and 'alerters' are both here; keep one",
    ),
    (
        "detector:",
        "alerter: {type: slack, params: {webhook_url: [s3cret]}}\ndetector:",
        "6:46: alerter.params.webhook_url: *** is not text",
    ),
    (
        "detector:",
        "storage: {type: sql, enable: true}\ndetector:",
        "6:22: storage: unknown key 'enable'; did you mean 'enabled'?",
    ),
    (
        "detector:",
        "storage: {enabled: maybe}\ndetector:",
        "6:20: storage.enabled: 'maybe' is not true or false",
    ),
    (
        "detector:",
        "storage: {params: {path: x}}\ndetector:",
        "6:11: storage: has params, but neither type nor profile; add 'type'",
    ),
    (
        "detector:",
        "storage: {type: memory}\ndetector:",
        "6:17: storage type 'memory' is not installed; installed: clickhouse, oracle, postgres, sql, sqlite",
    ),
    (
        "detector:",
        "storage: {save_detections: true, params: {save_detections: true}}\ndetector:",
        "6:11: storage: 'save_detections' is here and in 'params'; keep one",
    ),
    (
        "detector:",
        "storage: {retention_days: 3, datapoints_retention_days: 3}\ndetector:",
        "6:11: storage: 'retention_days' and 'datapoints_retention_days' are the same; keep one",
    ),
    (
        "detector:",
        "storage: {datapoints_retention_days: 0}\ndetector:",
        "6:38: storage.datapoints_retention_days: 0 is not at least 1",
    ),
    ("detector:", "state: {params: {}}\ndetector:", "6:1: state: missing key 'type'; add it"),
    ("detector:", "schedule: 3\ndetector:", "6:11: schedule: 3 is not a mapping"),
    (
        "detector:",
        "schedule: {interval: 10 parsecs}\ndetector:",
        "6:22: schedule.interval: unit 'parsecs' of '10 parsecs' is unknown; did you mean 'secs'?",
    ),
    (
        "detector:",
        "schedule: {timezone: Europe/Berln}\ndetector:",
        "6:22: schedule.timezone: time zone 'Europe/Berln' is unknown; did you mean 'Europe/Berlin'?",
    ),
    (
        "detector:",
        "schedule: {intervall: 1h}\ndetector:",
        "6:12: schedule: unknown key 'intervall'; did you mean 'interval'?",
    ),
    ("detector:", "metadata: 3\ndetector:", "6:11: metadata: 3 is not a mapping"),
    (
        "  type: mad",
        "  type: ${UNSET}",
        "7:9: detector.type: environment variable UNSET is not set; set it or write ${UNSET:-default}",
    ),
]


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_wrong_file_gets_one_line_with_its_place(
    complain: Complain, old: str, new: str, message: str
) -> None:
    lines = complain(METRIC.replace(old, new))
    assert f"m.yaml:{message}" in lines
    assert len(lines) <= 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m.yaml: is empty; write a metric, or remove the file"),
        ("# later\n", "m.yaml: is empty; write a metric, or remove the file"),
        ("- a\n", "m.yaml:1:1: is not a mapping; begin with 'name: ...'"),
        ("just words\n", "m.yaml:1:1: is not a mapping; begin with 'name: ...'"),
        (
            METRIC + "---\n" + METRIC,
            "m.yaml:8:1: a second document begins here; one file is one metric",
        ),
    ],
)
def test_what_is_no_metric_at_all_is_said(complain: Complain, text: str, message: str) -> None:
    assert complain(text) == [message]


def test_everything_wrong_is_told_in_file_order(loader: ConfigLoader) -> None:
    text = METRIC.replace("orders", "or ders").replace("mad", "mda").replace("query", "quer")
    with pytest.raises(ConfigError) as caught:
        loader.load_text(text, "m.yaml")
    assert [str(error).partition(" ")[0] for error in all_errors(caught.value)] == [
        "m.yaml:1:7:",
        "m.yaml:4:3:",
        "m.yaml:5:5:",
        "m.yaml:7:9:",
    ]
    assert str(caught.value) == str(all_errors(caught.value)[0])


def test_a_component_that_is_known_comes_with_its_install_line(loader: ConfigLoader) -> None:
    with pytest.raises(PluginError) as caught:
        loader.load_text(METRIC.replace("type: mad", "type: iqr"), "m.yaml")
    assert str(caught.value) == (
        "m.yaml:7:9: detector type 'iqr' is not installed; pip install detectk-detectors"
    )
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    query:",
            "    port: ${SECRET}\n    query:",
            "m.yaml:5:11: collector.params.port: *** is not a whole number",
        ),
        (
            "  type: mad",
            "  type: ${SECRET}",
            "m.yaml:7:9: detector type '***' is not installed; installed: mad, plain, threshold",
        ),
        (
            "detector:",
            "schedule: {interval: '10 ${SECRET}'}\ndetector:",
            "m.yaml:6:22: schedule.interval: the value given by reference is not valid; check what it refers to",
        ),
        (
            "name: orders",
            "name: ${SECRET}",
            "m.yaml:1:7: name: *** has more than letters, digits, '_' and '-'",
        ),
        (
            "  type: mad",
            "  type: mad\n  params: {weights_type: '${SECRET}'}",
            "m.yaml:8:26: detector.params.weights_type: *** is not one of 'exponential', 'linear'",
        ),
    ],
)
def test_a_referenced_value_is_never_shown(
    catalogue: Catalogue, old: str, new: str, message: str
) -> None:
    loader = ConfigLoader(catalogue, {"SECRET": "hunter two"}, "/")
    with pytest.raises((ConfigError, PluginError)) as caught:
        loader.load_text(CLICKHOUSE.replace(old, new), "m.yaml")
    assert [str(error) for error in all_errors(caught.value)] == [message]


def test_an_option_from_the_environment_names_its_variable(catalogue: Catalogue) -> None:
    loader = ConfigLoader(catalogue, {"CLICKHOUSE_HOST": ""}, "/")
    assert loader.load_text(CLICKHOUSE, "m.yaml").collector.options.model_dump()["host"] == (
        "localhost"
    )
    loader = ConfigLoader(catalogue, {"CLICKHOUSE_PORT": "hunter2"}, "/")
    with pytest.raises(ConfigError) as caught:
        loader.load_text(CLICKHOUSE, "m.yaml")
    assert str(caught.value) == (
        "m.yaml:4:3: collector.params.port: *** is not a whole number (from env CLICKHOUSE_PORT)"
    )


def test_what_an_alias_presets_is_blamed_on_the_type(complain: Complain) -> None:
    assert complain(METRIC.replace("sqlite", "oracle")) == [
        "m.yaml:3:9: collector.type: 'oracle' is not one of 'sqlite', 'postgresql'"
    ]


def test_a_sentence_of_code_loses_the_parts_of_a_secret(catalogue: Catalogue) -> None:
    loader = ConfigLoader(catalogue, {"SECRET": "hunter2"}, "/")
    text = METRIC.replace(QUERY, "query: x\n    host: ${SECRET}")
    with pytest.raises(ConfigError) as caught:
        loader.load_text(text, "m.yaml")
    assert str(caught.value) == (
        "m.yaml:4:3: collector.params: host '***' is not for a file; remove it"
    )


def test_the_defaults_are_the_processs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRIC", "x y")
    loader = ConfigLoader()
    assert loader.catalogue is Catalogue.default()
    with pytest.raises(ConfigError) as caught:
        loader.load_text("name: ${METRIC}\ncollector: {type: x}\n")
    said = " ".join(map(str, all_errors(caught.value)))
    assert "<text>:1:7: name: *** has more than letters" in said


def test_the_project_root_can_be_given(catalogue: Catalogue, project: Path) -> None:
    assert ConfigLoader(catalogue, {}, ".").load_text(METRIC).project.root == project
