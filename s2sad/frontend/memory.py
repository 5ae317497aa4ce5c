"""Writes to arrays, as every name that shares their memory sees them.

A value of the IR is one object of the running program, so a write gives each name that holds the array its new
version. A view of a variable (an item, a slice, a transpose) is written through: into the array that it is a view
of. After a write, the views of that array which have names are taken again, from its new version. What this cannot
see (memory shared in ways that only the run decides) is found by the analysis of aliases, and refused.
"""

from __future__ import annotations

from typing import Any

from s2sad.frontend.base import Base, holds_numbers
from s2sad.frontend.scope import replaced, values_in
from s2sad.ir.core import Op, Value
from s2sad.ir.kinds import passive

TRANSPOSES = ("numpy.ndarray.T",)


class Memory(Base):
    """The part of `Lowering` that handles writes to arrays."""

    def write(
        self, fn: str, target: Any, array: Value, index: Value, value: Value, node: Any
    ) -> None:
        """array[index] = value, or += for "intrinsic.index_add"."""
        value = self.array_of(value, node) if holds_numbers(value) else value
        index = self.in_array(array, index, node)
        if index.op is not None and index.op.name == "tuple" and not index.op.operands:
            index = self.const(Ellipsis, node)
        if self.is_transpose(array):
            self.write_transpose(fn, target, array, index, value, node)
            return
        source = self.viewed(array)
        if source is not None:
            base, place = source
            joined = self.joined(place, index, node)
            if joined is not None:
                self.write(fn, target, base, joined, value, node)
                return
            part = self.prim("numpy.copy", [array], {}, node)
            part = self.prim(fn, [part, index, value], {}, node)
            self.write("intrinsic.store", target, base, place, part, node)
            return
        if array.op is not None and array.op.name == "const":
            name = array.op.attrs.get("name", "this array")
            raise self.aliasing(
                target,
                f"{name!r} is written in place, and it was not made in this function",
                f"work on a copy: {name} = {name}.copy()",
            )
        if not any(array in values_in(binding) for _, binding in self.state.places()):
            raise self.unsupported(
                target,
                "only an array that has a name can be written so far",
                "give the array a name in this function, as in y = x.copy()",
            )
        if fn == "intrinsic.store":
            value = self.without_first_axes(value, array, index, node)
        new = self.prim(fn, [array, index, value], {}, node)
        named = getattr(getattr(target, "value", None), "id", "")
        new.hint = named if self.scope.find_local(named) is array else array.hint or named
        self.versions[new] = array
        self.replace(array, new)
        self.refresh(array, new)

    def without_first_axes(self, value: Value, array: Value, index: Value, node: Any) -> Value:
        """What is written, without the axes of one item that it has before those of its place: v[:] = w[None]."""
        if (value.kind.ndim or 0) < 2:
            return value
        there = self.prim("operator.getitem", [array, index], {}, node)
        if there.op is not None and there.op in self.block.ops:
            self.block.ops.remove(there.op)
        more = (value.kind.ndim or 0) - (there.kind.ndim or 0)
        if not there.kind.ndim or more <= 0:
            return value
        shape = self.prim("intrinsic.shape", [value], {}, node)
        rest = self.op(
            "slice", [self.const(p, node) for p in (more, None, None)], passive("slice"), node
        )
        shape = self.prim("operator.getitem", [shape, rest], {}, node)
        return self.prim("numpy.reshape", [value, shape], {}, node)

    def update(self, op: Any, array: Value, value: Value, target: Any, node: Any) -> Value:
        """`array += value` for what is known to be an array: in place, for all who hold it."""
        if self.is_transpose(array):
            self.scope.vars["$view"] = array
            whole = self.const(Ellipsis, node)
            self.augment_item(op, array, whole, value, target, node)
            return self.to_value(self.scope.vars.pop("$view"), node)
        source = self.viewed(array)
        if source is None:
            new = self.binary(op, array, value, node)
            assert new.op is not None
            new.op.attrs["inplace"] = True
            new.kind = new.kind if array.kind.dims is None else array.kind  # it stays that array
            new.hint = array.hint
            self.versions[new] = array
            self.replace(array, new)
            self.refresh(array, new)
            return new
        base, place = source
        self.scope.vars["$view"] = array
        self.augment_item(op, base, place, value, target, node)
        now = self.scope.vars.pop("$view")
        assert isinstance(now, Value)
        return now

    def augment_item(
        self, op: Any, array: Value, index: Value, value: Value, target: Any, node: Any
    ) -> None:
        """array[index] += value"""
        name = type(op).__name__
        if name in ("Add", "Sub") and self.is_basic(index):
            if name == "Sub":
                value = self.prim("operator.neg", [self.array_of(value, node)], {}, node)
            self.write("intrinsic.index_add", target, array, index, value, node)
            return
        old = self.prim("operator.getitem", [array, index], {}, target)
        new = self.binary(op, old, value, node)
        assert new.op is not None
        new.op.attrs["update"] = True
        self.write("intrinsic.store", target, array, index, new, node)

    def is_transpose(self, array: Value) -> bool:
        """True for the transpose of a named array, or of a view of one."""
        op = array.op
        if op is None or op.fn not in TRANSPOSES or not array.kind.is_array:
            return False
        base = op.operands[0]
        held = any(base in values_in(b) for _, b in self.state.places())
        return held or self.viewed(base) is not None or self.is_transpose(base)

    def write_transpose(
        self, fn: str, target: Any, array: Value, index: Value, value: Value, node: Any
    ) -> None:
        """base.T[index] = value: base[k] = value, where the index has a simple transpose k."""
        assert array.op is not None
        base = array.op.operands[0]
        op = index.op
        parts = list(op.operands) if op is not None and op.name == "tuple" else [index]
        none = [self.const(None, node) for _ in range(3)]
        if array.kind.ndim == 2 and len(parts) <= 2 and all(self.is_place(p) for p in parts):
            if len(parts) == 1:
                parts.append(self.op("slice", none, passive("slice"), node))
            if any(p.op is None or p.op.name != "slice" for p in parts):
                turned = self.op("tuple", parts[::-1], passive("tuple"), node)
                self.write(fn, target, base, turned, value, node)
                return
        part = self.prim("numpy.copy", [array], {}, node)
        part = self.prim(fn, [part, index, value], {}, node)
        part = self.prim("numpy.ndarray.T", [part], {}, node, form="attribute")
        self.write("intrinsic.store", target, base, self.const(Ellipsis, node), part, node)

    def is_place(self, part: Value) -> bool:
        """True for an integer or a slice in an index."""
        if part.op is not None and part.op.name == "const":
            return isinstance(part.op.value, int)
        return self.is_basic(part) and not (part.op is not None and part.op.name == "tuple")

    # --- views ------------------------------------------------------------------------------------------

    def viewed(self, value: Value) -> tuple[Value, Value] | None:
        """(array, index) where `value` is surely a view of the current version of a named array."""
        op = value.op
        if op is None or op.fn != "operator.getitem" or not value.kind.is_array:
            return None
        base, index = op.operands
        held = any(base in values_in(b) for _, b in self.state.places())
        if not held and self.viewed(base) is None:
            return None
        return (base, index) if self.is_basic(index) and base.kind.is_array else None

    def is_view(self, op: Op | None, root: Value) -> bool:
        """True where an operation makes a view of `root`, or of a view of it."""
        if op is None or op.name != "prim" or not op.operands or not op.result.kind.is_array:
            return False
        basic = op.fn == "operator.getitem" and self.is_basic(op.operands[1])
        if not basic and op.fn not in TRANSPOSES:
            return False
        return op.operands[0] is root or self.is_view(op.operands[0].op, root)

    def refresh(self, old: Value, new: Value) -> bool:
        """Take the views of an array that have names from its new version; False where there are none."""
        found = False
        held = {v: None for _, binding in self.state.places() for v in values_in(binding)}
        for value in held:
            if value is not new and self.is_view(value.op, old):
                found = True
                again = self.retaken(value, old, new)
                self.renewals[again] = value
                for (holder, name), binding in list(self.state.places()):
                    now = replaced(binding, value, again)
                    if now is not binding:
                        holder.vars[name] = now
        return found

    def retaken(self, value: Value, old: Value, new: Value) -> Value:
        op = value.op
        assert op is not None
        first = op.operands[0]
        first = new if first is old else self.retaken(first, old, new)
        attrs = {k: v for k, v in op.attrs.items() if k != "row"}
        result = Value(value.kind, value.hint)
        operands = [first, *op.operands[1:]]
        return self.block.append(Op("prim", operands, [result], attrs, [], op.span, True)).result

    def joined(self, place: Value, index: Value, node: Any) -> Value | None:
        """The index k with array[place][index] = array[k]; None where there is no simple one."""
        outer = place.op.operands if place.op is not None and place.op.name == "tuple" else [place]
        inner = index.op.operands if index.op is not None and index.op.name == "tuple" else [index]
        out: list[Value] = []
        rest = list(inner)
        for part in outer:
            if part.op is not None and part.op.name == "slice":
                whole = all(self.literal(v) is None for v in part.op.operands)
                if not whole:
                    return None
                out.append(rest.pop(0) if rest else part)
            elif self.literal(part) is None or self.literal(part) is Ellipsis:
                return None
            else:
                out.append(part)
        out.extend(rest)
        if any(self.literal(v) is Ellipsis or self.literal(v) is None for v in inner):
            return None
        if not all(self.is_basic(v) for v in inner):
            return None
        return out[0] if len(out) == 1 else self.op("tuple", out, passive("tuple"), node)

    # --- indices ----------------------------------------------------------------------------------------

    def is_basic(self, index: Value) -> bool:
        """True for an index that names each element once: integers, slices, None and Ellipsis."""
        if index.op is not None and index.op.name == "tuple":
            return all(self.is_basic(v) for v in index.op.operands)
        if index.op is not None and index.op.name == "slice":
            return True
        if index.op is not None and index.op.name == "const":
            return (
                index.op.value is None
                or index.op.value is Ellipsis
                or isinstance(index.op.value, int)
            )
        if self.is_mask(index):
            return False  # NumPy makes a copy
        return index.kind.is_scalar or self.is_loop_index(index)

    def is_loop_index(self, value: Value) -> bool:
        owner = value.owner
        if owner is not None and owner.op is not None:
            return owner.op.name == "for" and owner.params[0] is value
        if value in self.loop_indices:
            return True
        op = value.op
        if op is not None and op.fn in (
            "operator.add",
            "operator.sub",
            "operator.mul",
            "operator.neg",
        ):
            return all(self.is_basic(v) for v in op.operands)
        return op is not None and op.fn in ("builtins.len", "builtins.int", "intrinsic.dim")
