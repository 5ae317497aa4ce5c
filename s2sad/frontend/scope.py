"""What a name means at a point of the program: bindings, and the state that holds them.

A binding is a value of the IR, an object that is known before the program runs, or a structure of these. Tuples
are structures by value. Lists, dicts and objects can change, and two names may hold the same one: each is a
`Cell`, with an identity of its own, whose contents are part of the state, as the variables of a scope are.
"""

from __future__ import annotations

import builtins
import dataclasses
import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from s2sad.errors import S2SADError
from s2sad.frontend.find import FunctionSource
from s2sad.ir.core import Block, Value

CONTENTS = "$contents"  # the variable of a list's or dict's cell
FROZEN = "$frozen"  # the variable of a cell that may not be changed from here on: why


@dataclass
class Static:
    """A Python object that is known before the program runs: a module, a function, a flag."""

    value: Any
    name: str = ""


@dataclass
class Items:
    """A tuple, or the items of a list: a sequence of known length. `named` is the class of a named tuple."""

    items: list[Binding]
    kind: str = "tuple"
    named: Any = None
    table: Any = (
        None  # of numbers from around the function: its name, the object, and how to get that again
    )


@dataclass
class Grown:
    """The items of a list of numbers that a loop appends to: an array, of which `length` items are set."""

    array: Value
    length: Value
    appended: int = 0  # in the iteration that is being lowered
    complete: bool = False
    number: str = "float"  # the type of Python that the items have; "" for NumPy's
    rows: str | None = None  # where the items are lists of numbers: the type that these have
    own: bool = False  # nothing else holds one of these lists
    row: bool = False  # it is such an item itself: a view of the array of all
    was: Value | None = (
        None  # which item it was of a list of lists, in an assignment that swaps items
    )
    doubled: tuple[Value, Value] | None = (
        None  # an item that stands in two places, and the one that is lost
    )
    # Of items that are arrays: the array when this was made, and the items end to end.
    pieces: tuple[Value, Value] | None = None


@dataclass
class Run:
    """Several items at once: those that an inner loop appends to a list."""

    array: Value
    number: str


@dataclass
class Columns:
    """A list of tuples or lists to which a loop appended: one of them, with the column of each part in its place."""

    form: Binding


@dataclass
class Collected:
    """A list as the body of a loop sees it that appends to it: its first and last items, and what is new.

    `new` holds what this iteration has appended so far, and whether: True, or a flag for what a branch appends.
    """

    first: list[Binding]
    last: list[Binding]
    length: Value | None
    older: Any  # what there was before the loop
    body: Block  # the loop's
    carried: int = 0  # how many of the last items an iteration starts with
    new: list[tuple[Binding, Binding]] = field(default_factory=list)


@dataclass
class Table:
    """The items of a dict whose keys are known."""

    items: dict[Any, Binding]


@dataclass
class View:
    """What `d.keys()`, `d.values()` or `d.items()` gives: it shows the dict as it is when it is read."""

    cell: Cell
    form: str


@dataclass
class Closure:
    """A function or lambda defined inside the function: its node, and the scope in which it was defined."""

    node: Any
    scope: Scope
    name: str
    defaults: dict[str, Binding]


@dataclass
class Method:
    """A function bound to its first argument."""

    function: Binding
    receiver: Binding


@dataclass
class Partial:
    """functools.partial: a function with some of its arguments."""

    function: Binding
    args: list[Binding]
    kwargs: dict[str, Binding]


@dataclass
class Generator:
    """A call of a generator function, which a loop has yet to run. Python would hold the items of its `pool`."""

    source: FunctionSource
    scope: Scope
    pool: tuple[str, ...] = ()
    item: Binding | None = None  # of one that never ends: the function of a place that gives it


@dataclass
class Parent:
    """super(): an object seen as one of the classes after its own."""

    receiver: Cell
    classes: tuple[Any, ...]


@dataclass
class Rest:
    """`*xs` in a call, where only the run knows how many arguments that gives."""

    items: Binding


