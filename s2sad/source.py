"""Source files, spans in them, and carets under a span."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class SourceFile:
    """A source text and the place it came from.

    `first_line` is the line of the file at which `text` starts, so that a function that was cut out of
    a module reports the lines of that module.
    """

    path: str
    text: str
    first_line: int = 1

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def line(self, number: int) -> str:
        """Text of line `number` of the file, or '' outside of what is known of it."""
        index = number - self.first_line
        return self.lines[index] if 0 <= index < len(self.lines) else ""


@dataclass(frozen=True)
class Span:
    """A stretch of a source file. Lines count from 1, columns from 0."""

    file: SourceFile
    line: int
    column: int
    end_line: int
    end_column: int
    statement: Statement | None = None

    def text(self) -> str:
        """The source under the span, on one line."""
        lines = [self.file.line(n) for n in range(self.line, self.end_line + 1)]
        lines[-1] = lines[-1][: self.end_column]
        lines[0] = lines[0][self.column :]
        return " ".join(line.strip() for line in lines)

    def carets(self) -> str:
        """The source line with carets under the span, as a diagnostic shows it."""
        text = self.file.line(self.line)
        end = self.end_column if self.end_line == self.line else len(text)
        width = max(1, min(end, len(text)) - self.column)
        return f"{text}\n{' ' * self.column}{'^' * width}"

    def where(self) -> str:
        """`path:line:column`, with the column counted from 1 as editors do."""
        return f"{self.file.path}:{self.line}:{self.column + 1}"


@dataclass(frozen=True)
class Statement:
    """A statement of the user's program: the landmark over the adjoint of its operations."""

    path: str
    line: int
    text: str
    depth: int = 0
