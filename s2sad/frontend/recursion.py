"""Functions that call themselves as often as the run decides: they stay functions.

A call of such a function is an operation. Its body is lowered once for the kinds of its arguments, which may take
a few tries: what it returns is found by iteration, beginning with what the returns without a call say. Values of
the scopes around it become arguments. Strings, flags, functions and objects are fixed, as in a call that is
written out in place.
"""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import gast

from s2sad.errors import S2SADError
from s2sad.frontend.base import Base
from s2sad.frontend.find import FunctionSource, own_nodes
from s2sad.frontend.scope import Binding, Cell, Closure, Items, Scope, Static
from s2sad.ir.compare import same_code
from s2sad.ir.core import (
    Block,
    Callee,
    Function,
    Op,
    Value,
    clone_op,
    flat_structure,
    replace_uses,
)
from s2sad.ir.kinds import ANY, FLOAT, INT, Dim, Kind, array, join
from s2sad.ir.names import free_name

TRIES = 8
GUESSES = (FLOAT, Kind("number", "f8", ()))  # of what is returned, after that it is an integer
ARRAYS = (array("f8", (Dim("?0"),)), array("f8", (Dim("?0"), Dim("?1"))), ANY)
MOST = 20  # functions that one function calls in this way


@dataclass
class Recursive:
    """One function for one signature: what is known of it so far."""

    callee: Callee
    kinds: list[Kind]
    results: list[Kind] = field(default_factory=lambda: [INT])
    form: Any = ""
    captured: list[Value] = field(default_factory=list)
    widened: bool = False
    params: list[Value] = field(default_factory=list)
    block: Block = field(default_factory=Block)
    inside: set[Value] = field(default_factory=set)  # values of its body
    closed: bool = False
    around: list[tuple[Scope, str, Binding]] | None = None  # what it saw, when its body was done


