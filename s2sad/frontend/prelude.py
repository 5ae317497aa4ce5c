"""Statements around the numbers: with, try, import, del, raise, warnings and prints."""

from __future__ import annotations

import builtins
import contextlib
import importlib
import inspect
import logging
import warnings
from types import FunctionType
from typing import Any

import gast
import numpy as np

from s2sad.errors import S2SADError, UnresolvedNameError
from s2sad.frontend.attempts import Attempts, any_may_raise
from s2sad.frontend.find import find, own_nodes
from s2sad.frontend.patterns import Patterns
from s2sad.frontend.scope import CONTAINERS, Binding, Cell, Static, attribute_of
from s2sad.frontend.written import Refused
from s2sad.ir.core import Op, Value

QUIET = (np.errstate, warnings.catch_warnings, contextlib.nullcontext)


class Prelude(Attempts, Patterns):
    """The part of `Lowering` that handles statements which compute no derivative."""

    # --- effects ----------------------------------------------------------------------------------------

    def stmt_Expr(self, node: Any) -> None:
        value = node.value
        if isinstance(value, gast.Constant):
            return
        if isinstance(value, gast.Call) and self.quiet_call(value, node):
            return
        if isinstance(value, (gast.Yield, gast.YieldFrom)):
            self.yielded(value)
            return
        self.expression(value)

    def quiet_call(self, call: Any, node: Any) -> bool:
        """A call that is made for its effect: a print, a warning, a line of a log."""
        if not isinstance(call.func, (gast.Name, gast.Attribute)):
            return False
        if isinstance(call.func, gast.Attribute) and not isinstance(
            call.func.value, (gast.Name, gast.Attribute)
        ):
            return False
        callee = self.expression(call.func) if self.is_static(call.func) else None
        obj = callee.value if isinstance(callee, Static) else None
        if obj is print:
            self.effect("print", call, node)
            return True
        if obj is warnings.warn:
            self.effect("warn", call, node)
            return True
        owner = getattr(obj, "__self__", None)
        if obj in (warnings.simplefilter, warnings.filterwarnings, np.seterr):
            return True
        return isinstance(owner, (logging.Logger, logging.LoggerAdapter))

    def is_static(self, node: Any) -> bool:
        """True for a name, or an attribute of a module or object, that is not a variable of the function."""
        while isinstance(node, gast.Attribute):
            node = node.value
        if not isinstance(node, gast.Name):
            return False
        if self.scope.find_local(node.id) is None and not self.scope.find_outer(node.id)[0]:
            return False
        return isinstance(self.lookup(node), Static)

    def effect(self, what: str, expression: Any, node: Any, **more: Any) -> None:
        """A print, a warning, an assert, a raise: done as written, in its place, on the primal values."""
        if self.done and what != "raise":
            return
        holes = self.holes(what, expression)
        operands = [self.shown(a, what) for a in holes]
        attrs = {"what": what, "node": expression, "holes": holes, **more}
        self.block.append(Op("effect", operands, [], attrs, [], self.span(node), exact=True))

    def shown(self, node: Any, what: str) -> Value:
        """A value that is part of a message; its text, where it is no number."""
        try:
            return self.to_value(self.expression(node), node)
        except S2SADError:
            if what == "assert":
                raise
            return self.const(self.scope.source.span(node).text(), node)

    def holes(self, what: str, node: Any) -> list[Any]:
        """Subexpressions of an effect that are computed by the function."""
        if what == "assert":
            return [node.test, *([node.msg] if node.msg else [])]
        if what == "raise":
            return list(node.args)
        if what == "warn":
            return list(node.args[:1])
        if any(k.arg is None for k in node.keywords):
            raise self.unsupported(node, "**kwargs in a call of print is not supported yet")
        return [*node.args, *(k.value for k in node.keywords)]

    def stmt_Assert(self, node: Any) -> None:
        test = self.expression(node.test)
        known = self.known_truth(test)
        if known is None and self.grown_length(test) is not None:
            raise self.unsupported(
                node,
                "an assertion that a list has items",
                "compare its length: assert len(...) > 0",
            )
        if known is not True:
            self.effect("assert", node, node)

    def stmt_Raise(self, node: Any) -> None:
        error = node.exc
        call = error if isinstance(error, gast.Call) else None
        cls = self.expression(call.func if call is not None else error) if error else None
        obj = cls.value if isinstance(cls, Static) else None
        if not inspect.isclass(obj) or not issubclass(obj, BaseException):
            raise self.unsupported(
                node, "this raise is not supported yet", "raise an exception with a message"
            )
        known = obj if obj.__module__ == "builtins" else _built_in(obj)
        args = [] if call is None else list(call.args)
        made = gast.Call(gast.Name(known.__name__, gast.Load(), None, None), args, [])
        refused = issubclass(obj, Refused)
        self.effect("raise", gast.copy_location(made, error), node, refused=refused)
        self.scope.vars["$returned"] = Static(True)

    # --- blocks -----------------------------------------------------------------------------------------

    def stmt_With(self, node: Any) -> None:
        entered: list[Cell] = []
        block, mark = self.block, len(self.block.ops)
        for i, item in enumerate(node.items):
            call = item.context_expr
            known = self.expression(call.func) if isinstance(call, gast.Call) else None
            obj = known.value if isinstance(known, Static) else None
            if obj is contextlib.suppress and not call.keywords:
                inner = (
                    [gast.With(node.items[i + 1 :], node.body)]
                    if node.items[i + 1 :]
                    else node.body
                )
                self.suppressed(call, inner, node)
                break
            manager = None if obj in QUIET else self.managed(item, obj, node)
            if manager is not None:
                entered.append(manager)
                continue
            if obj not in QUIET:
                raise self.unsupported(
                    item.context_expr,
                    "this with block is not supported yet",
                    "move the block's body out of the with statement",
                )
            if obj is np.errstate:
                self.errstate(call)
            elif item.optional_vars is not None and obj is contextlib.nullcontext and call.args:
                self.assign(item.optional_vars, self.expression(call.args[0]), node)
        else:
            try:
                self.statements(node.body)
            except S2SADError as error:
                if entered:
                    error.certain = None  # what leaving the block does would be left out
                raise
        for manager in reversed(entered):
            made = block.ops[mark:]
            self.in_any_case(lambda m=manager, ops=made: self.left_manager(m, ops, node), node)  # type: ignore[misc]

    def suppressed(self, call: Any, body: list[Any], node: Any) -> None:
        """with contextlib.suppress(A, B): body"""
        caught = gast.Tuple(list(call.args), gast.Load())
        handler = gast.ExceptHandler(caught, None, [gast.Pass()])
        tried = gast.Try(body, [handler], [], [])
        for made in (*body, caught, handler, handler.body[0], tried):
            gast.copy_location(made, node) if not hasattr(made, "lineno") else None
        self.statements([tried])

    def managed(self, item: Any, obj: Any, node: Any) -> Cell | None:
        """An object of the program's own that a `with` enters; None for anything else."""
        own = isinstance(obj, type) and isinstance(attribute_of(obj, "__enter__"), FunctionType)
        if not own and not isinstance(item.context_expr, gast.Name):
            return None
        manager = self.expression(item.context_expr)
        kind = getattr(manager, "kind", None)
        if not isinstance(manager, Cell) or not isinstance(kind, type):
            return None
        if not isinstance(attribute_of(kind, "__enter__"), FunctionType):
            return None
        bound = self.class_attribute(manager, kind, "__enter__", node)
        value = self.call(bound, [], {}, node)
        if item.optional_vars is not None:
            self.assign(item.optional_vars, value, node)
        return manager

    def left_manager(self, manager: Cell, made: list[Op], node: Any) -> None:
        """Call `__exit__` after a body that made these operations. It is given no exception: where one of them
        may raise one, `__exit__` does the same with it, and lets it go on."""
        bound = self.class_attribute(manager, manager.kind, "__exit__", node)
        none: list[Binding] = [self.const(None, node) for _ in range(3)]
        silent = self.known_truth(self.call(bound, none, {}, node)) is not False
        leave = attribute_of(manager.kind, "__exit__")
        if silent or (any_may_raise(made) and _may_silence(leave)):
            raise self.unsupported(
                node, "this with block may silence exceptions of its body", "leave it out"
            )
        if any_may_raise(made) and _reads_exception(leave):
            raise self.unsupported(
                node, "this with block looks at the exceptions of its body", "leave it out"
            )

    def errstate(self, call: Any) -> None:
        """Floating point warnings that the function silences are silent in the whole derivative."""
        for keyword in call.keywords:
            how = self.literal(self.expression(keyword.value))
            if keyword.arg is None or how not in ("ignore", "warn", "print"):
                raise self.unsupported(
                    call,
                    "floating point errors that are raised or handled cannot be followed",
                    "use np.errstate with 'ignore', or test the values with if",
                )
            if how == "ignore":
                self.silenced[keyword.arg] = how

    # --- names ------------------------------------------------------------------------------------------

    def stmt_Import(self, node: Any) -> None:
        for alias in node.names:
            module = self.imported(alias.name, node)
            if alias.asname:
                self.scope.vars[alias.asname] = Static(module, alias.asname)
            else:
                head = alias.name.split(".")[0]
                self.scope.vars[head] = Static(importlib.import_module(head), head)

    def stmt_ImportFrom(self, node: Any) -> None:
        package = self.scope.source.function.__globals__.get("__package__")
        name = "." * (node.level or 0) + (node.module or "")
        module = self.imported(name, node, package)
        for alias in node.names:
            found = getattr(module, alias.name, None)
            if found is None:
                found = self.imported(f"{module.__name__}.{alias.name}", node)
            local = alias.asname or alias.name
            self.scope.vars[local] = self.outer_object(found, local, node)

    def imported(self, name: str, node: Any, package: str | None = None) -> Any:
        try:
            return importlib.import_module(name, package)
        except ImportError as error:
            refused = UnresolvedNameError(
                f"{name} cannot be imported: {error}",
                span=self.span(node),
                help="install it, or import it at the top of the module",
            )
            raise self.sure(refused, ModuleNotFoundError) from error

    def stmt_Delete(self, node: Any) -> None:
        for target in node.targets:
            if isinstance(target, gast.Name):
                self.scope.owner(target.id).vars.pop(target.id, None)
            elif isinstance(target, gast.Subscript):
                base = self.expression(target.value)
                if not isinstance(base, Cell) or base.kind not in CONTAINERS:
                    raise self.unsupported(target, "this item cannot be deleted")
                is_slice = isinstance(target.slice, gast.Slice)
                index: Binding = (
                    self.index(target.slice) if is_slice else self.expression(target.slice)
                )
                self.delete_item(base, index, node)
            else:
                owner = self.expression(target.value)
                if not isinstance(owner, Cell) or target.attr not in owner.vars:
                    raise self.unsupported(target, "this attribute cannot be deleted")
                del owner.vars[target.attr]

    def body_of_function(self, node: Any) -> None:
        """The statements of a function, in its scope. Where a declaration stands in them makes no difference."""
        declared = [n for n in own_nodes(node) if isinstance(n, (gast.Global, gast.Nonlocal))]
        for declaration in declared:
            if isinstance(declaration, gast.Nonlocal):
                self.declare_nonlocal(declaration)
            elif set(declaration.names) & {name for n in own_nodes(node) for name in _sets(n)}:
                raise self.unsupported(
                    declaration,
                    "a function that sets a global variable is not supported",
                    "return the value instead",
                )
        self.statements(node.body)

    def stmt_Global(self, node: Any) -> None:
        """Declared where the function begins."""

    def stmt_Nonlocal(self, node: Any) -> None:
        """Declared where the function begins."""

    def declare_nonlocal(self, node: Any) -> None:
        for name in node.names:
            scope = self.scope.lexical
            while scope is not None and name not in scope.vars:
                scope = scope.lexical
            if scope is None:
                raise self.unsupported(
                    node,
                    f"{name!r} is a variable of a function that has ended or not yet set it",
                    "set it before this function is called, or pass it as an argument",
                )
            self.scope.elsewhere[name] = scope


