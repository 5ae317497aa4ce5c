"""Programs whose result is a structure of their variables, and the check of it by dual numbers.

What a program gives back may hold one array twice, a view and its base, or an argument: each has its own adjoint
in the seed, and its own tangent.
"""

from __future__ import annotations

import copy
import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import s2sad
from s2sad.seeds import flat_seeds
from tests.oracle import program as oracle
from tests.oracle.dual import Dual
from tests.oracle.numeric import flat
from tests.properties.check import (
    LARGE,
    NEAR,
    SUMS_COMPENSATE,
    Mismatch,
    Skipped,
    close,
    copies,
    load,
    run,
    same,
)
from tests.properties.expressions import Choices, Program

NO_NUMBERS = ("None", "'done'")
NUMBERS = (bool, int, float, np.number, Dual)


def with_structure(choices: Choices, program: Program) -> Program:
    """The program with another result: its variables in nested tuples, lists and dicts."""
    head, _, last = program.text.rstrip().rpartition("\n    return ")
    body = head[head.rindex("\ndef f(") :]
    names = re.findall(r"^    (\w+) [-+*/]?=", body, re.MULTILINE)
    names += re.findall(r"\w+", body[body.index("(") + 1 : body.index(")")])
    names = sorted(set(names))

    def one(options: Sequence[str]) -> str:
        return options[choices.integer(0, len(options) - 1)]

    def nest(depth: int) -> str:
        form = choices.integer(0, 5) if depth < 2 else 0
        if form <= 1:
            return one(names)
        parts = [nest(depth + 1) for _ in range(choices.integer(1, 3))]
        if form == 2:
            return f"[{', '.join(parts)}]"
        if form == 3:
            return f"{{{', '.join(f'{chr(97 + k)!r}: {part}' for k, part in enumerate(parts))}}}"
        if form == 4:
            parts.append(one(NO_NUMBERS))
        return f"({', '.join(parts)},)"

    result = nest(0)
    if choices.integer(0, 1):
        result = f"({result}, {last})"
    return Program(f"{head}\n    return {result}\n", program.args, program.wrt)


def rebuilt(y: Any, change: Callable[[Any], Any]) -> Any:
    """The structure with other numbers and arrays."""
    if isinstance(y, (tuple, list)):
        return type(y)(rebuilt(part, change) for part in y)
    if isinstance(y, dict):
        return {key: rebuilt(part, change) for key, part in y.items()}
    if y is None or isinstance(y, str):
        return y
    if isinstance(y, (np.ndarray, *NUMBERS)):
        return change(y)
    if not hasattr(y, "__dict__") or callable(y) and inspect.isroutine(y):
        raise Skipped(f"a {type(y).__name__} is not numbers")
    other = copy.copy(y)
    other.__dict__.update(rebuilt(vars(y), change))
    return other


def numbers_in(y: Any) -> list[Any]:
    """The numbers and arrays in a structure, each as often as it is there."""
    found: list[Any] = []
    rebuilt(y, found.append)
    return found


def in_one(y: Any) -> Any:
    """All numbers in a structure as one vector of floats."""
    parts = [np.ravel(np.asarray(part, dtype=float)) for part in numbers_in(y)]
    return np.concatenate([np.zeros(0), *parts])


def described(y: Any, numbers: bool = True) -> str:
    """The structure, with its numbers, of which it does not say whether they are Python's or NumPy's."""
    kinds = repr(rebuilt(y, lambda leaf: (np.shape(leaf), numbers and np.asarray(leaf).tobytes())))
    return re.sub(r" object at 0x\w+", "", kinds)


