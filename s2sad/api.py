"""The transformations as functions: grad, value_and_grad, tangent, adjoint, and their values at a point."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from s2sad.analysis.context import Context
from s2sad.backend.files import write_atomically
from s2sad.backend.header import add_header, request_for
from s2sad.backend.loading import load
from s2sad.backend.module import Module
from s2sad.errors import S2SADError, UsageError
from s2sad.frontend.annotations import annotated_kinds, parse_signature
from s2sad.frontend.find import find
from s2sad.ir.core import Function
from s2sad.ir.kinds import ANY, Dim, Kind, kind_of_constant
from s2sad.pipeline import Program, Transform, Wrt, build, dump_pass, generate, positions
from s2sad.rules.registry import Registry, default_registry
from s2sad.source import Span
from s2sad.version import __version__


class Derivative:
    """A derivative of a Python function: callable, and text that can be read and saved.

    ``source`` is the text of the generated module, ``primal`` the function that was differentiated, which may be a
    derivative itself. Work is done at the first call with arguments of new kinds, or at `source`.
    """

    def __init__(
        self,
        target: Any,
        transform: Transform,
        registry: Registry | None = None,
        optimise: bool = True,
    ) -> None:
        inner = target if isinstance(target, Derivative) else None
        if inner is None and not callable(target):
            raise UsageError(
                f"{target!r} is not a function", help="give the function itself, not its value"
            )
        self.primal: Any = target
        self.transforms: tuple[Transform, ...] = (
            (*inner.transforms, transform) if inner else (transform,)
        )
        self.registry: Registry = inner.registry if inner else registry or default_registry()
        self.optimise: bool = optimise and (inner.optimise if inner else True)
        self.function: Any = inner.function if inner else inspect.unwrap(target)
        base = getattr(target, "__name__", "f")
        self.__name__ = f"{'f' if base == '<lambda>' else base}_{transform.suffix}"
        self.__qualname__ = self.__name__
        self.__doc__ = f"{transform.mode} of {getattr(self.function, '__name__', 'f')}"
        self.__module__ = getattr(self.function, "__module__", __name__)
        self._cache: dict[Any, Callable[..., Any]] = {}
        self._last: Module | None = None
        self._signature = ""

    # --- signatures -----------------------------------------------------------------------------------------

    @cached_property
    def _base(self) -> list[inspect.Parameter]:
        try:
            return list(inspect.signature(self.function).parameters.values())
        except (TypeError, ValueError):
            find(self.function)
            raise

    def _program(self) -> Program:
        return Program(
            self.function, self.transforms, self.registry, self.optimise, _inlined(self.registry)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        full = args if not kwargs and len(args) >= len(self._base) else self._bind(args, kwargs)
        key = tuple([_key(a) for a in full])
        call = self._cache.get(key)
        if call is None:
            call = self._generate(full, key)
        return call(*full)

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Arguments in the order of the generated function's parameters, with defaults filled in."""
        names = [p.name for p in self._base]
        given = dict(zip(names, args, strict=False))
        seeds = args[len(names) :]
        missing = []
        extra = {k: v for k, v in kwargs.items() if k not in names}
        for parameter in self._base:
            name = parameter.name
            if name in kwargs:
                if name in given:
                    raise UsageError(
                        f"{self.__name__} got two values for {name!r}", help="give it once"
                    )
                given[name] = kwargs[name]
            elif name not in given:
                if parameter.default is inspect.Parameter.empty:
                    missing.append(name)
                else:
                    given[name] = parameter.default
        if missing or extra:
            what = (
                f"misses {', '.join(missing)}"
                if missing
                else f"has no parameter {', '.join(extra)}"
            )
            raise UsageError(
                f"the call of {self.__name__} {what}",
                help=f"its parameters are: {', '.join(names)}",
            )
        return (*(given[n] for n in names), *seeds)

    def _generate(self, full: tuple[Any, ...], key: Any) -> Callable[..., Any]:
        names = [p.name for p in self._base]
        annotated = annotated_kinds(self.function)
        kinds, statics = kinds_of_arguments(names, full[: len(names)])
        module, function = generate(self._program(), kinds, statics)
        wanted = len(function.params)
        if len(full) != wanted:
            raise UsageError(
                f"{self.__name__} takes {wanted} arguments, not {len(full)}",
                help=f"they are: {', '.join(p.hint for p in function.params)}",
            )
        call = load(module)
        if not function.info.get("captured"):
            self._cache[key] = call
        else:
            captured = dict(function.info["captured"])
            self._cache[key] = _watched(self, call, captured, key)
        self._last = module
        self._signature = ", ".join(
            f"{n}: {text}"
            for n, text in module.signature.items()
            if kinds.get(n) != annotated.get(n)
        )
        return call

    # --- text -----------------------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """Text of the generated module, for the arguments of the last new call, or for the annotations."""
        if self._last is None:
            self._last = self.module(None)
        return self._last.text

    def module(self, signature: str | None) -> Module:
        """The generated module for a signature such as "w: f8[n, k], rate: float" (or the annotations)."""
        names = [p.name for p in self._base]
        known = annotated_kinds(self.function)
        if signature:
            given = parse_signature(signature)
            unknown = [n for n in given if n not in names]
            if unknown:
                raise UsageError(
                    f"the signature names {unknown[0]!r}, which is no parameter",
                    help=f"the parameters are: {', '.join(names)}",
                )
            known = known | given
        kinds = {n: known.get(n, ANY) for n in names}
        return generate(
            self._program(), kinds, {n: None for n, k in kinds.items() if k.base == "NoneType"}
        )[0]

    def emit(self, signature: str | None = None) -> str:
        """Text of the generated module for a signature, without a header."""
        return self.module(signature).standalone()

    def dump(self, name: str, signature: str | None = None) -> str:
        """The IR after the pass `name`, as text."""
        names = [p.name for p in self._base]
        known = annotated_kinds(self.function) | (parse_signature(signature) if signature else {})
        return dump_pass(self._program(), name, {n: known.get(n, ANY) for n in names})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the module of `source` to a file, with a header; the file is replaced as a whole."""
        _ = self.source
        assert self._last is not None
        steps = [(t.mode, t.wrt) for t in self.transforms]
        request = request_for(self.function, steps, self._signature, Path(path).resolve().parent)
        body = self._last.standalone()
        text = add_header(body, request, version=__version__, fingerprint=self.source_fingerprint())
        write_atomically(path, text)

    def source_fingerprint(self) -> str:
        """Text of the functions that the derivative is made of: what `s2sad check` hashes."""
        function = self._lowered()
        texts = []
        for source in function.info["sources"]:
            lines = source.file.text.splitlines()
            texts.append("\n".join(lines[source.node.lineno - 1 : source.node.end_lineno]))
        captured = function.info.get("captured", {})
        texts += [f"{k} = {v!r}" for k, v in sorted(captured.items())]
        return "\n".join(texts)

    def _lowered(self) -> Function:
        from_names = {p.name: ANY for p in self._base}
        known = annotated_kinds(self.function)
        program = Program(self.function, (), self.registry, False, _inlined(self.registry))
        return build(program, Context(self.registry), from_names | known, {})

    def __repr__(self) -> str:
        return f"<s2sad derivative {self.__name__}>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self


def _watched(
    derivative: Derivative, call: Callable[..., Any], captured: dict[str, Any], key: Any
) -> Callable[..., Any]:
    """A call that is generated anew when a captured global or closure variable is another object."""
    function = derivative.function
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))

    def current(name: str, value: Any) -> Any:
        if name in cells:
            return cells[name].cell_contents
        return function.__globals__.get(name, value)

    def checked(*full: Any) -> Any:
        for name, value in captured.items():
            now = current(name, value)
            if now is not value and not (
                type(now) is type(value) and not isinstance(now, np.ndarray) and now == value
            ):
                return derivative._generate(full, key)(*full)
        return call(*full)

    return checked


def _inlined(registry: Registry) -> Callable[[Any], Any]:
    """Derivatives that are called inside a differentiated function are written out in place."""

    def lookup(obj: Any) -> Any:
        if not isinstance(obj, Derivative):
            return None

        def ir(count: int) -> Function:
            names = [p.name for p in obj._base]
            return build(obj._program(), Context(registry), {n: ANY for n in names}, {})

        return ir

    return lookup


# --- kinds of arguments ------------------------------------------------------------------------------------------


def _key(value: Any) -> Any:
    """What of an argument decides which code is generated for it."""
    if isinstance(value, np.ndarray):
        return (value.dtype.char, tuple([n == 1 for n in value.shape]))
    if value is None or isinstance(value, (str, bool)):
        return (type(value), value)
    if callable(value):
        return (id(value), value)
    return type(value)


def kinds_of_arguments(
    names: list[str], args: tuple[Any, ...]
) -> tuple[dict[str, Kind], dict[str, Any]]:
    """Kinds of the arguments of a call; arguments that are None, strings or functions are fixed."""
    kinds: dict[str, Kind] = {}
    statics: dict[str, Any] = {}
    for name, value in zip(names, args, strict=False):
        if (
            value is None
            or isinstance(value, str)
            or (callable(value) and not isinstance(value, np.generic))
        ):
            statics[name] = value
            kinds[name] = Kind(type(value).__name__)
        else:
            kinds[name] = kind_of(value, name)
    return kinds, statics


def kind_of(value: Any, name: str) -> Kind:
    """Kind of a value: dtype, number of dimensions, and which of them are 1."""
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return ANY
        dims = tuple(1 if n == 1 else Dim(f"~{name}{i}") for i, n in enumerate(value.shape))
        return Kind("number", f"{value.dtype.kind}{value.dtype.itemsize}", dims)
    if isinstance(value, np.generic):
        return Kind("number", f"{value.dtype.kind}{value.dtype.itemsize}", ())
    if isinstance(value, (bool, int, float, complex)):
        return kind_of_constant(value)
    if isinstance(value, (list, tuple)):
        return ANY
    return ANY


# --- function to function -----------------------------------------------------------------------------------------


def _make(mode: str, f: Any, wrt: Wrt, optimise: bool) -> Any:
    transform = Transform(mode, tuple(wrt) if isinstance(wrt, list) else wrt)
    if f is None:
        return lambda function: Derivative(function, transform, optimise=optimise)
    derivative = Derivative(f, transform, optimise=optimise)
    _check_wrt(derivative, transform)
    return derivative


def _check_wrt(derivative: Derivative, transform: Transform) -> None:
    if len(derivative.transforms) == 1 and hasattr(derivative.function, "__code__"):
        names = [p.name for p in derivative._base]
        positions(
            names,
            transform.wrt,
            getattr(derivative.function, "__name__", "f"),
            _place(derivative.function),
        )


def grad(f: Any = None, wrt: Wrt = 0, *, optimise: bool = True) -> Any:
    """Gradient of a function whose result is one number: ``(*args) -> x_bar``, by reverse mode.

    ``wrt`` is a position, a name, or a tuple of them; one gives the bare adjoint, a tuple gives a tuple. Each
    adjoint has the shape and the dtype of its argument; a Python float has a float. Also a decorator: ``@grad``,
    ``@grad(wrt=("w", "b"))``. The result is a `Derivative`, which can be differentiated in its turn. With
    ``optimise=False`` the code is left as the rules give it.

    Raises `UsageError` (``wrt`` names no argument, or an integer), `NonScalarOutputError`, `MissingRuleError` (a
    function without a rule), `UnsupportedSyntaxError`, `AliasingError` (a write to memory that has a second name),
    `SourceUnavailableError`: here, at ``source``, or at the first call with arguments of new kinds.

    The method is adjoint accumulation: Griewank and Walther, Evaluating Derivatives (2008), chapter 3.
    """
    return _make("grad", f, wrt, optimise)


def value_and_grad(f: Any = None, wrt: Wrt = 0, *, optimise: bool = True) -> Any:
    """Value and gradient of a function whose result is one number: ``(*args) -> (y, x_bar)``.

    The value is bitwise that of the function. ``wrt``, shapes and errors are as for `grad`.
    """
    return _make("value_and_grad", f, wrt, optimise)


def tangent(f: Any = None, wrt: Wrt = 0, *, optimise: bool = True) -> Any:
    """Value and derivative along a direction: ``(*args, *x_dots) -> (y, y_dot)``, by forward mode.

    There is one tangent for each argument of ``wrt``, in its order and of its shape; ``y_dot`` has the structure and
    the shapes of ``y``: the product of the Jacobian and the tangents. Errors are as for `grad`, but for the shape of
    the result, which may be any.
    """
    return _make("tangent", f, wrt, optimise)


def adjoint(f: Any = None, wrt: Wrt = 0, *, optimise: bool = True) -> Any:
    """Adjoint of a function: ``(*args, *y_bars) -> x_bar``, by reverse mode.

    There is one seed for each result, of its shape. ``x_bar`` is the product of the seeds and the Jacobian, of the
    shape of the argument: one for one ``wrt``, a tuple for a tuple. Errors are as for `grad`, but for the shape of
    the result, which may be any.
    """
    return _make("adjoint", f, wrt, optimise)


def _place(function: Any) -> Span | None:
    """Where a function is defined, if that is known."""
    try:
        return find(function).header()
    except S2SADError:
        return None


# --- at a point -----------------------------------------------------------------------------------------------------


def jvp(f: Any, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """The value at a point and its derivative along a direction: ``(y, y_dot)``; see `tangent`.

    ``tangents`` has one item for each of ``primals``: of its shape, or None for one that does not move (an integer,
    a string).
    """
    primals, tangents = tuple(primals), tuple(tangents)
    if len(primals) != len(tangents):
        raise UsageError(
            f"{len(primals)} primals and {len(tangents)} tangents",
            help="give one tangent for each primal",
        )
    moving = tuple(i for i, t in enumerate(tangents) if t is not None)
    if not moving:
        raise UsageError("all tangents are None", help="give a direction")
    y, y_dot = _derived(f, "tangent", moving)(*primals, *(tangents[i] for i in moving))
    return y, y_dot


@lru_cache(maxsize=256)
def _derived(f: Any, mode: str, wrt: Wrt) -> Derivative:
    """The derivative that `jvp` and `vjp` use: derived once for a function, not at each point."""
    derivative: Derivative = _make(mode, f, wrt, True)
    return derivative


def vjp(f: Any, *primals: Any, wrt: Wrt | None = None) -> tuple[Any, Callable[..., Any]]:
    """The value at a point and its pullback: ``(y, pullback)``, with ``pullback(y_bar) -> x_bars``; see `adjoint`.

    ``wrt`` None stands for all primals; one position or name gives a bare ``x_bar``. The pullback runs the forward
    sweep again each time, and can be called any number of times.
    """
    which: Wrt = tuple(range(len(primals))) if wrt is None else wrt
    backward = _derived(f, "adjoint", which)
    y = f(*primals)

    def pullback(*seeds: Any) -> Any:
        if isinstance(y, tuple) and len(seeds) == 1 and isinstance(seeds[0], (tuple, list)):
            seeds = tuple(seeds[0])
        return backward(*primals, *_leaves(seeds))

    return y, pullback


def _leaves(seeds: Any) -> list[Any]:
    out: list[Any] = []
    for seed in seeds:
        out.extend(_leaves(seed) if isinstance(seed, tuple) else [seed])
    return out