@dataclass
class Choice:
    """One of two functions, or None: the first where `test` is true."""

    test: Value
    first: Binding
    second: Binding


@dataclass
class Parted:
    """What a variable holds that is one structure on one branch and another on the other: it may not be read."""

    error: S2SADError


class Holder:
    """Something that holds bindings under names, and that the program can change."""

    def __init__(self) -> None:
        self.vars: dict[str, Binding] = {}


class Cell(Holder):
    """A list, a dict, or an object (`kind` is its class). `frozen` says why it cannot be changed."""

    def __init__(self, kind: Any, frozen: str = "") -> None:
        super().__init__()
        self.kind = kind
        self.frozen = frozen
        self.made: Any = None  # the place of the expression that makes it

    @property
    def contents(self) -> Any:
        """The items of a list or dict."""
        return self.vars.get(CONTENTS)


Binding = (
    Value
    | Static
    | Items
    | Grown
    | Columns
    | Run
    | Collected
    | Table
    | View
    | Closure
    | Method
    | Partial
    | Choice
    | Parted
    | Rest
    | Parent
    | Generator
    | Cell
)
Vars = dict[str, Binding]
Place = tuple[Holder, str]
Snapshot = dict[Holder, Vars]


class Scope(Holder):
    """Variables of a function while it is lowered; `lexical` is the scope around it."""

    def __init__(self, source: FunctionSource, lexical: Scope | None = None) -> None:
        super().__init__()
        self.source = source
        self.lexical = lexical
        self.captured = False  # a function that is defined here may be called later
        self.elsewhere: dict[str, Scope] = {}  # names declared nonlocal, and whose they are

    def owner(self, name: str) -> Scope:
        """The scope in which an assignment to `name` here takes place."""
        return self.elsewhere.get(name, self)

    def find_local(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.vars:
                return scope.vars[name]
            if name in scope.elsewhere:
                return scope.elsewhere[name].vars.get(name)
            scope = scope.lexical
        return None

    def find_outer(self, name: str) -> tuple[bool, Any]:
        """(found, object) of a name that the function takes from around it."""
        function = self.source.function
        cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))
        if name in cells:
            try:
                return True, cells[name].cell_contents
            except ValueError:
                return False, None
        if name in function.__globals__:
            return True, function.__globals__[name]
        if hasattr(builtins, name):
            return True, getattr(builtins, name)
        return False, None


@dataclass
class State:
    """Everything that the program can change while it is lowered: variables of scopes, contents of cells."""

    holders: dict[Holder, None] = field(default_factory=dict)

    def add(self, holder: Any) -> Any:
        self.holders[holder] = None
        return holder

    def take(self) -> Snapshot:
        return {holder: dict(holder.vars) for holder in self.holders}

    def restore(self, snapshot: Snapshot) -> None:
        self.holders = dict.fromkeys(snapshot)
        for holder, variables in snapshot.items():
            holder.vars = dict(variables)

    def stay_frozen(self, snapshot: Snapshot) -> None:
        """What may not be changed any more in a loop may not be changed behind it."""
        for holder in self.holders:
            if FROZEN in snapshot.get(holder, {}):
                holder.vars.setdefault(FROZEN, snapshot[holder][FROZEN])

    def places(self) -> Iterator[tuple[Place, Binding]]:
        for holder in self.holders:
            for name, binding in holder.vars.items():
                yield (holder, name), binding

    def holding(self, cell: Cell) -> list[Place]:
        """Places that hold `cell`, in a structure or by themselves."""
        return [place for place, binding in self.places() if cell in cells_in(binding)]


def parts(binding: Binding) -> list[Binding]:
    """The bindings that a binding is made of."""
    if isinstance(binding, Items):
        return binding.items
    if isinstance(binding, Table):
        return list(binding.items.values())
    if isinstance(binding, (Grown, Run)):
        return [binding.array]
    if isinstance(binding, Columns):
        return [binding.form]
    if isinstance(binding, Collected):
        return [*binding.first, *binding.last, *(value for value, _ in binding.new)]
    if isinstance(binding, View):
        return [binding.cell]
    if isinstance(binding, Method):
        return [binding.function, binding.receiver]
    if isinstance(binding, Partial):
        return [binding.function, *binding.args, *binding.kwargs.values()]
    if isinstance(binding, Closure):
        return list(binding.defaults.values())
    return []