def check_structure(program: Program, order: int = 2) -> None:
    """Raise `Mismatch` for a wrong derivative, `Skipped`, or the `S2SADError` of a refusal."""
    args, wrt = program.args, program.wrt
    rng = np.random.default_rng(11)
    try:
        with np.errstate(all="ignore"):
            f = load(program.text).f
            y = f(*copies(args))
            seed = random_seed(y, rng)
            weights = in_one(seed)
            on_duals = oracle.on_duals(program.text, "f")
            expected = oracle.gradient(lambda *given: listed(on_duals(*given)), args, wrt)
    except Skipped:
        raise
    except Exception as error:
        raise Skipped(f"{type(error).__name__}: {error}") from error
    rows = np.concatenate([np.reshape(g, (len(weights), -1)) for g in expected.gradient], axis=1)
    everything = np.concatenate([in_one(y), rows.ravel()])
    if not np.all(np.isfinite(everything)) or np.max(np.abs(everything), initial=0.0) > LARGE:
        raise Skipped("not finite, or large")
    if expected.nearest_kink < NEAR or not np.allclose(in_one(y), flat(expected.value)):
        raise Skipped("at a kink, or rounding decides a branch")
    scale = float(np.max(np.abs(rows), initial=0.0))

    shapes = [np.shape(args[i]) for i in wrt]
    dots = [rng.normal(size=shape) if shape else float(rng.normal()) for shape in shapes]
    moves = [dots[wrt.index(i)] if i in wrt else None for i in range(len(args))]
    mine = copies(args)
    value, y_dot = run("jvp", s2sad.jvp, (f, mine, moves))
    same_value("jvp", value, y)
    close("jvp", in_one(y_dot), rows @ flat(dots), scale, 1e-9)
    if not same(mine, list(args)):
        raise Mismatch("inputs", "jvp changed its arguments")

    given = rebuilt(seed, np.copy)  # numbers become arrays without dimensions
    value, pullback = run("vjp", lambda *args: s2sad.vjp(f, *args, wrt=wrt), mine)
    same_value("vjp", value, y)
    for call in ("pullback", "second pullback"):
        close(call, run(call, pullback, (given,)), weights @ rows, scale, 1e-9)
        if not same(numbers_in(given), numbers_in(seed)):
            raise Mismatch("seed", f"the {call} changed its seed")
    if not same(mine, list(args)):
        raise Mismatch("inputs", "vjp changed its arguments")
    if order > 1:
        along_gradient(f, on_duals, program, (seed, weights), dots, scale)


def along_gradient(
    f: Callable[..., Any],
    on_duals: Callable[..., Any],
    program: Program,
    seed: tuple[Any, Any],
    dots: Sequence[Any],
    scale: float,
) -> None:
    """The tangent of the adjoint, at the seed: the second derivatives of the weighted sum of all results."""
    args, wrt = program.args, program.wrt

    def weighted(*given: Any) -> Any:
        return sum(w * x for w, x in zip(seed[1], listed(on_duals(*given)), strict=True))

    with np.errstate(all="ignore"):
        expected = flat(oracle.hessian_times(weighted, args, wrt, dots))
    if not np.all(np.isfinite(expected)) or np.max(np.abs(expected), initial=0.0) > LARGE:
        return
    try:
        backward = s2sad.adjoint(f, wrt=wrt)
        seeds = flat_seeds(backward.structure(tuple(args)), seed[0], "f")
        given = (*copies(args), *seeds, *dots)
        _, bars_dot = run("tangent of adjoint", s2sad.tangent(backward, wrt=wrt), given)
    except s2sad.S2SADError as error:
        raise Mismatch("second order", f"is refused, first order is not: {error}") from error
    size = max(scale, float(np.max(np.abs(expected), initial=0.0)))
    close("tangent of adjoint", bars_dot, expected, size, 1e-8)


def listed(y: Any) -> list[Any]:
    """The numbers of a result on duals, in a list, as `oracle.gradient` takes it."""
    return [x for part in numbers_in(y) for x in np.ravel(np.asarray(part, dtype=object))]


def random_seed(y: Any, rng: np.random.Generator) -> Any:
    """Random numbers, nested as the value."""

    def one(leaf: Any) -> Any:
        drawn = rng.normal(size=np.shape(leaf))
        return drawn if isinstance(leaf, np.ndarray) else float(drawn)

    return rebuilt(y, one)


def same_value(kind: str, got: Any, want: Any) -> None:
    """The value is the program's, bitwise; from Python 3.12 on, but for the last digits of sums."""
    alike = described(got) == described(want)
    if (
        not alike
        and SUMS_COMPENSATE
        and described(got, numbers=False) == described(want, numbers=False)
    ):
        alike = np.allclose(in_one(got), in_one(want), rtol=1e-12, atol=1e-12)
    if not alike:
        raise Mismatch(kind, f"gives the value {got!r}, the program {want!r}")
