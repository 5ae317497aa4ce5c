"""One loop: what it carries from one iteration to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from s2sad.errors import S2SADError
from s2sad.frontend.collecting import Need
from s2sad.frontend.listed import joined_numbers
from s2sad.frontend.loop_start import LoopStart
from s2sad.frontend.merge import FLAGS, NeedsStructure
from s2sad.frontend.plan import (
    OWN,
    index_name,
    itself,
    same_binding,
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
    Static,
    Table,
    Vars,
    is_function,
    with_leaves,
)
from s2sad.ir.core import Loop, Op, Value
from s2sad.ir.kinds import ANY, BOOL, INT, NEVER, NONE, Kind, join, passive


class Attempt(LoopStart):
    """One try at lowering a loop. What the body sets decides what the loop carries, so a try may have to be
    repeated: when a variable turns out to hold a structure, something else is changed, or the body may return."""

    def run(self) -> bool:
        low, node, plan = self.low, self.node, self.plan
        scope = low.scope
        before = {cell: len(cell.contents.items) for cell in plan.growing}
        self.part()
        for cell, count in plan.growing.items():
            low.start_growing(cell, count, plan.domain or [], node)
        for place in [
            *filter(self.carries, plan.places),
            *((scope, f) for f in sorted(plan.flags)),
        ]:
            if place[0] not in self.made:  # else nothing holds that list or object in the loop
                self.start[place] = self.first(place)
        if self.again:
            return False
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
        self.in_one_piece()
        self.viewed = {init for init, param in self.shared.items() if low.refresh(init, param)}
        self.entered = low.state.take()
        for flag in FLAGS:
            if flag in plan.flags:
                scope.vars[flag] = Static(False)
            else:
                scope.vars.pop(flag, None)
        if plan.element is not None:
            is_range = hasattr(node.target, "id") and plan.element is itself
            name = node.target.id if is_range else index_name(node)
            depth = int(name[-1]) if name.startswith("$") and name[-1].isdigit() else 0
            index = Value(INT, "ijklmn"[depth] if name.startswith("$") else name)
            if name.startswith("$"):
                low.unnamed.add(index)  # the loop that this one is written for may name it
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
                plan.apart.add(self.known_as(init))
                again = True
        if again or self.is_scattered():
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
                if place in self.plan.parted:
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
        if isinstance(now, Grown) and isinstance(then, Grown) and now.row and then.row:
            now, then = now.array, then.array
        while isinstance(now, Value) and now is not then:
            if now not in self.low.renewals:
                return False
            now = self.low.renewals[now]
        return now is then

    def fits(self, place: Place, start: Binding, end: Binding | None, nexts: list[Value]) -> bool:
        name = place[1]
        if isinstance(end, Parted):
            before = self.before[place[0]].get(name)
            outer = isinstance(before, Value) and before in self.low.new_in_loop
            if before is not None and not outer:
                raise end.error
            self.plan.parted[place] = end  # a variable of the body alone
            return False
        if isinstance(start, (Items, Table)):
            return self.structure_fits(place, start, end, nexts)
        if isinstance(start, Grown):
            count = {id(c): k for c, k in self.plan.growing.items()}.get(id(place[0]), 0)
            if not isinstance(end, Grown) or end.appended != count:
                raise self.changes(place[1])
            return self.list_fits(place, start, end, nexts)
        if isinstance(start, Columns):
            if not isinstance(end, Columns):
                raise self.changes(place[1])
            return self.fits(place, start.form, end.form, nexts)
        if isinstance(start, Collected):
            return self.collected_fits(place, start, end, nexts)
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
                self.plan.apart.add(self.known_as(init))
                return False
            return True
        self.ended[start] = value
        nexts.append(value)
        if start.kind != ANY and not self.lasts(start.kind, value.kind):
            # At the second try the kind is that of either; then nothing is said of it.
            either = join(init.kind, value.kind)
            key = self.known_as(init)
            tried = key in self.plan.unsure or not either.is_scalar
            self.plan.unsure[key] = ANY if tried else either
            return False
        return True

    def list_fits(self, place: Place, start: Grown, end: Grown, nexts: list[Value]) -> bool:
        before = self.lists.get(start.array)
        if before is not None and start.complete:
            number = joined_numbers(start.number, end.number)
            if number != start.number:
                self.plan.numbers[before] = number
                return False
            end = self.low.with_number(end, number, self.node)
            if (start.rows is None) != (end.rows is None):
                raise self.changes(place[1])
            if start.rows is not None and end.rows is not None:
                rows = joined_numbers(start.rows, end.rows)
                if rows != start.rows:
                    self.plan.rows[before] = rows
                    return False
                end = self.low.with_rows(end, rows, self.node)
                sizes = self.low.sizes
                if sizes.rows(start.array) not in (None, sizes.rows(end.array)):
                    self.plan.ragged.add(before)
                    return False
        if start.length in self.params:
            pairs = [(start.array, end.array), (start.length, end.length)]
            return all([self.fits(place, p, q, nexts) for p, q in pairs])
        if start.complete and not self.low.sizes.equal(start.length, end.length):
            if before is not None and place[0] not in self.before:
                self.plan.stretched.add(before)
                return False
            if isinstance(place[0], Cell):
                self.low.lengthened.add(place[0])
                if before is not None:
                    self.plan.stretchable[place[0]] = before
            raise self.changes(place[1])
        if start.number and place[0] in self.low.of_numpy:
            return False
        return self.fits(place, start.array, end.array, nexts)

    def lasts(self, kind: Kind, end: Kind) -> bool:
        """True where a parameter of a kind has this kind in the next iteration too."""
        if kind in (NONE, BOOL):
            return end == NONE or kind == BOOL
        return (end.dtype, end.ndim, end.is_scalar) == (kind.dtype, kind.ndim, kind.is_scalar)

    def doubt_none(self) -> bool:
        """Whether there are variables that were taken to stay None: at the next try, they may not."""
        doubtful = [
            self.known_as(init)
            for init, param in zip(self.inits, self.params, strict=True)
            if param.kind == NONE
        ]
        self.plan.unsure |= dict.fromkeys(doubtful, ANY)
        return bool(doubtful)

    def collected_fits(
        self, place: Place, start: Collected, end: Binding | None, nexts: list[Value]
    ) -> bool:
        if not isinstance(end, Collected) or any(
            a is not b for a, b in zip(start.first, end.first, strict=True)
        ):
            raise self.changes(place[1])
        pairs: list[tuple[Any, Any]] = list(
            zip(start.last, end.last[len(end.last) - len(start.last) :], strict=True)
        )
        if start.length is not None:
            pairs.append((start.length, end.length))
        return all([self.fits(place, p, q, nexts) for p, q in pairs])

    def grows(self, place: Place, start: Items, end: Items) -> bool:
        """Note a list that is longer after an iteration."""
        cell, more = place[0], len(end.items) - len(start.items)
        if more <= 0 or not isinstance(cell, Cell):
            return False
        self.low.lengthened.add(cell)
        if cell in self.initial or cell.kind is not list or cell not in self.before:
            return False
        if cell in self.plan.collecting or cell in self.plan.growing:
            return False
        self.plan.counts[cell] = more
        self.plan.collecting[cell] = Need()
        return True

    def structure_fits(
        self, place: Place, start: Items | Table, end: Binding | None, nexts: list[Value]
    ) -> bool:
        if isinstance(start, Items):
            if isinstance(end, Items) and self.grows(place, start, end):
                return False
            if not isinstance(end, Items) or len(end.items) != len(start.items):
                error = self.changes(place[1])
                first = next((c for c, made in self.made.items() if made is place[0]), None)
                if first is not None and first.made is not None:
                    error.by_place, error.last_resort = first.made, True
                raise error
            pairs = list(zip(start.items, end.items, strict=True))
        else:
            if not isinstance(end, Table) or list(end.items) != list(start.items):
                raise self.changes(place[1])
            pairs = [(b, end.items[k]) for k, b in start.items.items()]
        return all([self.fits(place, p, q, nexts) for p, q in pairs])

    def cell_fits(self, place: Place, start: Cell, end: Binding | None, nexts: list[Value]) -> bool:
        if start not in self.initial:
            if end is start:
                return self.is_no_twin(place, start, end)
            if not isinstance(end, Cell):
                raise self.changes(place[1])
            self.plan.rebound.add(place)
            return False
        names = self.initial[start]
        if isinstance(end, Cell) and FROZEN in end.vars and FROZEN not in names:
            self.plan.held.add(place)
            return False
        if (
            not isinstance(end, Cell)
            or end.kind is not start.kind
            or set(end.vars) - {FROZEN} != set(names) - {FROZEN}
        ):
            raise self.changes(place[1])
        if start in self.ended_cells:
            if self.ended_cells[start] is not end:
                raise self.has_second_name(place[1])
            return True
        if not self.is_no_twin(place, start, end):
            return False
        if end.frozen and not start.frozen:
            self.plan.alike.add(place)  # an inner loop, or a branch, made it one with another
            return False
        if not self.is_carried(end):
            error = self.has_second_name(place[1])
            if place not in self.plan.templates:
                raise error
            self.plan.parted[place] = Parted(error)  # a variable of the body alone
            return False
        return all(
            [self.fits(place, b, end.vars[n], nexts) for n, b in names.items() if n != FROZEN]
        )

    def is_no_twin(self, place: Place, start: Cell, end: Cell) -> bool:
        """False where two places hold one object from the second iteration on: a write to one is one to the other."""
        twin = next((s for s, e in self.ended_cells.items() if e is end and s is not start), None)
        if twin is not None and not (start.frozen and twin.frozen):
            both = {place, self.places_of[twin]}
            if both <= self.plan.alike:
                raise self.has_second_name(place[1])
            self.plan.alike |= both
            return False
        self.ended_cells[start], self.places_of[start] = end, place
        return True

    def changes(self, name: str) -> S2SADError:
        what = "the list or dict" if name == "$contents" else repr(name.strip("$"))
        text = f"{what} changes its structure in the loop"
        return self.low.unsupported(
            self.node, text, "keep the same number of items, or use an array"
        )

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
        lists = {
            cell: end
            for cell in self.plan.collecting
            if isinstance(end := self.after_body[cell].get(CONTENTS), Collected)
        }
        kept = low.put_on_tapes(self.body, lists, self.node)
        self.body.yields.extend(kept)
        tapes = [Value(passive("tape")) for _ in kept]
        attrs = {
            "carried": len(self.params),
            "collected": len(tapes),
            "stop": self.has_stop,
            "backwards": [],
        }
        regions = [self.body] if self.condition is None else [self.condition, self.body]
        name = "while" if self.domain is None else "for"
        op = Op(
            name,
            [*(self.domain or []), *self.inits],
            [*results, *tapes, *extra],
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
        low.state.stay_frozen(self.after_body)
        contents = {cell: self.before[cell][CONTENTS] for cell in lists}
        stacked = low.stacked_lists(Loop(op), contents, lists, self.node)
        finals: dict[Cell, Cell] = {}

        def final(binding: Binding) -> Any:
            if isinstance(binding, Grown) and binding.array in totals:
                total = totals[binding.array]
                length = after.get(total, total)
                return replace(binding, array=after[binding.array], length=length, complete=True)
            return with_leaves(binding, final_part)

        def final_part(part: Binding) -> Binding:
            if isinstance(part, Cell) and part in self.initial:
                if part not in finals:
                    made = finals[part] = low.state.add(Cell(part.kind, part.frozen))
                    made.vars = {n: final(b) for n, b in self.initial[part].items()}
                return finals[part]
            return after.get(part, part) if isinstance(part, Value) else part

        for param, result in after.items():
            if param in low.sizes.row_lengths:
                low.sizes.row_lengths[result] = low.sizes.row_lengths[param]
        for (holder, name), binding in fixed.items():
            holder.vars[name] = binding  # type: ignore[assignment]
        for holder, name in self.plan.renewed:
            holder.vars.pop(name, None)
        for (holder, name), parted in self.plan.parted.items():
            holder.vars[name] = parted
        for (holder, name), start in self.start.items():
            if isinstance(holder, Cell) and holder in stacked and name == CONTENTS:
                contents_now = stacked[holder]
                if isinstance(contents_now, Collected) and isinstance(start, Collected):
                    last = [final(b) for b in start.last]
                    contents_now = replace(contents_now, last=last)
                holder.vars[name] = contents_now
            elif name == "$break":
                self.broken = final(start)
            else:
                holder.vars[name] = final(start)
        own = [c for c, made in stacked.items() if isinstance(made, Grown) and made.own]
        low.forget_rows([*finals.values()], own, self.node)
        for init, param in self.shared.items():
            if low.object_of(self.ended[param]) is param:
                low.versions[after[param]] = init
                low.refresh(init, after[param])
