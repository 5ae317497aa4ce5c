"""What is known of a loop before and between the tries at lowering it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from s2sad.errors import UnsupportedSyntaxError
from s2sad.frontend.collecting import Need
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.scope import (
    CONTENTS,
    FROZEN,
    Binding,
    Cell,
    Parted,
    Place,
    Scope,
    Snapshot,
    Static,
)
from s2sad.ir.core import Value
from s2sad.ir.kinds import Kind

LEAVING = ("$returned", "$break")
OWN = (*FLAGS, "$ret", "$value", FROZEN)


def itself(index: Value) -> Value:
    """The element of a range: the index itself."""
    return index


class ActingCondition(Exception):
    """The condition of a while loop changes the program's state."""


@dataclass
class Plan:
    """What is known of a loop; tries at lowering it add to this."""

    node: Any
    domain: list[Value] | None
    element: Callable[[Value], Binding] | None
    places: dict[Place, None]  # what the body may set
    templates: dict[Place, Binding | None] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    rebound: set[Place] = field(default_factory=set)  # another list or object after an iteration
    renewed: set[Place] = field(default_factory=set)  # another function in each iteration
    growing: dict[Cell, int] = field(
        default_factory=dict
    )  # lists, and how many items an iteration appends
    counts: dict[Cell, int] = field(default_factory=dict)  # how many items an iteration appends
    failure: UnsupportedSyntaxError | None = None  # why a list cannot be put on a tape
    parted: dict[Place, Parted] = field(default_factory=dict)  # what an iteration does not hand on
    alike: set[Place] = field(default_factory=set)  # lists and objects that become one another
    held: set[Place] = field(default_factory=set)  # lists that become items of one that grows
    collecting: dict[Cell, Need] = field(default_factory=dict)  # lists of unknown length
    unsure: dict[Value, Kind] = field(
        default_factory=dict
    )  # initial values whose kind does not last
    # Arrays of lists: those whose length the loop changes, those which it may have to, and types of numbers.
    stretched: set[Value] = field(default_factory=set)
    stretchable: dict[Cell, Value] = field(default_factory=dict)
    numbers: dict[Value, str] = field(default_factory=dict)
    rows: dict[Value, str] = field(default_factory=dict)
    ragged: set[Value] = field(default_factory=set)  # of lists of lists: these change their lengths
    apart: set[Value] = field(
        default_factory=set
    )  # initial values of variables that part in the loop
    scattered: set[Value] = field(
        default_factory=set
    )  # those that do not stay in one piece of memory


@dataclass
class Hint:
    """What lowering a loop found out, by the names of its function's variables.

    A loop in loops is lowered again at each try of those: it begins with what it ended with the last time.
    """

    flags: set[str]
    names: list[str]
    contents: list[str]
    rebound: list[str]
    apart: list[str]
    unsure: dict[str, tuple[Kind, Kind]]
    templates: dict[str, Binding | None]
    collecting: dict[str, Need]

    @staticmethod
    def of(plan: Plan, scope: Scope, before: Snapshot) -> Hint:
        variables = before[scope]
        cells = {b: n for n, b in variables.items() if isinstance(b, Cell)}
        values = {b: n for n, b in variables.items() if isinstance(b, Value)}
        return Hint(
            set(plan.flags),
            [n for h, n in plan.places if h is scope],
            [cells[h] for h, n in plan.places if n == CONTENTS and h in cells],
            [n for h, n in plan.rebound if h is scope],
            [values[v] for v in plan.apart if v in values],
            {values[v]: (v.kind, kind) for v, kind in plan.unsure.items() if v in values},
            {n: b for (h, n), b in plan.templates.items() if h is scope},
            {cells[c]: need for c, need in plan.collecting.items() if c in cells},
        )

    def apply(self, plan: Plan, scope: Scope, before: Snapshot) -> None:
        variables = before[scope]
        plan.flags |= self.flags
        plan.places |= {(scope, n): None for n in self.names}
        plan.rebound |= {(scope, n) for n in self.rebound}
        plan.templates |= {(scope, n): b for n, b in self.templates.items() if n not in variables}
        cells = {n: b for n, b in variables.items() if isinstance(b, Cell)}
        plan.places |= {(cells[n], CONTENTS): None for n in self.contents if n in cells}
        plan.collecting |= {cells[n]: need for n, need in self.collecting.items() if n in cells}
        for name, (kind, either) in self.unsure.items():
            value = variables.get(name)
            if isinstance(value, Value) and value.kind == kind:
                plan.unsure[value] = either
        plan.apart |= {b for n in self.apart if isinstance(b := variables.get(n), Value)}


def same_binding(a: Binding | None, b: Binding | None) -> bool:
    return a is b or (isinstance(a, Static) and isinstance(b, Static) and a.value is b.value)


def index_name(loop: Any) -> str:
    """The first name of `for i, x in enumerate(...)`."""
    call, parts = loop.iter, getattr(loop.target, "elts", [])
    counts = getattr(getattr(call, "func", None), "id", "") == "enumerate"
    return parts[0].id if counts and parts and hasattr(parts[0], "id") else "i"
