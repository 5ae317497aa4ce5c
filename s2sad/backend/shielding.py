"""Arguments that have the names of built-in functions: `def f(x, range)`.

An argument keeps its name, by which it may be given. What the printed code calls is then called by its whole
name: `builtins.range(n)`. While a function is printed, such an argument is marked; at the end its marks are
taken off, and what else has its name is what was called.
"""

from __future__ import annotations

import builtins
import io
import keyword
import tokenize

from s2sad.errors import UsageError

MARK = "_argument__"
MODULES = ("np", "math", "scipy", "cp")
RESERVED = {*MODULES, "_"} | set(keyword.kwlist) | {
    n for n in dir(builtins) if not n.startswith("_")
}  # fmt: skip


def shielded(name: str) -> str:
    return name + MARK if name in RESERVED else name


def plain(name: str) -> str:
    return name.replace(MARK, "")


def unshielded(lines: list[str], start: int, arguments: set[str]) -> tuple[list[str], bool]:
    """Lines of a function, whose body begins at `start`, without marks; whether they call `builtins`."""
    shadowed = arguments & RESERVED
    if not shadowed:
        return lines, False
    text = "\n".join(lines)
    places: list[tuple[int, int, str]] = []
    tokens = list(tokenize.generate_tokens(io.StringIO(text + "\n").readline))
    for before, token, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        row, column = token.start
        called = token.type == tokenize.NAME and token.string in shadowed and before.string != "."
        if called and row > start and not (after.string == "=" and before.string in "(,"):
            places.append((row - 1, column, token.string))
    out = list(lines)
    for row, column, name in reversed(places):
        if name in MODULES:
            raise UsageError(
                f"the argument {name!r} has the name of a module that the derivative calls",
                help="give the argument another name",
            )
        whole = "_unused" if name == "_" else f"builtins.{name}"
        out[row] = out[row][:column] + whole + out[row][column + len(name) :]
    return [plain(line) for line in out], any(name != "_" for _, _, name in places)
