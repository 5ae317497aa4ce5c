"""Writes to arrays, as every name that shares their memory sees them.

A value of the IR is one object of the running program, so a write gives each name that holds the array its new
version. A view of a variable (an item, a slice, a transpose, another shape) is written through: into the array that
it is a view of. After a write, the views of that array which have names are taken again, from its new version. What
this cannot see (memory shared in ways that only the run decides) is found by the analysis of aliases, and refused.
"""

from __future__ import annotations

from typing import Any

from s2sad.frontend.base import Base, holds_numbers
from s2sad.frontend.pieces import SAME_ITEMS
from s2sad.frontend.scope import replaced, values_in
from s2sad.ir.core import Op, Value
from s2sad.ir.indices import is_dots
from s2sad.ir.kinds import passive

# Views of all of an array, by their names in NumPy, and what makes the array of them again: the function itself (of
# other axes), or reshape. `ravel` and `reshape` give views of arrays in one piece.
TRANSPOSES = ("numpy.ndarray.T",)
OWN_INVERSE = (
    "T", "transpose", "matrix_transpose", "swapaxes", "moveaxis", "flip", "fliplr", "flipud", "real",
)  # fmt: skip


def is_flat(value: Value) -> bool:
    """True for `array.flat`, through which the array itself is written, and whose items are copies."""
    return value.op is not None and bool(value.op.attrs.get("flat"))


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
        if self.whole_of(array) is not None:
            self.write_whole(fn, target, array, index, value, node)
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
        name = named if self.scope.find_local(named) is array else array.hint or named
        self.renew(array, new, name)

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
        if self.whole_of(array) is not None and not self.becomes_the_array(array, node):
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
            self.renew(array, new, array.hint)
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

    def whole_of(self, value: Value) -> Value | None:
        """The array of all of whose items `value` is surely a view, where a name or a view of one holds that."""
        op = value.op
        if op is None or op.name != "prim" or not value.kind.is_array:
            return None
        return op.operands[0] if self.is_view_of_all(op) and self.is_held(op.operands[0]) else None

    def is_view_of_all(self, op: Op) -> bool:
        """True where the result of a primitive is surely a view of all items of its first operand."""
        name = op.fn.rpartition(".")[2]
        if (
            not op.operands
            or name not in (*OWN_INVERSE, *SAME_ITEMS)
            or not op.operands[0].kind.is_array
        ):
            return False
        if name == "transpose" and len(op.operands) > 1:
            return self.axes_back(op.operands[1]) is not None
        if name in ("reshape", "ravel"):
            return is_flat(op.result) or self.pieces.is_one(op.operands[0])
        return True

    def is_held(self, array: Value) -> bool:
        """True where the current state has an array, under a name or in a view of one."""
        if any(array in values_in(b) for _, b in self.state.places()):
            return True
        return self.viewed(array) is not None or self.whole_of(array) is not None

    def write_whole(
        self, fn: str, target: Any, array: Value, index: Value, value: Value, node: Any
    ) -> None:
        """array[index] = value, where `array` is a view of all of another array, which is made of it again.

        Items and parts of a matrix's transpose are written into the matrix.
        """
        base, view = self.whole_of(array), array.op
        assert base is not None and view is not None
        turned = self.transposed(array, index, node) if view.fn in TRANSPOSES else None
        if turned is not None:
            self.write(fn, target, base, turned, value, node)
            return
        if self.becomes_the_array(array, node):
            self.write(fn, target, array, index, value, node)
            return
        views = [view]
        while self.whole_of(base) is not None and base.op is not None:
            views.append(base.op)
            base = base.op.operands[0]
        part = self.viewed(base)
        flats = [v for v in views if is_flat(v.result)]
        if part is None and not all(self.pieces.is_one(v.operands[0]) for v in flats):
            part = (base, self.const(Ellipsis, node))  # ravel, which stands for flat, may be a copy
        start = array if part is None else self.prim("numpy.copy", [array], {}, node)
        if fn == "intrinsic.store":
            value = self.without_first_axes(value, array, index, node)
        new = self.prim(fn, [start, index, value], {}, node)
        for view in views:
            new = self.made_again(view, new, node)
        if part is not None:
            self.write("intrinsic.store", target, *part, new, node)
        else:
            self.renew(base, new, base.hint)

    def made_again(self, view: Op, new: Value, node: Any) -> Value:
        """The array of which `new` is what a view of all its items became."""
        base, *more = view.operands
        if view.fn.endswith("transpose") and more:
            more = [self.const(self.axes_back(more[0]), node)]
        if view.fn == "numpy.moveaxis":
            more = more[::-1]
        if view.fn.rpartition(".")[2] in OWN_INVERSE:
            attrs = {k: v for k, v in view.attrs.items() if k != "row"}
            again = self.block.append(
                Op("prim", [new, *more], [Value()], attrs, [], self.span(node), True)
            ).result
        else:
            shape = self.prim("intrinsic.shape", [base], {}, node)
            again = self.prim("numpy.reshape", [new, shape], {}, node)
        again.kind = base.kind
        return again

    def becomes_the_array(self, array: Value, node: Any) -> bool:
        """`take_over`, unless the other side of a branch or the next iteration may have it the other way round.

        Of what is transposed or flipped it would no longer be known that the other array lies in one piece.
        """
        base, view = self.whole_of(array), array.op
        if base is None or view is None or view.fn.rpartition(".")[2] not in SAME_ITEMS:
            return False
        makers = (self.first_version(array).op, self.first_version(base).op)
        here = all(op is not None and op.block is self.block for op in makers)
        return here and self.take_over(array, node)

    def first_version(self, array: Value) -> Value:
        """An array or a view as it was made, before writes and before the view was taken again."""
        while (earlier := self.renewals.get(array) or self.versions.get(array)) is not None:
            array = earlier
        return array

    def take_over(self, array: Value, node: Any) -> bool:
        """Before a view of all of an array is written, the latter becomes a view of it, if it is its only one."""
        base, view = self.whole_of(array), array.op
        if base is None or view is None or is_flat(array):
            return False
        if self.viewed(base) is not None or self.whole_of(base) is not None:
            return False
        held = {v for _, binding in self.state.places() for v in values_in(binding)}
        if array not in held or any(v is not array and self.is_view(v.op, base) for v in held):
            return False
        again = self.made_again(view, array, node)
        assert again.op is not None
        again.op.span = view.span  # the line in which one became the view of the other
        again.hint = base.hint
        self.versions[again] = base
        self.replace(base, again)
        return True

    def axes_back(self, axes: Value) -> tuple[int, ...] | None:
        """The axes that undo a transposition; None where these are not known."""
        known = self.literal(axes)
        if axes.op is not None and axes.op.name in ("tuple", "list"):
            known = tuple(self.literal(a) for a in axes.op.operands)
        if not isinstance(known, tuple) or set(known) != set(range(len(known))):
            return None
        return tuple(known.index(k) for k in range(len(known)))

    def renew(self, array: Value, new: Value, name: str) -> None:
        """Every name that holds an array holds its new version, and its views are taken again."""
        new.hint = name
        self.versions[new] = array
        self.replace(array, new)
        self.refresh(array, new)

    def transposed(self, array: Value, index: Value, node: Any) -> Value | None:
        """The index k with matrix.T[index] = matrix[k], where there is a simple one."""
        op = index.op
        parts = list(op.operands) if op is not None and op.name == "tuple" else [index]
        if array.kind.ndim != 2 or len(parts) > 2 or not all(self.is_place(p) for p in parts):
            return None
        if len(parts) == 1:
            none = [self.const(None, node) for _ in range(3)]
            parts.append(self.op("slice", none, passive("slice"), node))
        if all(p.op is not None and p.op.name == "slice" for p in parts):
            return None
        return self.op("tuple", parts[::-1], passive("tuple"), node)

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
        if not self.is_held(base):
            return None
        return (base, index) if self.is_basic(index) and base.kind.is_array else None

    def is_view(self, op: Op | None, root: Value) -> bool:
        """True where an operation makes a view of `root`, or of a view of it."""
        if op is None or op.name != "prim" or not op.operands or not op.result.kind.is_array:
            return False
        basic = op.fn == "operator.getitem" and self.is_basic(op.operands[1])
        if not basic and not self.is_view_of_all(op):
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
        if is_dots(place) and self.is_basic(index):
            return index
        if is_dots(index) and not any(is_dots(part) for part in outer):
            return place
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