class Recursion(Base):
    """The part of `Lowering` that handles functions which call themselves."""

    if TYPE_CHECKING:
        recursions: dict[Any, Recursive]
        consumers: list[Any]

    def recursive_call(self, source: FunctionSource, key: Any, scope: Scope, node: Any) -> Binding:
        """A call that is not written out; `scope` holds the arguments."""
        leaves: list[Value] = []
        fixed = [(n, self.fixed_part(b, leaves, node)) for n, b in scope.vars.items()]
        signature = (key, tuple(fixed))
        known = self.recursions.get(signature)
        kinds = [_lasting(v.kind) for v in leaves]
        if known is not None and known.around is not None and not known.closed:
            if not self.reads_the_same(known.around, scope):
                known = None  # its body, which is part of another one in progress, has other values in it
        if known is not None:
            wider = [join(old, new) for old, new in zip(known.kinds, kinds, strict=True)]
            done = known.closed or known.around is not None
            known.widened = known.widened or (wider != known.kinds and not done)
            if done and wider != known.kinds:
                known = None  # its body was lowered for less
            elif known.closed and (known.captured or self.sees(scope)):
                known = None  # what is around it may hold other values now
            else:
                known.kinds = wider
            kinds = wider
        if known is None:
            known = self.new_recursion(source, key, scope, signature, kinds, node)
        results = [Value(k) for k in known.results]
        operands = [*leaves, *(known.captured if known.closed else [])]
        op = Op("call", operands, results, {"callee": known.callee}, [], self.span(node), True)
        self.block.append(op)
        rest = iter(results)
        return _rebuilt(known.form, lambda: next(rest))

    def around(self, scope: Scope) -> list[tuple[Scope, str, Binding]]:
        """The variables of the scopes around a function."""
        found, holder = [], scope.lexical
        while holder is not None:
            found += [(holder, n, b) for n, b in holder.vars.items() if not n.startswith("$")]
            holder = holder.lexical
        return found

    def reads_the_same(self, before: list[tuple[Scope, str, Binding]], scope: Scope) -> bool:
        """True where a function that was lowered reads now what it read then."""
        now = self.around(scope)
        held = [b for _, _, b in now] + list(scope.vars.values())
        if any(isinstance(b, Cell) for b in held):
            return False
        same = [
            a is c and m == n and x is y for (a, m, x), (c, n, y) in zip(before, now, strict=False)
        ]
        return len(before) == len(now) and all(same)

    def sees(self, scope: Scope) -> bool:
        """True where a function reads more than its arguments and what cannot change: variables, objects, lists."""

        def fixed(binding: Binding) -> bool:
            if isinstance(binding, Items):
                return all(map(fixed, binding.items))
            return isinstance(binding, (Value, Static))

        return (
            scope.lexical is not None
            or bool(self.containers)
            or not all(map(fixed, scope.vars.values()))
        )

    def new_recursion(
        self,
        source: FunctionSource,
        key: Any,
        scope: Scope,
        signature: Any,
        kinds: list[Kind],
        node: Any,
    ) -> Recursive:
        if len(self.recursions) > MOST:
            raise self.unsupported(
                node,
                f"{source.name!r} calls itself with other functions or objects each time",
                "pass numbers and arrays",
            )
        plain = source.name.isidentifier() and not keyword.iskeyword(source.name)
        name = source.name if plain else "f"
        doc = f"The function `{name}` itself."
        known = Recursive(Callee(name, Function(name, []), [], doc), kinds)
        known.form, known.results = _first_guess(source.node)
        before = dict(self.recursions)
        open_before = before.get(signature)
        if open_before is not None and not open_before.closed:
            before[signature, len(before)] = open_before  # it is closed with the others
        outermost = all(r.closed for r in before.values())
        try:
            self.lower_recursive(known, source, key, scope, before | {signature: known}, node)
        except BaseException:
            self.recursions = before
            raise
        known.around = self.around(scope)
        if outermost:
            group = [r for r in self.recursions.values() if not r.closed]
            self.close(group)
            older = before.get(signature)
            if older is not None and len(group) == 1 and same_code(older.callee, known.callee):
                known.callee = (
                    older.callee
                )  # other values of the variables around it are other arguments
        return known

    def fixed_part(self, binding: Binding, leaves: list[Value], node: Any) -> Any:
        """What of an argument the function is made for; its values go to `leaves`."""
        if isinstance(binding, Items):
            parts = tuple(self.fixed_part(b, leaves, node) for b in binding.items)
            return (binding.kind, binding.named, parts)
        if isinstance(binding, Value):
            value = self.literal(binding)
            if value is None or isinstance(value, (str, bool)):
                return ("constant", value)
            leaves.append(binding)
            return ""
        if isinstance(binding, Static):
            return ("static", id(binding.value))
        if isinstance(binding, Closure):
            return ("closure", id(binding.node), id(binding.scope))
        if isinstance(binding, Cell):
            return ("object", id(binding))
        raise self.unsupported(
            node,
            "a function that calls itself is given what is no number, array, tuple or function",
            "pass numbers and arrays",
        )

    def lower_recursive(
        self,
        known: Recursive,
        source: FunctionSource,
        key: Any,
        scope: Scope,
        recursions: dict[Any, Recursive],
        node: Any,
    ) -> None:
        given, arrays = list(known.kinds), list(ARRAYS)
        for attempt in range(TRIES):
            # What was lowered in an earlier try rests on what was taken for granted then.
            self.recursions = dict(recursions)
            known.widened = False
            try:
                params, block, values, form = self.body_of(known, source, key, scope, node)
            except S2SADError:
                # Perhaps numbers were taken for arrays: a guess that the body confirms is right for all depths.
                if not arrays:
                    raise
                guess = arrays.pop(0)
                known.kinds, known.results = list(given), [guess for _ in known.results]
                continue
            kinds = [_lasting(v.kind) for v in values]
            if form == known.form and kinds == known.results and not known.widened:
                block.yields = list(values)
                known.params, known.block = params, block
                return
            if attempt < len(GUESSES) and ANY in kinds and form == known.form:
                kinds = [GUESSES[attempt] if k == ANY else k for k in kinds]
            if attempt < len(GUESSES) and (form, kinds) != (known.form, known.results):
                known.kinds = list(given)  # what calls gave rests on a result guessed wrongly
            last = attempt > TRIES - 3
            known.form, known.results = form, [ANY if last else k for k in kinds]
        raise self.unsupported(
            node,
            f"what {source.name!r} returns changes its structure from call to call",
            "return numbers or arrays",
        )

    def body_of(
        self, known: Recursive, source: FunctionSource, key: Any, scope: Scope, node: Any
    ) -> tuple[list[Value], Block, list[Value], Any]:
        saved = self.scope, self.statement, self.here, self.block, self.consumers
        before = self.state.take()
        inner: Scope = self.state.add(Scope(source, scope.lexical))
        names: set[str] = set()
        params: list[Value] = []

        def param(name: str) -> Value:
            params.append(Value(known.kinds[len(params)], free_name(name, names)))
            return params[-1]

        for name, binding in scope.vars.items():
            inner.vars[name] = self.with_params(binding, name, param)
        self.scope, self.block, self.consumers = inner, Block(), []
        self.stack.append(key)
        self.marks.append(None)
        try:
            if isinstance(source.node, gast.Lambda):
                result = self.expression(source.node.body)
            else:
                result = self.run_body(source.node)
            values: list[Value] = []
            form = self.result_form(result, values, node)
            block, after = self.block, self.state.take()
        except S2SADError:
            self.state.restore(before)
            raise
        finally:
            self.stack.pop()
            self.marks.pop()
            self.scope, self.statement, self.here, self.block, self.consumers = saved
        self.state.restore(before)
        for holder, variables in before.items():
            now = after.get(holder, variables)
            if any(now.get(n) is not b for n, b in variables.items()) or len(now) != len(variables):
                raise self.unsupported(
                    node,
                    f"{source.name!r}, which calls itself, changes a variable, a list or an object outside of it",
                    "return what it computes",
                )
        return params, block, values, form

    def with_params(self, binding: Binding, name: str, param: Any) -> Binding:
        if isinstance(binding, Items):
            items = [self.with_params(b, name, param) for b in binding.items]
            return Items(items, binding.kind, binding.named)
        if isinstance(binding, Value):
            value = self.literal(binding)
            if not (value is None or isinstance(value, (str, bool))):
                return param(name)
        return binding

    def result_form(self, result: Binding, values: list[Value], node: Any) -> Any:
        if isinstance(result, Items):
            parts = tuple(self.result_form(b, values, node) for b in result.items)
            return (result.kind, result.named, parts)
        if not isinstance(result, Value):
            raise self.unsupported(
                node,
                "a function that calls itself returns what is no number, array or tuple",
                "return numbers and arrays",
            )
        values.append(result)
        return ""

    def close(self, group: list[Recursive]) -> None:
        """Make functions of bodies that call each other: constants from around them are their own, other values
        become arguments, also of those that only pass them on."""
        mappings: dict[Callee, dict[Value, Value]] = {known.callee: {} for known in group}
        by_callee = {known.callee: known for known in group}
        for known in group:
            known.captured = self.foreign(known, mappings[known.callee])
        grown = True
        while grown:
            grown = False
            for known in group:
                for op in known.block.walk():
                    other = by_callee.get(op.attrs.get("callee"))  # type: ignore[arg-type]
                    for value in other.captured if other is not None else []:
                        if value not in known.captured and value not in known.inside:
                            known.captured.append(value)
                            grown = True
        for known in group:
            names = {p.hint for p in known.params}
            mapping = mappings[known.callee]
            for value in known.captured:
                mapping[value] = Value(_lasting(value.kind), free_name(value.hint or "t", names))
            for op in known.block.walk():
                other = by_callee.get(op.attrs.get("callee"))  # type: ignore[arg-type]
                if other is not None:
                    op.operands.extend(other.captured)
            replace_uses(known.block, mapping)
            params = [*known.params, *(mapping[v] for v in known.captured)]
            function = Function(known.callee.name, params)
            function.body.ops, function.body.yields = known.block.ops, known.block.yields
            for op in function.body.ops:
                op.block = function.body
            function.structure = flat_structure(function.body.yields)
            known.callee.function, known.callee.results = function, list(known.results)
            known.closed = True

    def foreign(self, known: Recursive, mapping: dict[Value, Value]) -> list[Value]:
        """Values from around a body that it reads; constants are copied into it."""
        block = known.block
        inside = set(known.params)
        used: list[Value] = []
        for op in block.walk():
            inside.update(op.results)
            used.extend(op.operands)
            for region in op.regions:
                inside.update(region.params)
                used.extend(region.yields)
        known.inside = inside
        captured: list[Value] = []
        for value in dict.fromkeys([*used, *block.yields]):
            if value in inside:
                continue
            if value.op is not None and value.op.name == "const":
                block.ops.insert(0, clone_op(value.op, mapping))
            else:
                captured.append(value)
        return captured


def _first_guess(node: Any) -> tuple[Any, list[Kind]]:
    """What a function may return: a tuple where one of its returns has one, else a value."""
    for inner in own_nodes(node):
        if isinstance(inner, gast.Return) and isinstance(inner.value, gast.Tuple):
            count = len(inner.value.elts)
            return ("tuple", None, ("",) * count), [INT] * count
    return "", [INT]


def _lasting(kind: Kind) -> Kind:
    """A kind without the lengths, which may be others in each call."""
    if not kind.dims:
        return kind
    return replace(kind, dims=tuple(Dim(f"?{i}") for i in range(len(kind.dims))))


def _rebuilt(form: Any, leaf: Any) -> Binding:
    if form == "":
        value: Binding = leaf()
        return value
    kind, named, parts = form
    return Items([_rebuilt(part, leaf) for part in parts], kind, named)
