"""What bad input gets: a diagnostic with its place, cause and way out, from Python and the command line.

tests/golden/errors/ holds the diagnostics; `./test --update-golden` writes what there is now.
"""

from __future__ import annotations

import importlib.util
import math
import re
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from command import s2sad_command, stable

import s2sad
from s2sad.backend.header import wrt_value
from tests.properties.check import load

Golden = Callable[[str, str], None]


class Case(NamedTuple):
    """A source that is refused at its function `f`."""

    name: str
    error: type[s2sad.S2SADError]
    source: str
    wrt: str = "0"
    args: str = ""


REFUSED = [
    Case("made-by-exec", s2sad.SourceUnavailableError, 'exec("def f(x):\\n    return x * x")\n'),
    Case(
        "not-a-scalar",
        s2sad.NonScalarOutputError,
        """
        import numpy as np

        def f(x):
            scale = 2.0
            return scale * np.sin(x)
        """,
        args="x: f8[n]",
    ),
    Case(
        "not-a-scalar-but-one-element",
        s2sad.NonScalarOutputError,
        """
        def f(x):
            return 2.0 * x
        """,
        args="x: f8[1]",
    ),
    Case(
        "several-results",
        s2sad.NonScalarOutputError,
        """
        def f(x: float):
            return x, 2.0 * x
        """,
    ),
    Case(
        "no-result",
        s2sad.NonScalarOutputError,
        """
        def f(x: float):
            y = 2.0 * x
        """,
    ),
    Case(
        "integer-input",
        s2sad.UsageError,
        """
        def f(x: float, n: int):
            return x * n
        """,
        wrt="n",
    ),
    Case(
        "integer-array-input",
        s2sad.UsageError,
        """
        import numpy as np

        def f(x):
            return np.sum(x * x)
        """,
        args="x: i8[n]",
    ),
    Case(
        "unknown-input-name",
        s2sad.UsageError,
        """
        def f(weights: float, bias: float):
            return weights * bias
        """,
        wrt="weight",
    ),
    Case(
        "unknown-input-position",
        s2sad.UsageError,
        """
        def f(x: float, y: float):
            return x * y
        """,
        wrt="2",
    ),
    Case(
        "input-named-twice",
        s2sad.UsageError,
        """
        def f(x: float, y: float):
            return x * y
        """,
        wrt="x,0",
    ),
    Case(
        "signature-that-is-none",
        s2sad.UsageError,
        """
        def f(x, y):
            return x * y
        """,
        args="x: f8[n, y: float",
    ),
    Case(
        "signature-of-another-function",
        s2sad.UsageError,
        """
        def f(x, y):
            return x * y
        """,
        args="x: float, z: float",
    ),
    Case(
        "missing-rule",
        s2sad.MissingRuleError,
        """
        import numpy as np

        def f(x):
            return np.sum(np.unwrap(x))
        """,
        args="x: f8[n]",
    ),
    Case(
        "missing-rule-in-a-called-function",
        s2sad.MissingRuleError,
        """
        import numpy as np

        def smooth(x):
            return np.unwrap(x)

        def f(x):
            return np.sum(smooth(x))
        """,
        args="x: f8[n]",
    ),
    Case(
        "missing-rule-after-a-letter-of-two-bytes",
        s2sad.MissingRuleError,
        """
        import numpy as np

        def f(größe):
            return np.sum(größe * np.unwrap(größe))
        """,
        args="größe: f8[n]",
    ),
    Case(
        "keyword-that-the-rule-does-not-name",
        s2sad.S2SADError,
        """
        import numpy as np

        def f(x):
            return np.sum(x, where=x > 0.0)
        """,
        args="x: f8[n]",
    ),
    Case(
        "unknown-name",
        s2sad.UnresolvedNameError,
        """
        def f(x: float):
            return x * rate
        """,
    ),
    Case(
        "write-to-a-global-array",
        s2sad.AliasingError,
        """
        import numpy as np

        table = np.zeros(3)

        def f(x):
            table[0] = 2.0
            return np.sum(x * table)
        """,
        args="x: f8[n]",
    ),
    Case(
        "write-through-a-view",
        s2sad.AliasingError,
        """
        import numpy as np

        def f(x):
            y = np.copy(x)
            z = y.ravel()
            z[0] = 2.0
            return np.sum(y * y)
        """,
        args="x: f8[n, n]",
    ),
    Case(
        "with-block",
        s2sad.UnsupportedSyntaxError,
        """
        def f(x: float):
            with open("log.txt") as stream:
                return x * x
        """,
    ),
    Case(
        "try-block",
        s2sad.UnsupportedSyntaxError,
        """
        def f(x: float):
            try:
                y = 1.0
                y = y / x
                y = y / (x - 1.0)
            except ZeroDivisionError:
                return y
            return y
        """,
    ),
    Case(
        "generator",
        s2sad.UnsupportedSyntaxError,
        """
        def f(x: float):
            yield x * x
        """,
    ),
    Case(
        "global-variable-written",
        s2sad.UnsupportedSyntaxError,
        """
        calls = 0

        def f(x: float):
            global calls
            calls += 1
            return x * x
        """,
    ),
    Case(
        "recursion",
        s2sad.S2SADError,
        """
        def g(xs, x):
            xs.append(x)
            return x if x > 9.0 else g(xs, x * 2.0 + 1.0)

        def f(x: float):
            return g([], x)
        """,
    ),
    Case(
        "item-deleted",
        s2sad.UnsupportedSyntaxError,
        """
        import numpy as np

        def f(x: float):
            values = np.array([x, 2.0 * x])
            del values[0]
            return values[0]
        """,
    ),
]
CASES = [pytest.param(case, id=case.name) for case in REFUSED]
# There is no line of a source to show: it is gone, or the fault is in an option.
WITHOUT_PLACE = {"made-by-exec", "signature-that-is-none", "signature-of-another-function"}
PLACED = [pytest.param(case, id=case.name) for case in REFUSED if case.name not in WITHOUT_PLACE]


