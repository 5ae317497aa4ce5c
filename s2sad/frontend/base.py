"""What the parts of lowering share: the state, and the making of operations."""

from __future__ import annotations

import contextlib
import enum
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from s2sad.errors import AliasingError, S2SADError, UnsupportedSyntaxError
from s2sad.frontend.classes import overridden
from s2sad.frontend.find import FunctionSource
from s2sad.frontend.known import AT_LEAST, NOT_KNOWN, answer, rank_asked, same_value
from s2sad.frontend.pieces import Pieces
from s2sad.frontend.scope import (
    Binding,
    Cell,
    Closure,
    Collected,
    Columns,
    Generator,
    Grown,
    Items,
    Parted,
    Rest,
    Scope,
    State,
    Static,
    Table,
    replaced,
)
from s2sad.frontend.sizes import Sizes
from s2sad.frontend.written import hidden, written
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import Kind, kind_of_constant, passive
from s2sad.source import Span, Statement

ARITHMETIC = {f"operator.{n}" for n in ("add", "sub", "mul", "truediv", "pow", "matmul")}
PLAIN = "write this part in plain assignments, loops and branches"


class Primitives(Protocol):
    """What lowering asks of the rules."""

    def name_of(self, obj: Any, preferred: str = "") -> str | None: ...
    def has(self, name: str) -> bool: ...
    def bind(
        self, fn: str, args: list[Value], kwargs: dict[str, Value], span: Span
    ) -> tuple[list[str], list[Value], dict[str, Any]]: ...
    def missing(self, name: str, span: Span) -> S2SADError: ...
    def kind_of(self, op: Op) -> Kind: ...
    def gives_view(self, fn: str) -> bool: ...
    def moving(self, fn: str, params: list[str], operands: list[Value]) -> set[str]: ...
    def inlined(self, obj: Any) -> Any: ...


