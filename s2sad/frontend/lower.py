"""Lowers a function to the IR: the entry points, calls of user functions, and statements."""

from __future__ import annotations

import functools
import inspect
import types
from typing import Any

import gast

from s2sad.errors import (
    S2SADError,
    UnresolvedNameError,
    UnsupportedSyntaxError,
)
from s2sad.frontend.arguments import Fixed, Part
from s2sad.frontend.base import Primitives
from s2sad.frontend.columns import columns_of
from s2sad.frontend.control import Control
from s2sad.frontend.expressions import BINARY, Expressions
from s2sad.frontend.find import find, statement_of
from s2sad.frontend.inputs import Inputs
from s2sad.frontend.merge import NeedsStructure
from s2sad.frontend.outer import Outer, is_literal
from s2sad.frontend.pointlike import is_point
from s2sad.frontend.prelude import Prelude
from s2sad.frontend.recursion import Recursion
from s2sad.frontend.scope import (
    CONTAINERS,
    Binding,
    Cell,
    Columns,
    Items,
    Parted,
    Partial,
    Static,
    Table,
    attribute_of,
    fields_of,
)
from s2sad.frontend.sets import UPDATES
from s2sad.frontend.unpacking import Unpacking
from s2sad.ir.core import Function, Op, Shaped, Value
from s2sad.ir.kinds import ANY, Kind


def lower(
    function: Any,
    primitives: Primitives,
    parts: dict[str, Part] | None = None,
    written_out: frozenset[Any] = frozenset(),
    called: frozenset[Any] = frozenset(),
) -> Function:
    """The IR of a Python function; `parts` says what is known of its arguments, in their order.

    `written_out`: loops of known length that are written out, as "short" of an earlier try names them.
    `called`: helpers whose calls stay calls, where they are given numbers.
    """
    source = find(function)
    as_calls: frozenset[Any] = frozenset()
    by_place: frozenset[Any] = frozenset()
    first: S2SADError | None = None
    refusal: S2SADError | None = None
    patient = False
    try:
        while True:
            lowering = Lowering(source, primitives)
            lowering.written_out, lowering.as_calls = written_out, as_calls
            lowering.patient, lowering.by_place = patient, by_place
            lowering.called = called
            try:
                return lowering.function(parts)
            except NeedsStructure as found:
                raise lowering.unsupported(
                    lowering.here,
                    f"{found.name!r} is a number or None on one path, and a tuple or an object on another",
                    "use two variables",
                ) from None
            except S2SADError as error:
                error.short = frozenset(lowering.short)
                if error.by_place is not None and error.by_place not in by_place:
                    by_place |= {error.by_place}
                    refusal = refusal or (error if error.last_resort else None)
                    continue
                if refusal is not None:
                    raise refusal from None
                if patient:
                    raise (first or error) from None
                if error.recursion is None or error.recursion in as_calls:
                    if not as_calls:
                        raise
                    # What is known may change outside of the arguments, and end the recursion after all.
                    first, as_calls, patient = error, frozenset(), True
                    continue
                as_calls |= {error.recursion}
    except RecursionError as error:
        raise UnsupportedSyntaxError(
            f"{source.name!r} nests calls or expressions too deeply",
            span=source.header(),
            help="write the recursion as a loop",
        ) from error


