"""Labels are canonical: equal series have equal keys."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectk.values import NO_LABELS, Labels


def test_a_plain_metric_has_the_empty_key() -> None:
    assert NO_LABELS.key == "{}"
    assert not NO_LABELS
    assert str(NO_LABELS) == ""


def test_names_are_sorted_and_values_are_text() -> None:
    labels = Labels.of({"device": "phone", "country": 49})
    assert labels.key == '{"country":"49","device":"phone"}'
    assert list(labels) == [("country", "49"), ("device", "phone")]
    assert str(labels) == "country=49, device=phone"


def test_two_spellings_of_one_letter_are_one_label() -> None:
    composed, decomposed = Labels.of({"city": "K\u00f6ln"}), Labels.of({"city": "Ko\u0308ln"})
    assert composed == decomposed
    assert composed.digest == decomposed.digest
    assert len(composed.digest) == 32


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4))
def test_a_key_gives_its_labels_back(mapping: dict[str, str]) -> None:
    labels = Labels.of(mapping)
    assert Labels.from_key(labels.key) == labels
