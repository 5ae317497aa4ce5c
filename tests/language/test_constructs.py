"""Every construct in forward and reverse mode, at second order, and in generic code; or its refusal."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.optimize.passes import ROUNDS, optimise
from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.oracle import program as oracle
from tests.properties.check import Mismatch, Skipped, check, load, same
from tests.properties.programs import Program


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=[c.id for c in CONSTRUCTS])
def test_construct(construct: Construct) -> None:
    allowed = construct.expected
    program = Program(construct.text, construct.args, construct.positions)
    try:
        notes = check(program, construct.order)
    except Mismatch as error:
        pytest.fail(f"{error}\n\n{construct.text}")
    except Skipped:
        # A program whose value is not one number, or that cannot run, is only there to be refused.
        assert RIGHT not in allowed, "the program says nothing"
        with pytest.raises(s2sad.S2SADError) as info:
            module = load(construct.text)
            s2sad.grad(module.f, wrt=program.wrt)(*program.args)
        refused(info.value, allowed)
    except s2sad.S2SADError as error:
        refused(error, allowed)
    else:
        assert RIGHT in allowed, f"is not refused: {construct.expected}"
        assert not notes or construct.generic != (RIGHT,), notes


def refused(error: s2sad.S2SADError, allowed: tuple[str, ...]) -> None:
    assert type(error).__name__ in allowed, str(error)
    assert error.help, f"no way out: {error}"
    if not isinstance(error, s2sad.UsageError):
        assert error.span is not None and "^" in str(error), f"no caret: {error}"


THIRD_ORDER = """
return_argument constant_function shadowed_parameter chain_of_names augmented_names if_else elif_chain early_return
conditional_expression for_range for_range_down fibonacci swap_in_loop carried_nested_tuple nested_loops
inner_zero_trips_first branch_in_loop break_first continue return_in_nested_loop for_else while while_true_break
while_true_break_in_the_middle newton while_in_for helper_with_early_return helper_returns_tuple nested_in_nested
array_literal store_item_of_matrix store_in_while store_item_in_loop
""".split()


@pytest.mark.parametrize("id", THIRD_ORDER)
def test_third_order(id: str) -> None:
    construct = next(c for c in CONSTRUCTS if c.id == id)
    f, args = load(construct.text).f, construct.args
    expected = oracle.derivative_of_order(oracle.on_duals(construct.text, "f"), args, 0, 3)
    rounding = 1e-9 * max(1.0, abs(expected))
    thrice = s2sad.grad(s2sad.grad(s2sad.grad(f)))
    assert abs(thrice(*args) - expected) <= rounding
    mixed = s2sad.tangent(s2sad.grad(s2sad.grad(f)))
    assert abs(mixed(*args, 1.0)[1] - expected) <= rounding


PARTS = range(6)  # of the table, for tests that run side by side


def emitted(part: int) -> dict[str, str]:
    """Generated modules of the constructs of one part, by name."""
    texts = {}
    for construct in CONSTRUCTS[part :: len(PARTS)]:
        try:
            f = load(construct.text).f
            both = s2sad.value_and_grad(f, wrt=construct.positions)
            both(*construct.args)
            texts[f"{construct.id}_called"] = both.source
            texts[f"{construct.id}_generic"] = both.emit(None)
            along = s2sad.tangent(s2sad.grad(f, wrt=construct.positions), wrt=construct.positions)
            texts[f"{construct.id}_second"] = along.emit(None)
        except Exception:
            continue
    return texts


@pytest.mark.parametrize("part", PARTS)
def test_the_optimiser_settles(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []

    def counted(context: Any, function: Any) -> int:
        rounds.append(optimise(context, function))
        return rounds[-1]

    monkeypatch.setattr("s2sad.pipeline.optimise", counted)
    for construct in CONSTRUCTS[part :: 2 * len(PARTS)]:
        gradient = s2sad.grad(load(construct.text).f, wrt=construct.positions)
        with contextlib.suppress(s2sad.S2SADError):
            gradient(*construct.args)
            s2sad.tangent(gradient, wrt=construct.positions).emit(None)
    assert len(rounds) > 60 and max(rounds) < ROUNDS


@pytest.mark.parametrize("part", PARTS)
def test_emitted_code_is_clean(part: int, tmp_path: Path) -> None:
    """No unused import, nothing undefined."""
    texts = emitted(part)
    assert len(texts) > 200
    for name, text in texts.items():
        Path(tmp_path, f"{name}.py").write_text(text, encoding="utf-8")
    ruff = shutil.which("ruff") or str(Path(sys.executable).parent / "ruff")
    options = ["--isolated", "--no-cache", "--select", "E,F,W", "--line-length", "100"]
    # The user's own names may be ambiguous ones.
    options += ["--ignore", "E741", "--output-format", "concise"]
    done = subprocess.run([ruff, "check", *options, tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.parametrize("part", PARTS)
def test_emitted_code_runs_alone(part: int) -> None:
    """What is printed is what runs: the text by itself gives the same bits."""
    for construct in CONSTRUCTS[part :: 3 * len(PARTS)]:
        try:
            both = s2sad.value_and_grad(load(construct.text).f, wrt=construct.positions)
            expected = both(*construct.args)
        except Exception:
            continue
        names: dict[str, object] = {}
        try:
            text = both.source
            exec(compile(text, construct.id, "exec"), names)
        except ImportError:
            continue
        got = names["f_value_and_grad"](*construct.args)  # type: ignore[operator]
        assert same(got, expected), construct.id


def test_there_are_enough_constructs() -> None:
    assert len(CONSTRUCTS) >= 300
    assert len({c.id for c in CONSTRUCTS}) == len(CONSTRUCTS)


def test_arguments_with_a_default_may_be_left_out() -> None:
    f = load("def f(x, scale=2.0, *, power=3):\n    return scale * x ** power\n").f
    assert s2sad.grad(f)(0.5) == 2.0 * 3.0 * 0.25
    assert s2sad.grad(f)(0.5, 3.0) == 3.0 * 3.0 * 0.25
    assert s2sad.grad(f)(0.5, power=2) == 2.0 * 2.0 * 0.5
    assert s2sad.value_and_grad(f)(0.5, power=2, scale=1.0) == (0.25, 1.0)
    assert s2sad.grad(f, wrt="scale")(0.5) == 0.125


def test_a_program_prints_once(capsys: pytest.CaptureFixture[str]) -> None:
    f = load(
        "def f(x):\n    y = x * 2.0\n    print('y is', y, sep='=', end='!\\n')\n    return y * x\n"
    ).f
    assert s2sad.grad(f)(0.5) == 2.0
    assert capsys.readouterr().out == "y is=1.0!\n"
    assert s2sad.grad(s2sad.grad(f))(0.5) == 4.0
    assert capsys.readouterr().out == "y is=1.0!\n"
    assert s2sad.tangent(f)(0.5, 1.0) == (0.5, 2.0)
    assert capsys.readouterr().out == "y is=1.0!\n"


def test_prints_in_a_loop_are_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    text = "def f(x, n):\n    for i in range(n):\n        x = x * x\n        print(i, x)\n    return x\n"
    f = load(text).f
    f(2.0, 3)
    expected = capsys.readouterr().out
    assert s2sad.grad(f)(2.0, 3) == 8.0 * 2.0**7
    assert capsys.readouterr().out == expected


def test_asserts_and_raises_reach_the_caller() -> None:
    text = """
