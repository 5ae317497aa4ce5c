"""Classes whose objects are their fields: made of them, and nothing else, by a call."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterable
from typing import Any

GENERATED = "<string>"  # the file of what dataclasses writes


def keeps_fields(cls: Any, given: Iterable[str] | None = None) -> bool:
    """True where `cls(**fields)` makes an object that has these fields: a named tuple, or a dataclass as it is made.

    An __init__ of the user's, a __post_init__ or a __setattr__ may make other ones. `given`: the fields, all by
    default.
    """
    if issubclass(cls, tuple):
        return True  # one with a __new__ of its own is refused where it is made
    if not dataclasses.is_dataclass(cls):
        return False
    fields = dataclasses.fields(cls)
    made: Any = cls  # not the protocol that dataclasses.is_dataclass narrows it to
    names = {f.name for f in fields}
    init = getattr(made.__init__, "__code__", None)
    frozen = made.__dataclass_params__.frozen
    return (
        all(f.init for f in fields)
        and names == set(names if given is None else given)
        and init is not None
        and init.co_filename == GENERATED
        and set(inspect.signature(made).parameters) == names
        and not hasattr(cls, "__post_init__")
        and made.__new__ is object.__new__
        and (frozen or made.__setattr__ is object.__setattr__)
        and not any(isinstance(inspect.getattr_static(made, n, None), property) for n in names)
    )
