"""One loop: what it carries from one iteration to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Closure, Items, Static
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import ANY, BOOL, INT, NEVER

FLAGS = ("$returned", "$break", "$continue")
Vars = dict[str, Binding]


def itself(index: Value) -> Value:
    """The element of a range: the index itself."""
    return index


class NeedsStructure(Exception):
    """A variable that is first set in a loop turns out to hold a tuple, or a function."""

    def __init__(self, name: str, binding: Binding) -> None:
        self.name = name
        self.binding = binding


class Attempt:
    """One try at lowering a loop. What the body sets decides what the loop carries, so a try may have to be
    repeated: when a variable turns out to hold a tuple, or the body may return."""

    def __init__(
        self,
        lowering: Base,
        node: Any,
        names: list[str],
        templates: dict[str, Binding],
        flags: set[str],
        domain: list[Value] | None,
        element: Callable[[Value], Binding] | None,
    ) -> None:
        self.low = lowering
        self.node = node
        self.names = names
        self.templates = templates
        self.flags = flags
        self.domain = domain
        self.element = element
        self.inits: list[Value] = []
        self.params: list[Value] = []
        self.condition_params: list[Value] = []
        self.structure: dict[str, Binding] = {}
        self.body = Block()
        self.condition: Block | None = None
        self.broken: Value | None = None
        self.ends: dict[str, Binding] = {}

    def run(self) -> bool:
        low, node = self.low, self.node
        before = dict(low.scope.vars)
        self.before = before
        carried_names = [n for n in self.names if self.carries(n, before)] + sorted(self.flags)
        start: dict[str, Binding] = {}
        for name in carried_names:
            binding = before.get(name, self.templates.get(name))
            if name in ("$returned", "$break"):
                binding = low.const(False, node)
            start[name] = self.parameters(name, binding)
        if self.domain is None:
            self.run_condition(start)
        low.block = self.body
        low.scope.vars = dict(before) | start
        for flag in FLAGS:
            if flag in self.flags:
                low.scope.vars[flag] = Static(False)
            else:
                low.scope.vars.pop(flag, None)
        if self.domain is not None:
            is_range = isinstance(node.target, gast.Name) and self.element is itself
            index = Value(INT, node.target.id if is_range else _index_name(node))
            self.body.add_param(index)
            low.loop_indices.add(index)
            assert self.element is not None
            low.assign(node.target, self.element(index), node)
        for param in self.params:
            self.body.add_param(param)
        outer = low.new_in_loop
        low.new_in_loop = outer | {p for p in self.params if self.is_new(p.hint, p)}
        try:
            low.statements(node.body)
        except NeedsStructure as found:
            if found.name not in carried_names or found.name in self.templates:
                raise
            known = isinstance(found.binding, (Static, Closure))
            self.templates[found.name] = found.binding if known else _undefined(found.binding)
            return False
        finally:
            low.new_in_loop = outer
        return self.check(carried_names, start)

    def carries(self, name: str, before: Vars) -> bool:
        binding = before.get(name)
        if isinstance(self.templates.get(name), (Static, Closure)):
            return False
        return not isinstance(binding, (Static, Closure))

    def parameters(self, name: str, binding: Binding | None) -> Binding:
        """Loop parameters for a variable; its initial values go to `inits`."""
        if isinstance(binding, Items):
            return Items([self.parameters(name, b) for b in binding.items], binding.kind)
        value = (
            self.low.undef(self.node) if binding is None else self.low.to_value(binding, self.node)
        )
        self.inits.append(value)
        param = Value(BOOL if name in FLAGS else ANY, "" if name.startswith("$") else name)
        self.params.append(param)
        return param

    def run_condition(self, start: dict[str, Binding]) -> None:
        """The condition of a while loop, on parameters of its own."""
        low = self.low
        if any(isinstance(n, gast.NamedExpr) for n in gast.walk(self.node.test)):
            raise low.unsupported(
                self.node.test,
                "':=' in the condition of a while loop is not supported yet",
                "write while True, the assignment, and an if with break",
            )
        self.condition = Block()
        copies = {p: Value(p.kind, p.hint) for p in self.params}
        for p in self.params:
            self.condition.add_param(copies[p])

        def copied(binding: Binding) -> Binding:
            if isinstance(binding, Items):
                return Items([copied(b) for b in binding.items], binding.kind)
            return copies[binding]  # type: ignore[index]

        low.block = self.condition
        saved = low.scope.vars
        low.scope.vars = dict(saved) | {n: copied(b) for n, b in start.items()}
        test = low.to_value(low.expression(self.node.test), self.node)
        low.scope.vars = saved
        self.condition.yields = [test]

    def check(self, carried_names: list[str], start: dict[str, Binding]) -> bool:
        """Whether what the body did fits what the loop carries; if not, note what to carry."""
        low = self.low
        ends = low.scope.vars
        wanted = set()
        if ends.get("$returned", Static(False)) != Static(False):
            wanted |= {"$returned", "$ret"}
        if self.node.orelse and ends.get("$break", Static(False)) != Static(False):
            wanted.add("$break")
        again = bool(wanted - self.flags)
        self.flags |= wanted
        nexts: list[Value] = []
        for name in carried_names:
            end = ends.get(name)
            if not self.fits(name, start[name], end, nexts):
                again = True
        if again:
            return False
        self.ends = {n: start[n] for n in carried_names}
        stop = self.stop(ends)
        self.body.yields = ([stop] if stop is not None else []) + nexts
        self.has_stop = stop is not None
        return True

    def fits(self, name: str, start: Binding, end: Binding | None, nexts: list[Value]) -> bool:
        low = self.low
        if isinstance(start, Items):
            if not isinstance(end, Items) or len(end.items) != len(start.items):
                raise low.unsupported(
                    self.node,
                    f"{name.strip('$')!r} changes its structure in the loop",
                    "keep the same number of items, or use a NumPy array",
                )
            return all(
                [self.fits(name, p, q, nexts) for p, q in zip(start.items, end.items, strict=True)]
            )
        if isinstance(end, Items):
            init = self.inits[self.params.index(start)]  # type: ignore[arg-type]
            if init in low.new_in_loop:
                raise NeedsStructure(name, end)
            if name in self.templates or init.kind != NEVER:
                raise low.unsupported(
                    self.node,
                    f"{name.strip('$')!r} changes its structure in the loop",
                    "keep the same number of items, or use a NumPy array",
                )
            self.templates[name] = _undefined(end)
            return False
        if isinstance(end, Closure) or (
            isinstance(end, Static) and not isinstance(end.value, bool)
        ):
            if isinstance(start, Value) and self.is_new(name, start):
                # A function that is defined in the body is the same in each iteration: it is not carried.
                self.templates[name] = end
                return False
        if end is None:
            nexts.append(start)  # type: ignore[arg-type]
        else:
            nexts.append(low.to_value(end, self.node))
        return True

    def is_new(self, name: str, start: Value) -> bool:
        """True for a variable that has no value before the loop, or only that of an outer iteration."""
        init = self.inits[self.params.index(start)]
        return init.kind == NEVER or (init.op is None and init.hint == name)

    def stop(self, ends: Vars) -> Value | None:
        """The flag that ends the loop after this iteration; None where nothing does."""
        self.low.scope.vars = dict(ends)
        self.low.scope.vars["$continue"] = Static(False)
        leaving = self.low.leaving(self.node)
        self.low.scope.vars = ends
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

        def final(binding: Binding) -> Binding:
            if isinstance(binding, Items):
                return Items([final(b) for b in binding.items], binding.kind)
            return after[binding]  # type: ignore[index]

        finals = {n: final(b) for n, b in self.ends.items()}
        self.broken = finals.pop("$break", None)  # type: ignore[assignment]
        fixed = {
            n: b
            for n, b in low.scope.vars.items()
            if n in self.names and isinstance(b, (Static, Closure))
        }
        low.scope.vars = {**self.before, **fixed, **finals}


def _index_name(loop: Any) -> str:
    """The first name of `for i, x in enumerate(...)`."""
    call, parts = loop.iter, getattr(loop.target, "elts", [])
    counts = isinstance(call, gast.Call) and getattr(call.func, "id", "") == "enumerate"
    return parts[0].id if counts and parts and isinstance(parts[0], gast.Name) else "i"


def _undefined(binding: Binding) -> Any:
    """The structure of a binding, with nothing in it yet."""
    if isinstance(binding, Items):
        return Items([_undefined(b) for b in binding.items], binding.kind)
    return None
