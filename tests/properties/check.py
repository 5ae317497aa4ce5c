"""Checks one program: its derivatives by s2sad against its evaluation on dual numbers."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import s2sad
from tests.oracle import program as oracle
from tests.oracle.numeric import flat
from tests.properties.programs import Program

NEAR = 1e-6
ROUNDING = 1e-13
LARGE = 1e8
SUMS_COMPENSATE = sys.version_info >= (3, 12)  # the built-in sum, of Python's floats
_folder = tempfile.TemporaryDirectory(prefix="s2sad_programs_")
_numbers = itertools.count()


class Mismatch(AssertionError):
    """A derivative that is wrong, or code that fails."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class Skipped(Exception):
    """A program that says nothing: it fails, is not finite, or sits at a kink."""


def load(text: str) -> ModuleType:
    """The text as a module with a file, as s2sad reads functions from files."""
    name = f"s2sad_program_{next(_numbers)}"
    path = Path(_folder.name, f"{name}.py")
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def copies(args: Sequence[Any]) -> list[Any]:
    return [a.copy() if isinstance(a, np.ndarray) else a for a in args]


def same(a: Any, b: Any) -> bool:
    """Bitwise equal numbers, in the same structure."""
    if isinstance(a, (tuple, list)):
        return isinstance(b, type(a)) and len(a) == len(b) and all(map(same, a, b))
    if a is None or isinstance(a, str):
        return a == b
    return np.shape(a) == np.shape(b) and np.array_equal(a, b, equal_nan=True)


def same_value(program: Program, got: Any, want: Any) -> bool:
    """Bitwise, but for sums of Python's floats, whose rounding errors Python compensates from 3.12 on: a generator
    and a list of known length are added up one by one (see docs/semantics.md)."""
    if same(got, want) or not SUMS_COMPENSATE or "sum(" not in program.text:
        return same(got, want)
    return np.shape(got) == np.shape(want) and np.allclose(got, want, rtol=1e-12, atol=1e-12)


def run(kind: str, function: Callable[..., Any], args: Sequence[Any]) -> Any:
    """A call of generated code; whatever it raises is a mismatch, as the program itself runs."""
    try:
        with np.errstate(all="ignore"):
            return function(*args)
    except s2sad.S2SADError:
        raise
    except Exception as error:
        raise Mismatch(kind, f"raises {type(error).__name__}: {error}") from error


def close(kind: str, got: Any, want: Any, scale: float, tolerance: float) -> None:
    got_flat, want_flat = flat(got).astype(float), flat(want).astype(float)
    if got_flat.shape != want_flat.shape:
        raise Mismatch(kind, f"has {got_flat.shape} numbers, expected {want_flat.shape}")
    bound = tolerance * max(1.0, scale, float(np.max(np.abs(want_flat), initial=0.0)))
    error = np.abs(got_flat - want_flat)
    if not np.all(error <= bound):
        raise Mismatch(kind, f"\n  got      {got_flat}\n  expected {want_flat}")


def numbers_of(y: Any) -> Any:
    """All numbers of a result as floats; a result that is not numbers says nothing."""
    try:
        return flat(y).astype(float)
    except (TypeError, ValueError) as error:
        raise Skipped("the result is not numbers") from error


def shapes(kind: str, got: Sequence[Any], args: Sequence[Any]) -> None:
    """Derivatives have the shape and the dtype of what they belong to."""
    for g, a in zip(got, args, strict=True):
        if np.shape(g) != np.shape(a):
            raise Mismatch(kind, f"has shape {np.shape(g)} for an argument of shape {np.shape(a)}")
        if isinstance(a, np.ndarray) and (not isinstance(g, np.ndarray) or g.dtype != a.dtype):
            raise Mismatch(kind, f"is {type(g).__name__} for an array of {a.dtype}")


def expect(
    program: Program,
) -> tuple[Any, oracle.Derivatives, Callable[..., Any], Callable[..., Any]]:
    """The program's value and derivatives, and the program as a function, plain and on duals."""
    try:
        with np.errstate(all="ignore"):
            f = load(program.text).f
            y = f(*copies(program.args))
            g = oracle.on_duals(program.text, "f")
            expected = oracle.gradient(g, program.args, program.wrt)
    except Exception as error:
        raise Skipped(f"{type(error).__name__}: {error}") from error
    numbers = numbers_of([y, expected.gradient])
    if not np.all(np.isfinite(numbers)) or np.max(np.abs(numbers)) > LARGE:
        raise Skipped("not finite, or large")
    if expected.nearest_kink < NEAR:
        raise Skipped("at a kink")
    if not np.allclose(flat(y).astype(float), flat(expected.value), rtol=1e-10, atol=1e-10):
        if expected.nearest_rounding < ROUNDING:
            raise Skipped("rounding decides a branch")
        raise Mismatch("oracle", f"the dual numbers give {expected.value}, the program {y}")
    return y, expected, f, g


