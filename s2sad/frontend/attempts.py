"""try: which handler runs, where the kinds of values say it, and where only the run does.

Where the run decides, an `attempt` runs the body in a try statement, and says which exception it raised; the
handler is one side of a branch on that, and the body itself, which is known to raise nothing there, the other.
So no exception that a derivative raises is ever taken for one of the program.
"""

from __future__ import annotations

import builtins
import copy
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import gast
import numpy as np

from s2sad.errors import S2SADError
from s2sad.frontend.base import Base
from s2sad.frontend.merge import FLAGS
from s2sad.frontend.scope import Cell, Items, Place, Snapshot, Static
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import BOOL, INT

Classes = tuple[Any, ...]
ARITHMETIC = ("operator.add", "operator.sub", "operator.mul", "operator.truediv", "operator.neg")
SIMPLE = (gast.Assign, gast.AugAssign, gast.AnnAssign, gast.Return, gast.Expr)


class Attempts(Base):
    """The part of `Lowering` that handles try statements."""

    if TYPE_CHECKING:

        def branch(self, test: Value, then: Any, other: Any, node: Any, form: str) -> None: ...
        def unless_left(self, nodes: list[Any], node: Any) -> None: ...

    def stmt_Try(self, node: Any) -> None:
        try:
            self.try_statement(node)
        except S2SADError as error:
            if node.finalbody:
                error.certain = None  # what `finally` does would be left out
            raise

    def try_statement(self, node: Any) -> None:
        if node.finalbody and _always_leaves(node.finalbody):
            # Whatever is raised before it, it ends there.
            node = copy.copy(node)
            swallow = gast.ExceptHandler(None, None, [gast.copy_location(gast.Pass(), node)])
            inner = gast.Try(node.body, node.handlers, node.orelse, [])
            node.body = [gast.copy_location(inner, node)] if node.handlers else node.body
            node.handlers, node.orelse = [gast.copy_location(swallow, node)], []
        before, block, mark = self.state.take(), self.block, len(self.block.ops)
        if not node.handlers:
            self.statements(node.body)
            self.finally_(node, block.ops[mark:])
            return
        classes = [self.caught(h) for h in node.handlers]
        try:
            self.statements(node.body)
        except S2SADError as error:
            handler = self.handler(node, classes, error)
            if handler is None or error.block is not block:
                raise  # in a branch or a loop only the run knows whether it is raised
            self.block = block  # what the body did before stays done
            self.statements(handler.body)
        else:
            caught_here = tuple(c for some in classes for c in some)
            made = [inner for op in block.ops[mark:] for inner in _all_of(op)]
            if any(may_raise(op, caught_here) for op in made):
                self.block = block
                del block.ops[mark:]
                self.state.restore(before)
                self.attempt(node, classes)
            else:
                self.unless_left(node.orelse, node)
        self.finally_(node, block.ops[mark:])

    def attempt(self, node: Any, classes: list[Classes]) -> None:
        """A try statement of which only the run says whether its body raises an exception."""
        for handler, wanted in zip(node.handlers, classes, strict=True):
            self.may_be_caught(handler, wanted)
        caught_here = tuple(c for some in classes for c in some)
        rest = self.hoisted(node.body, caught_here)
        before, outer, statement = self.state.take(), self.block, self.statement

        def tried(nodes: list[Any]) -> tuple[Block, Snapshot]:
            self.block = Block()
            self.sizes.around[self.block] = outer
            self.statements(nodes)
            done, state = self.block, self.state.take()
            self.block, self.statement = outer, statement
            self.state.restore(before)
            return done, state

        last = max((k for k, s in enumerate(rest) if not _is_quiet(s)), default=0)
        _, middle = tried(rest[: last if isinstance(rest[last], SIMPLE) else last + 1])
        body, end = tried(rest)
        new: set[Value] = set()  # what the body itself computed may be changed in place
        for inner in body.walk():
            random = inner.fn.startswith("numpy.random")
            in_place = inner.name == "prim" and inner.attrs.get("inplace")
            in_place = in_place and not inner.operands[0].kind.is_scalar
            if inner.fn in ARITHMETIC and (not in_place or inner.operands[0] in new):
                new.add(inner.result)
                continue
            if inner.fn in WRITES or in_place or random:
                raise self.unsupported(
                    node,
                    "the body of this try writes an array or draws random numbers, and may raise an exception",
                    "do this outside of the try statement",
                )
        self.check_unclear(node, rest, changed(before, middle), changed(before, end))
        several = len(classes) > 1
        failed = Value(INT if several else BOOL, "failed")
        pairs = zip(node.handlers, classes, strict=True)
        attrs = {"catches": [(_names(c), _passes_on(h)) for h, c in pairs]}
        outer.append(Op("attempt", [], [failed], attrs, [body], self.span(node), True))
        self.handled(node, rest, failed, 0)

    def hoisted(self, body: list[Any], classes: Classes) -> list[Any]:
        """Lower the first statements of a try's body, as far as they raise nothing; gives the others."""
        while len(body) > 1:
            before, mark, statement = self.state.take(), len(self.block.ops), self.statement
            self.statements(body[:1])
            made = [inner for op in self.block.ops[mark:] for inner in _all_of(op)]
            flags = any(f in self.scope.vars for f in FLAGS)
            if flags or any(may_raise(op, classes) for op in made):
                del self.block.ops[mark:]
                self.state.restore(before)
                self.statement = statement
                break
            body = body[1:]
        return body

    def check_unclear(
        self, node: Any, rest: list[Any], early: set[Place], late: set[Place]
    ) -> None:
        """Refuse to read what a try's body changes before it raises: whether it has done so is not known.

        `early` is changed by statements after which others may raise, `late` by any.
        """
        held = {place for place in late if isinstance(place[0], Cell)}
        own = len(rest) == 1 and len(held) == 1 and isinstance(rest[0], SIMPLE)
        if held and not own:
            raise self.unsupported(
                node,
                "the body of this try changes a list or an object, and may raise an exception",
                "change it after the try statement",
            )
        inside = {id(n) for s in [*node.body, *node.orelse] for n in gast.walk(s)}
        outside = [n for n in gast.walk(self.scope.source.node) if id(n) not in inside]
        for _, name in sorted(early, key=lambda place: place[1]):
            in_handlers = [
                n for h in node.handlers for s in h.body for n in _reads(gast.walk(s), name)
            ]
            kept = [h for h in node.handlers if not _always_leaves(h.body) and not _sets(h, name)]
            read = in_handlers or (kept and _reads(outside, name))
            if read:
                raise self.unsupported(
                    read[0],
                    f"{name!r} is read here, and the try statement may be left before or after it is set",
                    f"set {name} before the try statement",
                )

    def handled(self, node: Any, rest: list[Any], failed: Value, k: int) -> None:
        """Handler `k` if the body raised its exception, else the handlers after it; last, the body."""
        if k == len(node.handlers):
            outer, self.done = self.done, True
            try:
                self.statements(rest)
            finally:
                self.done = outer
            self.unless_left(node.orelse, node)
            return
        handler = node.handlers[k]
        if _passes_on(handler):
            self.handled(node, rest, failed, k + 1)
            return
        test = failed
        if failed.kind == INT:
            test = self.prim("operator.eq", [failed, self.const(k + 1, node)], {}, node)
        self.branch(
            test,
            lambda: self.statements(handler.body),
            lambda: self.handled(node, rest, failed, k + 1),
            node,
            "if",
        )

    def may_be_caught(self, handler: Any, classes: Classes) -> None:
        known = (np.linalg.LinAlgError, *(c for c in vars(builtins).values() if inspect.isclass(c)))
        if any(c not in known for c in classes):
            raise self.unsupported(
                handler,
                "an exception of a class of the program's own is caught",
                "catch a built-in one",
            )
        name = getattr(handler.name, "id", handler.name)
        read = [n for s in handler.body for n in gast.walk(s) if getattr(n, "id", None) == name]
        if name is not None and read:
            raise self.unsupported(
                read[0], "a handler reads the exception that it caught", "use what was known before"
            )

    def finally_(self, node: Any, before: list[Op]) -> None:
        """The statements that are run in any case, also after a return or an exception of what is `before`."""
        nodes = node.finalbody
        if not nodes or not self.in_any_case(lambda: self.statements(nodes), nodes[0]):
            return
        caught = any(issubclass(Exception, c) for h in node.handlers for c in self.caught(h))
        if not caught and any_may_raise(before):
            raise self.unsupported(
                nodes[0],
                "a `finally` that may leave ends an exception, and its `try` may raise one",
                "return behind the try statement, or catch the exception",
            )

    def in_any_case(self, run: Callable[[], object], node: Any) -> bool:
        """Runs statements also where what is before them has left; True if they may leave themselves."""
        variables = self.scope.vars
        flags = {n: variables.pop(n) for n in FLAGS if n in variables}
        result = variables.get("$ret")
        run()
        leaving = self.leaving(node)
        if leaving is False:
            self.scope.vars.update(flags)
            if result is not None:
                self.scope.vars["$ret"] = result
        elif leaving is not True and any(f != Static(False) for f in flags.values()):
            raise self.unsupported(
                node,
                "a `finally` that may leave what its `try` leaves, as the run decides",
                "leave behind the try statement",
            )
        return leaving is not False

    def caught(self, handler: Any) -> tuple[Any, ...]:
        """The exceptions that a handler is for."""
        if handler.type is None:
            return (Exception,)
        binding = self.expression(handler.type)
        items = binding.items if isinstance(binding, Items) else [binding]
        return tuple(b.value for b in items if isinstance(b, Static) and inspect.isclass(b.value))

    def handler(self, node: Any, classes: list[tuple[Any, ...]], error: S2SADError) -> Any:
        """The handler for an error that is certain: a module or an attribute that is not there."""
        if error.certain is None:
            return None
        for handler, wanted in zip(node.handlers, classes, strict=True):
            if issubclass(error.certain, wanted):
                if handler.name is not None:
                    name = getattr(handler.name, "id", handler.name)
                    self.scope.vars[name] = self.const(error.message, node)
                return handler
        return None


