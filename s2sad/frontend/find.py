"""Finds the source of a function and parses it."""

from __future__ import annotations

import ast
import linecache
import types
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import gast

from s2sad.errors import SourceUnavailableError, deep
from s2sad.frontend.callee import uncached
from s2sad.source import SourceFile, Span, Statement


@dataclass
class FunctionSource:
    """A function of the user, parsed: its node (gast), its file, and what its free names mean."""

    name: str
    node: Any
    file: SourceFile
    function: types.FunctionType

    def span(self, node: Any, statement: Statement | None = None) -> Span:
        return span_of(self.file, node, statement)

    def header(self) -> Span:
        """The line on which the function is defined."""
        node = self.node
        width = len(self.file.line(node.lineno).rstrip())
        return Span(self.file, node.lineno, node.col_offset, node.lineno, width)

    @property
    def is_written_here(self) -> bool:
        """True for a function of NumPy's that stands in this package as a few lines of Python."""
        return self.function.__module__ == "s2sad.frontend.in_python"


def span_of(file: SourceFile, node: Any, statement: Statement | None = None) -> Span:
    line = node.lineno
    end_line = getattr(node, "end_lineno", None) or line
    end_column = getattr(node, "end_col_offset", None) or node.col_offset + 1
    return Span(
        file,
        line,
        _column(file, line, node.col_offset),
        end_line,
        _column(file, end_line, end_column),
        statement,
    )


def _column(file: SourceFile, line: int, offset: int) -> int:
    """The column in characters: Python's parser counts bytes."""
    return len(file.line(line).encode()[:offset].decode(errors="ignore"))


@lru_cache(maxsize=64)
def _functions(path: str, text: str) -> list[ast.AST]:
    """Every def and lambda of a file."""
    made = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef)
    return [n for n in ast.walk(ast.parse(text, path)) if isinstance(n, made)]


@lru_cache(maxsize=256)
def _converted(node: ast.AST) -> Any:
    """A function's node in gast, which is the same in all versions of Python."""
    with deep():
        return gast.ast_to_gast(node)


def find(function: Any) -> FunctionSource:
    """Source of a Python function; raises `SourceUnavailableError` where there is none or it is ambiguous."""
    function = uncached(function)
    if not isinstance(function, types.FunctionType):
        raise SourceUnavailableError(
            f"{function!r} is not a Python function",
            help="give a function that is written in Python; for a built-in, wrap it in a def",
        )
    path = function.__code__.co_filename
    linecache.checkcache(path)
    text = "".join(linecache.getlines(path, function.__globals__))
    unavailable = SourceUnavailableError(
        f"the source of {function.__name__!r} is not available (it was made by exec, or typed at a prompt)",
        help="put the function in a file and import it",
    )
    if not text:
        raise unavailable
    file = SourceFile(path, text)
    try:
        functions = _functions(path, text)
    except SyntaxError as error:
        if path == "<string>":
            raise unavailable from error
        raise SourceUnavailableError(
            f"{path} cannot be parsed any more: {error.msg}",
            help="reload the module after editing it",
        ) from error
    nodes = [n for n in functions if _starts_at(n, function)]
    if len(nodes) > 1:
        nodes = [n for n in nodes if _holds_code(n, function)] or nodes
    if not nodes and path == "<string>":
        raise unavailable  # the text is that of another program that was run from a string
    if len(nodes) != 1:
        what = "shares its line with another lambda" if nodes else "is not where its code says"
        span = span_of(file, nodes[0]) if nodes else None
        raise SourceUnavailableError(
            f"the function {function.__name__!r} {what}",
            span=span,
            help="define it with def on a line of its own"
            if nodes
            else "reload the module after editing it",
        )
    return FunctionSource(function.__name__, _converted(nodes[0]), file, function)


def _starts_at(node: ast.AST, function: types.FunctionType) -> bool:
    line = function.__code__.co_firstlineno
    name = function.__code__.co_name
    if isinstance(node, ast.Lambda):
        return name == "<lambda>" and node.lineno == line
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
        return node.name == name and line in (first, node.lineno)
    return False


def _holds_code(node: ast.AST, function: types.FunctionType) -> bool:
    """True where a lambda's body is where the instructions of a function come from: several may be on a line."""
    if not isinstance(node, ast.Lambda):
        return True
    places = [
        (line, column, end_line, end)
        for line, end_line, column, end in function.__code__.co_positions()
        if None not in (line, end_line, column, end) and (line, column) != (end_line, end)
    ]
    body = node.body
    outer = (body.lineno, body.col_offset, body.end_lineno, body.end_col_offset)
    return outer in places


@lru_cache(maxsize=256)
def own_nodes(function: Any) -> tuple[Any, ...]:
    """The nodes of a function's body, without those of the functions and classes defined in it."""
    work = list(function.body) if isinstance(function.body, list) else [function.body]
    found = []
    while work:
        node = work.pop()
        found.append(node)
        if not isinstance(node, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            work.extend(gast.iter_child_nodes(node))
    return tuple(found)


def statement_of(file: SourceFile, node: Any) -> Statement:
    """The landmark of a statement: its text on one line, the header alone for a compound one."""
    lines = file.lines
    end = node.end_lineno
    if getattr(node, "body", None) and isinstance(node.body, list):
        end = max(node.lineno, node.body[0].lineno - 1)
    text = " ".join(line.split(" #")[0].strip() for line in lines[node.lineno - 1 : end])
    return Statement(file.path, node.lineno, text)
