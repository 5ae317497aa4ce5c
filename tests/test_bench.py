"""The bench runs, and its candidates agree. No time is asserted."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from bench.__main__ import agree, emitted, main
from bench.problems import problems


def test_the_table_is_printed() -> None:
    result = CliRunner().invoke(main, ["--quick"])
    assert result.exit_code == 0, result.output
    assert "logistic map" in result.output


def test_the_page_is_written(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    result = CliRunner().invoke(main, ["--quick", "--write", str(page)])
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert "| scalar function" in text and "\n| 50 |" in text


def test_the_hand_written_adjoints_agree_with_the_emitted_ones() -> None:
    for problem in problems():
        assert agree(emitted(problem)(*problem.args), problem.by_hand(*problem.args)), problem.name
