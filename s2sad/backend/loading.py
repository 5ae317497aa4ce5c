"""Loads generated text as a module, with its lines known to tracebacks and the debugger."""

from __future__ import annotations

import hashlib
import linecache
import types
from collections.abc import Callable
from typing import Any

from s2sad.backend.module import Module


def load(module: Module) -> Callable[..., Any]:
    """The generated function. Its lines are in `linecache`, so pdb and tracebacks show them."""
    digest = hashlib.sha256(module.text.encode()).hexdigest()[:12]
    path = f"<s2sad {module.name} {digest}>"
    linecache.cache[path] = (len(module.text), None, module.text.splitlines(keepends=True), path)
    namespace = types.ModuleType(module.name)
    namespace.__dict__.update(module.bindings)
    namespace.__file__ = path
    exec(compile(module.text, path, "exec"), namespace.__dict__)
    namespace.__dict__.update(module.live)
    function: Callable[..., Any] = namespace.__dict__[module.name]
    return function
