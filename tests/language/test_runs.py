"""What the compiler knows of each value before the run, compared with what the run gives; and the same in float32.

A wrong belief (a length, a number of axes, an integer) is a wrong derivative for some program, though not for each
one that holds it. So each expression that is printed is also checked where it is computed.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.backend import express
from s2sad.ir.core import Op
from s2sad.ir.kinds import FAMILY, Dim, Kind, Size
from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.oracle import numeric
from tests.properties.check import copies, load
from tests.properties.lengths import about_lengths
from tests.properties.programs import Program, Seeded

CHECK = "_checked_by_the_tests"
PARTS = range(8)
MADE = "biuf"


class Beliefs:
    """Prints each expression inside a call that compares its value with its kind."""

    def __init__(self) -> None:
        self.known: list[tuple[Kind, tuple[Size, ...] | None, str]] = []
        self.lengths: dict[tuple[Any, int, str], tuple[int, str]] = {}
        self.wrong: list[str] = []
        self.print = express.Expressions.operation

    def operation(self, expressions: express.Expressions, op: Op) -> ast.expr:
        node = self.print(expressions, op)
        numbers = len(op.results) == 1 and op.result.kind.base in ("number", "array")
        if not numbers or op.name in ("const", "undef", "slice", "tuple", "list"):
            return node
        kind, dims = op.result.kind, None
        if kind.dims and not _is_looped(op):  # there, a length is another one in each iteration
            dims = tuple(expressions.context.dims.find(d) for d in kind.dims)
        self.known.append((kind, dims, ast.unparse(node)[:200]))
        at = [ast.Constant(len(self.known) - 1), ast.Constant(id(expressions.context))]
        return ast.Call(ast.Name(CHECK, ast.Load()), [node, *at], [])

    def check(self, value: Any, at: int, context: int) -> Any:
        kind, dims, text = self.known[at]
        if value is None or isinstance(value, (str, tuple, list)):
            return value  # a variable that is not set; a structure
        if kind.dims is not None and np.ndim(value) != len(kind.dims):
            self.wrong.append(f"{text} is {kind}, and has {np.ndim(value)} axes")
        elif dims is not None:
            frame = sys._getframe(1)
            for symbol, length in zip(dims, value.shape, strict=True):
                self.length(symbol, length, (frame, context), text)
        if kind.dtype is not None:
            wanted = "f" if kind.dtype == "float" else FAMILY.get(kind.dtype, kind.dtype)[0]
            made = np.asarray(value).dtype.kind
            # Python counts with truths as with integers, and with integers as with floats: 0.0 if n == 0 else n - 1.
            counts = type(value) in (int, bool) and wanted in "if" or wanted + made in ("ib", "iu")
            if made in MADE and made != wanted and not (counts or np.size(value) == 0):
                self.wrong.append(f"{text} is {kind}, and holds {np.asarray(value).dtype}")
        return value

    def length(self, known: Size, length: int, run: tuple[Any, int], text: str) -> None:
        if isinstance(known, int):
            if known != length:
                self.wrong.append(f"{text} is {length} long, not {known}")
        elif length > 0:  # x[1:] of what has no items has none
            whole = length - known.offset
            first, other = self.lengths.setdefault((*run, known.symbol), (whole, text))
            if first != whole:
                self.wrong.append(f"{text} is {whole} long, not {first} as {other}")
            if length == 1 and known == Dim(known.symbol) and not known.symbol.startswith("?"):
                self.wrong.append(f"{text} has one item")


def _is_looped(op: Op) -> bool:
    block = op.block
    while block is not None and block.op is not None:
        if block.op.name in ("for", "while"):
            return True
        block = block.op.block
    return False


@pytest.fixture
def beliefs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Beliefs]:
    made = Beliefs()
    monkeypatch.setattr(express.Expressions, "operation", lambda e, op: made.operation(e, op))
    monkeypatch.setattr(builtins, CHECK, made.check, raising=False)
    yield made


def run(program: Program) -> None:
    """Gradient, tangent and the tangent of the gradient, of code for these arguments and of the generic code."""
    f = load(program.text).f
    dots = [
        np.ones_like(a) if isinstance(a, np.ndarray) else 1.0
        for i, a in enumerate(program.args)
        if i in program.wrt
    ]
    gradient = s2sad.grad(f, wrt=program.wrt)
    try:
        with np.errstate(all="ignore"):
            f(*copies(program.args))
            gradient(*copies(program.args))
            s2sad.tangent(gradient, wrt=program.wrt)(*copies(program.args), *dots)
            names: dict[str, Any] = {}
            exec(gradient.emit(None), names)
            names[gradient.__name__](*copies(program.args))
    except s2sad.S2SADError:
        pass
    except (ValueError, IndexError, TypeError, ArithmeticError, AttributeError):
        pass  # other tests say whether it may be raised


@pytest.mark.parametrize("part", PARTS)
def test_values_are_what_is_known_of_them(part: int, beliefs: Beliefs) -> None:
    for construct in CONSTRUCTS[part :: len(PARTS)]:
        if RIGHT in construct.expected:
            run(Program(construct.text, construct.args, construct.positions))
        assert not beliefs.wrong, f"{construct.id}: {beliefs.wrong}"
        beliefs.lengths.clear()
    assert len(beliefs.known) > 1000


def test_lengths_are_what_is_known_of_them(beliefs: Beliefs) -> None:
    for seed in range(40):
        program = about_lengths(Seeded(seed), 1)
        run(program)
        assert not beliefs.wrong, f"{beliefs.wrong}\n\n{program.text}"
        beliefs.lengths.clear()
    assert len(beliefs.known) > 1000


def in_single(construct: Construct) -> tuple[list[Any], list[Any]]:
    """The arguments with arrays of float32, and the same numbers in float64."""
    args = copies(construct.args)
    is_float = [isinstance(a, np.ndarray) and a.dtype == np.float64 for a in args]
    single = [a.astype(np.float32) if yes else a for a, yes in zip(args, is_float, strict=True)]
    return single, [
        a.astype(np.float64) if yes else a for a, yes in zip(single, is_float, strict=True)
    ]


@pytest.mark.parametrize("part", PARTS)
def test_gradients_in_single_precision(part: int) -> None:
    """They have the precision of their arguments, and are near those in double precision."""
    compared = 0
    for construct in CONSTRUCTS[part :: len(PARTS)]:
        single, double = in_single(construct)
        if construct.expected != (RIGHT,) or all(map(np.array_equal, single, construct.args)):
            continue
        f = load(construct.text).f
        gradient = s2sad.grad(f, wrt=construct.positions)
        try:
            with np.errstate(all="ignore"):
                values = numeric.flat([f(*copies(single)), f(*copies(double))])
                expected = numeric.flat(gradient(*copies(double)))
        except (ValueError, TypeError, s2sad.S2SADError):
            continue  # the value is not a number, or says in words which type it has
        if values.size != 2 or abs(values[0] - values[1]) > 1e-3 * max(1.0, abs(values[1])):
            continue
        try:
            with np.errstate(all="ignore"):
                bars = gradient(*copies(single))
        except s2sad.S2SADError:
            continue
        scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
        assert np.allclose(numeric.flat(bars), expected, atol=2e-3 * scale), construct.id
        for k, bar in zip(construct.positions, bars, strict=True):
            if isinstance(single[k], np.ndarray) and construct.id not in GENERIC:
                assert bar.dtype == np.float32, (construct.id, construct.parameters[k])
        compared += 1
    assert compared > 50


# Run by code that knows nothing of its arguments, and so computes in double precision.
GENERIC = ("integers_that_take_a_float_of_an_array",)
