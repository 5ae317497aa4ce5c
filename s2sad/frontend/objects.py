"""Objects of the user's classes: attributes, methods, properties, and how objects are made."""

from __future__ import annotations

import abc
import dataclasses
import enum
import functools
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from s2sad.errors import S2SADError, UnresolvedNameError
from s2sad.frontend.callee import uncached
from s2sad.frontend.classes import class_of
from s2sad.frontend.containers import UNKNOWN, Containers
from s2sad.frontend.growing import Growing
from s2sad.frontend.known import attribute_exists
from s2sad.frontend.scope import (
    CONTAINERS,
    Binding,
    Cell,
    Choice,
    Items,
    Method,
    Parent,
    Partial,
    Static,
    attribute_of,
    fields_of,
)
from s2sad.ir.core import Value
from s2sad.ir.kinds import FAMILY, INT, passive

ATTRIBUTES = {
    "shape": "intrinsic.shape", "ndim": "intrinsic.ndim", "size": "intrinsic.size", "dtype": "intrinsic.dtype",
    "T": "numpy.ndarray.T", "flat": "numpy.ravel",
}  # fmt: skip


REAL = ("float", "int", "bool", "f", "i", "u", "b")
DTYPE = ("kind", "name", "char", "str", "itemsize", "type")
COMPARED = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "=="}


