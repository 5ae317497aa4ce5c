"""What a loop carries into an iteration: parameters for the variables that its body may set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.errors import S2SADError
from s2sad.frontend.collecting import Collecting, NeedsMore
from s2sad.frontend.columns import HELD
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.plan import (
    LEAVING,
    ActingCondition,
    Plan,
)
from s2sad.frontend.scope import (
    CONTENTS,
    FROZEN,
    Binding,
    Cell,
    Collected,
    Columns,
    Grown,
    Items,
    Parted,
    Place,
    Snapshot,
    Static,
    Table,
    Vars,
    cells_below,
    cells_in,
    is_function,
    with_leaves,
)
from s2sad.ir.core import Block, Value
from s2sad.ir.kinds import ANY, BOOL, NONE, Dim, Kind

TWO_ROWS = (
    "a name stands for one item of a list of lists before the loop, and for another one in it"
)
ALIKE = "two names, or two items of a list, become one object in the loop"
LASTING = ("float", "f8", "int")  # of carried numbers, whose kinds the body is lowered for


class LoopStart:
    """The start of one try at lowering a loop."""

    def __init__(self, lowering: Collecting, plan: Plan, before: Snapshot) -> None:
        self.low = lowering
        self.plan = plan
        self.node = plan.node
        self.domain = plan.domain
        self.before = before
        self.inits: list[Value] = []
        self.params: list[Value] = []
        self.initial: dict[Cell, Vars] = {}
        self.made: dict[Cell, Cell] = {}
        self.emptied: dict[Cell, Cell] = {}
        self.again = False
        self.ended_cells: dict[Cell, Cell] = {}
        self.places_of: dict[Cell, Place] = {}
        self.shared: dict[Value, Value] = {}  # arrays that several variables hold are one parameter
        self.ended: dict[Value, Value] = {}
        self.held_twice: set[Value] = set()
        self.viewed: set[Value] = set()
        self.body = Block()
        lowering.sizes.around[self.body] = lowering.block
        self.lists: dict[Value, Value] = {}  # parameters, and the arrays of lists before the loop
        self.converted: dict[Value, Value] = {}  # those in which the numbers have another type
        self.condition: Block | None = None
        self.broken: Value | None = None
        self.start: dict[Place, Binding] = {}

    def part(self) -> None:
        """Variables that an iteration does not hand on may not be read before it sets them."""
        for holder, name in self.plan.places:
            binding = self.before[holder].get(name)
            if isinstance(binding, Parted):
                self.plan.parted[holder, name] = binding
        for (holder, name), parted in self.plan.parted.items():
            holder.vars[name] = parted

    def carries(self, place: Place) -> bool:
        holder, name = place
        if place in self.plan.parted:
            return False
        if place in self.plan.renewed or is_function(self.plan.templates.get(place)):
            return False
        binding = self.before[holder].get(name)
        if isinstance(binding, Value) and place not in self.plan.rebound:
            if self.low.viewed(binding) is not None or self.low.whole_of(binding) is not None:
                return False  # a write through a view is one to the array, which is carried
        return not is_function(binding)

    def first(self, place: Place) -> Binding:
        """What a place holds at the start of an iteration; initial values go to `inits`."""
        holder, name = place
        if name in LEAVING:
            binding: Binding | None = self.low.const(False, self.node)
        else:
            binding = holder.vars.get(name)
            if binding is None:
                binding = self.plan.templates.get(place)
        if name == CONTENTS and isinstance(holder, Cell) and holder in self.plan.collecting:
            return self.collected(holder, binding)
        if isinstance(binding, Grown) and holder in self.low.of_numpy and binding.number == "float":
            binding = replace(binding, number="")  # the body writes NumPy's numbers into it
        by_value = place in self.plan.rebound or place in self.plan.templates
        start = self.parameters(name, binding, by_value)
        if place in self.plan.alike:
            for cell in cells_below(start):
                cell.frozen = cell.frozen or ALIKE
        if place in self.plan.held:
            for cell in [c for c in cells_in(start) if c in self.initial]:
                cell.vars[FROZEN] = self.initial[cell][FROZEN] = Static(HELD)
        return start

    def collected(self, cell: Cell, contents: Any) -> Collected:
        """A list to which the body appends: what is carried of it are the last items that the body reads."""
        need = self.plan.collecting[cell]
        first = list(contents.items) if isinstance(contents, Items) else []
        for item in first:
            self.low.tree(item, (), self.node)
        if isinstance(contents, Collected):
            first = contents.first
            if need.length and contents.length is None:
                raise NeedsMore(cell, length=True, outer=True)
        items = self.low.last_items(cell, contents, need.last, self.node)
        name = self.low.named(cell, "last")
        last = [self.parameters(name, b, False) for b in items]
        length: Any = None
        known = self.low.grown_length(cell) if isinstance(contents, (Grown, Columns)) else None
        if isinstance(contents, Collected):
            known = contents.length
        if need.length or isinstance(contents, Collected) and known is not None:
            count = known if known is not None else self.low.const(len(first), self.node)
            length = self.value_parameter(self.low.named(cell, "length"), count)
        return Collected(first, last, length, self.before, self.body, carried=len(last))

    def parameters(self, name: str, binding: Binding | None, by_value: bool) -> Binding:
        """Loop parameters for a variable; lists and objects stay the ones that they are, unless `by_value`."""
        if isinstance(binding, Items):
            items = [self.parameters(name, b, by_value) for b in binding.items]
            return Items(items, binding.kind, binding.named)
        if isinstance(binding, Table):
            keys = {
                k: k if isinstance(k, str) and k.isidentifier() else name for k in binding.items
            }
            pairs = binding.items.items()
            return Table({k: self.parameters(keys[k], b, by_value) for k, b in pairs})
        if isinstance(binding, Cell):
            if not by_value:
                return binding
            if binding in self.made:
                return self.made[binding]
            if not self.is_carried(binding):
                raise self.has_second_name(name)
            self.hold_by_value(binding)
            param = self.low.state.add(Cell(binding.kind, binding.frozen))
            self.made[binding] = param
            for n, b in binding.vars.items():
                param.vars[n] = self.parameters(n if n.isidentifier() else name, b, by_value)
            self.initial[param] = dict(param.vars)
            return param
        if isinstance(binding, Columns):
            return Columns(self.parameters(name, binding.form, by_value))
        if isinstance(binding, Grown):
            return self.list_parameter(binding)
        if is_function(binding) and binding is not None:
            return binding
        return self.value_parameter(name, binding)

    def list_parameter(self, grown: Grown) -> Grown:
        """A list in an array; where its length changes in the loop, that is a parameter too."""
        missing: Any = grown.length is None  # a list that the loop's body makes
        before, hint = grown.array, "" if missing else grown.array.hint
        if grown.row and not missing:
            raise self.low.aliasing(self.node, TWO_ROWS, "give it another name in the loop")
        if before in self.plan.numbers:
            grown = self.low.with_number(grown, self.plan.numbers[before], self.node)
            self.converted[grown.array] = before
        if before in self.plan.rows:
            grown = self.low.with_rows(grown, self.plan.rows[before], self.node)
            self.converted[grown.array] = before
        array = self.value_parameter(hint, grown.array)
        if not missing:
            self.lists[array] = before
            size = self.low.sizes.rows(before)
            if size is not None and before not in self.plan.ragged:
                self.low.sizes.row_lengths[array] = size
        length = grown.length
        if missing or before in self.plan.stretched:
            name = f"{hint}_length" if hint else ""
            length = self.value_parameter(name, None if missing else length)
        return replace(grown, array=array, length=length)

    def value_parameter(self, name: str, binding: Any) -> Value:
        value = (
            self.low.undef(self.node) if binding is None else self.low.to_value(binding, self.node)
        )
        if value in self.shared:
            self.held_twice.add(value)
            return self.shared[value]
        self.inits.append(value)
        kind = BOOL if name in FLAGS else self.lasting(value)
        param = Value(kind, "" if name.startswith("$") else name)
        if self.known_as(value) in self.plan.unsure and value.kind != NONE:
            self.low.mixed.add(param)
        self.params.append(param)
        part = self.known_as(value) in self.plan.apart
        if (value.kind.is_array or value.op is None) and not part:
            self.shared[value] = param
        return param

    def known_as(self, init: Value) -> Value:
        """An initial value as the plan names it: the same in each try."""
        return self.converted.get(init, init)

    def in_one_piece(self) -> None:
        """Arrays that begin in one piece of memory are taken to stay so."""
        for init, param in zip(self.inits, self.params, strict=True):
            if self.known_as(init) not in self.plan.scattered and self.low.pieces.is_one(init):
                self.low.pieces.carried.add(param)

    def is_scattered(self) -> bool:
        """Whether an array does not stay in one piece of memory, and was taken to: at the next try, it is not."""
        pieces, found = self.low.pieces, False
        for init, param in zip(self.inits, self.params, strict=True):
            end = self.ended.get(param)
            if param in pieces.asked and (end is None or not pieces.is_one(end)):
                self.plan.scattered.add(self.known_as(init))
                found = True
        return found

    def lasting(self, init: Value) -> Kind:
        """The kind of an array is taken to last through the loop, but for its lengths; the end is compared.

        So is None: an option that is not given stays so, and what the body does with it where it is given is left out.
        """
        kind = self.plan.unsure.get(self.known_as(init), init.kind)
        if kind == NONE:
            return kind
        if kind.is_scalar and kind.dtype in LASTING:
            return kind
        if not kind.is_array or kind.dims is None:
            return ANY
        return replace(kind, dims=tuple(Dim(f"?{i}") for i in range(len(kind.dims))))

    def is_carried(self, cell: Cell) -> bool:
        """True where all that holds a list or object is carried by the loop, or is made in it."""
        places = set(self.start) | set(self.plan.places)
        for holder, name in self.low.state.holding(cell):
            if (holder, name) in places or name.startswith("$") and name != CONTENTS:
                continue
            if not isinstance(holder, Cell):
                return False
            if holder not in self.made and (holder in self.before or not self.is_carried(holder)):
                return False
        return True

    def hold_by_value(self, cell: Cell) -> None:
        """All variables that hold a list or object get the one of each iteration, or none does."""
        by_value = (*self.plan.rebound, *self.plan.templates)
        places = self.low.state.holding(cell)
        late = [p for p in places if p in self.plan.places and p not in by_value]
        self.plan.rebound |= set(late)
        self.again = self.again or bool(late)

    def has_second_name(self, name: str) -> S2SADError:
        what = repr(name) if name.isidentifier() else "an item of a list or dict"
        return self.low.unsupported(
            self.node,
            f"{what} becomes another object in the loop, and this one has a second name",
            "give it a copy",
        )

    def run_condition(self) -> None:
        """The condition of a while loop, on parameters of its own."""
        low = self.low
        self.condition = Block()
        low.sizes.around[self.condition] = low.sizes.around[self.body]
        copies = {p: Value(p.kind, p.hint) for p in self.params}
        for p in self.params:
            self.condition.add_param(copies[p])

        def copied(part: Binding) -> Binding:
            if isinstance(part, Cell) and part in self.initial:
                copy = low.state.add(Cell(part.kind, part.frozen))
                copy.vars = {n: with_leaves(b, copied) for n, b in part.vars.items()}
                return copy
            return copies.get(part, part) if isinstance(part, Value) else part

        low.block = self.condition
        saved = low.state.take()
        for (holder, name), binding in self.start.items():
            holder.vars[name] = with_leaves(binding, copied)
        before = low.state.take()
        test = low.asked(low.expression(self.node.test), self.node)
        after = low.state.take()
        for holder in before:
            if any(after[holder].get(n) is not b for n, b in before[holder].items()) or len(
                after[holder]
            ) != len(before[holder]):
                raise ActingCondition
        low.state.restore(saved)
        self.condition.yields = [test]

    def undefined(self, binding: Binding) -> Any:
        """The structure of a binding, with nothing in it yet."""
        if isinstance(binding, Items):
            return Items([self.undefined(b) for b in binding.items], binding.kind, binding.named)
        if isinstance(binding, Table):
            return Table({k: self.undefined(b) for k, b in binding.items.items()})
        if isinstance(binding, Cell):
            if binding in self.emptied:
                return self.emptied[binding]
            empty = self.emptied[binding] = Cell(binding.kind, binding.frozen)
            empty.vars = {n: self.undefined(b) for n, b in binding.vars.items()}
            return empty
        if isinstance(binding, Columns):
            return Columns(self.undefined(binding.form))
        if isinstance(binding, Grown):
            missing: Any = None
            return replace(binding, array=missing, length=missing)
        return binding if is_function(binding) else None
