"""The emitted text as lines: statements, comments and blocks, printed with astor."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Any

import astor
from astor.code_gen import SourceGenerator

from s2sad.backend.wrap import WIDTH, wrap

NARROWEST = 40  # of a comment, however far it is indented


@dataclass
class Line:
    """A statement or a comment; a compound statement has a header and a body."""

    node: ast.stmt | None = None
    comment: str = ""
    header: str = ""
    body: list[Line] = field(default_factory=list)


class Generator(SourceGenerator):
    """astor's printer, with indices and tuples as a person writes them."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """astor's own asks for ast.Str, which Python 3.14 no longer has."""
        body = _joined(node.values)
        quote = next(q for q in ('"', "'", '"""', "'''") if q not in body)
        self.write(f"f{quote}{body}{quote}")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.write(_atom(node.value), "[", index_text(node.slice), "]")


def _joined(values: list[ast.expr]) -> str:
    """The inside of an f-string."""
    out = []
    for value in values:
        if isinstance(value, ast.Constant):
            text = str(value.value)
            text = (
                text.replace("\\", "\\\\")
                if text.isprintable()
                else text.encode("unicode_escape").decode()
            )
            out.append(text.replace("{", "{{").replace("}", "}}"))
        elif isinstance(value, ast.FormattedValue):
            conversion = "" if value.conversion in (-1, None) else f"!{chr(value.conversion)}"
            spec = value.format_spec
            tail = f":{_joined(spec.values)}" if isinstance(spec, ast.JoinedStr) else ""
            out.append("{" + expression_text(value.value) + conversion + tail + "}")
    return "".join(out)


def index_text(node: ast.expr) -> str:
    if isinstance(node, ast.Tuple) and node.elts:
        # A tuple in a tuple names several places along one axis: it keeps its parentheses.
        text = ", ".join(_atom(e) if isinstance(e, ast.Tuple) else index_text(e) for e in node.elts)
        return text + "," if len(node.elts) == 1 else text
    if isinstance(node, ast.Slice):
        text = ":".join("" if p is None else expression_text(p) for p in (node.lower, node.upper))
        return text if node.step is None else f"{text}:{expression_text(node.step)}"
    return expression_text(node)


def _atom(node: ast.expr) -> str:
    text = expression_text(node)
    plain = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call))
    return text if plain else f"({text})"


def _pretty(source: list[Any]) -> str:
    return "".join(source)


def expression_text(node: ast.expr) -> str:
    text: str = astor.to_source(
        node,
        indent_with="    ",
        pretty_source=_pretty,
        pretty_string=_string,
        source_generator_class=Generator,
    ).strip()
    if not isinstance(node, ast.Tuple) and _wrapped(text):
        text = text[1:-1]
    return text


def statement_text(node: ast.stmt) -> str:
    text: str = astor.to_source(
        node,
        indent_with="    ",
        pretty_source=_pretty,
        pretty_string=_string,
        source_generator_class=Generator,
    ).strip()
    return text


def _string(text: str, *_: Any, **__: Any) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _wrapped(text: str) -> bool:
    """True where one pair of parentheses stands around the whole text."""
    if not (text.startswith("(") and text.endswith(")")):
        return False
    depth = 0
    for i, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0 and i < len(text) - 1:
            return False
    return True


def render(lines: list[Line], indent: int = 0) -> list[str]:
    """Text lines of emitted code."""
    pad = "    " * indent
    out: list[str] = []
    for line in lines:
        if line.comment:
            if line.comment.startswith("\n"):
                out.append("")
            text = f"{pad}# {line.comment.strip()}"
            width = max(WIDTH, len(pad) + NARROWEST)
            out.append(text if len(text) <= width else text[: width - 4].rstrip() + " ...")
        elif line.header:
            out.extend(wrap(line.header, pad))
            out.extend(render(line.body or [Line(ast.Pass())], indent + 1))
        elif line.node is not None:
            out.extend(wrap(statement_text(line.node), pad))
    return out
