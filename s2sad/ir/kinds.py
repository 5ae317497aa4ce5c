"""Kinds: what is known of a value before the program runs.

A kind says whether a value is a Python or NumPy number, an array (with its dtype, its number of
dimensions, and which dimensions are equal or 1), or something that is never differentiated (a string,
a shape, a slice). `ANY` is the kind of which nothing is known; code for it asks at run time.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dim:
    """The length of an axis: a symbol plus an offset. Equal dims are equal lengths.

    A symbol that starts with "?" may stand for 1, and so may broadcast; any other symbol may not.
    """

    symbol: str
    offset: int = 0

    def __str__(self) -> str:
        if not self.offset:
            return self.symbol
        return f"{self.symbol}{self.offset:+d}"


Size = int | Dim


@dataclass(frozen=True)
class Kind:
    """Kind of a value.

    `base`: "number" (a scalar or an array: `dims` is () for scalars), "array" (of an unknown number of dimensions,
    or, where `dims` is (), of none: as a number, but with memory, which may have several names and be written),
    "any", or the name of a passive type ("str", "tuple", "none", ...).
    `dtype`: "float", "int", "bool", "complex" for Python numbers; "f8", "f4", "i8", "b1", ... for
    NumPy; None where it is not known.
    """

    base: str
    dtype: str | None = None
    dims: tuple[Size, ...] | None = None

    @property
    def is_scalar(self) -> bool:
        return self.base == "number" and self.dims == ()

    @property
    def is_truth(self) -> bool:
        """True for one truth, of Python or NumPy."""
        return self.is_scalar and self.dtype in TRUTH_DTYPES

    @property
    def is_array(self) -> bool:
        return self.base == "array" or (self.base == "number" and self.dims not in (None, ()))

    @property
    def ndim(self) -> int | None:
        return None if self.dims is None else len(self.dims)

    @property
    def is_passive(self) -> bool:
        """True where a value of this kind cannot carry a derivative."""
        if self.base not in ("number", "array", "any"):
            return True
        return self.dtype in PASSIVE_DTYPES

    def __str__(self) -> str:
        if self.base == "any":
            return "any"
        if self.base not in ("number", "array"):
            return self.base
        name = self.dtype or "?"
        if self.dims is None:
            return f"{name}[...]"
        if not self.dims:
            return f"{name}[]" if self.base == "array" else name
        return f"{name}[{', '.join(str(d) for d in self.dims)}]"


TRUTH_DTYPES = ("bool", "b1")
PYTHON_DTYPES = ("bool", "int", "float", "complex")
FAMILY = {"bool": "b1", "int": "i8", "float": "f8", "complex": "c16"}  # as which NumPy holds them
PASSIVE_DTYPES = ("bool", "int", "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8")

ANY = Kind("any")
NEVER = Kind("never")  # the kind of a value that is not there yet: joins to the other kind
FLOAT = Kind("number", "float", ())
INT = Kind("number", "int", ())
BOOL = Kind("number", "bool", ())


def passive(base: str) -> Kind:
    """A kind that is never differentiated: "str", "tuple", "slice", "none", ..."""
    return Kind(base)


NONE = passive("none")


def array(dtype: str | None, dims: tuple[Size, ...] | None) -> Kind:
    """An array kind; `dims` None means an array of unknown rank."""
    if not dims:
        return Kind("array", dtype, dims)
    return Kind("number", dtype, dims)


def without_memory(kind: Kind) -> Kind:
    """The kind of the adjoint of a value: a number where the value is an array without dimensions."""
    return Kind("number", kind.dtype, ()) if kind.dims == () else kind


def kind_of_constant(value: object) -> Kind:
    """Kind of a literal."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return FLOAT
    if isinstance(value, complex):
        return Kind("number", "complex", ())
    if value is None:
        return NONE
    return passive(type(value).__name__)


def join(a: Kind, b: Kind) -> Kind:
    """The least kind that both are: what is known of a value that is either."""
    if a == b or b == NEVER:
        return a
    if a == NEVER:
        return b
    if {a.base, b.base} <= {"number", "array"}:
        dtype = join_dtypes(a.dtype, b.dtype)
        if a.is_scalar and b.is_scalar:
            return Kind("number", dtype, ())
        if a.is_array and b.is_array:
            if a.dims is None or b.dims is None or len(a.dims) != len(b.dims):
                return array(dtype, None)
            dims = tuple(
                p if p == q else Dim(f"?{min(str(p), str(q))}|{max(str(p), str(q))}")
                for p, q in zip(a.dims, b.dims, strict=True)
            )
            return array(dtype, dims)
    if a.base == b.base and a.is_passive and b.is_passive:
        return Kind(a.base)
    return ANY


def join_dtypes(a: str | None, b: str | None) -> str | None:
    """dtype of a value that has one of two dtypes; a Python number joins to the wider one."""
    if a == b:
        return a
    pair = {a, b}
    if pair == {"int", "float"} or pair == {"bool", "float"}:
        return "float"
    if pair == {"float", "f8"} or pair == {"int", "f8"}:
        return "f8"
    if pair == {"bool", "int"}:
        return "int"
    return None


class Dims:
    """Which dimension symbols are one and the same, and fresh symbols.

    Broadcasting and matrix products of a program that runs say that lengths are equal; this records it while
    `certain`, which is False in branches and loops: where these do not run, the lengths may differ.
    """

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._count = 0
        self.certain = False

    def fresh(self, maybe_one: bool = True) -> Dim:
        self._count += 1
        return Dim(f"?d{self._count}" if maybe_one else f"d{self._count}")

    def find(self, size: Size) -> Size:
        if isinstance(size, int):
            return size
        root = size.symbol
        while root in self._parent:
            root = self._parent[root]
        return Dim(root, size.offset)

    def same(self, a: Size, b: Size) -> bool:
        return self.find(a) == self.find(b)

    def is_not_one(self, a: Size) -> bool:
        """True where the length is known not to be 1."""
        a = self.find(a)
        if isinstance(a, int):
            return a != 1
        return not a.symbol.startswith("?") and a.offset == 0

    def unify(self, a: Size, b: Size) -> None:
        """Record that two lengths are equal, where both are plain symbols and this is certain."""
        a, b = self.find(a), self.find(b)
        if not self.certain or a == b or isinstance(a, int) or isinstance(b, int):
            return
        if a.offset or b.offset:
            return
        old, new = (a, b) if a.symbol.startswith("?") else (b, a)
        if not old.symbol.startswith("?") and not new.symbol.startswith("?"):
            old, new = max(a, b, key=_age), min(a, b, key=_age)
        self._parent[old.symbol] = new.symbol


def _age(dim: Dim) -> tuple[int, str]:
    return (len(dim.symbol), dim.symbol)
