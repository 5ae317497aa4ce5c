"""Calls: of functions, which are written out in place, of objects that can be called, and of primitives."""

from __future__ import annotations

import functools
import math
import statistics
import types
from collections.abc import Iterable
from typing import Any

import gast
import numpy as np

from s2sad.errors import S2SADError
from s2sad.frontend.callee import uncached
from s2sad.frontend.classes import class_of
from s2sad.frontend.containers import TUPLE_METHODS
from s2sad.frontend.decorators import remember
from s2sad.frontend.environment import made_version, refuse_inspect
from s2sad.frontend.find import FunctionSource, find
from s2sad.frontend.forms import FORMS
from s2sad.frontend.generators import is_generator
from s2sad.frontend.in_python import item
from s2sad.frontend.into import Into
from s2sad.frontend.objects import Objects
from s2sad.frontend.pointlike import Pointlike
from s2sad.frontend.repeated import key_of
from s2sad.frontend.scope import (
    CONTAINERS,
    Binding,
    Cell,
    Choice,
    Closure,
    Generator,
    Items,
    Method,
    Partial,
    Rest,
    Scope,
    Static,
    Table,
    View,
    attribute_of,
)
from s2sad.frontend.shape_forms import in_order, laid_out, not_in_rows
from s2sad.frontend.shape_tuples import ShapeTuples
from s2sad.frontend.texts import Texts
from s2sad.ir.core import Value, clone_block
from s2sad.ir.kinds import ANY, passive

CONSUMING = (list, tuple, set, frozenset, sorted, any, all, max, min)
NUMBERED = (math.fsum, statistics.fmean)
RUNNING = (*CONSUMING, *NUMBERED, sum)  # over an object
CALLING = (abs, float, int, round, math.floor, math.ceil, math.trunc)  # a method of an object
DEEPEST = 60  # calls in calls: each is written out
DEEPEST_OF_ONE = 12  # calls of a function in itself
ALIKE = 3  # calls in a row of which all that is known is the same: no next one will differ
MOST_NESTED = 40, 400  # recursive calls that are written out; if there is no other way


