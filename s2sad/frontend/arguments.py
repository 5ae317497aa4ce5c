"""What is known of the arguments of a call: kinds of numbers and arrays, and how containers and objects are made.

A list, tuple, dict or object is taken apart: each number or array in it is a parameter of the lowered function, and
its `Path` says where in the argument it is. What holds no number (a string, a function, None) is fixed: the code is
made for it.
"""

from __future__ import annotations

import dataclasses
import enum
import types
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from s2sad.errors import UsageError
from s2sad.frontend.plain_classes import keeps_fields
from s2sad.ir.core import ABSENT, Path, Shaped
from s2sad.ir.kinds import ANY, Dim, Kind, kind_of_constant

MOST_LEAVES = 256


@dataclass(eq=False)
class Fixed:
    """A part of an argument that is no number: the same object in each run of the code."""

    value: Any


@dataclass(eq=False)
class Group:
    """A container or object: its class, and its parts by key, index or field."""

    cls: Any
    parts: dict[Any, Part] = field(default_factory=dict)

    def step(self, key: Any) -> tuple[str, Any]:
        """How a part is reached."""
        return ("attr" if self.is_object else "item", key)

    @property
    def is_object(self) -> bool:
        return self.cls not in (tuple, list, dict)


Part = Kind | Group | Fixed


def kind_of(value: Any, name: str) -> Kind:
    """Kind of a value: dtype, number of dimensions, and which of them are 1."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0 or value.dtype.kind not in "fiubc":
            return ANY
        dims = tuple(1 if n == 1 else Dim(f"~{name}{i}") for i, n in enumerate(value.shape))
        return Kind("number", f"{value.dtype.kind}{value.dtype.itemsize}", dims)
    if isinstance(value, np.generic):
        return Kind("number", f"{value.dtype.kind}{value.dtype.itemsize}", ())
    if isinstance(value, (bool, int, float, complex)) and not isinstance(value, enum.Enum):
        return kind_of_constant(value)
    return ANY


def describe(value: Any, name: str, seen: dict[int, Part], by_value: bool = False) -> Part:
    """The kind of an argument, or how it is made of parts; with `by_value`, an integer is fixed."""
    if by_value and type(value) in (int, bool):
        return Fixed(value)
    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap):
        raise UsageError(
            f"{name.split('.')[0]!r} holds a {type(value).__name__}, whose operators are its own",
            help="pass np.asarray(...)",
        )
    if isinstance(value, (np.ndarray, np.generic)) or _is_number(value):
        return kind_of(value, name)
    if _is_fixed(value):
        return Fixed(value)
    if id(value) in seen:
        return seen[id(value)]
    parts = parts_of(value)
    if parts is None:
        return ANY if hasattr(value, "__array__") else Fixed(value)
    group = Group(type(value))
    seen[id(value)] = group
    for key, part in parts.items():
        group.parts[key] = describe(part, f"{name}.{key}", seen, by_value)
    return group


def _is_number(value: Any) -> bool:
    return type(value) in (bool, int, float, complex)


def _is_fixed(value: Any) -> bool:
    if value is None or isinstance(value, (str, bytes, type, enum.Enum, types.ModuleType)):
        return True
    routines = (
        types.FunctionType,
        types.BuiltinFunctionType,
        types.MethodType,
        np.ufunc,
        np.dtype,
    )
    return isinstance(value, routines) or type(value).__module__.startswith("functools")


def parts_of(value: Any) -> dict[Any, Any] | None:
    """The parts of a container or of an object of the user's classes; None for any other object."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return dict(zip(value._fields, value, strict=True))
    if type(value) in (list, tuple):
        return dict(enumerate(value))
    if type(value) is dict:
        return dict(value)
    if isinstance(value, (dict, list, set, frozenset, BaseException)):
        return None
    if type(value).__getattribute__ is not object.__getattribute__:
        return None
    names = [s for c in type(value).__mro__ for s in _slots(c)]
    slots = {n: getattr(value, n) for n in names if hasattr(value, n)}
    if not hasattr(value, "__dict__") and not slots:
        return None
    return {**getattr(value, "__dict__", {}), **slots}


def _slots(cls: Any) -> tuple[str, ...]:
    slots = cls.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(s for s in slots if s != "__dict__")


def keys_of(args: tuple[Any, ...], by_value: bool) -> tuple[Any, ...]:
    """What of the arguments decides which code is generated for them."""
    seen: dict[int, int] = {}
    return tuple([key_of(a, by_value, seen) for a in args])