def cells_in(binding: Binding) -> list[Cell]:
    """The cells that a binding holds, those inside of cells left out."""
    if isinstance(binding, Cell):
        return [binding]
    return [cell for part in parts(binding) for cell in cells_in(part)]


def cells_below(binding: Binding) -> dict[Cell, None]:
    """The cells that a binding holds, and those inside of cells."""
    found: dict[Cell, None] = {}
    todo = cells_in(binding)
    while todo:
        cell = todo.pop()
        if cell not in found:
            found[cell] = None
            todo.extend(inner for b in cell.vars.values() for inner in cells_in(b))
    return found


def values_in(binding: Binding) -> dict[Value, None]:
    """The values that a binding is made of, in order."""
    if isinstance(binding, Value):
        return {binding: None}
    return {value: None for part in parts(binding) for value in values_in(part)}


def with_leaves(binding: Binding, leaf: Callable[[Any], Any]) -> Any:
    """A binding of the same structure with `leaf` of each value, cell and function in its place."""

    def each(bindings: Iterable[Binding]) -> list[Any]:
        return [with_leaves(b, leaf) for b in bindings]

    if isinstance(binding, Items):
        return Items(each(binding.items), binding.kind, binding.named)
    if isinstance(binding, Table):
        return Table(dict(zip(binding.items, each(binding.items.values()), strict=True)))
    if isinstance(binding, Grown):
        return dataclasses.replace(binding, array=leaf(binding.array), length=leaf(binding.length))
    if isinstance(binding, Run):
        return dataclasses.replace(binding, array=leaf(binding.array))
    if isinstance(binding, Columns):
        return Columns(with_leaves(binding.form, leaf))
    if isinstance(binding, Collected):
        length: Any = None if binding.length is None else leaf(binding.length)
        new = [(with_leaves(b, leaf), flag) for b, flag in binding.new]
        first, last = each(binding.first), each(binding.last)
        return dataclasses.replace(binding, first=first, last=last, length=length, new=new)
    return leaf(binding)


def replaced(binding: Binding, old: Value, new: Value) -> Any:
    """A binding with one value in place of another; the binding itself where it does not hold it."""
    if not any(True for _ in _values(binding, old)):
        return binding
    return with_leaves(binding, lambda part: new if part is old else part)


def _values(binding: Binding, wanted: Value) -> Iterator[Binding]:
    if binding is wanted:
        yield binding
    for part in parts(binding):
        yield from _values(part, wanted)


def is_function(binding: Binding | None) -> bool:
    """True for what is the same in each run: functions, modules, classes and other known objects."""
    return (
        isinstance(binding, (Closure, Method, Partial, Choice, View, Generator))
        or isinstance(binding, Static)
        and not isinstance(binding.value, bool)
    )


def fields_of(cls: Any) -> tuple[str, ...]:
    """The names of the items of a named tuple, or of a tuple of Python's own such as sys.version_info."""
    if not (isinstance(cls, type) and issubclass(cls, tuple)):
        return ()
    own = cls.__match_args__ if hasattr(cls, "n_sequence_fields") else ()  # type: ignore[attr-defined]
    return getattr(cls, "_fields", own)


def attribute_of(cls: Any, name: str) -> Any:
    """A class's attribute, as it stands in the class (a property is the property)."""
    return inspect.getattr_static(cls, name, None)


GROWN = (Grown, Columns, Collected)  # contents of lists whose length only the run knows
CONTAINERS = (list, dict, tuple, set)  # kinds of cells that have contents
# Kinds of sequences: items in the turn in which they were added, in an order that is not known, in Python's order.
SETS = ("set", "unordered", "ordered")