def check(program: Program, order: int = 2, types: bool = True) -> list[str]:
    """Raise `Mismatch` for a wrong derivative, `Skipped`, or the `S2SADError` of a refusal.

    `types`: the value is of the program's type, too. Returns notes: what was refused in the generic code alone.
    """
    notes: list[str] = []
    y, expected, f, g = expect(program)
    args, wrt = program.args, program.wrt
    mine = [args[i] for i in wrt]
    scale = float(np.max(np.abs(flat(expected.gradient)), initial=0.0))
    before = copies(args)

    both = s2sad.value_and_grad(f, wrt=wrt)
    value, bars = run("value_and_grad", both, args)
    if not same(args, tuple(before)):
        raise Mismatch("inputs", "value_and_grad changed its arguments")
    if not same_value(program, value, y):
        raise Mismatch("primal", f"value_and_grad gives {value!r}, the program {y!r}")
    close("gradient", bars, expected.gradient, scale, 1e-9)
    shapes("gradient", bars, mine)
    if not same(run("second call", both, args), (value, bars)):
        raise Mismatch("second call", "differs from the first")
    if types and type(value) is not type(y):
        raise Mismatch(
            "type", f"the value is {type(value).__name__}, the program's is {type(y).__name__}"
        )

    try:
        check_generic(both, args, wrt, y, expected, scale)
    except s2sad.S2SADError as error:
        notes.append(f"generic: {error.code} {error.message}")

    plain = run("unoptimised", s2sad.grad(f, wrt=wrt, optimise=False), args)
    close("unoptimised", plain, expected.gradient, scale, 1e-9)

    rng = np.random.default_rng(7)
    dots = [rng.normal(size=np.shape(a)) if np.shape(a) else float(rng.normal()) for a in mine]
    along = flat(expected.gradient) @ flat(dots)
    tangent_value, y_dot = run("tangent", s2sad.tangent(f, wrt=wrt), [*args, *dots])
    if not same_value(program, tangent_value, y):
        raise Mismatch("primal", f"tangent gives {tangent_value!r}, the program {y!r}")
    close("tangent", y_dot, along, scale, 1e-9)
    check_seed(f, args, wrt, expected, scale)
    if order > 1:
        check_second(program, f, g, dots, scale)
    return notes


def check_seed(
    f: Callable[..., Any],
    args: Sequence[Any],
    wrt: Sequence[int],
    expected: oracle.Derivatives,
    scale: float,
) -> None:
    """A seed may be an array without dimensions, and is not changed."""
    backward, seed = s2sad.adjoint(f, wrt=wrt), np.array(0.5)
    wanted = [0.5 * np.asarray(bar) for bar in expected.gradient]
    for _ in range(2):
        bars = run("adjoint", lambda *given: backward(*given, seed), args)
        close("adjoint", bars, wanted, scale, 1e-9)
    if seed != 0.5:
        raise Mismatch("seed", f"adjoint changed its seed to {seed}")


def check_generic(
    both: Any,
    args: Sequence[Any],
    wrt: Sequence[int],
    y: Any,
    expected: oracle.Derivatives,
    scale: float,
) -> None:
    """The code that is made without knowing what the arguments are."""
    generic: dict[str, Any] = {}
    try:
        text = both.emit(None)
    except s2sad.S2SADError:
        raise
    except Exception as error:
        raise Mismatch("generic", f"emit raises {type(error).__name__}: {error}") from error
    exec(compile(text, "<generic>", "exec"), generic)
    try:
        value, bars = run("generic", generic["f_value_and_grad"], args)
    except Mismatch as error:
        if "so it must be" in str(error):
            raise s2sad.AliasingError(str(error)) from error  # asked, and refused, at run time
        raise
    # Whether the items of a list are Python's floats, which Python 3.12 adds up more exactly, it cannot know.
    if not same(value, y) and not np.allclose(value, y, rtol=1e-13, atol=0.0):
        raise Mismatch("generic", f"gives the value {value!r}, the program {y!r}")
    close("generic", bars, expected.gradient, scale, 1e-9)
    shapes("generic", bars, [args[i] for i in wrt])


def check_second(
    program: Program,
    f: Callable[..., Any],
    g: Callable[..., Any],
    dots: Sequence[Any],
    scale: float,
) -> None:
    args, wrt = program.args, program.wrt
    with np.errstate(all="ignore"):
        expected = oracle.hessian_times(g, args, wrt, dots)
    numbers = numbers_of(expected)
    if not np.all(np.isfinite(numbers)) or np.max(np.abs(numbers)) > LARGE:
        return
    size = max(scale, float(np.max(np.abs(numbers), initial=0.0)))
    try:
        gradient = s2sad.grad(f, wrt=wrt)
        _, bars_dot = run("tangent of grad", s2sad.tangent(gradient, wrt=wrt), [*args, *dots])
        close("tangent of grad", bars_dot, expected, size, 1e-8)
        # The Hessian is symmetric: its product with the same direction, by reverse over reverse.
        bare = [np.array(d) for d in dots]
        backward = s2sad.adjoint(gradient, wrt=wrt)
        bars_bar = run("adjoint of grad", lambda *given: backward(*given, *bare), args)
        if not same(bare, dots):
            raise Mismatch("seed", "adjoint of grad changed its seeds")
        close("adjoint of grad", bars_bar, expected, size, 1e-8)
        first = wrt[0]
        if np.shape(args[first]) == ():
            # Along the first argument, all of them duals: a plain number has no `copy()`, as NumPy's have.
            along = [1.0, *(np.zeros(np.shape(args[i])) for i in wrt[1:])]
            corner = oracle.hessian_times(g, args, wrt, along)[0]
            twice = s2sad.grad(s2sad.grad(f, wrt=first), wrt=first)
            close("grad of grad", run("grad of grad", twice, args), corner, size, 1e-8)
    except s2sad.S2SADError as error:
        raise Mismatch("second order", f"is refused, first order is not: {error}") from error
