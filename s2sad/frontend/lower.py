"""Lowers a function to the IR: the entry points, calls of user functions, and statements."""

from __future__ import annotations

import builtins
import types
from typing import Any

import gast

from s2sad.errors import UnresolvedNameError
from s2sad.frontend.base import Primitives
from s2sad.frontend.control import Control
from s2sad.frontend.expressions import Expressions
from s2sad.frontend.find import FunctionSource, find, statement_of
from s2sad.frontend.scope import Binding, Closure, Items, Scope, Static
from s2sad.ir.core import Function, Op, Value
from s2sad.ir.kinds import ANY, Kind


def lower(function: Any, primitives: Primitives, statics: dict[str, Any] | None = None) -> Function:
    """The IR of a Python function. Parameters named in `statics` stand for the given objects."""
    source = find(function)
    return Lowering(source, primitives).function(statics or {})


class Lowering(Expressions, Control):
    """Lowers one function and the functions that it calls, which are written out in place."""

    # --- functions --------------------------------------------------------------------------------------

    def function(self, statics: dict[str, Any]) -> Function:
        node = self.source.node
        if isinstance(node, gast.AsyncFunctionDef):
            raise self.unsupported(
                node, "an async function cannot be differentiated", "write it as a plain def"
            )
        arguments = node.args
        if arguments.vararg or arguments.kwarg:
            where = arguments.vararg or arguments.kwarg
            raise self.unsupported(
                where,
                "*args and **kwargs of a differentiated function are not supported yet",
                "name the parameters",
            )
        all_params = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        names = [a.id for a in all_params]
        params = []
        for name in names:
            param = Value(ANY, name)
            params.append(param)
            self.scope.vars[name] = Static(statics[name], name) if name in statics else param
            if name in statics and _is_literal(statics[name]):
                self.scope.vars[name] = self.const(statics[name], node)
        name = "f" if isinstance(node, gast.Lambda) else node.name
        out = Function(name, params, self.defaults(self.source.function))
        if isinstance(node, gast.Lambda):
            self.statement = statement_of(self.source.file, node)
            result = self.expression(node.body)
        else:
            result = self.run_body(node)
        values: list[Value] = []
        out.structure = self.flatten_result(result, values, node)
        self.block.yields = values
        for param in params:
            param.owner = out.body
        out.body.ops = self.block.ops
        for op in out.body.ops:
            op.block = out.body
        out.body.yields = values
        out.info = {
            "path": self.source.file.path,
            "sources": self.sources,
            "captured": self.captured,
            "header": self.source.header(),
            "spans": {a.id: self.source.span(a) for a in all_params},
        }
        return out

    def defaults(self, function: types.FunctionType) -> dict[str, Any]:
        code = function.__code__
        positional = code.co_varnames[: code.co_argcount]
        values = function.__defaults__ or ()
        out = dict(zip(positional[len(positional) - len(values) :], values, strict=True))
        return out | dict(function.__kwdefaults__ or {})

    def flatten_result(self, binding: Binding, out: list[Value], node: Any) -> Any:
        if isinstance(binding, Items):
            return tuple(self.flatten_result(i, out, node) for i in binding.items)
        value = self.to_value(binding, node)
        out.append(value)
        return None

    def run_body(self, node: Any) -> Binding:
        """The result of a function's body, lowered in the current scope."""
        self.statements(node.body)
        result = self.scope.vars.get("$ret")
        return self.const(None, node) if result is None else result

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
        key = (source.file.path, source.node.lineno, source.node.col_offset)
        if key in self.stack or len(self.stack) > 60:
            raise self.unsupported(
                node,
                f"the recursive function {source.name!r} is not supported yet",
                "write the recursion as a loop",
            )
        scope = Scope(source, lexical)
        self.bind_arguments(scope, source, args, kwargs, defaults, node)
        saved = self.scope, self.statement
        self.scope = scope
        self.stack.append(key)
        if source not in self.sources:
            self.sources.append(source)
        try:
            if isinstance(source.node, gast.Lambda):
                return self.expression(source.node.body)
            return self.run_body(source.node)
        finally:
            self.stack.pop()
            self.scope, self.statement = saved

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
        if arguments.kwarg:
            raise self.unsupported(
                node,
                f"{source.name!r} takes **kwargs, which is not supported yet",
                "name the keywords",
            )
        names = [a.id for a in [*arguments.posonlyargs, *arguments.args]]
        allowed = names + [a.id for a in arguments.kwonlyargs]
        if arguments.vararg:
            scope.vars[arguments.vararg.id] = Items(args[len(names) :])
        elif len(args) > len(names):
            raise self.unsupported(
                node, f"{source.name!r} takes {len(names)} arguments, not {len(args)}"
            )
        scope.vars.update(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in allowed or name in scope.vars:
                raise self.unsupported(
                    node, f"{source.name!r} cannot take the argument {name!r} here"
                )
            scope.vars[name] = value
        for name in allowed:
            if name not in scope.vars:
                if name not in defaults:
                    raise self.unsupported(
                        node, f"the call of {source.name!r} does not give {name!r}"
                    )
                scope.vars[name] = defaults[name]

    def call_python(
        self, function: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        source = next((s for s in self.sources if s.function is function), None) or find(function)
        defaults = {k: self.outer_object(v, "", node) for k, v in self.defaults(function).items()}
        return self.call_function(source, None, args, kwargs, defaults, node)

    def call_closure(
        self, closure: Closure, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding:
        outer = closure.scope.source
        source = FunctionSource(closure.name, closure.node, outer.file, outer.function)
        return self.call_function(source, closure.scope, args, kwargs, closure.defaults, node)

    # --- statements -------------------------------------------------------------------------------------

    def simple_statement(self, node: Any) -> None:
        method = getattr(self, "stmt_" + type(node).__name__, None)
        if method is None:
            raise self.unsupported(node, f"{_describe(node)} is not supported yet", _way_out(node))
        method(node)

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

    def stmt_Expr(self, node: Any) -> None:
        if isinstance(node.value, gast.Constant):
            return
        if isinstance(node.value, gast.Call) and isinstance(node.value.func, gast.Name):
            binding = self.lookup(node.value.func)
            if isinstance(binding, Static) and binding.value is print:
                self.effect("print", node.value, node)
                return
        if isinstance(node.value, (gast.Yield, gast.YieldFrom, gast.Await)):
            raise self.unsupported(
                node,
                f"{_describe(node.value)} is not supported yet",
                "return an array of the values",
            )
        self.expression(node.value)

    def effect(self, what: str, expression: Any, node: Any) -> None:
        """A print, an assert, a raise: done as written, in its place, on the primal values."""
        holes = self.holes(what, expression)
        operands = [self.to_value(self.expression(a), a) for a in holes]
        attrs = {"what": what, "node": expression, "holes": holes}
        self.block.append(Op("effect", operands, [], attrs, [], self.span(node), exact=True))

    def holes(self, what: str, node: Any) -> list[Any]:
        """Subexpressions of an effect that are computed by the function."""
        if what == "assert":
            return [node.test, *([node.msg] if node.msg else [])]
        if what == "raise":
            return list(node.args)
        if any(k.arg is None for k in node.keywords):
            raise self.unsupported(node, "**kwargs in a call of print is not supported yet")
        return [*node.args, *(k.value for k in node.keywords)]

    def stmt_Raise(self, node: Any) -> None:
        call = node.exc
        is_builtin = (
            isinstance(call, gast.Call)
            and isinstance(call.func, gast.Name)
            and isinstance(getattr(builtins, call.func.id, None), type)
            and not call.keywords
        )
        if not is_builtin or node.cause is not None:
            raise self.unsupported(
                node, "this raise is not supported yet", "raise a built-in exception with a message"
            )
        self.effect("raise", call, node)
        self.scope.vars["$returned"] = Static(True)

    def stmt_Assert(self, node: Any) -> None:
        self.effect("assert", node, node)

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
            left = self.to_value(self.lookup(target), target)
            right = self.to_value(self.expression(node.value), node.value)
            result = self.binary(node.op, left, right, node)
            result.op.attrs["inplace"] = True  # type: ignore[union-attr]
            self.assign(target, result, node)
        elif isinstance(target, gast.Subscript):
            array = self.written_array(target)
            index = self.index(target.slice)
            if isinstance(node.op, (gast.Add, gast.Sub)) and self.is_basic(index):
                value = self.to_value(self.expression(node.value), node.value)
                if isinstance(node.op, gast.Sub):
                    value = self.prim("operator.neg", [value], {}, node)
                self.write("intrinsic.index_add", target, array, index, value, node)
            else:
                old = self.prim("operator.getitem", [array, index], {}, target)
                value = self.to_value(self.expression(node.value), node.value)
                new = self.binary(node.op, old, value, node)
                assert new.op is not None
                new.op.attrs["update"] = True
                self.write("intrinsic.store", target, array, index, new, node)
        else:
            raise self.unsupported(target, "this augmented assignment is not supported yet")

    def assign(self, target: Any, value: Binding, node: Any) -> None:
        if isinstance(target, gast.Name):
            if isinstance(value, Value) and not value.hint and value.op is not None:
                value.hint = "" if target.id.startswith("$") else target.id
            self.scope.vars[target.id] = value
        elif isinstance(target, (gast.Tuple, gast.List)):
            self.unpack(target, value, node)
        elif isinstance(target, gast.Subscript):
            array = self.written_array(target)
            index = self.index(target.slice)
            self.write("intrinsic.store", target, array, index, self.to_value(value, node), node)
        elif isinstance(target, gast.Attribute):
            raise self.unsupported(
                target, "writing an attribute is not supported yet", "return the value instead"
            )
        else:
            raise self.unsupported(target, "this target of an assignment is not supported yet")

    def unpack(self, target: Any, value: Binding, node: Any) -> None:
        stars = [i for i, t in enumerate(target.elts) if isinstance(t, gast.Starred)]
        if stars and isinstance(value, Items) and len(value.items) >= len(target.elts) - 1:
            (i,) = stars
            end = len(value.items) - (len(target.elts) - 1 - i)
            middle = Items(value.items[i:end], "list")
            self.unpack(
                gast.Tuple(
                    [t.value if t is target.elts[i] else t for t in target.elts], gast.Store()
                ),
                Items([*value.items[:i], middle, *value.items[end:]]),
                node,
            )
            return
        if stars:
            raise self.unsupported(
                target,
                "unpacking with a star is supported for tuples",
                "write the slices: v[0], v[1:]",
            )
        if isinstance(value, Items):
            if len(value.items) != len(target.elts):
                raise self.unsupported(
                    target, f"{len(value.items)} values are unpacked into {len(target.elts)} names"
                )
            parts: list[Binding] = list(value.items)
        else:
            array = self.to_value(value, node)
            parts = [
                self.prim("operator.getitem", [array, self.const(i, node)], {}, target)
                for i in range(len(target.elts))
            ]
        for sub_target, part in zip(target.elts, parts, strict=True):
            self.assign(sub_target, part, node)

    def written_array(self, target: Any) -> Value:
        """The array that an item assignment writes, which must be a variable of this function."""
        if not isinstance(target.value, gast.Name) or target.value.id not in self.scope.vars:
            raise self.unsupported(
                target,
                "only an array that is a variable of this function can be written so far",
                "give the array a name in this function, as in y = x.copy()",
            )
        binding = self.scope.vars[target.value.id]
        if isinstance(binding, Items):
            raise self.unsupported(
                target, "writing an item of a list is not supported yet", "use a NumPy array"
            )
        return self.to_value(binding, target)

    def write(
        self, fn: str, target: Any, array: Value, index: Value, value: Value, node: Any
    ) -> None:
        new = self.prim(fn, [array, index, value], {}, node)
        new.hint = target.value.id
        self.scope.vars[target.value.id] = new

    def stmt_FunctionDef(self, node: Any) -> None:
        if node.decorator_list:
            raise self.unsupported(
                node.decorator_list[0], "a decorated nested function is not supported yet"
            )
        self.scope.vars[node.name] = self.closure(node, node.name)

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
        return Closure(node, self.scope, name, defaults)

    # --- names ------------------------------------------------------------------------------------------

    def lookup(self, node: Any) -> Binding:
        name = node.id
        local = self.scope.find_local(name)
        if local is not None:
            return local
        found, obj = self.scope.find_outer(name)
        if not found:
            raise UnresolvedNameError(
                f"the name {name!r} is not defined here",
                span=self.span(node),
                help="assign it on every path before this line, or import it",
            )
        return self.outer_object(obj, name, node)

    def outer_object(self, obj: Any, name: str, node: Any) -> Binding:
        """A global, a captured variable, or a default value, as a binding."""
        if _is_literal(obj):
            is_named = name.isidentifier() and obj is not None and not isinstance(obj, (bool, str))
            if is_named:
                self.captured[name] = obj
            return self.const(obj, node, name if is_named else "")
        if isinstance(obj, tuple):
            return Items([self.outer_object(o, "", node) for o in obj])
        if type(obj).__module__ == "numpy" and hasattr(obj, "ndim"):
            self.captured[name] = obj
            return self.op("const", [], _array_kind(obj), node, value=obj, name=name)
        return Static(obj, name)


def _array_kind(obj: Any) -> Kind:
    code = f"{obj.dtype.kind}{obj.dtype.itemsize}"
    return Kind("number", code, tuple(obj.shape))


def _is_literal(obj: Any) -> bool:
    return obj is None or type(obj) in (bool, int, float, complex, str)


def _describe(node: Any) -> str:
    names = {
        "ListComp": "a list comprehension", "DictComp": "a dict comprehension", "SetComp": "a set comprehension",
        "GeneratorExp": "a generator expression", "Dict": "a dict", "Set": "a set", "Try": "try/except",
        "With": "a with block", "ClassDef": "a class inside the function", "Yield": "yield",
        "YieldFrom": "yield from", "Await": "await", "Delete": "del", "Global": "global", "Nonlocal": "nonlocal",
        "Import": "an import inside the function", "ImportFrom": "an import inside the function",
        "NamedExpr": "an assignment expression (:=)", "Match": "match", "Raise": "raise",
        "Starred": "a star expression",
        "AsyncFunctionDef": "an async function", "TryStar": "try/except*",
    }  # fmt: skip
    return names.get(type(node).__name__, f"this construct ({type(node).__name__})")


def _way_out(node: Any) -> str:
    return {
        "With": "move the block's body out of the with statement",
        "Import": "import at the top of the module",
        "ImportFrom": "import at the top of the module",
        "Try": "differentiate the function inside the try block",
    }.get(type(node).__name__, "write this part in plain assignments, loops and branches")
