"""Constructs of Python that a differentiated function may use, or that are refused: `programs/*.txt`.

Each program there starts with a line `=== id` and is a module with a function `f`; NumPy and math are imported
where it imports nothing itself. The parameters of `f` take their values from `VALUES` by name. After the id, behind
a colon and separated by semicolons, may stand:

- what must happen, if not `right` (all derivatives agree with dual numbers): an error class (refused, with a
  caret and a way out), or several joined by `or`;
- `generic ...`: the same for the code that is made without knowing the arguments;
- `order 1`: the second order is not checked; `wrt x v`: the arguments to differentiate, if not all floats.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

RIGHT = "right"
HEAD = "import math\nimport numpy as np\n\n\n"

VALUES: dict[str, Any] = {
    "x": 0.7,
    "y": -0.4,
    "z": 1.3,
    "v": np.array([0.4, -0.9, 1.2]),
    "w": np.array([-0.3, 0.8, 0.5]),
    "u": np.array([0.2, 0.6, -0.5, 1.1, -0.8]),
    "m": np.array([[0.3, -0.7, 0.9], [1.1, 0.5, -0.2]]),
    "n": 3,
    "k": 2,
    "flag": True,
    "none": None,
    "index": np.array([0, 0, 2]),
    "mask": np.array([True, False, True]),
    "axis": 0,
    "scale": 2.0,
    "p": 3,
}
FLOATS = ("x", "y", "z", "v", "w", "u", "m", "scale")


@dataclass(frozen=True)
class Construct:
    id: str
    source: str
    expected: tuple[str, ...] = (RIGHT,)
    generic: tuple[str, ...] = (RIGHT,)
    order: int = 2
    wrt: tuple[str, ...] = FLOATS

    @property
    def text(self) -> str:
        return self.source if self.source.startswith(("import", "from")) else HEAD + self.source

    @property
    def parameters(self) -> list[str]:
        for node in ast.parse(self.text).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "f":
                return [a.arg for a in [*node.args.posonlyargs, *node.args.args]]
        raise ValueError(f"{self.id} has no function f")

    @property
    def args(self) -> tuple[Any, ...]:
        return tuple(VALUES[name] for name in self.parameters)

    @property
    def positions(self) -> tuple[int, ...]:
        return tuple(i for i, name in enumerate(self.parameters) if name in self.wrt)


def read(text: str) -> list[Construct]:
    out = []
    for part in ("\n" + text).split("\n=== ")[1:]:
        head, _, source = part.partition("\n")
        id, _, options = head.partition(":")
        values: dict[str, Any] = {}
        for option in filter(None, (o.strip() for o in options.split(";"))):
            name, _, value = option.partition(" ")
            if name == "generic":
                values["generic"] = tuple(value.split(" or "))
            elif name == "order":
                values["order"] = int(value)
            elif name == "wrt":
                values["wrt"] = tuple(value.split())
            else:
                values["expected"] = tuple(option.split(" or "))
        out.append(Construct(id.strip(), source.strip() + "\n", **values))
    return out


PROGRAMS = Path(__file__).parent / "programs"
CONSTRUCTS = [
    construct
    for path in sorted(PROGRAMS.glob("*.txt"))
    for construct in read(path.read_text(encoding="utf-8"))
]