def _all_of(op: Op) -> Iterator[Op]:
    yield op
    for region in op.regions:
        yield from region.walk()


def may_raise(op: Op, classes: tuple[Any, ...]) -> bool:
    """True where an operation may raise one of some exceptions, as far as the kinds of its operands say."""
    if op.name in QUIET_OPS:
        return False
    if op.name == "effect":
        raised = getattr(
            builtins, getattr(getattr(op.attrs.get("node"), "func", None), "id", ""), None
        )
        if op.attrs["what"] == "raise" and inspect.isclass(raised):
            return any(issubclass(raised, c) for c in classes)
        return op.attrs["what"] == "assert" and any(issubclass(AssertionError, c) for c in classes)
    if op.name != "prim":
        return True
    possible: list[type[BaseException]] = []
    numbers = all(v.kind.base == "number" or v.kind.is_passive for v in op.operands)
    if not numbers:
        possible += [TypeError, AttributeError, ValueError, IndexError, KeyError]
    named = zip(op.attrs["params"], op.operands, strict=False)
    if any(v.kind.base in ("none", "str") for p, v in named if p not in SETTINGS):
        possible += [TypeError, ValueError]  # None + 1, float("a")
    scalars = all(v.kind.is_scalar for v in op.operands)
    if op.fn in SAFE and scalars:
        pass
    elif op.fn in DIVIDING and not any(v.kind.is_array for v in op.operands):
        possible += [ZeroDivisionError, OverflowError]
    elif op.fn.startswith("numpy.linalg."):
        possible += [np.linalg.LinAlgError]
    elif op.fn.startswith("math."):
        possible += [ValueError, OverflowError, TypeError]
    elif op.fn in INDEXING:
        possible += [IndexError, TypeError]
    elif op.fn.startswith("builtins.") and scalars:
        possible += (
            [] if op.fn in ("builtins.abs", "builtins.float") else [ValueError, OverflowError]
        )
    elif not scalars:
        possible += [ValueError]
    return any(issubclass(p, c) or issubclass(c, p) for p in possible for c in classes)


