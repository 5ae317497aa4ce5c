"""Values that are True or False."""

from __future__ import annotations

from s2sad.ir.core import Value

TRUTHS = ("operator.not_", "builtins.bool", "builtins.isinstance", "builtins.hasattr")


def is_truth(value: Value) -> bool:
    """True for True and False of Python, whose sums are integers; NumPy's are not."""
    op = value.op
    if op is None:
        return False
    return type(op.value) is bool if op.name == "const" else op.fn in TRUTHS
