"""What the parts of lowering share: the state, and the making of operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from s2sad.errors import S2SADError, UnsupportedSyntaxError
from s2sad.frontend.find import FunctionSource
from s2sad.frontend.scope import Binding, Closure, Items, Scope, Static
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import Kind, kind_of_constant, passive
from s2sad.source import Span, Statement

PLAIN = "write this part in plain assignments, loops and branches"


class Primitives(Protocol):
    """What lowering asks of the rules."""

    def name_of(self, obj: Any, preferred: str = "") -> str | None: ...
    def has(self, name: str) -> bool: ...
    def bind(
        self, fn: str, args: list[Value], kwargs: dict[str, Value], span: Span
    ) -> tuple[list[str], list[Value], dict[str, Any]]: ...
    def missing(self, name: str, span: Span) -> S2SADError: ...
    def inlined(self, obj: Any) -> Any: ...


class Base:
    """State of a lowering: where operations go, what names mean, which statement is being lowered."""

    def __init__(self, source: FunctionSource, primitives: Primitives) -> None:
        self.source = source
        self.primitives = primitives
        self.scope = Scope(source)
        self.block = Block()
        self.statement: Statement | None = None
        self.sources: list[FunctionSource] = [source]
        self.stack: list[Any] = []
        self.captured: dict[str, Any] = {}
        self.loop_indices: set[Value] = set()
        self.new_in_loop: set[Value] = set()

    if TYPE_CHECKING:
        # Parts that other files of this stage provide.
        def expression(self, node: Any) -> Binding: ...
        def statements(self, nodes: list[Any]) -> None: ...
        def simple_statement(self, node: Any) -> None: ...
        def assign(self, target: Any, value: Binding, node: Any) -> None: ...
        def lookup(self, node: Any) -> Binding: ...
        def outer_object(self, obj: Any, name: str, node: Any) -> Binding: ...
        def undef(self, node: Any) -> Value: ...
        def total(self, node: Any, start: Binding) -> Binding: ...
        def listed(self, node: Any) -> Binding: ...
        def leaving(self, node: Any) -> bool | Value: ...
        def known_truth(self, binding: Binding) -> bool | None: ...
        def closure(self, node: Any, name: str) -> Closure: ...
        def call_python(
            self, function: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
        ) -> Binding: ...
        def call_closure(
            self, closure: Closure, args: list[Binding], kwargs: dict[str, Binding], node: Any
        ) -> Binding: ...
        def choose(
            self,
            test: Value,
            then: Callable[[], Binding],
            other: Callable[[], Binding],
            node: Any,
            form: str,
        ) -> Binding: ...

    def span(self, node: Any) -> Span:
        return self.scope.source.span(node, self.statement)

    def op(self, opcode: str, operands: list[Value], kind: Kind, at: Any, **attrs: Any) -> Value:
        op = Op(opcode, operands, [Value(kind)], attrs, [], self.span(at), exact=True)
        return self.block.append(op).result

    def const(self, value: Any, node: Any, name: str = "") -> Value:
        attrs = {"value": value} | ({"name": name} if name else {})
        return self.op("const", [], kind_of_constant(value), node, **attrs)

    def prim(
        self, fn: str, args: list[Value], kwargs: dict[str, Value], node: Any, **more: Any
    ) -> Value:
        params, operands, extra = self.primitives.bind(fn, args, kwargs, self.span(node))
        attrs = {"fn": fn, "params": params, **extra, **more}
        return self.block.append(
            Op("prim", operands, [Value()], attrs, [], self.span(node), exact=True)
        ).result

    def unsupported(self, node: Any, what: str, help: str = "") -> UnsupportedSyntaxError:
        return UnsupportedSyntaxError(what, span=self.span(node), help=help or PLAIN)

    def to_value(self, binding: Binding, node: Any) -> Value:
        """A binding as one value of the IR."""
        if isinstance(binding, Value):
            return binding
        if isinstance(binding, Items):
            operands = [self.to_value(i, node) for i in binding.items]
            return self.op(binding.kind, operands, passive(binding.kind), node)
        if isinstance(binding, Static):
            if isinstance(binding.value, type) or type(binding.value).__module__ == "numpy":
                return self.op("const", [], passive("object"), node, value=binding.value)
            if isinstance(binding.value, bool):
                return self.const(binding.value, node)
        name = getattr(getattr(binding, "value", None), "__name__", None)
        what = name or getattr(binding, "name", "this object")
        raise self.unsupported(node, f"{what!r} cannot be used as a value here")

    def value_of(self, node: Any) -> Value:
        return self.to_value(self.expression(node), node)