def any_may_raise(ops: Iterable[Op]) -> bool:
    """True where one of some operations, or what is in one, may raise an exception."""
    return any(may_raise(inner, (Exception,)) for op in ops for inner in _all_of(op))


SAFE = {
    f"operator.{n}"
    for n in ("add", "sub", "mul", "neg", "pos", "lt", "le", "gt", "ge", "eq", "ne", "not_")
}
SETTINGS = (
    "axis",
    "axes",
    "dtype",
    "shape",
    "keepdims",
    "order",
    "mode",
    "subscripts",
    "index",
    "format_spec",
)
DIVIDING = {"operator.truediv", "operator.floordiv", "operator.mod", "operator.pow"}
INDEXING = {"operator.getitem", "intrinsic.store", "intrinsic.index_add"}
WRITES = ("intrinsic.store", "intrinsic.index_add")
QUIET_OPS = {
    "const", "tuple", "list", "slice", "undef", "python", "if", "for", "while", "stack", "attempt",
}  # fmt: skip


def _passes_on(handler: Any) -> bool:
    """True for a handler that only raises its exception again."""
    only = handler.body[0] if len(handler.body) == 1 else None
    return isinstance(only, gast.Raise) and only.exc is None


def _names(classes: Classes) -> tuple[str, ...]:
    """The classes that a handler catches, by their dotted names."""
    return tuple(
        "numpy.linalg.LinAlgError" if c is np.linalg.LinAlgError else c.__name__ for c in classes
    )


def changed(before: Snapshot, after: Snapshot) -> set[Place]:
    """Places that were there before, and hold something else."""
    return {
        (holder, name)
        for holder, variables in after.items()
        for name, binding in variables.items()
        if not name.startswith("$") or isinstance(holder, Cell)
        if holder in before and before[holder].get(name) is not binding
    }


def _is_quiet(statement: Any) -> bool:
    """True for a statement that raises nothing, whatever the values are."""
    value = getattr(statement, "value", None)
    quiet = (gast.Pass, gast.Break, gast.Continue, gast.Return)
    return isinstance(statement, quiet) and isinstance(
        value, (gast.Name, gast.Constant, type(None))
    )


def _reads(nodes: Iterable[Any], name: str) -> list[Any]:
    return [
        n
        for n in nodes
        if isinstance(n, gast.Name) and n.id == name and isinstance(n.ctx, gast.Load)
    ]


def _sets(handler: Any, name: str) -> bool:
    """True for a handler that surely sets a variable."""
    assigned = [t for s in handler.body if isinstance(s, gast.Assign) for t in s.targets]
    return any(isinstance(t, gast.Name) and t.id == name for t in assigned)


def _always_leaves(nodes: list[Any]) -> bool:
    return any(isinstance(n, (gast.Return, gast.Raise, gast.Continue, gast.Break)) for n in nodes)
