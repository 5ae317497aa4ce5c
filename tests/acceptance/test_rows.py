"""Every promise of acceptance.csv is tested, or stands in later.csv with what is missing."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.acceptance import (  # noqa: F401
    test_emitted,
    test_transforms,
    test_worked_examples,
)
from tests.acceptance.rows import TESTED

HERE = Path(__file__).parent


def read(name: str) -> list[dict[str, str]]:
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_mark_names_one_row() -> None:
    promises = [row["what"] for row in read("acceptance.csv")]
    for start in TESTED:
        found = [what for what in promises if what.startswith(start)]
        assert len(found) == 1, (start, found)


def test_every_row_is_tested_or_later() -> None:
    promises = [row["what"] for row in read("acceptance.csv")]
    later = {row["what"]: row["missing"] for row in read("later.csv")}
    assert set(later) <= set(promises)
    assert all(later.values())
    for what in promises:
        assert what in later or any(what.startswith(start) for start in TESTED), what
