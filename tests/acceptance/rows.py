"""Which promise a test checks: `@row("start of its text")`, as in acceptance.csv.

A row of which a part is still to come is tested as far as it goes, and stands in later.csv with what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., object])
TESTED: dict[str, list[str]] = {}


def row(start: str) -> Callable[[Test], Test]:
    """Mark a test with the row of acceptance.csv whose text begins with `start`."""

    def mark(test: Test) -> Test:
        TESTED.setdefault(start, []).append(test.__name__)
        return test

    return mark