class Base:
    """State of a lowering: where operations go, what names mean, which statement is being lowered."""

    def __init__(self, source: FunctionSource, primitives: Primitives) -> None:
        self.source = source
        self.primitives = primitives
        self.state = State()
        self.scope: Scope = self.state.add(Scope(source))
        self.outermost = self.scope
        self.read: set[str] = set()  # names that the outermost function reads
        self.here: Any = source.node
        self.block = Block()
        self.statement: Statement | None = None
        self.sources: list[FunctionSource] = [source]
        self.stack: list[Any] = []
        self.captured: dict[str, Any] = {}
        self.current: dict[str, Callable[[], Any]] = {}
        self.known: dict[int, Any] = {}
        self.containers: dict[
            int, Any
        ] = {}  # captured ones: how to get them, and what they hold now
        self.renewals: dict[
            Value, Value
        ] = {}  # views that were taken again, and what they were before
        self.consumers: list[Callable[[Binding], None]] = []  # of the generators that are running
        self.nested_calls = 0
        self.silenced: dict[str, str] = {}  # floating point warnings that the function silences
        self.versions: dict[Value, Value] = {}  # what a write made, and the array that was written
        self.pieces = Pieces(self.versions)
        self.truths: dict[Value, bool] = {}  # values of which it is known whether they are true
        self.unnamed: set[Value] = set()  # values that take the name of their first variable
        self.loop_indices: set[Value] = set()
        self.new_in_loop: set[Value] = set()
        self.done = (
            False  # whether what is lowered is run a second time, so that its effects are done
        )
        self.mixed: set[Value] = set()  # numbers of which the run decides whether they are integers
        self.marks: list[Any] = []  # of the calls on the stack: what is known of their arguments
        self.patient = False  # whether to go on with calls that look alike
        self.as_calls: frozenset[Any] = frozenset()  # functions whose calls are not written out
        self.watched: list[Any] = []  # what the generators read that were run before a loop
        self.called: frozenset[Any] = frozenset()  # helpers whose calls with numbers stay calls
        self.recursions: dict[Any, Any] = {}
        self.cached: dict[int, Any] = {}  # functions with a cache, and what they read when called
        self.by_place: frozenset[Any] = frozenset()  # items of lists that are read from an array
        self.short: set[Any] = set()  # loops of known length in which lists grow
        self.written_out: frozenset[Any] = (
            frozenset()
        )  # those that are to be written out for all that
        self.lengthened: set[Cell] = set()  # lists that grew where a loop or branch has to know why
        self.of_numpy: set[Cell] = set()  # lists that grow by NumPy's numbers
        self.natural: set[Value] = set()  # indices that are never negative
        self.sizes = Sizes()
        self.least: dict[Value, int] = {}  # of lengths that may come out less than they are
        self.ranks: set[Value] = set()  # arrays whose number of axes the code is made for
        self.hints: dict[Any, Any] = {}  # of loops: what the last try at lowering them found out
        self.row_cells: list[Cell] = []  # items of lists of lists that the statement reads
        self.run_over_lists: list[
            tuple[Cell, Value]
        ] = []  # those that a loop runs over, and how long
        self.held_sets: set[Cell] = set()  # those that a loop must leave as they are
        self.open_whiles = 0  # while loops that are being lowered
        self.busy = 0  # statements in progress of the function that is being lowered
        self.forgotten: dict[
            tuple[Any, str], Cell
        ] = {}  # names of lists that became items of others

    if TYPE_CHECKING:
        # Parts that other files of this stage provide.
        def expression(self, node: Any) -> Binding: ...
        def statements(self, nodes: list[Any]) -> None: ...
        def simple_statement(self, node: Any) -> None: ...
        def assign(self, target: Any, value: Binding, node: Any) -> None: ...
        def lookup(self, node: Any) -> Binding: ...
        def outer_object(
            self, obj: Any, name: str, node: Any, current: Callable[[], Any] | None = None
        ) -> Binding: ...
        def is_none_or_absent(self, binding: Binding | None) -> bool: ...
        def is_none(self, binding: Binding) -> bool: ...
        def table_of(self, items: Items, node: Any) -> Value | None: ...
        def run_body(self, node: Any) -> Binding: ...
        def keywords(self, node: Any) -> dict[str, Binding]: ...
        def index(self, node: Any) -> Value: ...
        def delete_item(self, cell: Cell, index: Binding, node: Any) -> None: ...
        def short_circuit(self, word: str, first: Binding, rest: Any, node: Any) -> Binding: ...
        def attribute(self, binding: Binding, name: str, node: Any) -> Binding: ...
        def set_attribute(self, binding: Binding, name: str, value: Binding, node: Any) -> None: ...
        def class_attribute(self, receiver: Binding, cls: Any, name: str, node: Any) -> Binding: ...
        def order(
            self, items: list[Binding], kwargs: dict[str, Binding], node: Any
        ) -> list[Binding]: ...
        def append_to(self, cell: Cell, item: Binding, node: Any) -> None: ...
        def yielded(self, node: Any) -> None: ...
        def collected(self, generator: Generator, node: Any) -> Cell: ...
        def summed(self, generator: Generator, start: Binding, node: Any) -> Binding: ...
        def shown(self, node: Any, what: str) -> Value: ...
        def unpack_slices(self, target: Any, star: int, value: Binding, node: Any) -> None: ...
        def is_basic(self, index: Value) -> bool: ...
        def is_mask(self, part: Value) -> bool: ...
        def is_loop_index(self, value: Value) -> bool: ...
        def binary(self, op: Any, left: Value, right: Value, node: Any) -> Value: ...
        def viewed(self, value: Value) -> tuple[Value, Value] | None: ...
        def whole_of(self, value: Value) -> Value | None: ...
        def is_view(self, op: Any, root: Value) -> bool: ...
        def take_over(self, array: Value, node: Any) -> bool: ...
        def refresh(self, old: Value, new: Value) -> bool: ...
        def each(self, nodes: list[Any], call: bool = False) -> list[Binding]: ...
        def lazy_call(self, callee: Binding, node: Any) -> Binding | None: ...
        def pairs(
            self, args: list[Binding], kwargs: dict[str, Binding], node: Any
        ) -> dict[Any, Binding]: ...
        def undef(self, node: Any) -> Value: ...
        def total(self, node: Any, start: Binding) -> Binding: ...
        def total_of(self, array: Binding, start: Binding, node: Any) -> Binding: ...
        def write(
            self, fn: str, target: Any, array: Value, index: Value, value: Value, node: Any
        ) -> None: ...
        def listed(self, node: Any) -> Binding: ...
        def dict_listed(self, node: Any) -> Binding: ...
        def either(self, a: Value, b: Value, node: Any) -> Value: ...
        def leaving(self, node: Any) -> bool | Value: ...
        def known_truth(self, binding: Binding) -> bool | None: ...
        def closure(self, node: Any, name: str) -> Closure: ...
        def call(
            self, callee: Binding, args: list[Binding], kwargs: dict[str, Binding], node: Any
        ) -> Binding: ...
        def sequence(self, binding: Binding) -> Items | None: ...
        def items_or_shape(self, binding: Binding, node: Any) -> Items | None: ...
        def literal(self, binding: Binding) -> Any: ...
        def new_list(self, items: list[Binding], kind: Any = list) -> Cell: ...
        def new_set(self, items: list[Binding], node: Any) -> Cell: ...
        def set_cell(self, contents: Items) -> Cell: ...
        def in_order(self, items: Items, node: Any) -> Items: ...
        def by_identity(self, items: list[Binding], node: Any) -> dict[Any, Binding]: ...
        def new_dict(self, items: dict[Any, Binding]) -> Cell: ...
        def grown(self, cell: Binding) -> Grown | None: ...
        def made_list(self, items: list[Binding], node: Any) -> Cell: ...
        def with_number(self, grown: Grown, number: str, node: Any) -> Grown: ...
        def with_rows(self, grown: Grown, rows: str, node: Any) -> Grown: ...
        def range_list(self, domain: list[Value], node: Any) -> Cell: ...
        def full_of(self, sizes: list[Value], number: Value, node: Any) -> Value: ...
        def filled_rows(self, loop: Any, end: Collected, node: Any) -> Grown | None: ...
        def columns_in(self, items: Items, node: Any) -> Columns | None: ...
        def compare_lists(self, name: str, left: Binding, right: Binding, node: Any) -> Value: ...
        def copied_array_list(self, cell: Cell, deep: bool, node: Any) -> Cell: ...
        def hold_in_array(self, cell: Cell, node: Any) -> None: ...
        def forget_rows(self, rows: list[Cell], lists: list[Cell], node: Any) -> None: ...
        def drop_rows(self) -> None: ...
        def is_long(self, binding: Binding) -> bool: ...
        def numbers_in(self, items: Items, node: Any) -> Grown | None: ...
        def grown_item(self, contents: Grown | Columns, index: Binding, node: Any) -> Binding: ...
        def array_item(self, grown: Grown, index: Binding, node: Any) -> Value: ...
        def list_of(self, binding: Binding, node: Any) -> Cell | None: ...
        def tolist(self, array: Value, node: Any) -> Cell | None: ...
        def filled_list(self, item: Value, times: Binding, node: Any) -> Cell | None: ...
        def are_numbers(self, items: Items) -> bool: ...
        def sorted_numbers(
            self, binding: Binding, kwargs: dict[str, Binding], node: Any
        ) -> Binding: ...
        def joined_lists(self, left: Binding, right: Binding, node: Any) -> Cell | None: ...
        def shortened(self, cell: Cell, place: Any, node: Any) -> None: ...
        def set_new_item(self, cell: Cell, place: Any, value: Binding, node: Any) -> bool: ...
        def part_of(self, grown: Grown, there: Value, node: Any) -> Cell: ...
        def extreme_of(self, name: str, grown: Grown, node: Any) -> Binding: ...
        def set_grown_item(self, cell: Cell, index: Binding, value: Binding, node: Any) -> None: ...
        def grown_length(self, binding: Binding) -> Value | None: ...
        def so_far(self, grown: Grown, node: Any) -> Value: ...
        def grown_array(self, contents: Grown | Columns | Items, node: Any) -> Value: ...
        def tested(self, binding: Binding, node: Any) -> Value: ...
        def truth(self, value: Value, node: Any) -> Value: ...
        def array_read(self, array: Value, index: Value, node: Any) -> Value: ...
        def in_array(self, array: Value, index: Value, node: Any) -> Value: ...
        def chosen_by_truth(self, items: Items, index: Binding, node: Any) -> Binding | None: ...
        def as_place(self, items: Items | Cell, index: Binding, node: Any) -> Binding: ...
        def asked(self, binding: Binding, node: Any) -> Value: ...
        def collected_item(self, cell: Cell, index: Binding, node: Any) -> Binding: ...
        def append_collected(self, cell: Cell, item: Binding, node: Any) -> None: ...
        def joined_list(
            self, name: str, args: list[Binding], kwargs: dict[str, Binding], node: Any
        ) -> Value | None: ...
        def recursive_call(
            self, source: FunctionSource, key: Any, scope: Scope, node: Any
        ) -> Binding: ...
        def collected_length(self, cell: Cell) -> Value: ...
        def append_grown(self, cell: Cell, item: Binding, node: Any) -> None: ...
        def start_growing(self, cell: Cell, count: int, domain: list[Value], node: Any) -> None: ...
        def position(
            self, index: Value, domain: list[Value], before: int, count: int, node: Any
        ) -> Value: ...
        def has_key(self, table: Table, key: Value, node: Any) -> Value | None: ...
        def copied_list(self, binding: Binding, node: Any) -> Cell | None: ...
        def generator(self, text: str, variables: dict[str, Binding], node: Any) -> Generator: ...
        def change(self, cell: Cell, contents: Binding, node: Any) -> None: ...
        def given(self, binding: Binding, node: Any) -> list[Binding]: ...
        def iterator_of(self, binding: Binding, node: Any) -> Binding: ...
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
        if fn in ("builtins.float", "builtins.int", "numpy.float64") and operands:
            text = operands[0]
            if text.kind.base == "str" and text.op is not None and text.op.name != "const":
                raise self.unsupported(
                    node, "a number is read from a text that the run makes", "use the number itself"
                )
        if fn in ARITHMETIC or fn.startswith("numpy."):
            operands = self.arrays(fn, params, operands, node)
        attrs = {"fn": fn, "params": params, **extra, **more}
        op = Op("prim", operands, [Value()], attrs, [], self.span(node), exact=True)
        op.result.kind = self.primitives.kind_of(op)
        known, same = answer(op), same_value(op)
        if known is not NOT_KNOWN or same is not None and op.fn in AT_LEAST:
            self.ranks.update(rank_asked(op))
        if known is not NOT_KNOWN:
            return self.const(known, node)
        return same or self.block.append(op).result

    def arrays(self, fn: str, params: list[str], operands: list[Value], node: Any) -> list[Value]:
        """Operands with arrays in place of lists and tuples of numbers, as NumPy takes them."""
        listed = [v.op is not None and v.op.name in ("tuple", "list") for v in operands]
        if not any(listed) or fn in ARITHMETIC and all(listed):
            return operands
        unlisted = [v for v, is_list in zip(operands, listed, strict=True) if not is_list]
        if fn in ARITHMETIC and any(v.kind.base == "tuple" for v in unlisted):
            return operands  # a shape is a tuple
        ufunc = isinstance(getattr(np, fn.removeprefix("numpy."), None), np.ufunc)
        moving = params if ufunc else self.primitives.moving(fn, params, operands)
        # Rules compute with all that is differentiated, also with constants beside it.
        beside = any(holds_numbers(v) for v in operands)
        return [
            self.array_of(v, node)
            if is_list and p in moving and (holds_numbers(v) or beside and _is_constant(v))
            else v
            for p, v, is_list in zip(params, operands, listed, strict=True)
        ]

    def place_of(self, node: Any) -> Any:
        """Where an expression stands in the program."""
        ends = (node.end_lineno, node.end_col_offset)
        return (self.scope.source.file.path, node.lineno, node.col_offset, *ends)

    def array_of(self, value: Value, node: Any) -> Value:
        """np.array([a, [b, c]]) of a list or tuple in the IR."""
        op = value.op
        if op is None or op.name not in ("tuple", "list"):
            return value
        items = [self.array_of(v, node) for v in op.operands]
        return self.prim("intrinsic.array_of", items, {}, node)

    def unsupported(self, node: Any, what: str, help: str = "") -> UnsupportedSyntaxError:
        return UnsupportedSyntaxError(what, span=self.span(node), help=help or PLAIN)

    def plain_container(self, cls: Any, node: Any) -> None:
        """Refuse a class whose tuples, lists or dicts do not hold what they are made of."""
        if name := overridden(cls):
            raise self.unsupported(
                node,
                f"{cls.__name__} is a {cls.__mro__[-2].__name__} with a {name!r} of its own, which is not followed",
                "use a class with these fields, or a method of another name",
            )

    def raises(self, cls: type[BaseException], node: Any, what: str, help: str = "") -> S2SADError:
        """The refusal of what raises an exception in each run."""
        return self.sure(self.unsupported(node, what, help), cls)

    def sure(self, error: S2SADError, cls: type[BaseException]) -> S2SADError:
        """The error, as one whose cause raises an exception here in each run."""
        error.certain, error.block = cls, self.block
        return error

    def aliasing(self, node: Any, what: str, help: str = "") -> AliasingError:
        return AliasingError(what, span=self.span(node), help=help or "work on a copy")

    def replace(self, old: Value, new: Value) -> None:
        """Every name and container that holds an array holds its new version after a write."""
        for (holder, name), binding in list(self.state.places()):
            now = replaced(binding, old, new)
            if now is not binding:
                holder.vars[name] = now

    def object_of(self, value: Value) -> Value:
        """The first version of an array: two values of which it is the same are one object."""
        while value in self.versions:
            value = self.versions[value]
        return value

    def to_value(self, binding: Binding, node: Any) -> Value:
        """A binding as one value of the IR."""
        if isinstance(binding, Value):
            return binding
        if isinstance(binding, Parted):
            raise binding.error
        if isinstance(binding, Cell) and isinstance(binding.contents, (Grown, Columns)):
            return self.grown_array(binding.contents, node)
        if isinstance(binding, Cell) and isinstance(binding.contents, Collected):
            raise self.unsupported(
                node,
                "a list is read as a whole in the loop that appends to it",
                "read its last items, as in xs[-1], or fill a NumPy array",
            )
        if isinstance(binding, Cell) and isinstance(binding.contents, Items):
            binding = binding.contents
        if isinstance(binding, Items):
            operands = [self.to_value(i, node) for i in binding.items]
            # x[range(2)] are two rows, and x[0, 1] is one item.
            form = "list" if binding.kind in ("list", "range") else "tuple"
            return self.op(form, operands, passive(form), node)
        if isinstance(binding, Static):
            if isinstance(binding.value, type) or type(binding.value).__module__ == "numpy":
                return self.op("const", [], passive("object"), node, value=binding.value)
            if isinstance(binding.value, bool):
                return self.const(binding.value, node)
            if isinstance(binding.value, enum.Enum) and isinstance(binding.value, (int, float)):
                return self.const(binding.value.value, node)
        if isinstance(binding, Rest):
            raise self.unknown_count(node)
        name = getattr(getattr(binding, "value", None), "__name__", None)
        kind = getattr(binding, "kind", None)
        named = getattr(kind, "__name__", None) if isinstance(kind, type) else None
        what = name or getattr(binding, "name", "") or f"this {named or 'object'}"
        raise self.unsupported(node, f"{what!r} cannot be used as a value here")

    @contextlib.contextmanager
    def with_hidden(self, variables: dict[str, Binding]) -> Iterator[None]:
        """Hidden variables for what is lowered in a `with`; they would be second names afterwards."""
        names = hidden(variables)
        scope, before = self.scope, {n: self.scope.vars.get(n) for n in names}
        scope.vars |= names
        yield
        for name, binding in before.items():
            if binding is None:
                scope.vars.pop(name, None)
            else:
                scope.vars[name] = binding

    def computed(self, text: str, variables: dict[str, Binding], node: Any) -> Binding:
        """The value of an expression of Python text."""
        (statement,) = written(text, node)
        with self.with_hidden(variables):
            return self.expression(statement.value)

    def function_of(self, text: str, variables: dict[str, Binding], node: Any) -> Binding:
        """The function that a lambda of Python text makes, with variables of its own."""
        (statement,) = written(text, node)
        outer, self.scope = self.scope, self.state.add(Scope(self.scope.source, self.scope))
        self.scope.vars |= hidden(variables)
        made = self.expression(statement.value)
        self.scope = outer
        return made

    def unknown_count(self, node: Any) -> UnsupportedSyntaxError:
        return self.unsupported(
            node,
            "how many arguments this call gives is only known at run time",
            "take the items apart first, as in a, b = xs",
        )

    def value_of(self, node: Any) -> Value:
        return self.to_value(self.expression(node), node)


def _is_constant(value: Value) -> bool:
    """True for a literal number, and a list or tuple of such."""
    op = value.op
    if op is not None and op.name in ("tuple", "list"):
        return all(_is_constant(v) for v in op.operands)
    return op is not None and op.name == "const" and isinstance(op.value, (int, float))


def holds_numbers(value: Value) -> bool:
    """True for a list or tuple that holds a number which is only known at run time."""
    op = value.op
    if op is not None and op.name in ("tuple", "list"):
        return any(holds_numbers(v) for v in op.operands)
    if op is not None and op.name in ("const", "slice"):
        return False
    return not value.kind.is_passive
