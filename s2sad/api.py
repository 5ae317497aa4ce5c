"""The transformations as functions: grad, value_and_grad, tangent, adjoint."""

from __future__ import annotations

import functools
import inspect
import os
import types
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from s2sad.analysis.context import Context
from s2sad.backend.files import write_atomically
from s2sad.backend.header import add_header, request_for
from s2sad.backend.loading import load
from s2sad.backend.module import Module
from s2sad.errors import AliasingError, S2SADError, UnsupportedSyntaxError, UsageError
from s2sad.frontend.annotations import annotated_groups, annotated_kinds, parse_signature
from s2sad.frontend.arguments import Fixed, Group, Part, describe_arguments, keys_of, snapshot
from s2sad.frontend.callee import Callee
from s2sad.frontend.find import find
from s2sad.ir.core import Function
from s2sad.ir.kinds import ANY
from s2sad.pipeline import Program, Transform, Wrt, build, dump_pass, generate, positions
from s2sad.rules.registry import Registry, default_registry
from s2sad.source import Span
from s2sad.version import __version__

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
NOT_MADE = object()


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
        inner, callee = taken_apart(target)
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
        self.callee: Callee = callee
        self.function: Any = callee.function
        base = getattr(target, "__name__", getattr(self.function, "__name__", "f"))
        self.__name__ = f"{'f' if base == '<lambda>' else base}_{transform.suffix}"
        self.__qualname__ = self.__name__
        self.__doc__ = f"{transform.mode} of {getattr(self.function, '__name__', 'f')}"
        self.__module__ = getattr(self.function, "__module__", __name__)
        self._cache: dict[Any, Callable[..., Any]] = {}
        self._made: dict[Any, tuple[dict[str, Part], Module, Function]] = {}
        self._structures: dict[Any, Any] = {}
        self._last: Module | None = None
        self._signature = ""
        self._seeds: list[str] = []
        self._by_value = False

    # --- signatures -----------------------------------------------------------------------------------------

    @cached_property
    def _base(self) -> list[inspect.Parameter]:
        try:
            return self.callee.parameters()
        except (TypeError, ValueError):
            find(self.function)
            raise

    @cached_property
    def _full_count(self) -> int:
        return len(self._base) + self._seed_count()

    def _program(self) -> Program:
        return Program(
            self.function, self.transforms, self.registry, self.optimise, _inlined(self.registry)
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.callee.args or self.callee.kwargs:
            args, kwargs = (*self.callee.args, *args), {**self.callee.kwargs, **kwargs}
        full = (
            args
            if not kwargs and len(args) >= self._full_count and not self.callee.stars
            else self._bind(args, kwargs)
        )
        return self.run(full)

    def run(self, full: tuple[Any, ...]) -> Any:
        """The derivative at all arguments, in the order of the parameters: *args as one tuple, **kwargs as one dict."""
        key = keys_of(full, self._by_value)
        call = self._cache.get(key)
        if call is None:
            call = self._generate(full, key)
        return call(*full) if not self.callee.stars else self._call_with_stars(call, full)

    def whole(self, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> tuple[Any, ...]:
        """All arguments, as `run` takes them, for those of a call."""
        return self._bind((*self.callee.args, *args), {**self.callee.kwargs, **(kwargs or {})})

    def _call_with_stars(self, call: Callable[..., Any], full: tuple[Any, ...]) -> Any:
        """A call of code that takes *args or **kwargs, which `full` holds as a tuple and a dict."""
        seeds = full[len(self._base) :]
        if "*" not in self.callee.stars.values():  # the code takes all others by position
            named = zip(self._base, full, strict=False)
            values = [v for p, v in named if p.name not in self.callee.stars]
            return call(*values, *seeds, **full[len(self._base) - 1])
        args, kwargs = self.callee.spread(full)
        kwargs.update(zip(self._seeds, seeds, strict=False))
        return call(*args, **kwargs)

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """Arguments in the order of the generated function's parameters, with defaults filled in."""
        names = [p.name for p in self._base]
        stars = self.callee.stars
        plain = [n for n in names if n not in stars]
        if "*" in stars.values():
            plain = [p.name for p in self._base if p.kind in POSITIONAL]
        count = self._seed_count()
        # What comes by name, or is a partial's, ends what comes by position: seeds follow.
        named = [i for i, n in enumerate(plain) if n in kwargs]
        plain = plain[: named[0]] if named else plain
        if count and "*" not in stars.values() and len(args) < len(plain) + count:
            args, after = args[:-count], args[-count:]  # defaults are left out, seeds are not
        else:
            args, after = args[: len(plain)], args[len(plain) :]
        given, seeds = dict(zip(plain, args, strict=False)), after
        missing = []
        extra = {k: v for k, v in kwargs.items() if k not in names or k in stars}
        for name, star in stars.items():
            if star == "*":
                given[name], seeds = self._split(seeds)
            else:
                given[name], extra = extra, {}
        for parameter in self._base:
            name = parameter.name
            if name in stars:
                continue
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

    def _seed_count(self) -> int:
        """How many seeds a call gives, if the function has one value and its arguments are numbers or arrays."""
        seeds, values = 0, 1
        for transform in self.transforms:
            along = len(_tuple_of(transform.wrt))
            if transform.mode == "tangent":
                seeds, values = seeds + along, 2 * values
            else:
                seeds += values if transform.mode == "adjoint" else 0
                values = along + (transform.mode == "value_and_grad")
        return seeds

    def structure(self, primals: tuple[Any, ...]) -> Any:
        """How the result is nested that an adjoint takes the seeds of; `primals` are as `run` takes them."""
        primals = primals[: len(self._base)]
        structure = self._structures.get(keys_of(primals, self._by_value), NOT_MADE)
        if structure is NOT_MADE:
            made = self._generated([p.name for p in self._base], primals)
            self._made = {keys_of(primals, self._by_value): made}  # for the call that follows
            structure = made[2].info["results"]
        return structure

    def _split(self, values: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Arguments of *args, and the seeds after them: one for a tangent's argument, one for an adjoint."""
        count = self._seed_count()
        return (values, ()) if not count else (values[:-count], values[-count:])

    def _generate(self, full: tuple[Any, ...], key: Any) -> Callable[..., Any]:
        names = [p.name for p in self._base]
        annotated = annotated_kinds(self.function)
        parts, module, function = self._generated(names, full[: len(names)])
        if self._by_value:
            key = keys_of(full, True)
        wanted = len(function.arguments)
        if len(full) != wanted:
            raise UsageError(
                f"{self.__name__} takes {wanted} arguments, not {len(full)}",
                help=f"they are: {', '.join(function.arguments)}",
            )
        call = load(module)
        self._seeds = function.arguments[len(names) :]
        self._structures[key[: len(names)]] = function.info["results"]
        if function.info.get("captured") or function.info.get("containers"):
            self._cache[key] = _watched(self, call, function.info, full, key)
        else:
            self._cache[key] = call
        self._last = module
        self._signature = ", ".join(
            f"{n}: {text}"
            for n, text in module.signature.items()
            if parts.get(n) != annotated.get(n)
        )
        return call

    def _generated(
        self, names: list[str], args: tuple[Any, ...]
    ) -> tuple[dict[str, Part], Module, Function]:
        """The code for the arguments of a call; made for the values of integers where it cannot be made for all."""
        made, self._made = self._made.get(keys_of(args, self._by_value)), {}
        if made is not None:
            return made
        parts = describe_arguments(names, args, self._by_value)
        try:
            return (parts, *generate(self._program(), parts))
        except (UnsupportedSyntaxError, AliasingError):
            by_value = describe_arguments(names, args, True)
            if self._by_value or not any(
                isinstance(p, Fixed) and isinstance(p.value, int) for p in by_value.values()
            ):
                raise
            anew = generate(self._program(), by_value)
            self._by_value = True
            self._cache.clear()
            self._structures.clear()
            return (by_value, *anew)

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
        parts: dict[str, Part] = {n: known.get(n, ANY) for n in names}
        fixed = {n: Fixed(None) for n, k in known.items() if k.base == "NoneType"}
        groups = annotated_groups(self.function) | self._bound_groups(names)
        return generate(self._program(), parts | groups | fixed)[0]

    def _bound_groups(self, names: list[str]) -> dict[str, Part]:
        """How the objects and containers are made that are bound already: the `self` of a bound method."""
        bound = dict(zip(names, self.callee.args, strict=False)) | self.callee.kwargs
        held = {n: v for n, v in bound.items() if n in names and n not in self.callee.stars}
        parts = describe_arguments(list(held), tuple(held.values()))
        return {n: p for n, p in parts.items() if isinstance(p, Group)}

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
        try:
            info = self._lowered().info
        except S2SADError:
            # Only a call says how its arguments are made, and what it calls: the whole file stands for it.
            return find(self.function).file.text
        texts = []
        for source in info["sources"]:
            lines = source.file.text.splitlines()
            texts.append("\n".join(lines[source.node.lineno - 1 : source.node.end_lineno]))
        captured = info.get("captured", {})
        texts += [f"{k} = {v!r}" for k, v in sorted(captured.items())]
        return "\n".join(texts)

    def _lowered(self) -> Function:
        from_names: dict[str, Part] = {p.name: ANY for p in self._base}
        known = annotated_kinds(self.function)
        program = Program(self.function, (), self.registry, False, _inlined(self.registry))
        parts = from_names | known | annotated_groups(self.function)
        return build(program, Context(self.registry), parts)

    def __repr__(self) -> str:
        return f"<s2sad derivative {self.__name__}>"

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


def _watched(
    derivative: Derivative,
    call: Callable[..., Any],
    info: dict[str, Any],
    key_args: tuple[Any, ...],
    key: Any,
) -> Callable[..., Any]:
    """A call that is generated anew when a captured global or closure variable is another object."""

    captured: dict[str, Any] = dict(info["captured"])
    current: dict[str, Callable[[], Any]] = info["current"]
    containers: list[tuple[Callable[[], Any], Any]] = info["containers"]

    def checked(*full: Any, **more: Any) -> Any:
        for get, before in containers:
            if snapshot(get()) != before:
                return derivative._generate(key_args, key)(*full, **more)
        for name, value in captured.items():
            if name not in current:
                continue
            now = current[name]()
            if now is not value and not (
                type(now) is type(value) and not isinstance(now, np.ndarray) and now == value
            ):
                return derivative._generate(key_args, key)(*full, **more)
        return call(*full, **more)

    return checked


def _inlined(registry: Registry) -> Callable[[Any], Any]:
    """Derivatives that are called inside a differentiated function are written out in place."""

    def lookup(obj: Any) -> Any:
        if not isinstance(obj, Derivative):
            return None

        def ir(count: int) -> Function:
            names = [p.name for p in obj._base]
            return build(obj._program(), Context(registry), {n: ANY for n in names})

        return ir

    return lookup


# --- function to function -----------------------------------------------------------------------------------------


def _make(mode: str, f: Any, wrt: Wrt, optimise: bool) -> Any:
    transform = Transform(mode, tuple(wrt) if isinstance(wrt, list) else wrt)
    if f is None:
        return lambda function: Derivative(function, transform, optimise=optimise)
    bound = len(taken_apart(f)[1].args)
    if bound:
        # Positions count the arguments that are still to be given.
        wrt_after = tuple(_after(w, bound) for w in _tuple_of(transform.wrt))
        transform = Transform(mode, wrt_after if isinstance(transform.wrt, tuple) else wrt_after[0])
    derivative = Derivative(f, transform, optimise=optimise)
    _check_wrt(derivative, transform)
    return derivative


def taken_apart(target: Any) -> tuple[Derivative | None, Callee]:
    """The derivative that `target` is, or binds arguments of, and the function with all that is bound."""
    if isinstance(target, Derivative):
        return target, target.callee
    if isinstance(target, types.MethodType):
        inner, callee = taken_apart(target.__func__)
        return inner, replace(callee, args=(*callee.args, target.__self__)) if inner else Callee.of(
            target
        )
    if isinstance(target, functools.partial):
        inner, callee = taken_apart(target.func)
        if inner:
            kwargs = {**callee.kwargs, **target.keywords}
            return inner, replace(callee, args=(*callee.args, *target.args), kwargs=kwargs)
    return None, Callee.of(target)


def _tuple_of(wrt: Wrt) -> tuple[int | str, ...]:
    return wrt if isinstance(wrt, tuple) else (wrt,)


def _after(item: Any, bound: int) -> Any:
    """A position behind the arguments that a bound method or a partial has already."""
    is_position = isinstance(item, int) and not isinstance(item, bool)
    return item + bound if is_position and item >= 0 else item


def _check_wrt(derivative: Derivative, transform: Transform) -> None:
    if len(derivative.transforms) == 1 and hasattr(derivative.function, "__code__"):
        names = [p.name for p in derivative._base]
        positions(
            names,
            tuple(w for w in _tuple_of(transform.wrt) if not (isinstance(w, str) and "." in w)),
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