def f(x):
    assert x > 0.0, f"x is {x}"
    if x > 5.0:
        raise ValueError(f"too large: {x}")
    return x * x
"""
    f = load(text).f
    for derivative in (s2sad.grad(f), s2sad.value_and_grad(f), s2sad.grad(s2sad.grad(f))):
        with pytest.raises(AssertionError, match="x is -1.0"):
            derivative(-1.0)
        with pytest.raises(ValueError, match="too large: 6.0"):
            derivative(6.0)
    assert s2sad.grad(f)(2.0) == 4.0


def test_a_callee_is_called_once_for_its_value() -> None:
    text = "def f(x):\n    return x if 0.0 < g(x) < 2.0 else -x\n\n\ndef g(x):\n    print('g')\n    return x * x\n"
    f = load(text).f
    assert s2sad.grad(f)(1.0) == 1.0


def test_numpy_scalars_and_zero_dimensional_arrays() -> None:
    f = load("import numpy as np\n\n\ndef f(x, y):\n    return np.sin(x) * y + x * x\n").f
    expected = np.cos(0.5) * 2.0 + 1.0
    for x in (0.5, np.float64(0.5), np.array(0.5)):
        got = s2sad.grad(f)(x, 2.0)
        assert np.shape(got) == () and np.isclose(got, expected), type(x)


def test_float32_stays_float32() -> None:
    text = "import numpy as np\n\n\ndef f(v, x):\n    a = v * 0.5\n    for i in range(3):\n        a[i] += a[i] * x\n"
    f = load(text + "    return np.sum(np.tanh(a) ** 2)\n").f
    v = np.array([0.5, -1.5, 2.5], dtype=np.float32)
    value, (v_bar, x_bar) = s2sad.value_and_grad(f, wrt=("v", "x"))(v, 0.3)
    wide = s2sad.grad(f, wrt=("v", "x"))(v.astype(float), 0.3)
    assert value.dtype == np.float32 and v_bar.dtype == np.float32
    np.testing.assert_allclose(v_bar, wide[0], rtol=1e-5)
    np.testing.assert_allclose(x_bar, wide[1], rtol=1e-5)
