"""What a program asks about libraries and functions: versions are known before the run, `inspect` is not followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Static

LIBRARIES = ("packaging", "numpy", "looseversion", "distutils")
CLASSES = ("Version", "NumpyVersion", "LooseVersion", "StrictVersion")


def is_version(binding: Binding) -> bool:
    """True for an object of a class of versions, none of which changes."""
    cls = type(binding.value) if isinstance(binding, Static) else object
    return cls.__name__ in CLASSES and cls.__module__.split(".")[0] in LIBRARIES


def made_version(low: Base, callee: Any, args: list[Binding]) -> Static | None:
    """`Version(text)` and `parse(text)`, of a text that is known."""
    text = low.literal(args[0]) if len(args) == 1 else None
    name, module = getattr(callee, "__name__", ""), getattr(callee, "__module__", None) or ""
    if not isinstance(text, str) or module.split(".")[0] not in LIBRARIES:
        return None
    return Static(callee(text)) if name in CLASSES or module == "packaging.version" else None


def compared(
    low: Base, compare: Callable[[Any, Any], bool] | None, left: Binding, right: Binding
) -> bool | None:
    """How two versions, or a version and a text, compare; None where neither is a version."""
    if compare is None or not (is_version(left) or is_version(right)):
        return None
    sides = [b.value if isinstance(b, Static) else low.literal(b) for b in (left, right)]
    if not all(
        is_version(b) or isinstance(s, str) for b, s in zip((left, right), sides, strict=True)
    ):
        return None
    return bool(compare(*sides))


def refuse_inspect(low: Base, function: Any, node: Any) -> None:
    """Raises for a function of `inspect`, but for the tests that it has (inspect.isfunction)."""
    if function.__module__ == "inspect" and not function.__name__.startswith("is"):
        raise low.unsupported(
            node,
            f"what inspect.{function.__name__} finds out about a function is not followed",
            "differentiate the function behind the decorator: f.__wrapped__",
        )
