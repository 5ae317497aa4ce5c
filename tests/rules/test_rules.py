"""Every rule against numbers: both modes, second order, generic code, shapes and dtypes, through the API."""

from __future__ import annotations

import ast
import importlib.util
import math
import sys
import zlib
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cases import Case
from cases_elementwise import CASES as ELEMENTWISE
from cases_products import CASES as PRODUCTS
from cases_reductions import CASES as REDUCTIONS
from cases_shapes import CASES as SHAPES
from cases_tables import CASES as TABLES
from numeric import complex_step, differences, inner, random_like

import s2sad
from s2sad.rules.registry import default_registry

CASES: list[Case] = [*ELEMENTWISE, *REDUCTIONS, *PRODUCTS, *SHAPES, *TABLES]


@pytest.fixture(scope="session")
def functions(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The functions of all cases, in a module file: the source of a function must be in a file."""
    path = tmp_path_factory.mktemp("rules") / "functions_of_rule_cases.py"
    path.write_text(
        "\n\n".join(
            [
                "import math\nimport statistics\n\nimport numpy as np",
                *(c.source + "\n\n" + c.scalar_source for c in CASES),
            ]
        )
    )
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_first_order(case: Case, functions: ModuleType) -> None:
    f = getattr(functions, case.name)
    tangent, adjoint = s2sad.tangent(f, wrt=case.wrt), s2sad.adjoint(f, wrt=case.wrt)
    namespace: dict[str, Any] = {}
    exec(s2sad.adjoint(f, wrt=case.wrt).emit(None), namespace)
    generic = namespace[f"{case.name}_adjoint"]
    where = [case.parameters.index(name) for name in case.wrt]
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    for number, arguments in enumerate(case.variants):
        about = f"{case.name}, variant {number}"
        before = [np.copy(a) for a in arguments]
        y = f(*arguments)
        dots = [random_like(arguments[i], rng) for i in where]
        value, y_dot = tangent(*arguments, *dots)
        assert type(value) is type(y) and np.array_equal(value, y, equal_nan=True), about
        assert np.asarray(value).dtype == np.asarray(y).dtype, about
        single = any(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in arguments)
        derive = complex_step if case.analytic else differences
        loose = 2e-4 if single else 1e-11 if case.analytic else 2e-8
        expected = derive(f, arguments, where, dots)
        np.testing.assert_allclose(
            y_dot, expected, rtol=loose, atol=loose, err_msg=f"tangent of {about}"
        )
        assert np.shape(y_dot) == np.shape(y), about
        if single:
            assert np.asarray(y_dot).dtype == np.asarray(y).dtype, (
                f"dtype of the tangent of {about}"
            )

        y_bar = random_like(y, rng)
        bars = adjoint(*arguments, y_bar)
        there, back = inner([y_bar], [y_dot]), inner(bars, dots)
        assert abs(there - back) <= (1e-4 if single else 1e-11) * (1.0 + abs(there)), (
            f"{about}: {there} and {back}"
        )
        for i, x_bar in zip(where, bars, strict=True):
            check_like(x_bar, arguments[i], about)
        for x_bar, other in zip(bars, generic(*arguments, y_bar), strict=True):
            np.testing.assert_allclose(other, x_bar, rtol=1e-5 if single else 1e-12, atol=1e-5 if single else 1e-12,
                                       err_msg=f"generic code of {about}")  # fmt: skip
            assert np.shape(other) == np.shape(x_bar), f"generic code of {about}"
        for a, b in zip(arguments, before, strict=True):
            assert np.array_equal(a, b, equal_nan=True), f"{about} changed an argument"


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_integers_are_taken_for_floats(case: Case, functions: ModuleType) -> None:
    """Emitted code that knows no types gives with integers, also as seeds, what it gives with floats, or raises."""
    f = getattr(functions, case.name)
    names: dict[str, Any] = {}
    for derivative in (s2sad.adjoint(f, wrt=case.wrt), s2sad.tangent(f, wrt=case.wrt)):
        exec(derivative.emit(None), names)
    where = [case.parameters.index(name) for name in case.wrt]
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    for arguments in case.variants:
        whole = [whole_like(a, rng) if i in where else a for i, a in enumerate(arguments)]
        floats = [1.0 * a if i in where else a for i, a in enumerate(whole)]
        try:
            with np.errstate(all="raise"):
                y = f(*floats)
            if not np.array_equal(f(*whole), y):
                continue
        except (ArithmeticError, ValueError, TypeError, AttributeError):
            continue  # outside of where it is defined, or of what it takes
        primals = [floats[i] for i in where]
        for mode, likes in (("adjoint", [y]), ("tangent", primals)):
            run = names[f"{case.name}_{mode}"]
            seeds = [whole_like(like, rng) for like in likes]
            try:
                with np.errstate(all="raise"):
                    expected = run(*floats, *(1.0 * seed for seed in seeds))
            except ArithmeticError:
                continue  # an end of where it has a derivative
            for given in ((*whole, *(1.0 * seed for seed in seeds)), (*floats, *seeds)):
                try:
                    found = run(*given)
                except TypeError as error:
                    assert "array of integers" in str(error)
                    continue
                for one, other in zip(found, expected, strict=True):
                    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6, err_msg=mode)


def whole_like(x: Any, rng: np.random.Generator) -> Any:
    drawn = rng.integers(1, 4, np.shape(x))
    return drawn if np.ndim(x) else int(drawn)


def check_like(x_bar: Any, x: Any, about: str) -> None:
    """A cotangent has its input's shape and dtype; a float's is a number, not an array of no dimensions."""
    if isinstance(x, np.ndarray):
        assert isinstance(x_bar, np.ndarray), f"{about}: {type(x_bar)}"
        assert x_bar.shape == x.shape and x_bar.dtype == x.dtype, (
            f"{about}: {x_bar.shape}, {x_bar.dtype}"
        )
    else:
        assert isinstance(x_bar, float), f"{about}: {type(x_bar)}"


@pytest.mark.parametrize("case", [c for c in CASES if c.second], ids=lambda c: c.name)
def test_second_order(case: Case, functions: ModuleType) -> None:
    f, total = getattr(functions, case.name), getattr(functions, f"{case.name}_total")
    gradient = s2sad.grad(total, wrt=case.wrt)
    along = s2sad.tangent(gradient, wrt=case.wrt)
    back = s2sad.adjoint(gradient, wrt=case.wrt)
    rate_gradient = s2sad.adjoint(s2sad.tangent(total, wrt=case.wrt), wrt=case.wrt)
    where = [case.parameters.index(name) for name in case.wrt]
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    for number, arguments in enumerate(case.variants[: case.second]):
        if any(isinstance(a, np.ndarray) and a.dtype == np.float32 for a in arguments):
            continue
        about = f"{case.name}, variant {number}"
        y = f(*arguments)
        weights = rng.normal(size=np.shape(y)) if np.ndim(y) else 0.7
        dots = [random_like(arguments[i], rng) for i in where]
        others = [random_like(arguments[i], rng) for i in where]

        def slope(*moved: Any) -> float:
            return inner(gradient(*moved, weights), others)  # noqa: B023

        expected = differences(slope, arguments, where, dots)
        _, bars_dot = along(*arguments, weights, *dots)
        found = {
            "tangent of grad": inner(bars_dot, others),
            "adjoint of grad": inner(back(*arguments, weights, *others), dots),
            "adjoint of tangent": inner(
                rate_gradient(*arguments, weights, *dots, 0.0, 1.0), others
            ),
        }
        for what, value in found.items():
            assert abs(value - expected) <= 1e-6 * (1.0 + abs(expected)), (
                f"{what} of {about}: {value}, {expected}"
            )


def test_every_rule_has_a_case() -> None:
    used: set[str] = set()
    for case in CASES:
        used |= names_in(case.expression)
    missing = {}
    for rule in default_registry().rules.values():
        public = [n for n in rule.functions if not n.startswith(("helper.", "intrinsic."))]
        if (
            not public
            or rule.nondifferentiable
            or not (rule.tangent or rule.adjoints or rule.linear_in)
        ):
            continue
        if not any(name in used for name in public) and exists(public[0]):
            missing[rule.name] = public
    assert not missing, missing


def exists(name: str) -> bool:
    """Whether this version of Python and NumPy has a function."""
    module, *rest = name.split(".")
    found: Any = {"numpy": np, "math": math}.get(module, sys.modules.get(module))
    for part in rest:
        found = getattr(found, part, None)
    return found is not None


OPERATORS = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod",
    "Pow": "pow", "MatMult": "matmul", "USub": "neg", "UAdd": "pos",
}  # fmt: skip


def names_in(expression: str) -> set[str]:
    """Dotted names of the functions, methods and operators that an expression uses."""
    found = set()
    for node in ast.walk(ast.parse(expression)):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            if dotted.startswith(("np.", "math.", "statistics.")):
                found.add(dotted.replace("np.", "numpy.", 1))
            found.add(f"numpy.ndarray.{node.attr}")
        elif isinstance(node, ast.Subscript):
            found.add("operator.getitem")
        elif isinstance(node, (ast.BinOp, ast.UnaryOp)):
            found.add(f"operator.{OPERATORS[type(node.op).__name__]}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(f"builtins.{node.func.id}")
    return found
