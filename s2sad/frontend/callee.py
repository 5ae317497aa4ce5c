"""What is behind something that can be called: a function, and the arguments that it has already."""

from __future__ import annotations

import functools
import inspect
import types
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Callee:
    """A Python function, with arguments in front of those that a call gives."""

    function: Any
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(target: Any) -> Callee:
        """The function behind a bound method, a functools.partial, a cache, or an object that can be called."""
        target = uncached(target)
        if isinstance(target, types.MethodType):
            inner = Callee.of(target.__func__)
            return Callee(inner.function, (*inner.args, target.__self__), inner.kwargs)
        if isinstance(target, functools.partial):
            inner = Callee.of(target.func)
            kwargs = {**inner.kwargs, **target.keywords}
            return Callee(inner.function, (*inner.args, *target.args), kwargs)
        method = inspect.getattr_static(type(target), "__call__", None)
        if isinstance(method, types.FunctionType) and not isinstance(target, type):
            return Callee(method, (target,))
        return Callee(target)

    def parameters(self) -> list[inspect.Parameter]:
        """Parameters of the function; those of a wrapper that names none, or takes *args, are of what it wraps."""
        own = list(inspect.signature(self.function, follow_wrapped=False).parameters.values())
        kinds = {p.kind for p in own}
        if inspect.Parameter.VAR_POSITIONAL not in kinds and kinds != {
            inspect.Parameter.VAR_KEYWORD
        }:
            return own
        return list(inspect.signature(self.function).parameters.values())

    @functools.cached_property
    def stars(self) -> dict[str, str]:
        """The parameters *args and **kwargs, by name."""
        try:
            parameters = self.parameters()
        except (TypeError, ValueError):
            return {}
        kinds = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
        return {p.name: kinds[p.kind] for p in parameters if p.kind in kinds}

    def spread(
        self, values: tuple[Any, ...], without_defaults: bool = False
    ) -> tuple[list[Any], dict[str, Any]]:
        """A call's arguments by position and by name: `values` are those of all parameters, *args as one tuple.

        `without_defaults`: what is a default is left out, as a wrapper may take it in another way.
        """
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        by_name = False
        for parameter, value in zip(self.parameters(), values, strict=False):
            either = parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
            default = without_defaults and value is parameter.default and not self.stars
            if default and (either or parameter.kind is inspect.Parameter.KEYWORD_ONLY):
                by_name = True
            elif by_name and either:
                kwargs[parameter.name] = value
            elif parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                args.extend(value)
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                kwargs.update(value)
            elif parameter.kind is inspect.Parameter.KEYWORD_ONLY:
                kwargs[parameter.name] = value
            else:
                args.append(value)
        return args, kwargs


def uncached(function: Any) -> Any:
    """The function behind functools.lru_cache, which gives the same values."""
    while hasattr(function, "cache_info") and not isinstance(function, types.MethodType):
        function = function.__wrapped__
    return function
