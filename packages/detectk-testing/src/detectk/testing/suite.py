"""What every conformance suite has in common: it cannot be watered down."""

from __future__ import annotations

from typing import Any

__all__ = ["Suite"]

_SILENCERS = ("skip", "skipif", "xfail")


class Suite:
    """Tests that an author subclasses and may add to, but neither override, skip nor hide.

    What a part legitimately cannot do is said by a switch of the suite. A subclass that weakens
    a test is an error when it is defined, so that nobody sees it pass.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, value in cls.__dict__.items():
            overridden = any(name in parent.__dict__ for parent in cls.__mro__[1:])
            if name.startswith("test_") and overridden:
                raise TypeError(f"{cls.__name__}.{name}: a test of the suite is overridden")
            if name == "pytestmark" and _silences(value):
                raise TypeError(f"{cls.__name__}: the tests of the suite are skipped")
            if name == "__test__" and not value:
                raise TypeError(f"{cls.__name__}: the tests of the suite are hidden")


def _silences(marks: Any) -> bool:
    listed = marks if isinstance(marks, list | tuple) else [marks]
    return any(getattr(mark, "name", "") in _SILENCERS for mark in listed)