def key_of(value: Any, by_value: bool, seen: dict[int, int]) -> Any:
    """What of an argument decides; one container in two places is another matter than two containers."""
    if isinstance(value, np.ndarray):
        return (value.dtype.char, tuple([n == 1 for n in value.shape]))
    if isinstance(value, (float, int)) and not isinstance(value, (bool, enum.Enum)):
        return (int, value) if by_value and type(value) is int else type(value)
    if value is None or isinstance(value, (str, bool)):
        return (type(value), value)
    if _is_fixed(value):
        return (id(value), _Kept(value))
    if isinstance(value, np.generic):
        return type(value)
    if id(value) in seen:
        return ("again", seen[id(value)])
    parts = parts_of(value)
    if parts is None:
        return type(value) if hasattr(value, "__array__") else (id(value), _Kept(value))
    if not isinstance(value, tuple):
        seen[id(value)] = len(seen)
    return (type(value), tuple([(k, key_of(v, by_value, seen)) for k, v in parts.items()]))


def snapshot(value: Any) -> Any:
    """What a captured container holds, to be compared later: its numbers by value, other objects themselves."""
    parts = parts_of(value) if isinstance(value, (list, tuple, dict)) else None
    if parts is not None:
        return (type(value), [(k, snapshot(v)) for k, v in parts.items()])
    if isinstance(value, (set, frozenset)):
        return (type(value), [_Kept(v) if not _is_plain(v) else v for v in value])
    return value if _is_plain(value) else _Kept(value)


def _is_plain(value: Any) -> bool:
    return value is None or type(value) in (bool, int, float, complex, str)


class _Kept:
    """Holds an object, so that its id stays its own while code is kept for it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Kept) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


def describe_arguments(
    names: list[str], args: tuple[Any, ...], by_value: bool = False
) -> dict[str, Part]:
    """What is known of the arguments of a call."""
    seen: dict[int, Part] = {}
    pairs = zip(names, args, strict=False)
    parts = {n: describe(value, n, seen, by_value) for n, value in pairs}
    for name, part in parts.items():
        if isinstance(part, Group) and not part.is_object and count(part) > MOST_LEAVES:
            raise UsageError(
                f"the argument {name!r} holds more than {MOST_LEAVES} numbers and arrays",
                help=f"pass an array: np.array({name})",
            )
    return parts


def count(part: Part, seen: frozenset[int] = frozenset()) -> int:
    """How many numbers and arrays there are in an argument."""
    if not isinstance(part, Group):
        return int(isinstance(part, Kind))
    if id(part) in seen:
        return 0
    return sum(count(p, seen | {id(part)}) for p in part.parts.values())


def shaped(part: Part, text: str, take: Any, path: Path = ()) -> Any:
    """The structure of adjoints for an argument: that of the argument, with None where there is no derivative.

    `text` is the argument as an expression; `take(path)` is called for each leaf in order, and says whether it has
    a derivative.
    """
    if isinstance(part, Kind):
        return None if take(path) else ABSENT
    if isinstance(part, Fixed):
        return ABSENT
    inner = {
        k: shaped(p, _reached(text, part.step(k)), take, (*path, part.step(k)))
        for k, p in part.parts.items()
    }
    if part.cls is tuple:
        return tuple(inner.values())
    if part.cls is list:
        return Shaped("list", list(inner.values()))
    if part.cls is dict:
        return Shaped("dict", list(inner.values()), list(inner))
    moving = {k: s for k, s in inner.items() if _moves(s)}
    if issubclass(part.cls, tuple):
        form = "_replace"
    else:
        # Where an __init__ or __post_init__ does more than to set the fields, it must not see adjoints.
        plain = keeps_fields(part.cls)
        form = (
            "replace" if plain else "with_fields" if dataclasses.is_dataclass(part.cls) else "dict"
        )
    return Shaped(form, list(moving.values()), list(moving), text)


def _moves(structure: Any) -> bool:
    """True for a structure that holds an adjoint."""
    if isinstance(structure, tuple):
        return any(_moves(s) for s in structure)
    if isinstance(structure, Shaped):
        return any(_moves(s) for s in structure.parts)
    return structure is None


def _reached(text: str, step: tuple[str, Any]) -> str:
    return f"{text}.{step[1]}" if step[0] == "attr" else f"{text}[{step[1]!r}]"
