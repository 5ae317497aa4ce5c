"""Arguments may have any name: those of built-in functions, of what is generated, and `_`."""

from __future__ import annotations

import builtins
import keyword

import numpy as np
import pytest

import s2sad
from tests.oracle import numeric
from tests.properties.check import load

PROGRAM = """\
import numpy as np


def part(factor, items):
    return factor * items[-1] if factor > 0.2 else 0.5


def f({a}, {b}, {c}):
    s, kept = {a}, []
    for i in range({c}):
        for t in {b}:
            s = s * {a} + np.sin(t * s)
        kept.append(float(s) * (i + 1.0))
    return s * sum(kept) + {a} * len({b}) * max(kept) + part({a}, {b}) * {c}
"""
BUILTINS = [n for n in dir(builtins) if n.islower() and not keyword.iskeyword(n) and n[0] != "_"]
MADE = ("t2", "s_bar", "s_dot", "x_bar", "y_bar", "tape", "s_tape", "trips", "f_grad", "_")
USED = ("sum", "len", "max", "range", "float")  # by the program itself
ARGS = (0.7, np.array([0.4, -0.9, 1.2]), 2)
DOTS = (0.3, np.array([0.2, -0.5, 0.1]))


def program(a: str, b: str, c: str) -> object:
    return load(PROGRAM.format(a=a, b=b, c=c)).f


PLAIN = program("x", "v", "n")


ROLES = [(name, k % 3) for k, name in enumerate(n for n in BUILTINS if n not in USED)]
ROLES += [(name, k) for name in MADE for k in range(3)]


@pytest.mark.parametrize(("name", "role"), ROLES)
def test_name_of_an_argument(name: str, role: int) -> None:
    names = ["x", "v", "n"]
    names[role] = name
    f = program(*names)
    for made in (s2sad.grad, s2sad.value_and_grad):
        assert same(made(f, wrt=(0, 1))(*ARGS), made(PLAIN, wrt=(0, 1))(*ARGS))
    assert same(
        s2sad.tangent(f, wrt=(0, 1))(*ARGS, *DOTS),
        s2sad.tangent(PLAIN, wrt=(0, 1))(*ARGS, *DOTS),
    )
    gradient = s2sad.grad(f, wrt=(0, 1))
    by_name = dict(zip(names, ARGS, strict=True))
    assert same(gradient(**by_name), s2sad.grad(PLAIN, wrt=(0, 1))(*ARGS))
    saved: dict[str, object] = {}
    exec(gradient.emit(None), saved)
    assert same(saved["f_grad"](**by_name), s2sad.grad(PLAIN, wrt=(0, 1))(*ARGS))  # type: ignore[operator]


def same(got: object, expected: object) -> bool:
    return np.array_equal(numeric.flat(got), numeric.flat(expected))


@pytest.mark.parametrize("name", USED)
def test_name_of_a_function_that_only_the_derivative_calls(name: str) -> None:
    f = load(
        f"import numpy as np\n\n\ndef f({name}, v):\n    s = {name}\n"
        f"    for t in v:\n        s = s * {name} + np.sin(t * s)\n    return s\n"
    ).f
    args = ARGS[:2]
    expected = s2sad.grad(f, wrt=(0, 1))(*args)
    assert np.allclose(expected[0], numeric.gradient(f, args, (0,), numeric.richardson)[0])
    text = s2sad.grad(f, wrt=(0, 1)).emit(None)
    saved: dict[str, object] = {}
    exec(text, saved)
    assert same(saved["f_grad"](*args), expected)  # type: ignore[operator]


@pytest.mark.parametrize("name", ["np", "unbroadcast"])
def test_names_that_the_derivative_needs_are_refused(name: str) -> None:
    f = load(f"def f({name}, v):\n    return (({name} * v) * v).sum()\n").f
    with pytest.raises(s2sad.UsageError, match=f"the argument '{name}' has the name of"):
        s2sad.grad(f, wrt=(0, 1)).emit(None)
