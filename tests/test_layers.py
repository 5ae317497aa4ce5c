"""The structure of the code: layers, lint, types, sizes."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINT_IMPORTS = "from importlinter.cli import lint_imports_command as c; c()"


def run(*command: str) -> None:
    """Run a tool at the top of the repository; its output is the message when it fails."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_stage_imports_only_from_stages_before_it() -> None:
    run("-c", LINT_IMPORTS, "--no-cache")


def test_every_stage_of_the_contract_exists() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    for layer in layers:
        path = ROOT / "s2sad" / layer
        assert path.is_dir() or path.with_suffix(".py").is_file(), layer


def test_ruff_finds_nothing() -> None:
    run("-m", "ruff", "check", ".")


def test_mypy_finds_nothing() -> None:
    run("-m", "mypy")


@pytest.mark.parametrize("folder", ["s2sad", "templates", "bench", "examples", "tests"])
def test_files_are_of_a_size_to_read(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sorted((ROOT / folder).rglob("*.py"))
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert not long


def test_the_rules_are_installed_inside_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["sources"] == {"templates": "s2sad/templates"}
    assert set(wheel["only-include"]) == {"s2sad", "templates"}
    # The folder stands at the top of a checkout, and in the package nowhere else.
    assert (ROOT / "templates").is_dir() and not (ROOT / "s2sad" / "templates").exists()
