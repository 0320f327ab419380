"""Twenty processes want one metric: never do two have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from detectk.testing.contender import CONTENDED, contend_in_processes

if TYPE_CHECKING:
    from places import Place

PROCESSES = 20


@pytest.mark.slow
def test_of_twenty_processes_one_has_the_lease(
    place: Place, rounds: int, figures: list[str]
) -> None:
    storage = place.storage()
    tokens = contend_in_processes(
        storage, place.root / "rounds", processes=PROCESSES, rounds=rounds, patience=600
    )
    state = storage.state()
    assert state is not None
    counted = state.load([CONTENDED.metric])
    storage.close()
    # A holder that found another's marker would have failed; a lost update would show here.
    assert counted == {CONTENDED: str(PROCESSES * rounds)}
    assert len(set(tokens)) == PROCESSES * rounds
    figures.append(
        f"{place.name}: {len(tokens)} leases among {PROCESSES} processes, 0 double holders"
    )
