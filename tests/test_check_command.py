"""`s2sad check`: fresh, stale, edited by hand, source not found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command import s2sad_command as run

import s2sad

SOURCE = """\
import numpy as np

SCALE = 2.0


def inner(x):
    return np.sin(x)


def f(x: float):
    return SCALE * inner(x) * x


def unrelated(x):
    return x
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a source and, in another folder, its fresh derivative."""
    monkeypatch.chdir(tmp_path)
    Path("model.py").write_text(SOURCE)
    Path("generated").mkdir()
    assert run("emit", "model.py:f", "--wrt", "x", "-o", "generated/f_grad.py").exit_code == 0
    return tmp_path


OUT = Path("generated/f_grad.py")


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def verdict(*options: str, code: int = 1) -> str:
    result = run("check", str(OUT), *options)
    assert result.exit_code == code, result.output
    assert result.stderr == "" or code == 3
    return result.stdout.removeprefix(f"{OUT}: ").removesuffix("\n")


def test_fresh() -> None:
    assert verdict(code=0) == "fresh"


def test_fresh_after_changes_that_do_not_matter() -> None:
    change(Path("model.py"), "def unrelated(x):\n    return x\n", "def other(y):\n    return y\n")
    change(Path("model.py"), "import numpy as np\n", "# A comment above.\nimport numpy as np\n")
    assert verdict(code=0) == "fresh"


def test_stale_when_the_function_changes() -> None:
    change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
    assert verdict() == "stale: the source function changed"


def test_stale_when_a_function_that_it_calls_changes() -> None:
    change(Path("model.py"), "np.sin(x)", "np.cos(x)")
    assert verdict() == "stale: the source function changed"


def test_stale_when_a_function_of_another_file_changes() -> None:
    Path("helper.py").write_text("def inner(x):\n    return 2.0 * x\n")
    Path("model.py").write_text(
        "from helper import inner\n\n\ndef f(x: float):\n    return inner(x) * x\n"
    )
    assert run("emit", "model.py:f", "-o", str(OUT)).exit_code == 0
    assert verdict(code=0) == "fresh"
    change(Path("helper.py"), "2.0", "3.0")
    assert verdict() == "stale: the source function changed"


def test_stale_when_a_function_that_calls_itself_changes() -> None:
    Path("model.py").write_text(
        "def halved(x, k):\n    return x if k < 0.5 else 0.5 * halved(x * x, k - 1.0)\n\n\n"
        "def f(x: float, k: float):\n    return halved(x, k) * x\n"
    )
    assert run("emit", "model.py:f", "-o", str(OUT)).exit_code == 0
    assert verdict(code=0) == "fresh"
    change(Path("model.py"), "0.5 * halved", "0.6 * halved")
    assert verdict() == "stale: the source function changed"


def test_stale_when_a_value_that_it_reads_changes() -> None:
    change(Path("model.py"), "SCALE = 2.0", "SCALE = 3.0")
    assert verdict().startswith("stale: ")


def test_edited_by_hand() -> None:
    for old, new in (("return", "return 2.0 *"), ("--wrt x", "--wrt 0"), ("Edit", "Do edit")):
        text = OUT.read_text()
        change(OUT, old, new)
        if new != "Do edit":
            assert verdict() == "edited by hand"
        else:
            assert run("check", str(OUT)).exit_code == 2  # no longer known as generated
        OUT.write_text(text)


def test_edited_and_stale() -> None:
    change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
    change(OUT, "return", "return 2.0 *")
    assert verdict() == "edited by hand; stale: the source function changed"


def test_a_header_that_cannot_be_read() -> None:
    change(OUT, "# s2sad emit", "# emit")
    result = run("check", str(OUT))
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{OUT}: edited by hand: its header cannot be read")


def test_line_ends_of_another_system_are_no_edit() -> None:
    OUT.write_bytes(OUT.read_bytes().replace(b"\n", b"\r\n"))
    assert verdict(code=0) == "fresh"


def test_source_not_found() -> None:
    change(Path("model.py"), "def f(", "def g(")
    assert verdict() == "source not found: ../model.py: there is no function f"
    Path("model.py").unlink()
    assert verdict() == "source not found: ../model.py"


def test_a_source_that_is_refused_now() -> None:
    change(Path("model.py"), "inner(x) * x", "unknown_function(x)")
    result = run("check", str(OUT))
    assert result.exit_code == 3
    assert result.stdout.startswith(f"{OUT}: stale")
    assert result.stderr.startswith("model.py:11:")


def test_a_source_that_is_not_python_now() -> None:
    change(Path("model.py"), "def f(", "def f((")
    result = run("check", str(OUT))
    assert result.exit_code == 3
    assert "model.py:10:" in result.stderr and "Traceback" not in result.stderr


def test_diff_shows_what_would_change_and_changes_nothing() -> None:
    assert verdict("--diff", code=0) == "fresh"
    change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
    before = OUT.read_text()
    text = verdict("--diff")
    assert f"--- {OUT}\n+++ {OUT}\n" in text
    assert text.count("\n-# source") == text.count("\n+# source") == 1
    assert text.endswith("stale: the source function changed")
    assert OUT.read_text() == before


def test_fix_writes_it_anew() -> None:
    change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
    change(OUT, "return", "return 2.0 *")
    assert verdict("--fix", code=0).endswith("(written anew)")
    assert verdict(code=0) == "fresh"
    assert "2.0 *" not in OUT.read_text().split("return")[-1]


def test_fix_cannot_mend_a_lost_source() -> None:
    Path("model.py").unlink()
    before = OUT.read_text()
    assert verdict("--fix") == "source not found: ../model.py"
    assert OUT.read_text() == before


def test_folders_are_searched(folder: Path) -> None:
    for name in (".hidden", "venv", "deep/er"):
        Path(name).mkdir(parents=True)
        (folder / name / "copy.py").write_text(OUT.read_text())
    Path("venv/pyvenv.cfg").touch()
    Path("binary.py").write_bytes(b"\xff\xfe\0")
    result = run("check", ".", str(OUT))
    assert result.stdout.splitlines() == [
        "deep/er/copy.py: source not found: ../model.py",
        f"{OUT}: fresh",
    ]
    assert result.exit_code == 1


def test_a_folder_without_generated_files_is_fine_but_said() -> None:
    Path("empty").mkdir()
    result = run("check", "empty")
    assert result.exit_code == 0 and result.stdout == ""
    assert "no generated files in empty" in result.stderr


@pytest.mark.parametrize("name", ["model.py", "missing.py", "binary.py"])
def test_what_is_not_a_generated_file_is_a_usage_error(name: str) -> None:
    Path("binary.py").write_bytes(b"\xff\xfe\0")
    result = run("check", name)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{name}: error: ")


def test_several_files_and_the_worst_exit_code() -> None:
    assert run("emit", "model.py:unrelated", "-o", "generated/unrelated_grad.py").exit_code == 0
    change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
    result = run("check", "generated")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "generated/f_grad.py: stale: the source function changed",
        "generated/unrelated_grad.py: fresh",
    ]


def test_a_file_of_several_derivatives() -> None:
    Path("two.py").write_text(
        "from s2sad import grad, tangent\n\n\n@grad\ndef f(x: float):\n    return x * x\n\n\n"
        "@tangent\ndef g(x: float):\n    return x * x * x\n"
    )
    assert run("emit", "two.py", "-o", str(OUT)).exit_code == 0
    assert verdict(code=0) == "fresh"
    change(Path("two.py"), "x * x * x", "x * x * x * x")
    assert verdict() == "stale: the source function changed"


@pytest.mark.parametrize(
    "make",
    [
        lambda f: s2sad.grad(f, wrt="x"),
        lambda f: s2sad.grad(f, wrt=("x",)),
        lambda f: s2sad.value_and_grad(f),
        lambda f: s2sad.tangent(s2sad.grad(f), wrt="x"),
        lambda f: s2sad.grad(s2sad.grad(f)),
        lambda f: s2sad.adjoint(f, wrt=(0,)),
    ],
)
def test_a_derivative_that_was_saved_from_python_is_fresh(
    make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(".")
    sys.modules.pop("model", None)
    import model

    try:
        derivative = make(model.f)
        derivative.save(OUT)
        assert verdict(code=0) == "fresh"
        change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
        assert verdict() == "stale: the source function changed"
    finally:
        del sys.modules["model"]


def test_a_derivative_that_was_saved_after_a_call_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    monkeypatch.syspath_prepend(".")
    sys.modules.pop("arrays", None)
    Path("arrays.py").write_text(
        "import numpy as np\n\n\ndef f(x, k):\n    return np.sum(np.sin(x) * k)\n"
    )
    import arrays

    try:
        derivative = s2sad.grad(arrays.f)
        derivative(np.ones((3, 2)), 2.0)
        derivative.save(OUT)
        # The kinds of that call are in the header, so that the same code comes out again.
        assert verdict(code=0) == "fresh"
    finally:
        del sys.modules["arrays"]


def test_exit_codes_of_the_command_itself(root: Path) -> None:
    def code(*args: str) -> int:
        command = [sys.executable, "-m", "s2sad", "check", *args]
        return subprocess.run(
            command, env=dict(os.environ, PYTHONPATH=str(root)), capture_output=True
        ).returncode

    assert code(str(OUT)) == 0
    change(Path("model.py"), "inner(x) * x", "inner(x) * x * x")
    assert code(str(OUT)) == 1
    assert code() == 2
    change(Path("model.py"), "import numpy as np", "import numpy as np, nonsense_of_this_test")
    assert code(str(OUT)) == 3
