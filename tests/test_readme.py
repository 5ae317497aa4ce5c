"""README.md shows what the tool does: its source and emitted blocks are the real ones.

`./test --update-golden` puts the real ones there.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from command import s2sad_command

from s2sad.cli import main

BLOCK = re.compile(r"(<!-- (source|emitted): (\S+) -->\n```python\n)(.*?)(```\n)", re.DOTALL)


def real(kind: str, path: str) -> str:
    """What a block of the README ought to hold."""
    if kind == "source":
        return Path(path).read_text(encoding="utf-8")
    result = s2sad_command("emit", path)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_blocks_are_real(
    root: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(root)
    readme = root / "README.md"
    text = readme.read_text(encoding="utf-8")
    wanted = BLOCK.sub(lambda m: m[1] + real(m[2], m[3]) + m[5], text)
    assert len(BLOCK.findall(text)) == 2
    if request.config.getoption("--update-golden"):
        readme.write_text(wanted, encoding="utf-8", newline="\n")
    else:
        assert text == wanted, "README.md differs; `./test --update-golden` mends it"


def test_the_python_example_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    example = next(b for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "slope" in b)
    monkeypatch.syspath_prepend(root)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(example, names)
    assert names["slope"](0.2, 4) == pytest.approx(9.0660864, rel=1e-12)
    emitted = BLOCK.findall(text)[1][3]
    assert capsys.readouterr().out.rstrip("\n") in emitted
    assert Path("logistic_grad.py").is_file()


def test_every_command_in_the_tables_exists(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\| `s2sad (\w+)", text, re.MULTILINE)
    assert sorted(commands) == sorted(main.commands)


def test_the_scripts_are_there_to_run(root: Path) -> None:
    for name in ("run", "test", ".ci/run"):
        assert shutil.which(str(root / name)), f"{name} is not executable"
    last = (root / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert last == "exec ./test"