class Objects(Containers, Growing):
    """The part of `Lowering` that handles objects."""

    # --- reading attributes -----------------------------------------------------------------------------

    def expr_Attribute(self, node: Any) -> Binding:
        return self.attribute(self.expression(node.value), node.attr, node)

    def attribute(self, binding: Binding, name: str, node: Any) -> Binding:
        """binding.name"""
        if isinstance(binding, Static):
            return self.static_attribute(binding, name, node)
        if isinstance(binding, Cell) and isinstance(binding.kind, type):
            if binding.kind in CONTAINERS:
                return self.bound_method(binding, name, node)
            if name in binding.vars and not _comes_first(attribute_of(binding.kind, name)):
                return binding.vars[name]
            return self.class_attribute(binding, binding.kind, name, node)
        if isinstance(binding, Items) and binding.named is not None:
            fields = fields_of(binding.named)
            if name in fields:  # a property of this name is refused
                return binding.items[fields.index(name)]
            return self.class_attribute(binding, binding.named, name, node)
        if isinstance(binding, Parent):
            found = next((c for c in binding.classes if name in vars(c)), object)
            if found is object:
                return Static(_nothing, name)
            return self.class_attribute(binding.receiver, found, name, node)
        if isinstance(binding, Choice):
            return self.choose(
                binding.test,
                lambda: self.attribute(binding.first, name, node),
                lambda: self.attribute(binding.second, name, node),
                node,
                "ifexp",
            )
        if not isinstance(binding, Value):
            raise self.unsupported(node, f"the attribute {name!r} is not supported here")
        op = binding.op
        if (
            op is not None
            and op.fn == "intrinsic.dtype"
            and name in DTYPE
            and hasattr(node, "value")
        ):
            return self.of_dtype(binding, name, node)
        fn = ATTRIBUTES.get(name)
        if attribute_exists(binding.kind, name) is False:
            raise self.no_attribute(
                f"this {binding.kind} has no attribute {name!r}", node, "check the spelling"
            )
        if name == "real":
            return self.prim("numpy.real", [binding], {}, node)
        if name == "imag" and (binding.kind.dtype or "c").rstrip("0123456789") in REAL:
            return self.call(Static(np.zeros_like), [binding], {}, node)
        if fn is None:
            raise self.unsupported(
                node,
                f"reading the attribute {name!r} is not supported yet",
                "pass the number or array itself as an argument",
            )
        more = {"flat": True} if name == "flat" else {"form": "attribute"}
        return self.prim(fn, [binding], {}, node, **more)

    def of_dtype(self, dtype: Value, name: str, node: Any) -> Binding:
        """x.dtype.kind, x.dtype.type, ..."""
        assert dtype.op is not None
        code = dtype.op.operands[0].kind.dtype
        if code is not None:
            found = getattr(np.dtype(FAMILY.get(code, code)), name)
            return self.const(found, node) if isinstance(found, (str, int)) else Static(found, name)
        if name == "type":
            raise self.unsupported(
                node, "the type of items that only the run knows", "pass a dtype"
            )
        kind = INT if name == "itemsize" else passive("str")
        return self.op("python", [dtype], kind, node, node=node, holes=[node.value])

    def bound_method(self, cell: Cell, name: str, node: Any) -> Binding:
        """`xs.append` as a value: a function of its arguments."""
        if not callable(getattr(cell.kind, name, None)):
            raise self.unsupported(node, f"the attribute {name!r} is not supported here")
        return self.function_of(f"lambda *A: R.{name}(*A)", {"R": cell}, node)

    def no_attribute(
        self, what: str, node: Any, help: str = "set it on every path before this line"
    ) -> S2SADError:
        error = UnresolvedNameError(what, span=self.span(node), help=help)
        return self.sure(error, AttributeError)

    def static_attribute(self, binding: Static, name: str, node: Any) -> Binding:
        value = binding.value
        if not hasattr(value, name):
            raise self.no_attribute(
                f"{binding.name or value!r} has no attribute {name!r}", node, "check the spelling"
            )
        obj = getattr(value, name)
        if isinstance(value, types.ModuleType) and type(obj) in (int, float):
            if value.__name__ in ("math", "numpy"):
                return self.const(obj, node, f"{value.__name__}.{name}")
        if callable(obj) and not isinstance(obj, type) and type(obj) is not types.MethodType:
            return Static(obj, name)
        return self.outer_object(obj, name, node, functools.partial(getattr, value, name))

    def class_attribute(self, receiver: Binding, cls: Any, name: str, node: Any) -> Binding:
        """An attribute that an object has from its class: a method, a property, a constant."""
        attribute = attribute_of(cls, name)
        if name == "__class__":
            return Static(cls, cls.__name__)
        if attribute is None:
            raise self.no_attribute(f"this {cls.__name__} has no attribute {name!r} here", node)
        if isinstance(attribute, types.FunctionType) or uncached(attribute) is not attribute:
            return Method(Static(attribute, name), receiver)
        if isinstance(attribute, property) and attribute.fget is not None:
            return self.call(Static(attribute.fget, name), [receiver], {}, node)
        if isinstance(attribute, functools.cached_property):
            value = self.call(Static(attribute.func, name), [receiver], {}, node)
            if isinstance(receiver, Cell):
                receiver.vars[name] = value
            return value
        if isinstance(attribute, staticmethod):
            return Static(attribute.__func__, name)
        if isinstance(attribute, classmethod):
            return Method(Static(attribute.__func__, name), Static(cls, cls.__name__))
        if isinstance(attribute, (types.MemberDescriptorType, types.GetSetDescriptorType)):
            raise self.no_attribute(f"{name!r} of this {cls.__name__} is not set here", node)
        if hasattr(type(attribute), "__get__") and not isinstance(attribute, type):
            raise self.unsupported(
                node,
                f"{name!r} of {cls.__name__} is a descriptor, which is not followed",
                "use a property or a method",
            )
        return self.outer_object(getattr(cls, name), name, node)

    # --- writing attributes -----------------------------------------------------------------------------

    def set_attribute(self, binding: Binding, name: str, value: Binding, node: Any) -> None:
        """binding.name = value"""
        if isinstance(binding, Value) and (binding.kind.is_array or binding.kind.is_scalar):
            if name not in ("shape", "dtype", "strides", "flat", "real", "imag"):
                raise self.no_attribute(
                    f"the attribute {name!r} of a number or an array cannot be set",
                    node,
                    "leave it out",
                )
        if not isinstance(binding, Cell) or binding.kind in CONTAINERS:
            raise self.unsupported(
                node,
                "writing an attribute of this object is not supported",
                "return the value instead",
            )
        attribute = attribute_of(binding.kind, name)
        if isinstance(attribute, property) and attribute.fset is not None:
            self.call(Static(attribute.fset, name), [binding, value], {}, node)
            return
        if attribute_of(binding.kind, "__setattr__") is not object.__setattr__ and not _frozen(
            binding.kind
        ):
            raise self.unsupported(
                node, f"{binding.kind.__name__} has a __setattr__ of its own, which is not followed"
            )
        self.may_change(binding, node)
        if isinstance(value, Value) and not value.hint and value.op is not None:
            value.hint = name
        binding.vars[name] = value

    # --- making objects ---------------------------------------------------------------------------------

    def construct(
        self, cls: Any, args: list[Binding], kwargs: dict[str, Binding], node: Any
    ) -> Binding | None:
        """A call of a class of the user; None where the class is none that can be followed."""
        if issubclass(cls, enum.Enum) and len(args) == 1 and not kwargs:
            value = self.literal(args[0])
            return None if value is UNKNOWN else Static(cls(value))
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            self.plain_container(cls, node)
            fields = self.filled(cls._fields, args, kwargs, cls._field_defaults, node)
            return Items([fields[n] for n in cls._fields], "tuple", cls)
        init, name = attribute_of(cls, "__init__"), cls.__name__
        if type(cls) not in (type, abc.ABCMeta) or cls.__new__ is not object.__new__:
            return None
        if cls.__getattribute__ is not object.__getattribute__:
            return None
        if not isinstance(init, types.FunctionType) and init is not object.__init__:
            return None
        cell: Cell = self.state.add(Cell(cls))
        if dataclasses.is_dataclass(cls) and _is_generated(init):
            names = [f.name for f in dataclasses.fields(cls) if f.init]
            given = self.filled(names, args, kwargs, {}, node, partial=True)
            for field in dataclasses.fields(cls):
                if field.name in given:
                    cell.vars[field.name] = given[field.name]
                elif field.default is not dataclasses.MISSING:
                    cell.vars[field.name] = self.outer_object(field.default, field.name, node)
                elif field.default_factory is not dataclasses.MISSING:
                    made = self.call(Static(field.default_factory), [], {}, node)
                    cell.vars[field.name] = made
                elif field.init:
                    what = f"the call of {name} does not give {field.name!r}"
                    raise self.raises(TypeError, node, what)
            if hasattr(cls, "__post_init__"):
                post = Method(Static(cls.__post_init__, "__post_init__"), cell)
                self.call(post, [], {}, node)
            return cell
        if isinstance(init, types.FunctionType):
            self.call(Static(init, cls.__name__), [cell, *args], kwargs, node)
        return cell

    def filled(
        self,
        names: Any,
        args: list[Binding],
        kwargs: dict[str, Binding],
        defaults: Any,
        node: Any,
        partial: bool = False,
    ) -> dict[str, Binding]:
        """Arguments by the names of fields."""
        given = dict(zip(names, args, strict=False))
        wrong = [k for k in kwargs if k not in names or k in given]
        if len(args) > len(names) or wrong:
            what = f"the argument {wrong[0]!r}" if wrong else f"{len(args)} arguments"
            raise self.unsupported(node, f"this class cannot take {what} here")
        given |= kwargs
        for name in names:
            if name not in given and name in defaults:
                given[name] = self.outer_object(defaults[name], name, node)
            if name not in given and not partial:
                raise self.raises(TypeError, node, f"the call does not give {name!r}")
        return given

    def operator_method(
        self, name: str, left: Binding, right: Binding | None, node: Any, turned: str = ""
    ) -> Binding | None:
        """The result of an operator that a class defines (`__add__`); None where it defines none.

        `turned`: the method of the right operand, `__radd__` if it is not given.
        """
        one, two = class_of(left), class_of(right)
        reflected = turned or f"__r{name}__"
        sides = [(left, one, right, f"__{name}__", False), (right, two, left, reflected, True)]
        if right is not None and two is not one and issubclass(two, one):
            if turned or attribute_of(two, reflected) is not attribute_of(one, reflected):
                sides.reverse()  # a class that knows the other one is asked first
        for receiver, cls, other, method, on_right in sides:
            found = attribute_of(cls, method)
            if not isinstance(found, types.FunctionType):
                continue
            if dataclasses.is_dataclass(cls) and _is_generated(found):
                if one is two:
                    return self.compared_fields(cls, COMPARED[name], left, right, node)
                continue
            if on_right and one is two and not turned:
                continue  # Python asks the right one only if it is of another class
            if on_right and isinstance(left, Value) and not left.kind.is_scalar:
                raise self.unsupported(
                    node,
                    "an operator of a class with what may be an array on its left",
                    "put the object first",
                )
            assert receiver is not None
            bound = self.class_attribute(receiver, cls, method, node)
            result = self.call(bound, [] if other is None else [other], {}, node)
            if not (isinstance(result, Static) and result.value is NotImplemented):
                return result
        return None

    def update_item(
        self, cell: Cell, index: Binding, update: Callable[[Binding], Binding], node: Any
    ) -> None:
        """object[index] += ...: its class reads the item, and writes it."""
        old = self.call(self.attribute(cell, "__getitem__", node), [index], {}, node)
        self.call(self.attribute(cell, "__setitem__", node), [index, update(old)], {}, node)

    def compared_fields(
        self, cls: Any, sign: str, left: Binding, right: Binding | None, node: Any
    ) -> Binding:
        """A comparison of two objects of a dataclass: that of tuples of their fields."""
        names = [f.name for f in dataclasses.fields(cls) if f.compare]
        one, two = (Items([self.attribute(b, n, node) for n in names]) for b in (left, right) if b)
        return self.computed(f"A {sign} B", {"A": one, "B": two}, node)

    def super_(self, node: Any) -> Binding:
        """super(): the attributes of the class after the one in which the function is defined."""
        own = getattr(self.scope.source.node, "args", None)
        names = [a.id for a in [*own.posonlyargs, *own.args]] if own else []
        receiver = self.scope.vars.get(names[0]) if names else None
        owner = self.scope.find_outer("__class__")[1]
        if node.args or not isinstance(receiver, Cell) or owner is None:
            raise self.unsupported(node, "this form of super is not supported", "name the class")
        mro = receiver.kind.__mro__
        return Parent(receiver, mro[mro.index(owner) + 1 :])

    def partial_of(self, obj: functools.partial[Any], node: Any) -> Partial:
        """A functools.partial object that the function takes from around it."""
        args = [self.outer_object(a, "", node) for a in obj.args]
        kwargs = {k: self.outer_object(v, "", node) for k, v in obj.keywords.items()}
        return Partial(self.outer_object(obj.func, "", node), args, kwargs)


def _nothing() -> None:
    """object.__init__, seen through super()."""


def _comes_first(attribute: Any) -> bool:
    """True for what a class defines that Python asks before the object's own fields: a property."""
    slot = isinstance(attribute, (types.MemberDescriptorType, types.GetSetDescriptorType))
    return hasattr(type(attribute), "__set__") and not slot


def _is_generated(init: Any) -> bool:
    """True for the __init__ that dataclass makes."""
    return isinstance(init, types.FunctionType) and init.__code__.co_filename == "<string>"


def _frozen(cls: Any) -> bool:
    return bool(getattr(getattr(cls, "__dataclass_params__", None), "frozen", False))
