"""How the time of a transformation grows with the length of the function: `python -m bench.growth`.

The functions are straight lines, branches and loops in a fixed mixture. The time of a line should not depend on the
number of lines.
"""

from __future__ import annotations

import importlib.util
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import s2sad

LENGTHS = (25, 50, 100, 200, 400)
ROUNDS = 3


def program(lines: int) -> str:
    """A function with about so many lines; each reads what was set shortly before."""
    choose = random.Random(lines)
    names = ["x", "y"]
    text = ["import numpy as np", "", "", "def f(x, y, v):"]
    start = len(text)
    while len(text) - start < lines - 1:
        p, q = choose.choice(names[-6:]), choose.choice(names[-6:])
        form = choose.randrange(8)
        if form == 0:
            text += ["    for k in range(3):", f"        {p} = np.tanh({p} * v[k]) + {q}"]
        elif form == 1:
            text += [f"    if {p} > 0.1:", f"        {q} = {q} * {p}"]
        else:
            names.append(f"a{len(text)}")
            text.append(f"    {names[-1]} = np.sin({p}) * {q} + 0.5")
    return "\n".join([*text, f"    return {names[-1]}"]) + "\n"


def load(text: str, folder: Path, name: str) -> Any:
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module.f


def seconds(f: Any) -> float:
    """Processor time from a function to the first value of its gradient."""
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        s2sad.grad(f, wrt=(0, 1))(0.5, 0.3, np.array([0.2, -0.4, 0.9]))
        times.append(time.process_time() - start)
    return min(times)


def table(lengths: tuple[int, ...] = LENGTHS) -> str:
    """Lines of a Markdown table."""
    rows = ["| lines | seconds | milliseconds for a line |", "| ---: | ---: | ---: |"]
    with tempfile.TemporaryDirectory() as folder:
        for n in (lengths[0], *lengths):  # the first one also reads the rules
            f = load(program(n), Path(folder), f"grown{n}")
            took = seconds(f)
            rows.append(f"| {n} | {took:.2f} | {1000.0 * took / n:.1f} |")
    del rows[2]
    return "\n".join(rows)


if __name__ == "__main__":
    print(table())
