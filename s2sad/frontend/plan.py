"""What is known of a loop before and between the tries at lowering it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from s2sad.errors import UnsupportedSyntaxError
from s2sad.frontend.collecting import Need
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.scope import FROZEN, Binding, Cell, Place, Static
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


def same_binding(a: Binding | None, b: Binding | None) -> bool:
    return a is b or (isinstance(a, Static) and isinstance(b, Static) and a.value is b.value)


def index_name(loop: Any) -> str:
    """The first name of `for i, x in enumerate(...)`."""
    call, parts = loop.iter, getattr(loop.target, "elts", [])
    counts = getattr(getattr(call, "func", None), "id", "") == "enumerate"
    return parts[0].id if counts and parts and hasattr(parts[0], "id") else "i"
