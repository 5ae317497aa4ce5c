"""Prints the table of ratios: `python -m bench`."""

from __future__ import annotations

import ctypes
import gc
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np

import s2sad
from bench import growth
from bench.others import OTHERS
from bench.problems import Problem, problems

Call = Callable[..., Any]


def fix_allocator() -> str:
    """Keep large blocks in the process: else glibc returns them to the system and every call pays for it."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-3, 1 << 30)
        libc.mallopt(-1, 1 << 30)
    except OSError:
        return "allocator not fixed"
    return "allocator fixed by mallopt"


def emitted(problem: Problem) -> Call:
    """The function that a user would vendor: s2sad's text, run as a module of its own."""
    derivative = s2sad.grad(problem.primal, wrt=problem.wrt)
    derivative(*problem.args)
    names: dict[str, Any] = {}
    exec(compile(derivative.source, "<emitted>", "exec"), names)
    call: Call = names[derivative.__name__]
    return call


def agree(got: Any, want: Any) -> bool:
    got = got if isinstance(got, (tuple, list)) else (got,)
    return len(got) == len(want) and all(
        np.allclose(np.asarray(g), np.asarray(w), rtol=1e-6, atol=1e-9)
        for g, w in zip(got, want, strict=True)
    )


def measure(
    calls: dict[str, Call], args: tuple[Any, ...], repeats: int, rounds: int
) -> dict[str, list[float]]:
    """Seconds of `repeats` calls of each, in turn, `rounds` times."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call(*args)
    gc.disable()
    try:
        for _ in range(rounds):
            for name, call in calls.items():
                start = time.perf_counter()
                for _ in range(repeats):
                    call(*args)
                times[name].append(time.perf_counter() - start)
    finally:
        gc.enable()
    return times


def ratio(times: dict[str, list[float]], a: str, b: str) -> float:
    return statistics.median(x / y for x, y in zip(times[a], times[b], strict=True))


def row(problem: Problem, rounds: int, missing: set[str]) -> list[str]:
    """One line of the table."""
    want = problem.by_hand(*problem.args)
    calls: dict[str, Call] = {
        "primal": problem.primal,
        "by hand": problem.by_hand,
        "s2sad": emitted(problem),
    }
    compile_time = ""
    for name, make in OTHERS.items():
        try:
            calls[name], seconds = make(problem)
        except ImportError:
            missing.add(name)
            continue
        compile_time = f"{seconds:.2f} s" if seconds else compile_time
    for name, call in calls.items():
        if name != "primal" and not agree(call(*problem.args), want):
            raise SystemExit(f"{problem.name}: the gradient by {name} is another one")
    slow = {n: c for n, c in calls.items() if n in ("autograd", "PyTorch")}
    fast = {n: c for n, c in calls.items() if n not in slow}
    times = measure(fast, problem.args, problem.repeats, rounds)
    if slow:
        few = max(1, problem.repeats // 20)
        slow_times = measure(
            slow | {"by hand": problem.by_hand}, problem.args, few, max(3, rounds // 3)
        )
    cells = [
        problem.name,
        f"{ratio(times, 's2sad', 'primal'):.2f}",
        f"{ratio(times, 's2sad', 'by hand'):.2f}",
    ]
    for name in OTHERS:
        source = slow_times if name in slow else times
        cells.append(f"{ratio(source, name, 'by hand'):.2f}" if name in calls else "-")
    return [*cells, compile_time or "-"]


@click.command()
@click.option("--quick", is_flag=True, help="Two small problems, few rounds.")
@click.option("--write", type=click.Path(path_type=Path), help="Also write the table as Markdown.")
def main(quick: bool, write: Path | None) -> None:
    """Gradient times as ratios, all measured in one run."""
    facts = (
        f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}, "
        f"{os.cpu_count()} cores, {fix_allocator()}."
    )
    missing: set[str] = set()
    head = [
        "problem",
        "s2sad / primal",
        "s2sad / by hand",
        *(f"{n} / by hand" for n in OTHERS),
        "JAX compile time",
    ]
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    print(facts)
    for line in lines:
        print(line)
    for problem in problems(quick):
        line = "| " + " | ".join(row(problem, 3 if quick else 15, missing)) + " |"
        lines.append(line)
        print(line, flush=True)
    for name in sorted(missing):
        print(f"{name} is not installed: left out")
    if write:
        grown = growth.table((25, 50) if quick else growth.LENGTHS)
        text = TEXT.format(facts=facts, table="\n".join(lines), growth=grown)
        write.write_text(text, encoding="utf-8")


TEXT = """# Benchmarks

`python -m bench` measures all of this in one run; machines are noisy, so only ratios are shown. Each is the median
over rounds in which the candidates take turns, with the garbage collector off. "By hand" is an adjoint as an expert
would write it, in `bench/problems.py`; s2sad's figure is that of the emitted file. JAX runs compiled, with a loop
written as a `fori_loop`; its compile time is a column of its own.

{table}

{facts}

## How long a transformation takes

`python -m bench.growth`: processor time from a function to the first value of its gradient, for functions of straight
lines, branches and loops.

{growth}
"""


if __name__ == "__main__":
    main()
