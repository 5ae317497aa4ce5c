"""The generated parts of the documentation are what the tool prints."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import s2sad
from examples.newton import root

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BLOCK = re.compile(r"<!-- (source|dump: \w+|emitted) -->\n*(```\w*\n.*?```\n)?", re.DOTALL)


def block(name: str) -> str:
    """The text of one generated block."""
    derivative = s2sad.grad(root)
    if name == "source":
        return f"```python\n{(ROOT / 'examples' / 'newton.py').read_text()}```\n"
    if name == "emitted":
        return f"```python\n{derivative.emit()}```\n"
    return f"```text\n{derivative.dump(name.removeprefix('dump: '))}```\n"


def test_the_page_shows_what_the_tool_prints(request: pytest.FixtureRequest) -> None:
    text = PAGE.read_text()
    new = BLOCK.sub(lambda m: f"<!-- {m[1]} -->\n{block(m[1])}", text)
    if request.config.getoption("--update-golden"):
        PAGE.write_text(new)
        return
    assert text == new, "docs/architecture.md is behind; `./test --update-golden` mends it"


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
