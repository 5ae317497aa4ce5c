"""The errors that a user can cause. Each has a code, a place in the source, a cause and a way out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from s2sad.source import Span


class S2SADError(Exception):
    """Base of all errors of s2sad.

    Attributes: `code` (stable, for example "S201"), `message` (the cause), `span` (the place in the
    user's source, or None where there is none), `help` (a way out), `certain` (the exception that the
    program itself is sure to raise there, if that is the cause), `block` (where the operations before it are),
    `short` (loops that could be written out), `recursion` (the function that calls itself without end, as far as
    is known before the run), `by_place` (the list that may be lowered as an array of numbers, as a `last_resort`
    perhaps).
    """

    code = "S000"
    certain: type[BaseException] | None = None
    block: object = None
    by_place: object = None
    last_resort: bool = False
    short: frozenset[Any] = frozenset()
    recursion: Any = None

    def __init__(self, message: str, *, span: Span | None = None, help: str = "") -> None:
        self.message = message
        self.span = span
        self.help = help
        super().__init__(message)

    def render(self) -> str:
        """The diagnostic: `path:line:col: CODE message`, the line with carets, a `help:` line."""
        lines = [f"{self.code} {self.message}"]
        if self.span is not None:
            lines[0] = f"{self.span.where()}: {lines[0]}"
            lines.extend("    " + line for line in self.span.carets().splitlines())
        if self.help:
            first, *rest = self.help.splitlines()
            lines.append(f"help: {first}")
            lines.extend(f"      {line}" for line in rest)
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.render()


class UsageError(S2SADError):
    """An argument of the API that cannot be meant: an unknown `wrt` name, an integer input."""

    code = "S101"


class SourceUnavailableError(S2SADError):
    """The function's source cannot be read or is ambiguous."""

    code = "S102"


class UnsupportedSyntaxError(S2SADError):
    """A construct of Python that cannot be differentiated (yet)."""

    code = "S201"


class UnresolvedNameError(S2SADError):
    """A name that is not bound where it is used."""

    code = "S202"


class MissingRuleError(S2SADError):
    """A function without a derivative rule; the message shows the skeleton of the rule to write."""

    code = "S203"


class AliasingError(S2SADError):
    """A write to memory that has a second name."""

    code = "S204"


class NonScalarOutputError(S2SADError):
    """`grad` of a function whose value is not a scalar."""

    code = "S301"


class ShapeError(S2SADError):
    """Shapes that do not fit together, or a seed that does not fit its value."""

    code = "S302"


class RuleError(S2SADError):
    """A derivative rule that is not well formed."""

    code = "S401"


class StaleDerivativeError(S2SADError):
    """A saved derivative that no longer belongs to its source."""

    code = "S501"


DEEPEST = 6_000  # levels of recursion


@contextmanager
def deep() -> Iterator[None]:
    """Room for expressions of hundreds of terms: each is a level of recursion in the passes."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST))
    try:
        yield
    except RecursionError:
        raise UnsupportedSyntaxError(
            "an expression is nested too deeply", help="assign parts of it to variables"
        ) from None
    finally:
        sys.setrecursionlimit(before)
