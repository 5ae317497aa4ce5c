"""Emitted text: the same bytes everywhere, clean, and as short as what a person writes."""

from __future__ import annotations

import ast
import functools
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import s2sad

ROOT = Path(__file__).parent.parent
TARGETS = ROOT / "tests" / "targets"

# File and function, wrt, and arguments of a first call that say what the annotations do not.
EXAMPLES: dict[str, tuple[str, Any, str]] = {
    "scalar": ("f", ("x1", "x2"), "(2.0, 5.0)"),
    "logistic": ("logistic", "x", "(0.2, 6)"),
    "newton": ("root", "a", "(2.0, 1e-12)"),
    "heat": ("energy", "u0", "(np.linspace(0.0, 1.0, 9) ** 2, 0.1, 5)"),
    "mlp": (
        "loss",
        ("w1", "b1", "w2", "b2"),
        "(np.ones((5, 7)) * 0.1, np.ones(7) * 0.2, np.linspace(0.0, 1.0, 21).reshape(7, 3), "
        "np.zeros(3), np.linspace(-1.0, 1.0, 20).reshape(4, 5), np.eye(3)[[0, 2, 1, 1]])",
    ),
}

EMIT_ALL = f"""
import importlib.util, sys
import numpy as np
import s2sad
for name, (function, wrt, args) in {EXAMPLES!r}.items():
    spec = importlib.util.spec_from_file_location(name, f"examples/{{name}}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    f = getattr(module, function)
    for derivative in (s2sad.grad(f, wrt=wrt), s2sad.tangent(f, wrt=wrt), s2sad.value_and_grad(f, wrt=wrt)):
        print(derivative.emit(None))
    for derivative in (s2sad.grad(f, wrt=wrt), s2sad.tangent(s2sad.grad(f, wrt=wrt), wrt=wrt)):
        given = eval(args)
        if derivative.__name__.endswith("tangent"):
            wanted = wrt if isinstance(wrt, tuple) else (wrt,)
            names = f.__code__.co_varnames
            given = (*given, *(given[names.index(w)] for w in wanted))
        derivative(*given)
        print(derivative.source)
"""


def load(path: Path) -> ModuleType:
    name = f"example_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def example(name: str) -> tuple[Any, Any, tuple[Any, ...]]:
    function, wrt, args = EXAMPLES[name]
    return getattr(load(ROOT / "examples" / f"{name}.py"), function), wrt, eval(args)


@functools.cache
def emitted_with(python: str, hash_seed: str) -> bytes:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [python, "-c", EMIT_ALL], cwd=ROOT, env=environment, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_hash_seeds_do_not_show() -> None:
    first = emitted_with(sys.executable, "0")
    assert len(first) > 1000
    assert emitted_with(sys.executable, "1") == first
    assert emitted_with(sys.executable, "4242") == first


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_python_versions_do_not_show(version: str) -> None:
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        pytest.skip("this is the version that runs the tests")
    python = find_python(version)
    if python is None:
        pytest.skip(f"no Python {version} with NumPy and the dependencies")
    assert emitted_with(python, "0") == emitted_with(sys.executable, "0")


def find_python(version: str) -> str | None:
    """A Python of this version that has what s2sad needs: on the PATH, or named in S2SAD_PYTHONS."""
    named = os.environ.get("S2SAD_PYTHONS", "").split(os.pathsep)
    ask = "import sys, numpy, gast, astor, click, rich; print('%d.%d' % sys.version_info[:2])"
    for python in filter(None, [*named, shutil.which(f"python{version}")]):
        done = subprocess.run([python, "-c", ask], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return python
    return None


def statements(function: ast.AST) -> int:
    """Statements of a function without its docstring."""
    nodes = [n for n in ast.walk(function) if isinstance(n, ast.stmt)]
    docstrings = [n for n in nodes if isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant)]
    return len(nodes) - len(docstrings) - 1


def functions(text: str) -> list[ast.FunctionDef]:
    return [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]


@pytest.mark.parametrize("name", EXAMPLES)
def test_as_short_as_written_by_hand(name: str) -> None:
    f, wrt, args = example(name)
    derivative = s2sad.grad(f, wrt=wrt)
    derivative(*args)
    emitted = functions(derivative.source)
    assert [g.name for g in emitted] == [f"{f.__name__}_grad"], "no helper functions"
    target = functions((TARGETS / f"{name}_grad.py").read_text())[0]
    assert statements(emitted[0]) <= 1.2 * statements(target), derivative.source


@pytest.mark.parametrize("name", EXAMPLES)
def test_as_right_as_written_by_hand(name: str) -> None:
    f, wrt, args = example(name)
    target = getattr(load(TARGETS / f"{name}_grad.py"), f"{f.__name__}_grad")
    got, want = s2sad.grad(f, wrt=wrt)(*args), target(*args)
    for g, w in zip(*((r if isinstance(r, tuple) else (r,)) for r in (got, want)), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", EXAMPLES)
def test_ruff_finds_nothing(name: str, tmp_path: Path) -> None:
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    f, wrt, args = example(name)
    called = s2sad.grad(f, wrt=wrt)
    called(*args)
    texts = {
        "called": called.source,
        "generic": s2sad.grad(f, wrt=wrt).emit(None),
        "tangent": s2sad.tangent(f, wrt=wrt).emit(None),
        "second": s2sad.tangent(s2sad.grad(f, wrt=wrt), wrt=wrt).emit(None),
    }
    for kind, text in texts.items():
        Path(tmp_path, f"{kind}.py").write_text(text)
    options = ["--isolated", "--no-cache", "--select", "E,F,W,B,UP", "--line-length", "120"]
    done = subprocess.run([ruff, "check", *options, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_user_s_lines_stand_as_comments(name: str) -> None:
    f, wrt, args = example(name)
    derivative = s2sad.grad(f, wrt=wrt)
    derivative(*args)
    own = {line.strip() for line in (ROOT / "examples" / f"{name}.py").read_text().splitlines()}
    comments = [
        line.strip()[2:] for line in derivative.source.splitlines() if line.strip().startswith("# ")
    ]
    landmarks = [c for c in comments if c not in ("forward sweep", "reverse sweep")]
    assert landmarks
    assert set(landmarks) <= own, set(landmarks) - own


@pytest.mark.parametrize("name", EXAMPLES)
def test_optimised_equals_unoptimised(name: str) -> None:
    f, wrt, args = example(name)
    short, long = s2sad.grad(f, wrt=wrt), s2sad.grad(f, wrt=wrt, optimise=False)
    got, want = short(*args), long(*args)
    for g, w in zip(*((r if isinstance(r, tuple) else (r,)) for r in (got, want)), strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-14)
    assert statements(ast.parse(short.source)) <= statements(ast.parse(long.source))


@pytest.mark.parametrize("name", EXAMPLES)
def test_emitted_text_runs_without_s2sad(name: str, tmp_path: Path) -> None:
    f, wrt, args = example(name)
    derivative = s2sad.grad(f, wrt=wrt)
    expected = derivative(*args)
    path = tmp_path / "saved.py"
    derivative.save(path)
    code = f"""
import sys
sys.modules["s2sad"] = None
import numpy as np
import saved
print(repr(saved.{f.__name__}_grad{EXAMPLES[name][2]}))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == repr(expected)
