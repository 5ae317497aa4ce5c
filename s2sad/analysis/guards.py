"""What the generated code refuses at the call must not be caught by a try statement of the program."""

from __future__ import annotations

from s2sad.errors import UnsupportedSyntaxError
from s2sad.ir.core import Block, Function, Op

CATCH_REFUSALS = {c.__name__ for c in NotImplementedError.__mro__}
OF_THE_PROGRAM = ("print", "expr", "warn", "assert", "raise", "unpack")


def check_guards(function: Function) -> None:
    """Raises `UnsupportedSyntaxError` for a guard in the body of a try statement that has handlers."""
    for op in function.body.walk():
        if op.name == "attempt":
            for region in op.regions:
                _check(region, op, set())


def _check(block: Block, attempt: Op, seen: set[Function]) -> None:
    caught = CATCH_REFUSALS & {name for names, _ in attempt.attrs["catches"] for name in names}
    for op in block.walk():
        callee = op.attrs["callee"].function if op.name == "call" else None
        if callee is not None and callee not in seen:
            _check(callee.body, attempt, seen | {callee})
        refused = op.attrs.get("refused") or op.attrs.get("what") == "rows"
        guard = op.name == "effect" and (refused or op.attrs["what"] not in OF_THE_PROGRAM)
        if guard and (caught or not refused):
            raise UnsupportedSyntaxError(
                "the body of this try is supported for some arguments only, which the code asks when it runs",
                span=attempt.span,
                help="do this outside of the try statement",
            )