class Lowering(Expressions, Unpacking, Control, Prelude, Recursion, Outer):
    """Lowers one function and the functions that it calls, which are written out in place."""

    # --- functions --------------------------------------------------------------------------------------

    def function(self, parts: dict[str, Part] | None) -> Function:
        node = self.source.node
        if isinstance(node, gast.AsyncFunctionDef):
            raise self.unsupported(
                node, "an async function cannot be differentiated", "write it as a plain def"
            )
        named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        if parts is None:
            parts = {a.id: ANY for a in named}
        inputs = Inputs(self, node)
        bindings = {n: inputs.binding(n, part, (), n) for n, part in parts.items()}
        self.bind_inputs(bindings)
        called = self.source.function.__name__
        name = called if called.isidentifier() else "f"
        out = Function(name, inputs.params, self.defaults(self.source.function))
        out.arguments = list(parts)
        if isinstance(node, gast.Lambda):
            self.statement = statement_of(self.source.file, node)
            result = self.expression(node.body)
        else:
            result = self.run_body(node)
        values: list[Value] = []
        out.structure = self.flatten_result(result, values, node)
        self.ask_fixed(parts)
        self.block.yields = values
        for param in inputs.params:
            param.owner = out.body
        out.leaves = inputs.leaves()
        out.groups = {n: p for n, p in parts.items() if not isinstance(p, Kind)}
        out.body.ops = self.block.ops
        for op in out.body.ops:
            op.block = out.body
        out.body.yields = values
        out.info = {
            "short": frozenset(self.short),
            "path": self.source.file.path,
            "sources": self.sources,
            "captured": self.captured,
            "current": self.current,
            "containers": list(self.containers.values()),
            "silenced": self.silenced,
            "header": self.source.header(),
            "spans": {a.id: self.source.span(a) for a in named},
            "stars": self.stars(node.args),
            "ranks": self.ranks,
        }
        return out

    def ask_fixed(self, parts: dict[str, Part]) -> None:
        """The code is made for the strings, integers and Nones of a call: it asks for these."""
        fixed = {
            n: p.value
            for n, p in parts.items()
            if isinstance(p, Fixed) and n in self.read and is_literal(p.value)
        }
        if fixed:
            attrs = {"what": "fixed", "values": fixed}
            guard = Op("effect", [], [], attrs, [], self.span(self.source.node), exact=True)
            guard.block = self.block
            self.block.ops.insert(0, guard)

    def bind_inputs(self, bindings: dict[str, Binding]) -> None:
        """Give the function's variables their values at the start."""
        function, arguments = self.source.function, self.source.node.args
        own = {a.id for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
        stars = self.stars(arguments)
        if set(bindings) <= own | set(stars):
            self.scope.vars.update(bindings)
            return
        # A wrapper: its arguments have the names of the function that it wraps.
        kinds = inspect.signature(function).parameters
        by_name = {n for n, p in kinds.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
        self.bind_arguments(
            self.scope,
            self.source,
            [b for n, b in bindings.items() if n not in by_name],
            {n: b for n, b in bindings.items() if n in by_name},
            {k: self.outer_object(v, "", self.here) for k, v in self.defaults(function).items()},
            self.source.node,
        )

    def stars(self, arguments: Any) -> dict[str, str]:
        """The parameters *args and **kwargs, by name."""
        pairs = ((arguments.vararg, "*"), (arguments.kwarg, "**"))
        return {argument.id: star for argument, star in pairs if argument is not None}

    def flatten_result(self, binding: Binding, out: list[Value], node: Any) -> Any:
        if isinstance(binding, Cell) and isinstance(binding.contents, (Items, Table)):
            binding = binding.contents
        if isinstance(binding, Items):
            parts = [self.flatten_result(i, out, node) for i in binding.items]
            if binding.named is not None:
                return Shaped("call", parts, list(fields_of(binding.named)), binding.named)
            return Shaped("list", parts) if binding.kind == "list" else tuple(parts)
        grown = self.grown(binding)
        rows = isinstance(binding, Cell) and isinstance(binding.contents, Columns)
        if rows or (grown is not None and grown.rows is not None):
            raise self.unsupported(
                node,
                "a list of tuples or lists that grew in a loop is a result",
                "return an array of it: np.array(...)",
            )
        if grown is not None:
            out.append(grown.array)
            return Shaped("items", [None])
        if isinstance(binding, Table):
            parts = [self.flatten_result(i, out, node) for i in binding.items.values()]
            return Shaped("dict", parts, list(binding.items))
        if isinstance(binding, Cell):
            parts = [self.flatten_result(i, out, node) for i in binding.vars.values()]
            return Shaped("call", parts, list(binding.vars), binding.kind)
        value = self.to_value(binding, node)
        out.append(value)
        return None

    def run_body(self, node: Any) -> Binding:
        """The result of a function's body, lowered in the current scope."""
        self.body_of_function(node)
        result = self.scope.vars.get("$ret")
        return self.const(None, node) if result is None else result

    # --- statements -------------------------------------------------------------------------------------

    def simple_statement(self, node: Any) -> None:
        method = getattr(self, "stmt_" + type(node).__name__, None)
        if method is None:
            raise self.unsupported(node, f"{_describe(node)} is not supported yet", _way_out(node))
        self.busy += 1
        try:
            method(node)
        finally:
            self.busy -= 1
        if self.row_cells and not self.busy:
            self.drop_rows()

    def stmt_Pass(self, node: Any) -> None:
        return

    def stmt_Return(self, node: Any) -> None:
        result = self.const(None, node) if node.value is None else self.expression(node.value)
        self.scope.vars["$ret"] = result
        self.scope.vars["$returned"] = Static(True)

    def stmt_Break(self, node: Any) -> None:
        self.scope.vars["$break"] = Static(True)

    def stmt_Continue(self, node: Any) -> None:
        self.scope.vars["$continue"] = Static(True)

    def stmt_Assign(self, node: Any) -> None:
        value = self.expression(node.value)
        for target in node.targets:
            self.assign(target, value, node)

    def stmt_AnnAssign(self, node: Any) -> None:
        if node.value is not None:
            self.assign(node.target, self.expression(node.value), node)

    def stmt_AugAssign(self, node: Any) -> None:
        target = node.target
        if isinstance(target, gast.Name):
            self.assign(target, self.augmented(node, self.lookup(target)), node)
        elif isinstance(target, gast.Subscript):
            base = self.expression(target.value)
            if isinstance(base, (Items, Cell)):
                self.augmented_item(base, node)
                return
            array = self.to_value(base, target)
            given = self.index(target.slice)
            index = self.place(array, given, target.slice)
            bare = array.kind.dims == ()
            old = array if bare else self.prim("operator.getitem", [array, index], {}, target)
            self.scope.vars["$written"] = array
            value = self.to_value(self.expression(node.value), node.value)
            now = self.to_value(self.scope.vars.pop("$written"), target)
            if bare:
                self.write_number(target, now, index, value, node, node.op)
            elif now is array or (
                self.is_basic(index) and (old.kind.is_array or index is not given)
            ):
                array = now  # the item is a view, also v[..., 0]
                self.augment_item(node.op, array, index, value, target, node)
            else:  # the value's expression wrote the array, after the item was read
                new = self.binary(node.op, old, value, node)
                self.write("intrinsic.store", target, now, index, new, node)
        elif isinstance(target, gast.Attribute):
            owner = self.expression(target.value)
            old_binding = self.attribute(owner, target.attr, target)
            new_binding = self.augmented(node, old_binding)
            self.set_attribute(owner, target.attr, new_binding, node)
        else:
            raise self.unsupported(target, "this augmented assignment is not supported yet")

    def augmented(self, node: Any, left: Binding) -> Binding:
        """left += value: changes a list or an array, and makes a new number, tuple or string."""
        right = self.expression(node.value)
        name = BINARY[type(node.op).__name__]
        if isinstance(left, Cell):
            own = None
            if isinstance(attribute_of(left.kind, f"__i{name}__"), types.FunctionType):
                bound = self.class_attribute(left, left.kind, f"__i{name}__", node)
                own = self.call(bound, [right], {}, node)
            if own is not None:
                return own
            if left.kind is list and isinstance(right, Value) and right.kind.is_array:
                # NumPy adds an array to the items: it is asked before the list is.
                return self.binary(node.op, self.to_value(left, node.target), right, node)
            if name in UPDATES.get(left.kind, ()):
                self.container_method(left, UPDATES[left.kind][name], [right], {}, node)
                return left
            if left.kind is list and name == "mul":
                repeated = self.structured(node.op, left, right, node)
                if isinstance(repeated, Cell):
                    self.change(left, repeated.contents, node)
                    return left
        structured = self.structured(node.op, left, right, node)
        if structured is not None:
            return structured
        first, second = self.to_value(left, node.target), self.to_value(right, node.value)
        if first.kind.is_array:
            return self.update(node.op, first, second, node.target, node)
        if is_point(first):
            raise self.unsupported(
                node,
                "an array without dimensions that a list holds is written",
                "put numbers into the list: float(...)",
            )
        result = self.binary(node.op, first, second, node)
        assert result.op is not None
        result.op.attrs["inplace"] = True
        return result

    def augmented_item(self, base: Items | Cell, node: Any) -> None:
        """container[index] += value"""
        index = self.expression(node.target.slice)
        if isinstance(base, Cell) and base.kind not in CONTAINERS:
            self.update_item(base, index, lambda old: self.augmented(node, old), node)
            return
        old = self.item(base, index, node)
        new = self.augmented(node, old)
        if self.grown(base) is not None and isinstance(old, Value) and old.kind.is_array:
            return  # it is changed in place, and is the item that it was
        if isinstance(new, Value) and new.op is not None and self.grown(base) is not None:
            new.op.attrs["update"] = True
        if isinstance(base, Items):
            raise self.unsupported(node, "an item of a tuple cannot be changed")
        self.set_item(base, index, new, node)

    def assign(self, target: Any, value: Binding, node: Any) -> None:
        if isinstance(target, gast.Name):
            hidden = target.id.startswith("$")
            if self.scope.source.is_written_here and isinstance(value, Value):
                hidden = hidden or value.op is not None and value.op.name == "const"
            if isinstance(value, Value) and not (hidden and value.op is None):
                if value in self.unnamed or not value.hint and value.op is not None:
                    value.hint = "" if hidden else target.id
                    self.unnamed.discard(value)
            contents = value.contents if isinstance(value, Cell) else None
            columns = [] if hidden or contents is None else list(columns_of(contents))
            for k, column in enumerate(columns):
                named = target.id if len(columns) == 1 else f"{target.id}_{chr(ord('a') + k)}"
                column.array.hint = column.array.hint or named
                if column.length.op is not None and column.length.op.name == "if":
                    column.length.hint = column.length.hint or f"{named}_length"
            self.scope.owner(target.id).vars[target.id] = value
        elif isinstance(target, (gast.Tuple, gast.List)):
            self.unpack(target, value, node)
        elif isinstance(target, gast.Subscript):
            self.assign_item(target, value, node)
        elif isinstance(target, gast.Attribute):
            self.set_attribute(self.expression(target.value), target.attr, value, node)
        else:
            raise self.unsupported(target, "this target of an assignment is not supported yet")

    def assign_item(self, target: Any, value: Binding, node: Any) -> None:
        """base[index] = value"""
        base = self.expression(target.value)
        if isinstance(base, Items):
            raise self.unsupported(target, "an item of a tuple cannot be changed", "use a list")
        if isinstance(base, Cell):
            if base.kind not in CONTAINERS:
                index = self.expression(target.slice)
                bound = self.class_attribute(base, base.kind, "__setitem__", node)
                self.call(bound, [index, value], {}, node)
                return
            is_slice = isinstance(target.slice, gast.Slice)
            index = self.index(target.slice) if is_slice else self.expression(target.slice)
            self.set_item(base, index, value, node)
            return
        array = self.to_value(base, target)
        place = self.place(array, self.index(target.slice), target.slice)
        item = self.to_value(value, node)
        if array.kind.dims == ():
            self.write_number(target, array, place, item, node)
        else:
            self.write("intrinsic.store", target, array, place, item, node)

    def stmt_FunctionDef(self, node: Any) -> None:
        made: Binding = self.closure(node, node.name)
        for decorator in reversed(node.decorator_list):
            made = self.decorated(self.expression(decorator), made, decorator)
        self.scope.owner(node.name).vars[node.name] = made

    def decorated(self, decorator: Binding, made: Binding, node: Any) -> Binding:
        """decorator(function); wraps changes names alone."""
        if isinstance(decorator, Partial) and isinstance(decorator.function, Static):
            if decorator.function.value is functools.wraps:
                return made
        return self.call(decorator, [made], {}, node)

    # --- names ------------------------------------------------------------------------------------------

    def lookup(self, node: Any) -> Binding:
        name = node.id
        if self.scope is self.outermost:
            self.read.add(name)
        local = self.scope.find_local(name)
        if isinstance(local, Parted):
            raise local.error
        if local is not None:
            return local
        scope = self.scope
        found, obj = scope.find_outer(name)
        if not found and (scope, name) in self.forgotten:
            raise self.aliasing(
                node,
                f"{name!r} is a list that is an item of another list by now",
                "read it from that list, as in rows[-1]",
            )
        if not found:
            raise UnresolvedNameError(
                f"the name {name!r} is not defined here",
                span=self.span(node),
                help="assign it on every path before this line, or import it",
            )
        return self.outer_object(obj, name, node, lambda: scope.find_outer(name)[1])


def _describe(node: Any) -> str:
    names = {
        "ClassDef": "a class inside the function", "Yield": "yield", "YieldFrom": "yield from", "Await": "await",
        "AsyncFunctionDef": "an async function", "TryStar": "try/except*",
    }  # fmt: skip
    return names.get(type(node).__name__, f"this construct ({type(node).__name__})")


def _way_out(node: Any) -> str:
    return {
        "ClassDef": "define the class at the top of the module",
    }.get(type(node).__name__, "write this part in plain assignments, loops and branches")
