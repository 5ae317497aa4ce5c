"""One loop: what it carries from one iteration to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.merge import FLAGS, NeedsStructure
from s2sad.frontend.plan import (
    LEAVING,
    OWN,
    ActingCondition,
    Plan,
    index_name,
    itself,
    same_binding,
)
from s2sad.frontend.scope import (
    Binding,
    Cell,
    Grown,
    Items,
    Place,
    Snapshot,
    Static,
    Table,
    Vars,
    is_function,
)
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import ANY, BOOL, INT, NEVER, Dim, Kind


class Attempt:
    """One try at lowering a loop. What the body sets decides what the loop carries, so a try may have to be
    repeated: when a variable turns out to hold a structure, something else is changed, or the body may return."""

    def __init__(self, lowering: Base, plan: Plan, before: Snapshot) -> None:
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
        self.ended_cells: dict[Cell, Cell] = {}
        self.shared: dict[Value, Value] = {}  # arrays that several variables hold are one parameter
        self.ended: dict[Value, Value] = {}
        self.held_twice: set[Value] = set()
        self.viewed: set[Value] = set()
        self.body = Block()
        self.condition: Block | None = None
        self.broken: Value | None = None
        self.start: dict[Place, Binding] = {}

    def run(self) -> bool:
        low, node, plan = self.low, self.node, self.plan
        scope = low.scope
        before = {cell: len(cell.contents.items) for cell in plan.growing}
        for cell, count in plan.growing.items():
            low.start_growing(cell, count, plan.domain or [], node)
        for place in [
            *filter(self.carries, plan.places),
            *((scope, f) for f in sorted(plan.flags)),
        ]:
            self.start[place] = self.first(place)
        self.totals = {
            start.array: start.length for start in self.start.values() if isinstance(start, Grown)
        }
        for holder, name in plan.renewed:
            holder.vars.pop(name, None)
        if self.domain is None:
            self.run_condition()
        low.block = self.body
        for (holder, name), binding in self.start.items():
            holder.vars[name] = binding
        self.viewed = {init for init, param in self.shared.items() if low.refresh(init, param)}
        self.entered = low.state.take()
        for flag in FLAGS:
            if flag in plan.flags:
                scope.vars[flag] = Static(False)
            else:
                scope.vars.pop(flag, None)
        if plan.element is not None:
            is_range = hasattr(node.target, "id") and plan.element is itself
            index = Value(INT, node.target.id if is_range else index_name(node))
            self.body.add_param(index)
            low.loop_indices.add(index)
            first, step = (low.literal((plan.domain or [index] * 3)[k]) for k in (0, 2))
            if isinstance(first, int) and isinstance(step, int) and first >= 0 and step > 0:
                low.natural.add(index)
            for cell, count in plan.growing.items():
                cell.contents.length = low.position(
                    index, plan.domain or [], before[cell], count, node
                )
            low.assign(node.target, plan.element(index), node)
        for param in self.params:
            self.body.add_param(param)
        outer = low.new_in_loop
        low.new_in_loop = outer | {p for p in self.params if self.is_new(p.hint, p)}
        try:
            low.statements(node.body)
        except NeedsStructure as found:
            return self.structured(found)
        finally:
            low.new_in_loop = outer
        return self.check()

    def structured(self, found: NeedsStructure) -> bool:
        """Note the structure of a variable that is first set in the loop."""
        places = [p for p in self.start if p[1] == found.name]
        if not places or places[0] in self.plan.templates:
            raise found
        known = is_function(found.binding)
        self.plan.templates[places[0]] = found.binding if known else self.undefined(found.binding)
        return False

    def carries(self, place: Place) -> bool:
        holder, name = place
        if place in self.plan.renewed or is_function(self.plan.templates.get(place)):
            return False
        binding = self.before[holder].get(name)
        if isinstance(binding, Value) and place not in self.plan.rebound:
            if self.low.viewed(binding) is not None:
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
        by_value = place in self.plan.rebound or place in self.plan.templates
        return self.parameters(name, binding, by_value)

    def parameters(self, name: str, binding: Binding | None, by_value: bool) -> Binding:
        """Loop parameters for a variable; lists and objects stay the ones that they are, unless `by_value`."""
        if isinstance(binding, Items):
            items = [self.parameters(name, b, by_value) for b in binding.items]
            return Items(items, binding.kind, binding.named)
        if isinstance(binding, Table):
            pairs = binding.items.items()
            return Table({k: self.parameters(name, b, by_value) for k, b in pairs})
        if isinstance(binding, Cell):
            if not by_value:
                return binding
            if binding in self.made:
                return self.made[binding]
            if not self.is_carried(binding):
                raise self.has_second_name(name)
            param = self.low.state.add(Cell(binding.kind, binding.frozen))
            self.made[binding] = param
            for n, b in binding.vars.items():
                param.vars[n] = self.parameters(n if n.isidentifier() else name, b, by_value)
            self.initial[param] = dict(param.vars)
            return param
        if isinstance(binding, Grown):
            return replace(binding, array=self.value_parameter("", binding.array))
        if is_function(binding) and binding is not None:
            return binding
        return self.value_parameter(name, binding)

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
        self.params.append(param)
        if (value.kind.is_array or value.op is None) and value not in self.plan.apart:
            self.shared[value] = param
        return param

    def lasting(self, init: Value) -> Kind:
        """The kind of an array is taken to last through the loop, but for its lengths; the end is compared."""
        kind = init.kind
        if not kind.is_array or kind.dims is None or init in self.plan.unsure:
            return ANY
        return replace(kind, dims=tuple(Dim(f"?{i}") for i in range(len(kind.dims))))

    def is_carried(self, cell: Cell) -> bool:
        """True where all that holds a list or object is carried by the loop."""
        places = set(self.start) | set(self.plan.places)
        return all(p in places or p[1].startswith("$") for p in self.low.state.holding(cell))

    def has_second_name(self, name: str) -> Exception:
        return self.low.unsupported(
            self.node,
            f"{name!r} becomes another object in the loop, and this one has a second name",
            f"give {name} a copy",
        )

    def run_condition(self) -> None:
        """The condition of a while loop, on parameters of its own."""
        low = self.low
        self.condition = Block()
        copies = {p: Value(p.kind, p.hint) for p in self.params}
        for p in self.params:
            self.condition.add_param(copies[p])

        def copied(binding: Binding) -> Binding:
            if isinstance(binding, Items):
                return Items([copied(b) for b in binding.items], binding.kind, binding.named)
            if isinstance(binding, Table):
                return Table({k: copied(b) for k, b in binding.items.items()})
            if isinstance(binding, Cell) and binding in self.initial:
                copy = low.state.add(Cell(binding.kind, binding.frozen))
                copy.vars = {n: copied(b) for n, b in binding.vars.items()}
                return copy
            return copies.get(binding, binding) if isinstance(binding, Value) else binding

        low.block = self.condition
        saved = low.state.take()
        for (holder, name), binding in self.start.items():
            holder.vars[name] = copied(binding)
        before = low.state.take()
        test = low.to_value(low.expression(self.node.test), self.node)
        after = low.state.take()
        for holder in before:
            if any(after[holder].get(n) is not b for n, b in before[holder].items()) or len(
                after[holder]
            ) != len(before[holder]):
                raise ActingCondition
        low.state.restore(saved)
        self.condition.yields = [test]

    # --- after the body ---------------------------------------------------------------------------------

    def check(self) -> bool:
        """Whether what the body did fits what the loop carries; if not, note what to carry."""
        low, plan = self.low, self.plan
        ends = low.scope.vars
        wanted = set()
        if ends.get("$returned", Static(False)) != Static(False):
            wanted |= {"$returned", "$ret"}
        if self.node.orelse and ends.get("$break", Static(False)) != Static(False):
            wanted.add("$break")
        again = bool(wanted - plan.flags)
        plan.flags |= wanted
        again = self.discover() or again
        nexts: list[Value] = []
        for place, start in self.start.items():
            holder, name = place
            if not self.fits(place, start, holder.vars.get(name), nexts):
                again = True
        for init in self.viewed | self.held_twice:
            # Its views, and its other names, stay with an array that the loop writes, not with a new one.
            param = self.shared[init]
            if param in self.ended and low.object_of(self.ended[param]) is not param:
                plan.apart.add(init)
                again = True
        if again:
            return False
        stop = self.stop(ends)
        self.body.yields = ([stop] if stop is not None else []) + nexts
        self.has_stop = stop is not None
        self.after_body = low.state.take()
        return True

    def discover(self) -> bool:
        """Note the places that the body changed without naming them: through calls, and second names."""
        found = False
        for holder, variables in self.before.items():
            for name in list(holder.vars):
                place = (holder, name)
                now, then = holder.vars[name], variables.get(name)
                if place in self.start or place in self.plan.renewed or name in OWN:
                    continue
                if now is then or (isinstance(now, Static) and same_binding(now, then)):
                    continue
                if self.is_same_view(now, self.entered[holder].get(name)):
                    continue
                if then is not None and is_function(then):
                    if not is_function(now):
                        raise self.changes(name)
                    self.plan.renewed.add(place)
                    found = True
                elif place not in self.plan.places:
                    self.plan.places[place] = None
                    found = True
                elif place not in self.plan.rebound:
                    self.plan.rebound.add(place)
                    found = True
        return found

    def is_same_view(self, now: Binding, then: Binding | None) -> bool:
        """True for a view that was only taken again because its array was written."""
        while isinstance(now, Value) and now is not then:
            if now not in self.low.renewals:
                return False
            now = self.low.renewals[now]
        return now is then

    def fits(self, place: Place, start: Binding, end: Binding | None, nexts: list[Value]) -> bool:
        name = place[1]
        if isinstance(start, (Items, Table)):
            return self.structure_fits(place, start, end, nexts)
        if isinstance(start, Grown):
            count = {id(c): k for c, k in self.plan.growing.items()}.get(id(place[0]), 0)
            if not isinstance(end, Grown) or end.appended != count:
                raise self.changes(place[1])
            if start.python and place[0] in self.low.of_numpy:
                return False
            return self.fits(place, start.array, end.array, nexts)
        if isinstance(start, Cell):
            return self.cell_fits(place, start, end, nexts)
        if not isinstance(start, Value):
            if not same_binding(start, end):
                raise self.changes(name)
            return True
        if isinstance(end, (Items, Table, Cell)):
            init = self.inits[self.params.index(start)]
            if init in self.low.new_in_loop:
                raise NeedsStructure(name, end)
            if place in self.plan.templates or init.kind != NEVER:
                raise self.changes(name)
            self.plan.templates[place] = self.undefined(end)
            return False
        if is_function(end) and self.is_new(name, start):
            # A function that is defined in the body is the same in each iteration: it is not carried.
            self.plan.templates[place] = end
            return False
        value = start if end is None else self.low.to_value(end, self.node)
        init = self.inits[self.params.index(start)]
        if start in self.ended:
            if self.ended[start] is not value:
                self.plan.apart.add(init)
                return False
            return True
        self.ended[start] = value
        nexts.append(value)
        if start.kind.is_array:
            lasts = value.kind.dtype == start.kind.dtype and value.kind.ndim == start.kind.ndim
            if not lasts:
                self.plan.unsure.add(init)
                return False
        return True

    def grows(self, place: Place, start: Items, end: Items) -> bool:
        """Note a list that is longer after an iteration of a `for` that runs to its end."""
        cell, more = place[0], len(end.items) - len(start.items)
        leaves = any(self.low.scope.vars.get(f, Static(False)) != Static(False) for f in LEAVING)
        if more <= 0 or not isinstance(cell, Cell) or self.domain is None or leaves:
            return False
        if cell in self.initial or cell.kind is not list or cell not in self.before:
            return False
        self.plan.growing[cell] = more
        return True

    def structure_fits(
        self, place: Place, start: Items | Table, end: Binding | None, nexts: list[Value]
    ) -> bool:
        if isinstance(start, Items):
            if isinstance(end, Items) and self.grows(place, start, end):
                return False
            if not isinstance(end, Items) or len(end.items) != len(start.items):
                raise self.changes(place[1])
            pairs = list(zip(start.items, end.items, strict=True))
        else:
            if not isinstance(end, Table) or list(end.items) != list(start.items):
                raise self.changes(place[1])
            pairs = [(b, end.items[k]) for k, b in start.items.items()]
        return all([self.fits(place, p, q, nexts) for p, q in pairs])

    def cell_fits(self, place: Place, start: Cell, end: Binding | None, nexts: list[Value]) -> bool:
        if start not in self.initial:
            if end is start:
                return True
            if not isinstance(end, Cell):
                raise self.changes(place[1])
            self.plan.rebound.add(place)
            return False
        names = self.initial[start]
        if not isinstance(end, Cell) or end.kind is not start.kind or set(end.vars) != set(names):
            raise self.changes(place[1])
        if start in self.ended_cells:
            if self.ended_cells[start] is not end:
                raise self.has_second_name(place[1])
            return True
        self.ended_cells[start] = end
        if not self.is_carried(end):
            raise self.has_second_name(place[1])
        return all([self.fits(place, b, end.vars[n], nexts) for n, b in names.items()])

    def changes(self, name: str) -> Exception:
        what = "the list or dict" if name == "$contents" else repr(name.strip("$"))
        return self.low.unsupported(
            self.node,
            f"{what} changes its structure in the loop",
            "keep the same number of items, or use a NumPy array",
        )

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
        return binding if is_function(binding) else None

    def is_new(self, name: str, start: Value) -> bool:
        """True for a variable that has no value before the loop, or only that of an outer iteration."""
        init = self.inits[self.params.index(start)]
        return init.kind == NEVER or (init.op is None and init.hint == name)

    def stop(self, ends: Vars) -> Value | None:
        """The flag that ends the loop after this iteration; None where nothing does."""
        scope = self.low.scope
        scope.vars = dict(ends)
        scope.vars["$continue"] = Static(False)
        leaving = self.low.leaving(self.node)
        scope.vars = ends
        if leaving is False:
            return None
        return self.low.const(True, self.node) if leaving is True else leaving

    def finish(self) -> None:
        low = self.low
        results = [Value(p.kind, p.hint) for p in self.params]
        extra = [Value(INT, "trips")] if self.domain is None or self.has_stop else []
        attrs = {
            "carried": len(self.params),
            "collected": 0,
            "stop": self.has_stop,
            "backwards": [],
        }
        regions = [self.body] if self.condition is None else [self.condition, self.body]
        name = "while" if self.domain is None else "for"
        op = Op(
            name,
            [*(self.domain or []), *self.inits],
            [*results, *extra],
            attrs,
            regions,
            low.span(self.node),
            True,
        )
        low.block.append(op)
        after = dict(zip(self.params, results, strict=True))
        fixed = {
            (holder, n): b
            for (holder, n) in self.plan.places
            if holder in self.after_body
            and is_function(b := self.after_body[holder].get(n))
            and n not in self.before[holder]
        }
        totals = self.totals
        low.state.restore(self.before)
        finals: dict[Cell, Cell] = {}

        def final(binding: Binding) -> Binding:
            if isinstance(binding, Items):
                return Items([final(b) for b in binding.items], binding.kind, binding.named)
            if isinstance(binding, Table):
                return Table({k: final(b) for k, b in binding.items.items()})
            if isinstance(binding, Grown):
                total = totals[binding.array]
                return replace(binding, array=after[binding.array], length=total, complete=True)
            if isinstance(binding, Cell) and binding in self.initial:
                if binding not in finals:
                    made = finals[binding] = low.state.add(Cell(binding.kind, binding.frozen))
                    made.vars = {n: final(b) for n, b in self.initial[binding].items()}
                return finals[binding]
            return after[binding] if isinstance(binding, Value) else binding

        for (holder, name), binding in fixed.items():
            holder.vars[name] = binding  # type: ignore[assignment]
        for holder, name in self.plan.renewed:
            holder.vars.pop(name, None)
        for (holder, name), start in self.start.items():
            if name == "$break":
                self.broken = final(start)  # type: ignore[assignment]
            else:
                holder.vars[name] = final(start)
        for init, param in self.shared.items():
            if low.object_of(self.ended[param]) is param:
                low.versions[after[param]] = init
                low.refresh(init, after[param])
