"""Files that cannot be read or written: a diagnostic with the path and the cause, and the exit code.

tests/golden/errors/ holds the diagnostics; `./test --update-golden` writes what there is now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command import s2sad_command, stable

Golden = Callable[[str, str], None]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's files; the command runs elsewhere and so names them by full paths."""
    (tmp_path / "here").mkdir()
    (tmp_path / "there").mkdir()
    monkeypatch.chdir(tmp_path / "there")
    return tmp_path / "here"


FILES = {
    "not-python": (3, b"This is a letter, not a program.\n"),
    "not-python-any-more": (3, b"import math\n\n\ndef f(x)\n    return math.sin(x)\n"),
    "wrong-indentation": (3, b"def f(x):\n    y = x\n  return y\n"),
    "binary": (3, b"\x7fELF\x02\x00\x00\x01"),
    "not-utf-8": (3, b"# caf\xe9\ndef f(x):\n    return x\n"),
    "unknown-encoding": (3, b"# coding: klingon\ndef f(x):\n    return x\n"),
    "import-fails": (3, b"import math\n\nlimit = math.sqrt(2.0)\nraise RuntimeError('no data')\n"),
    "import-fails-in-a-call": (
        3,
        b"def load(name):\n    raise OSError(f'no {name} here')\n\n\ndata = load('table')\n",
    ),
    "import-of-nothing": (3, b"import no_such_package_of_anyone\n"),
    "import-exits": (3, b"import sys\n\nsys.exit(1)\n"),
    "empty": (2, b""),
    "no-such-function": (2, b"def fun(x):\n    return x\n"),
    "not-a-function": (2, b"f = 3.0\n"),
    "a-class": (2, b"class f:\n    pass\n"),
}


@pytest.mark.parametrize("name", FILES)
def test_files_that_cannot_be_used(name: str, folder: Path, golden: Golden) -> None:
    code, content = FILES[name]
    path = folder / "bad.py"
    path.write_bytes(content)
    result = s2sad_command("emit", f"{path}:f")
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    golden(f"errors/file-{name}.txt", stable(result.stderr, folder))


def test_a_module_that_fails_inside_an_import_is_shown_where_it_is_imported(folder: Path) -> None:
    (folder / "bad.py").write_text("import math\nimport sibling\n")
    (folder / "sibling.py").write_text("raise RuntimeError('not today')\n")
    result = s2sad_command("emit", f"{folder}/bad.py:f")
    assert result.exit_code == 3
    assert result.stderr.startswith(
        f"{folder}/bad.py:2:1: S102 importing bad.py raised RuntimeError: not today\n"
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("missing.py", "there is no such file"),
        ("missing.py:f", "there is no such file"),
        ("missing/f.py", "there is no such file"),
        (".", "this is a folder"),
    ],
)
def test_sources_that_are_not_there(target: str, said: str, folder: Path) -> None:
    result = s2sad_command("emit", target)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith(f"{target.removesuffix(':f')}: error: {said}")


@pytest.mark.parametrize(
    "out", ["missing/f_grad.py", "folder", "file/f_grad.py", "/proc/f_grad.py"]
)
def test_outputs_that_cannot_be_written(
    out: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "f.py").write_text("def f(x: float):\n    return x * x\n")
    (folder / "folder").mkdir()
    (folder / "file").write_text("old")
    result = s2sad_command("emit", "f.py", "-o", out)
    assert result.exit_code == 2
    assert re.fullmatch(rf"{out}: error: cannot be written: .+\n", result.stderr)
    assert sorted(p.name for p in folder.iterdir()) == ["f.py", "file", "folder"]
    assert (folder / "file").read_text() == "old"
    assert list((folder / "folder").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "args"),
    [
        (0, ["emit", "good.py"]),
        (2, ["emit"]),
        (2, ["emit", "good.py", "--mode", "sideways"]),
        (2, ["emit", "good.py", "--order", "0"]),
        (2, ["emit", "good.py", "--backend", "abacus"]),
        (2, ["emit", "missing.py"]),
        (3, ["emit", "bad.py"]),
        (3, ["emit", "good.py", "--wrt", "y"]),
    ],
)
def test_exit_codes_of_the_process(code: int, args: list[str], folder: Path, root: Path) -> None:
    (folder / "good.py").write_text("def f(x: float):\n    return x * x\n")
    (folder / "bad.py").write_text("def f(x: float):\n    return x * y\n")
    done = subprocess.run(
        [sys.executable, "-m", "s2sad", *args],
        cwd=folder,
        env=dict(os.environ, PYTHONPATH=str(root)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert bool(done.stdout) == (code == 0)