def refuse_by_api(case: Case, path: Path) -> str:
    """The error that the API raises for a case, as text."""
    spec = importlib.util.spec_from_file_location("bad_input", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(s2sad.S2SADError) as caught:
        s2sad.grad(module.f, wrt=wrt_value(case.wrt)).emit(case.args or None)
    assert isinstance(caught.value, case.error), caught.value.render()
    assert str(caught.value) == caught.value.render()
    return caught.value.render() + "\n"


def refuse_by_command(case: Case, path: Path) -> str:
    """What the command line prints for a case."""
    options = ["--wrt", case.wrt] + (["--args", case.args] if case.args else [])
    result = s2sad_command("emit", f"{path}:f", *options)
    assert result.exit_code == 3, result.output
    assert result.stdout == ""
    return result.stderr


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's files; the command runs elsewhere and so names them by full paths."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    return tmp_path / "here"


@pytest.mark.parametrize("case", CASES)
def test_what_is_refused(case: Case, folder: Path, golden: Golden) -> None:
    path = folder / "bad.py"
    path.write_text(textwrap.dedent(case.source).lstrip("\n"), encoding="utf-8")
    text = stable(refuse_by_api(case, path), folder)
    assert stable(refuse_by_command(case, path), folder) == text
    golden(f"errors/{case.name}.txt", text)


@pytest.mark.parametrize("case", PLACED)
def test_a_diagnostic_has_place_carets_cause_and_help(case: Case, folder: Path) -> None:
    path = folder / "bad.py"
    path.write_text(textwrap.dedent(case.source).lstrip("\n"), encoding="utf-8")
    lines = refuse_by_command(case, path).splitlines()
    place = re.fullmatch(rf"{re.escape(str(path))}:(\d+):(\d+): S\d{{3}} \S.*", lines[0])
    assert place, lines[0]
    number, column = int(place[1]), int(place[2])
    source = path.read_text(encoding="utf-8").splitlines()[number - 1]
    assert lines[1] == "    " + source
    carets = lines[2][4:]
    assert re.fullmatch(r" *\^+", carets) and carets.index("^") == column - 1
    assert len(carets) <= len(source)
    # The carets begin and end with a name, not in the middle of one.
    assert not re.search(r"\w$", source[: column - 1]) or not re.match(r"\w", source[column - 1 :])
    assert lines[3:] and re.match(r"help: \S", lines[3])


@pytest.mark.parametrize("case", CASES)
def test_no_internal_error_lies_behind_a_diagnostic(case: Case, folder: Path) -> None:
    path = folder / "bad.py"
    path.write_text(textwrap.dedent(case.source).lstrip("\n"), encoding="utf-8")
    text = refuse_by_command(case, path)
    assert not re.search(
        r"Traceback|AssertionError|KeyError|AttributeError|NoneType|<s2sad|gast", text
    )


# --- at the call --------------------------------------------------------------------------------------


def square(x, n=2):
    return x**n


def total(x):
    return np.sum(x * x)


def twice(x):
    return 2.0 * x


AT_THE_CALL: list[tuple[str, type[s2sad.S2SADError], Callable[[], Any]]] = [
    ("integer", s2sad.UsageError, lambda: s2sad.grad(square)(3)),
    ("bool", s2sad.UsageError, lambda: s2sad.grad(square)(True)),
    ("integer array", s2sad.UsageError, lambda: s2sad.grad(total)(np.arange(3))),
    ("numpy integer", s2sad.UsageError, lambda: s2sad.grad(square)(np.int64(3))),
    ("text", s2sad.UsageError, lambda: s2sad.grad(square)("3")),
    ("array result", s2sad.NonScalarOutputError, lambda: s2sad.grad(twice)(np.ones(3))),
    ("one element", s2sad.NonScalarOutputError, lambda: s2sad.grad(twice)(np.ones(1))),
    ("missing argument", s2sad.UsageError, lambda: s2sad.grad(square)()),
    ("too many arguments", s2sad.UsageError, lambda: s2sad.grad(square)(1.0, 2, 3)),
    ("unknown keyword", s2sad.UsageError, lambda: s2sad.grad(square)(1.0, m=2)),
    ("unknown input", s2sad.UsageError, lambda: s2sad.grad(square, wrt="y")),
    ("input of a wrong type", s2sad.UsageError, lambda: s2sad.grad(square, wrt=1.5)),  # type: ignore[arg-type]
    ("not a function", s2sad.UsageError, lambda: s2sad.grad(3.0)),
    ("built-in function", s2sad.SourceUnavailableError, lambda: s2sad.grad(len)([1.0])),
    ("missing seed", s2sad.UsageError, lambda: s2sad.adjoint(square)(3.0)),
    ("no primals", s2sad.UsageError, lambda: s2sad.jvp(square, (3.0, 2), (1.0,))),
]


@pytest.mark.parametrize(("error", "call"), [pytest.param(e, c, id=n) for n, e, c in AT_THE_CALL])
def test_what_is_refused_at_the_call(
    error: type[s2sad.S2SADError], call: Callable[[], Any]
) -> None:
    with pytest.raises(s2sad.S2SADError) as caught:
        call()
    assert isinstance(caught.value, error), caught.value.render()
    assert caught.value.help


def named(x):
    s = 0.0
    for name, t in zip(("a", "b", "c"), x, strict=False):
        s = s + (t if name == "a" else t * t)
    return s


def test_code_for_all_items_of_a_tuple_refuses_an_array_of_fewer() -> None:
    assert np.array_equal(s2sad.grad(named)(np.ones(4)), [1.0, 2.0, 2.0, 0.0])
    with pytest.raises(NotImplementedError, match="zip of 3 items and an array that has fewer"):
        s2sad.grad(named)(np.ones(2))


def test_integers_are_refused_with_the_cast_to_write() -> None:
    with pytest.raises(s2sad.UsageError) as caught:
        s2sad.grad(total)(np.arange(3))
    assert "astype(float)" in caught.value.help
    with pytest.raises(s2sad.UsageError) as caught:
        s2sad.grad(square)(3)
    assert "float(x)" in caught.value.help


def test_long_expression() -> None:
    """A sum of hundreds of terms, as programs write it, is a tree of hundreds of levels."""
    terms = " + ".join(f"math.sin({k}.0 * x)" for k in range(500))
    f = load(f"import math\n\n\ndef f(x):\n    return {terms}\n").f
    exact = sum(k * math.cos(k * 0.3) for k in range(500))
    assert s2sad.grad(f)(0.3) == pytest.approx(exact, rel=1e-12)


def test_expression_that_is_too_deep() -> None:
    limit = sys.getrecursionlimit()
    f = load(f"def f(x):\n    return {'+'.join(['x'] * 2500)}\n").f
    with pytest.raises(s2sad.S2SADError, match="too deeply"):
        s2sad.grad(f)(0.3)
    assert sys.getrecursionlimit() == limit