class Calls(Objects, Pointlike, ShapeTuples, Into, Texts):
    """The part of `Lowering` that handles calls."""

    def expr_Call(self, node: Any) -> Binding:
        if isinstance(node.func, gast.Attribute):
            receiver = self.expression(node.func.value)
            if not isinstance(receiver, Static):
                return self.method(receiver, node)
        callee = self.expression(node.func)
        added = isinstance(callee, Static) and callee.value is sum and 1 <= len(node.args) <= 2
        if added and isinstance(node.args[0], (gast.GeneratorExp, gast.ListComp)):
            starts = [*map(self.expression, node.args[1:]), *self.keywords(node).values()]
            if len(starts) < 2:
                return self.total(node.args[0], starts[0] if starts else self.const(0, node))
        if isinstance(callee, Static) and callee.value is super:
            return self.super_(node)
        lazy = self.lazy_call(callee, node)
        if lazy is not None:
            return lazy
        return self.call(callee, self.each(node.args, call=True), self.keywords(node), node)

    def keywords(self, node: Any) -> dict[str, Binding]:
        """Keyword arguments of a call, those of `**kwargs` one by one."""
        out: dict[str, Binding] = {}
        for keyword in node.keywords:
            value = self.expression(keyword.value)
            if keyword.arg is not None:
                self.given_once([keyword.arg], out, node)
                out[keyword.arg] = value
                continue
            if not isinstance(value, Cell) or not isinstance(value.contents, Table):
                raise self.unsupported(
                    node, "** is supported before dicts whose keys are known", "write them out"
                )
            self.given_once(value.contents.items, out, node)
            out.update(value.contents.items)
        return out

    def given_once(self, names: Iterable[Any], given: dict[str, Binding], node: Any) -> None:
        for name in names:
            if name in given or not isinstance(name, str):
                message = f"got multiple values for keyword argument {name!r}"
                raise self.raises(TypeError, node, message, "give it once")

    def call(
        self, callee: Binding, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        """callee(*args, **kwargs)"""
        if isinstance(callee, Closure):
            return self.call_closure(callee, args, kwargs, node)
        if isinstance(callee, Method):
            return self.call(callee.function, [callee.receiver, *args], kwargs, node)
        if isinstance(callee, Partial):
            return self.call(
                callee.function, [*callee.args, *args], {**callee.kwargs, **kwargs}, node
            )
        if isinstance(callee, Choice):
            choice = callee
            return self.choose(
                choice.test,
                lambda: self.call(choice.first, args, kwargs, node),
                lambda: self.call(choice.second, args, kwargs, node),
                node,
                "ifexp",
            )
        if isinstance(callee, Cell) and isinstance(
            attribute_of(callee.kind, "__call__"), types.FunctionType
        ):
            bound = self.class_attribute(callee, callee.kind, "__call__", node)
            return self.call(bound, args, kwargs, node)
        if not isinstance(callee, Static):
            raise self.unsupported(
                getattr(node, "func", node),
                "the function that is called here is only known at run time",
                "call a function by its name",
            )
        ufunc = callee.value
        if isinstance(ufunc, np.ufunc) and len(args) == ufunc.nin + 1 and ufunc.nout == 1:
            args, kwargs = args[:-1], {**kwargs, "out": args[-1]}  # np.sin(x, out)
        return self.call_object(callee, args, kwargs, node)

    def call_object(
        self, callee: Static, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        obj = callee.value
        if any(isinstance(a, Rest) for a in args) and not isinstance(obj, types.FunctionType):
            args = self.few(obj, args, node)
        if isinstance(getattr(obj, "__self__", None), np.ufunc) and obj.__name__ == "at":
            return self.call_at(obj.__self__, args, node)
        own = f"__{obj.__name__}__" if any(obj is c for c in CALLING) else ""
        if own and args and isinstance(attribute_of(class_of(args[0]), own), types.FunctionType):
            bound = self.class_attribute(args[0], class_of(args[0]), own, node)
            return self.call(bound, args[1:], kwargs, node)
        if args and any(obj is c for c in RUNNING) and (len(args) == 1 or obj not in (max, min)):
            args = [self.iterator_of(args[0], node), *args[1:]]
        if any(obj is c for c in (dict, *NUMBERED, *CONSUMING)):
            args = [self.collected(a, node) if isinstance(a, Generator) else a for a in args]
            known = [isinstance(a, (Value, View)) and self.items_or_shape(a, node) for a in args]
            args = [k or a for a, k in zip(args, known, strict=True)]
        special = FORMS.get(id(obj))
        if special is not None:
            result = special(self, args, kwargs, node)
            if result is not None:
                return result
        preferred = ""
        func = getattr(node, "func", None)
        if isinstance(func, gast.Attribute) and isinstance(func.value, (gast.Name, gast.Attribute)):
            base = self.expression(func.value)
            if isinstance(base, Static) and isinstance(base.value, types.ModuleType):
                preferred = f"{base.value.__name__}.{func.attr}"
        fn = self.primitives.name_of(obj, preferred)
        if (
            fn is not None
            and fn.startswith("numpy.")
            and not self.is_none_or_absent(kwargs.get("out"))
        ):
            return self.call_into(fn, args, dict(kwargs), node)
        if fn is not None:
            kwargs = {k: v for k, v in kwargs.items() if k != "out"}
            makes = fn.startswith("numpy.") and not self.primitives.gives_view(fn)
            grown = [self.grown(a) if makes else None for a in args]
            values = [
                self.so_far(g, node) if g is not None else self.to_value(a, node)
                for a, g in zip(args, grown, strict=True)
            ]
            return self.prim(
                fn, values, {k: self.to_value(v, node) for k, v in kwargs.items()}, node
            )
        inner = self.primitives.inlined(obj)
        if inner is not None:
            return self.call_ir(inner, args, kwargs, node)
        followed = self.call_followed(obj, args, kwargs, node)
        if followed is not None:
            return followed
        if getattr(obj, "__module__", None) == "builtins":
            raise self.unsupported(
                node,
                f"the built-in {getattr(obj, '__name__', obj)} is not supported in this form",
                "use range, or NumPy",
            )
        name = (
            preferred
            or f"{getattr(obj, '__module__', None) or ''}.{getattr(obj, '__name__', repr(obj))}".lstrip(
                "."
            )
        )
        raise self.primitives.missing(name, self.span(node))

    def call_followed(
        self, obj: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        """A call of something that is written in Python; None for anything else."""
        if uncached(obj) is not obj:
            return self.call(remember(Static(uncached(obj)), self), args, kwargs, node)
        version = made_version(self, obj, args) if not kwargs else None
        if version is not None:
            return version
        if isinstance(obj, types.FunctionType):
            refuse_inspect(self, obj, node)
            return None if _is_library(obj) else self.call_python(obj, args, kwargs, node)
        if isinstance(obj, types.MethodType):
            receiver = self.outer_object(obj.__self__, "", node)
            return self.call(Method(Static(obj.__func__), receiver), args, kwargs, node)
        if isinstance(obj, functools.partial):
            return self.call(self.partial_of(obj, node), args, kwargs, node)
        if isinstance(obj, type):
            return self.construct(obj, args, kwargs, node)
        method = attribute_of(type(obj), "__call__")
        if isinstance(method, types.FunctionType) and not _is_library(method):
            return self.call(Method(Static(method), Static(obj)), args, kwargs, node)
        return None

    def call_ir(
        self, inner: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        """A call of a derivative: its operations are copied in."""
        if kwargs:
            raise self.unsupported(node, "a derivative is called with positional arguments here")
        values = [self.to_value(a, node) for a in args]
        function = inner(len(values))
        mapping = dict(zip(function.params, values, strict=True))
        body = function.body
        saved = self.block.yields
        clone_block(body, self.block, mapping)
        self.block.yields = saved
        results = [mapping.get(v, v) for v in body.yields]
        return results[0] if len(results) == 1 else Items(list(results))

    def method(self, receiver: Binding, node: Any) -> Binding:
        """receiver.name(...)"""
        name = node.func.attr
        containers = isinstance(receiver, Cell) and receiver.kind in CONTAINERS
        if containers or isinstance(receiver, Items) and not _has_method(receiver, name):
            return self.container_method(
                receiver,  # type: ignore[arg-type]
                name,
                self.each(node.args),
                self.keywords(node),
                node,
            )
        if not isinstance(receiver, Value):
            callee = self.attribute(receiver, name, node.func)
            return self.call(callee, self.each(node.args, call=True), self.keywords(node), node)
        folded = self.text_method(receiver, name, node)
        if folded is not None:
            return folded
        if name in ("fill", "sort") and not node.keywords:
            return self.in_place(receiver, name, self.each(node.args), node)
        if name == "item" and node.args:
            return self.call(Static(item), [receiver, *self.each(node.args)], {}, node)
        listed = self.tolist(receiver, node) if name == "tolist" and not node.args else None
        if listed is not None:
            return listed
        fn = f"numpy.ndarray.{name}"
        if not self.primitives.has(fn):
            raise self.primitives.missing(fn, self.span(node))
        given, named = self.each(node.args), self.keywords(node)
        if not self.is_none_or_absent(named.get("out")):
            return self.call_into(fn, [receiver, *given], named, node)
        if name in ("reshape", "ravel", "flatten"):
            ordered = in_order(name, receiver, given, named, self, node)
            if ordered is not None:
                return ordered
        args = [self.to_value(b, node) for b in given]
        # Where items lie in memory changes none of them.
        layout = {k: named.pop(k) for k in ("order",) if name in ("astype", "copy") and k in named}
        same = self.not_copied(receiver, name, args, named, node)
        if same is not None:
            return laid_out(self, same, [receiver], layout, node)
        kwargs = {k: self.to_value(v, node) for k, v in named.items() if k != "out"}
        if name == "reshape":
            shape = args[0] if len(args) == 1 else self.op("tuple", args, passive("tuple"), node)
            return self.prim(fn, [receiver, shape], kwargs, node)
        if name == "transpose" and len(args) > 1:
            args = [self.op("tuple", args, passive("tuple"), node)]
        made = self.prim(fn, [receiver, *args], kwargs, node)
        not_in_rows(self, made, [receiver], layout)
        return made

    def not_copied(
        self, array: Value, name: str, args: list[Value], kwargs: dict[str, Binding], node: Any
    ) -> Value | None:
        """array.astype(dtype, copy=False), which is the array itself where it has that dtype."""
        copy = self.literal(kwargs.pop("copy")) if name == "astype" and "copy" in kwargs else True
        if copy is True:
            return None
        made = self.prim("numpy.asarray", [array, *args], {}, node)
        if copy is not False or made.kind.dtype is None or array.kind.dtype is None:
            raise self.unsupported(
                node, "astype with a copy that only the run knows of", "use np.asarray"
            )
        return made

    # --- functions of the user --------------------------------------------------------------------------

    def call_python(
        self, function: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        source = next((s for s in self.sources if s.function is function), None) or find(function)
        defaults = {k: self.outer_object(v, "", node) for k, v in self.defaults(function).items()}
        try:
            return self.call_function(source, None, args, kwargs, defaults, node)
        except S2SADError as error:
            if function.__module__ == item.__module__:
                error.span = self.span(node)  # the user's call, not our lines for NumPy's function
            raise

    def call_closure(
        self, closure: Closure, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        outer = closure.scope.source
        source = FunctionSource(closure.name, closure.node, outer.file, outer.function)
        return self.call_function(source, closure.scope, args, kwargs, closure.defaults, node)

    def defaults(self, function: types.FunctionType) -> dict[str, Any]:
        code = function.__code__
        positional = code.co_varnames[: code.co_argcount]
        values = function.__defaults__ or ()
        out = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
        return out | dict(function.__kwdefaults__ or {})

    def call_function(
        self,
        source: FunctionSource,
        lexical: Scope | None,
        args: list[Binding],
        kwargs: dict[str, Binding],
        defaults: dict[str, Binding],
        node: Any,
    ) -> Binding:
        """A call of a user function, written out in place."""
        key = key_of(source)
        self.nested_calls += key in self.stack
        too_deep = len(self.stack) > DEEPEST or self.stack.count(key) > DEEPEST_OF_ONE
        mark = None if self.patient else self.mark_of(args, kwargs)
        levels = [m for k, m in zip(self.stack, self.marks, strict=True) if k == key][-ALIKE:]
        alike = mark is not None and len(levels) == ALIKE and all(m == mark for m in levels)
        if too_deep or alike or self.nested_calls > MOST_NESTED[self.patient]:
            error = self.unsupported(
                node,
                f"the recursion of {source.name!r} does not end by what is known before the run",
                "write the recursion as a loop",
            )
            error.recursion = key
            raise error
        scope: Scope = self.state.add(Scope(source, lexical))
        self.bind_arguments(scope, source, args, kwargs, defaults, node)
        stays = key in self.as_calls or (key in self.called and _of_numbers(scope))
        if stays and not is_generator(source.node):
            if source not in self.sources:
                self.sources.append(source)
            return self.recursive_call(source, key, scope, node)
        if is_generator(source.node):
            if source not in self.sources:
                self.sources.append(source)
            scope.captured = True
            return Generator(source, scope)
        saved = self.scope, self.statement, self.here, self.busy, self.row_cells
        self.scope, self.busy, self.row_cells = scope, 0, []
        self.stack.append(key)
        self.marks.append(mark)
        if source not in self.sources:
            self.sources.append(source)
        try:
            if isinstance(source.node, gast.Lambda):
                return self.expression(source.node.body)
            return self.run_body(source.node)
        finally:
            self.stack.pop()
            self.marks.pop()
            self.scope, self.statement, self.here, self.busy, self.row_cells = saved
            if not self.escapes(scope):
                self.state.holders.pop(scope, None)

    def mark_of(self, args: list[Binding], kwargs: dict[str, Binding]) -> Any:
        """What is known of a call's arguments before the run; None where they hold what may change."""
        given = [*args, *kwargs.values()]
        if not all(isinstance(b, (Value, Static, Closure)) for b in given):
            return None
        return tuple(
            (str(b.kind), repr(self.literal(b))) if isinstance(b, Value) else id(b) for b in given
        )

    def escapes(self, scope: Scope) -> bool:
        """True where a function that was defined in `scope` may be called after it has ended."""
        return scope.captured

    def bind_arguments(
        self,
        scope: Scope,
        source: FunctionSource,
        args: list[Binding],
        kwargs: dict[str, Binding],
        defaults: dict[str, Binding],
        node: Any,
    ) -> None:
        arguments = source.node.args
        positional = [a.id for a in [*arguments.posonlyargs, *arguments.args]]
        by_position_only = {a.id for a in arguments.posonlyargs}
        allowed = positional + [a.id for a in arguments.kwonlyargs]
        if any(isinstance(a, Rest) for a in args):
            args, rest = self.spread(args, positional, {*kwargs, *defaults}, arguments.vararg, node)
        else:
            args, rest = (
                args[: len(positional)] if arguments.vararg else args,
                Items(args[len(positional) :]),
            )
        if arguments.vararg:
            scope.vars[arguments.vararg.id] = rest
        elif len(args) > len(positional):
            raise self.unsupported(
                node, f"{source.name!r} takes {len(positional)} arguments, not {len(args)}"
            )
        scope.vars.update(zip(positional, args, strict=False))
        more: dict[Any, Binding] = {}
        for name, value in kwargs.items():
            known = name in allowed and name not in by_position_only
            if known and name not in scope.vars:
                scope.vars[name] = value
            elif not known and arguments.kwarg:
                more[name] = value
            else:
                raise self.unsupported(
                    node, f"{source.name!r} cannot take the argument {name!r} here"
                )
        if arguments.kwarg:
            scope.vars[arguments.kwarg.id] = self.new_dict(more)
        for name in allowed:
            if name not in scope.vars:
                if name not in defaults:
                    raise self.raises(
                        TypeError, node, f"the call of {source.name!r} does not give {name!r}"
                    )
                scope.vars[name] = defaults[name]

    def closure(self, node: Any, name: str) -> Closure:
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: dict[str, Binding] = {}
        for arg, default in zip(
            positional[len(positional) - len(arguments.defaults) :], arguments.defaults, strict=True
        ):
            defaults[arg.id] = self.expression(default)
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                defaults[arg.id] = self.expression(default)
        scope: Scope | None = self.scope
        while scope is not None:
            scope.captured = True
            scope = scope.lexical
        return Closure(node, self.scope, name, defaults)


def _has_method(items: Items, name: str) -> bool:
    return items.named is not None and name not in TUPLE_METHODS


def _is_library(function: types.FunctionType) -> bool:
    """True for functions of NumPy and SciPy, which have rules or are refused, but are never looked into.

    Those of numpy.polynomial are plain recurrences.
    """
    module = function.__module__ or ""
    return module.split(".")[0] in ("numpy", "scipy") and not module.startswith("numpy.polynomial")


def _of_numbers(scope: Scope) -> bool:
    """True for a function of the program that is given nothing but numbers, and what is fixed before the run."""
    return all(
        name.isidentifier()
        and (b.kind.is_scalar or b.kind == ANY if isinstance(b, Value) else isinstance(b, Static))
        for name, b in scope.vars.items()
    )
