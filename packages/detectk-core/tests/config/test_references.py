"""References are resolved scalar by scalar, after parsing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from detectk.config.problems import Problems
from detectk.config.redaction import Redactor
from detectk.config.references import Resolved, Resolver
from detectk.config.yaml_tree import parse

ENVIRON = {"NAME": "value", "EMPTY": "", "ODD": 'a"b: #c\n- d', "NEST": "${NAME}", "N": "7"}


def secrets(scheme: str, name: str) -> str | None:
    if scheme != "vault":
        return None
    if name == "gone":
        raise LookupError(name)
    if name == "down":
        raise RuntimeError("token s3cret")
    return f"secret of {name}"


def resolve(text: str, folder: Path = Path()) -> tuple[Resolved, Problems]:
    problems = Problems(Redactor())
    resolver = Resolver(ENVIRON, secrets, folder=folder, problems=problems)
    return resolver.resolve(parse(text, "m.yaml")), problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${NAME}", "value"),
        ("a-${NAME}-b-${N}", "a-value-b-7"),
        ("${UNSET:-default}", "default"),
        ("${UNSET:-}", ""),
        ("${EMPTY:-default}", "default"),
        ("${EMPTY}", ""),
        ("${NAME:-default}", "value"),
        ("${NEST}", "${NAME}"),
        ("${ODD}", 'a"b: #c\n- d'),
        ("$${NAME}", "${NAME}"),
        ("$$$${NAME}", "$${NAME}"),
        ("$$${NAME}", "$value"),
        ("cost: $5", "cost: $5"),
        ("${{ value | round(2) }}", "${{ value | round(2) }}"),
        ("$NAME", "$NAME"),
        ("'^a${1}'", "'^a${1}'"),
        ("${vault:db/password}", "secret of db/password"),
    ],
)
def test_a_reference_becomes_its_value(text: str, value: str) -> None:
    quoted = text.replace("'", "''")
    resolved, problems = resolve(f"key: '{quoted}'")
    assert resolved.value == {"key": value}
    assert problems.errors == []


def test_a_number_in_the_environment_stays_text() -> None:
    assert resolve("port: ${N}")[0].value == {"port": "7"}


def test_comments_and_keys_are_left_alone() -> None:
    resolved, problems = resolve("# ${UNSET}\n${NAME}: 1\nb: [2, {c: '${N}'}]")
    assert resolved.value == {"${NAME}": 1, "b": [2, {"c": "7"}]}
    assert problems.errors == []


def test_what_was_referred_to_is_tainted_and_secret() -> None:
    resolved, problems = resolve("a: ${NAME}\nb: [x, 'y ${N}']\nc: ${UNSET:-plain}\nd: plain")
    assert resolved.tainted == {("a",), ("b", 1)}
    assert problems.redactor.redact("value 7 plain") == "*** *** plain"


def test_the_file_itself_is_not_changed() -> None:
    tree = parse("a: {b: '${NAME}'}", "m.yaml")
    problems = Problems(Redactor())
    Resolver(ENVIRON, secrets, folder=Path(), problems=problems).resolve(tree)
    assert tree.root == {"a": {"b": "${NAME}"}}


def test_one_part_of_a_file_is_resolved_alone() -> None:
    tree = parse("a: ${UNSET}\nb: {c: '${NAME}'}", "m.yaml")
    problems = Problems(Redactor())
    resolver = Resolver(ENVIRON, secrets, folder=Path(), problems=problems)
    assert resolver.resolve(tree, ("b",)) == Resolved({"c": "value"}, frozenset({("b", "c")}))
    assert problems.errors == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "a:\n  b: ${UNSET}",
            (
                "m.yaml:2:6: a.b: environment variable UNSET is not set; "
                "set it or write ${UNSET:-default}"
            ),
        ),
        ("a: ${vault:gone}", "m.yaml:1:4: a: ${vault:gone} does not exist; check its name"),
        (
            "a: ${vault:down}",
            "m.yaml:1:4: a: ${vault:down} cannot be resolved (RuntimeError); ask its plugin",
        ),
        (
            "a: ${aws:x}",
            (
                "m.yaml:1:4: a: nothing installed reads ${aws:x}; "
                "install a plugin for 'aws', or write $${ for a plain '${'"
            ),
        ),
        (
            "a: ${file:nowhere}",
            (
                "m.yaml:1:4: a: ${file:nowhere} cannot be read: no such file or directory; "
                "check the file"
            ),
        ),
        (
            "a: ${UNSET:-${NAME}}",
            "m.yaml:1:4: a: a reference inside the default of ${UNSET}; give it a plain default",
        ),
    ],
)
def test_what_cannot_be_resolved_is_placed(text: str, message: str, tmp_path: Path) -> None:
    _, problems = resolve(text, tmp_path)
    assert [str(error) for error in problems.errors] == [message]


def test_a_file_gives_its_text_without_the_last_line_break(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    resolved, problems = resolve("a: ${file:token}\nb: ${file:token}", tmp_path)
    assert resolved.value == {"a": "s3cret", "b": "s3cret"}
    assert problems.redactor.redact("s3cret") == "***"


def test_a_secret_is_asked_for_once() -> None:
    asked: list[tuple[str, str]] = []

    def ask(scheme: str, name: str) -> Any:
        asked.append((scheme, name))
        return "x"

    problems = Problems(Redactor())
    resolver = Resolver({}, ask, folder=Path(), problems=problems)
    resolver.resolve(parse("a: ${vault:k}\nb: ${vault:k}", "m.yaml"))
    assert asked == [("vault", "k")]


@pytest.mark.parametrize("text", ["${CLICKHOUSE-HOST}", "${NAME", "${NAME }"])
def test_what_only_looks_like_a_reference_is_kept_with_a_warning(text: str) -> None:
    resolved, problems = resolve(f"a: '{text}'")
    assert resolved.value == {"a": text}
    assert problems.warnings == [
        (
            "m.yaml:1:4: a: a '${' that begins no reference stays as it is; "
            "write ${NAME}, or $${ where it is meant so"
        )
    ]


def test_a_lone_double_dollar_is_worth_a_warning() -> None:
    resolved, problems = resolve("a: 'pa$$word'\nb: '$$$$'\nc: '$${x}'")
    assert resolved.value == {"a": "pa$word", "b": "$$", "c": "${x}"}
    assert problems.warnings == [
        "m.yaml:1:4: a: '$$' stands for one '$'; write '$$$$' for two, '$' for one"
    ]
