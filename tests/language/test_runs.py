"""What the compiler knows of each value before the run, compared with what the run gives; and the same in float32.

A wrong belief (a length, a number of axes, an integer, memory of its own) is a wrong derivative for some program,
though not for each one that holds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.analysis.sharing import Sharing
from s2sad.backend import express, raising
from s2sad.ir.core import Function, Op, Value
from s2sad.ir.kinds import FAMILY, Dim, Size
from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.oracle import numeric
from tests.oracle.watch import Watch, loops_around
from tests.properties.check import copies, load
from tests.properties.lengths import about_lengths
from tests.properties.programs import Program, Seeded, generate
from tests.properties.second_names import second_names

PARTS = range(8)
REAL = "biuf"


class Kinds(Watch):
    """Compares numbers of axes, lengths and dtypes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.lengths: dict[tuple[Any, int, str], tuple[int, str]] = {}

    def forget(self) -> None:
        self.lengths.clear()

    def seen(self, value: Any, op: Op, by: express.Expressions, text: str, frame: Any) -> None:
        if value is None or isinstance(value, (str, tuple, list)):
            return  # a variable that is not set; a structure
        kind = op.result.kind
        if np.ndim(value) and np.size(value) == 0 and (kind.ndim or 0) > 1:
            return  # an array of a list without items has one axis
        if kind.dims is not None and np.ndim(value) != len(kind.dims):
            self.wrong.append(f"{text} is {kind}, and has {np.ndim(value)} axes")
        elif kind.dims and not loops_around(op):  # there, a length is another one in each iteration
            for size, length in zip(kind.dims, value.shape, strict=True):
                self.length(by.context.dims.find(size), length, (frame, id(by.context)), text)
        if kind.dtype is not None:
            wanted = "f" if kind.dtype == "float" else FAMILY.get(kind.dtype, kind.dtype)[0]
            made = np.asarray(value).dtype.kind
            # Python counts with truths as with integers, and with integers as with floats: 0.0 if n == 0 else n - 1.
            counts = type(value) in (int, bool) and wanted in "if" or wanted + made in ("ib", "iu")
            if made in REAL and made != wanted and not (counts or np.size(value) == 0):
                self.wrong.append(f"{text} is {kind}, and holds {np.asarray(value).dtype}")

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


class Memory(Watch):
    """Compares which arrays share memory, in one iteration of a loop: later ones have other arrays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        self.known: dict[int, tuple[Sharing, Function, dict[Value, int]]] = {}
        self.alive: dict[tuple[Any, int], dict[Value, tuple[Any, int, str]]] = {}
        self.count = 0
        init = raising.Raiser.__init__

        def made(self_: Any, context: Any, function: Function, *rest: Any) -> None:
            init(self_, context, function, *rest)
            order = {value: k for k, value in enumerate(function.body.values())}
            self.known[id(self_.expressions)] = (Sharing(context, function), function, order)
            self.kept.append(self_)

        self.kept: list[Any] = []  # so that no id is given twice
        monkeypatch.setattr(raising.Raiser, "__init__", made)

    def watches(self, op: Op) -> bool:
        return op.result.kind.base in ("number", "array", "any") and not op.result.kind.is_scalar

    def forget(self) -> None:
        self.alive.clear()

    def seen(self, value: Any, op: Op, by: express.Expressions, text: str, frame: Any) -> None:
        if not isinstance(value, np.ndarray) or not value.size or not value.flags.writeable:
            return
        sharing, function, order = self.known[id(by)]
        mine, loops = op.result, loops_around(op)
        arrays = self.alive.setdefault((frame, id(by)), {})
        if not arrays:
            for param in function.params:
                array = frame.f_locals.get(by.name(param))
                if isinstance(array, np.ndarray) and array.ndim:
                    arrays[param] = (array, 0, param.hint)
        before = arrays[mine][1] if mine in arrays else -1
        for other, (array, when, what) in arrays.items():
            if other.op is not None:
                around = loops_around(other.op)
                if order[other] >= order[mine] or around != loops[: len(around)]:
                    continue
                if around and when < before:
                    continue
            if not (sharing.is_own(mine) or sharing.is_own(other)):
                continue  # neither is written: two arguments of a function that calls itself may be one array
            if np.shares_memory(value, array) and not sharing.share(mine, other):
                self.wrong.append(f"{text} shares memory with {what}")
        self.count += 1
        arrays[mine] = (value, self.count, text)


@pytest.mark.parametrize("part", PARTS)
def test_values_are_what_is_known_of_them(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    both = (Kinds(monkeypatch), Memory(monkeypatch))
    for construct in CONSTRUCTS[part :: len(PARTS)]:
        if RIGHT in construct.expected:
            both[0].run(Program(construct.text, construct.args, construct.positions))
        both[1].forget()
        wrong = [what for watch in both for what in watch.wrong]
        assert not wrong, f"{construct.id}: {wrong}"
    assert min(len(watch.printed) for watch in both) > 1000


@pytest.mark.parametrize("kind", ["lengths", "memory", "names"])
def test_values_of_random_programs(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Kinds(monkeypatch) if kind == "lengths" else Memory(monkeypatch)
    for seed in range(30):
        choices = Seeded(seed)
        if kind == "lengths":
            program = about_lengths(choices, 1)
        else:
            program = generate(choices, 6, True) if kind == "memory" else second_names(choices, 5)
        watch.run(program)
        assert not watch.wrong, f"{watch.wrong}\n\n{program.text}"
    assert len(watch.printed) > 500


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
