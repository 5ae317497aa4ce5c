"""The generated parts of the documentation are what the tool prints."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import s2sad
from examples.newton import root
from tests.language import reference

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
BLOCK = re.compile(
    r"<!-- (source|emitted|(?:dump|function|grad|tangent): [^>]+?) -->\n*(```\w*\n.*?```\n)?",
    re.DOTALL,
)


def block(what: str) -> str:
    """The text of one generated block."""
    derivative = s2sad.grad(root)
    if what == "source":
        return fenced((ROOT / "examples" / "newton.py").read_text(encoding="utf-8"))
    if what == "emitted":
        return fenced(derivative.emit())
    kind, _, rest = what.partition(": ")
    if kind == "dump":
        return fenced(derivative.dump(rest), "text")
    target, _, signature = rest.partition(" | ")
    name, _, wrt = target.partition(" ")
    module, _, function = name.partition(".")
    primal = getattr(importlib.import_module(f"examples.{module}"), function)
    if kind == "function":
        return fenced(inspect.getsource(primal))
    names = tuple(wrt.split(","))
    transform = s2sad.grad if kind == "grad" else s2sad.tangent
    text = transform(primal, wrt=names if len(names) > 1 else names[0]).emit(signature or None)
    return fenced(text)


def fenced(text: str, language: str = "python") -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def test_the_constructs_are_those_of_the_tests(request: pytest.FixtureRequest) -> None:
    path = ROOT / "docs" / "constructs.md"
    if request.config.getoption("--update-golden"):
        path.write_text(reference.page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == reference.page(), "--update-golden mends it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_pages_show_what_the_tool_prints(page: Path, request: pytest.FixtureRequest) -> None:
    text = page.read_text(encoding="utf-8")
    new = BLOCK.sub(lambda m: f"<!-- {m[1]} -->\n{block(m[1])}", text)
    if request.config.getoption("--update-golden"):
        page.write_text(new, encoding="utf-8")
        return
    assert text == new, f"docs/{page.name} is behind; `./test --update-golden` mends it"


def test_some_page_has_generated_blocks() -> None:
    assert sum(len(BLOCK.findall(page.read_text(encoding="utf-8"))) for page in PAGES) > 10


def test_the_documentation_builds(tmp_path: Path) -> None:
    pytest.importorskip("sphinx")
    pytest.importorskip("myst_parser")
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", ROOT / "docs", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "tutorial.html").is_file()


def corner_abs(x: float):
    return abs(x)


def corner_max(x: float, y: float):
    return max(x, y) + np.maximum(x, y)


def corner_power(x: float, n: int):
    return x**n


def corner_where(x):
    return np.sum(np.where(x > 0, np.sqrt(x), 0.0))


def test_the_corners_are_as_documented() -> None:
    assert s2sad.grad(corner_abs)(0.0) == 0.0
    assert s2sad.grad(corner_max, wrt=(0, 1))(2.0, 2.0) == (1.0, 1.0)
    assert s2sad.grad(corner_power)(0.0, 0) == 0.0
    assert s2sad.grad(corner_power)(0.0, 3) == 0.0
    slope = s2sad.grad(corner_where)(np.array([-1.0, 0.0, 4.0]))
    np.testing.assert_array_equal(slope, [0.0, 0.0, 0.25])