def _sets(node: Any) -> list[str]:
    """Names that a node by itself gives a value."""
    if isinstance(node, gast.Name):
        return [] if isinstance(node.ctx, gast.Load) else [node.id]
    if isinstance(node, (gast.FunctionDef, gast.ClassDef)):
        return [node.name]
    return [node.asname or node.name] if isinstance(node, gast.alias) else []


def _built_in(cls: Any) -> Any:
    """The nearest built-in exception that a class is made from."""
    return next(c for c in cls.__mro__ if getattr(builtins, c.__name__, None) is c)


def _may_silence(leave: Any) -> bool:
    """False for an `__exit__` that returns None or False, whatever its body has raised."""
    if not isinstance(leave, FunctionType):
        return True
    returns = [n.value for n in own_nodes(find(leave).node) if isinstance(n, gast.Return)]
    return any(v is not None and getattr(v, "value", v) not in (None, False) for v in returns)


def _reads_exception(leave: FunctionType) -> bool:
    """False for an `__exit__` that does the same whatever its body has raised."""
    tree = find(leave).node
    own = {n.id for n in (*tree.args.posonlyargs, *tree.args.args)[:1]}  # self
    names = {n.id for n in gast.walk(tree.args) if isinstance(n, gast.Name)} - own
    return any(getattr(n, "id", None) in names for s in tree.body for n in gast.walk(s))
