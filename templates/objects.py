"""Objects that generated code gives back."""

import copy

from s2sad.rules import helper


@helper
def object_of(cls, **fields):
    """An object of a class with these fields, which are known: its __init__ is not run."""
    y = object.__new__(cls)
    for name, value in fields.items():
        object.__setattr__(y, name, value)
    return y


@helper
def with_fields(x, **fields):
    """A copy of an object with other values in these fields: neither __init__ nor __post_init__ is run."""
    y = copy.copy(x)
    for name, value in fields.items():
        object.__setattr__(y, name, value)
    return y
