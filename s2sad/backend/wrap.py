"""Breaks long lines of emitted code: at operators, or inside the longest brackets."""

from __future__ import annotations

WIDTH = 99
OPEN, CLOSE = "([{", ")]}"
KEYWORDS = ("return ", "if ", "elif ", "while ")


def wrap(text: str, pad: str, inside: bool = False) -> list[str]:
    """The lines of a statement or of the header of a block; or of what stands inside of brackets."""
    if len(pad) + len(text) <= WIDTH or "\n" in text:
        return [pad + t for t in text.splitlines()]
    if inside:
        packed = _pack(_pieces(text), pad)
        return _in_brackets(text, pad) if len(packed) == 1 else _each(packed, pad)
    head, value, tail = _split_value(text)
    if head.endswith(" = ") and len(pad) + len(head) > WIDTH - 20 and len(_pieces(head)) > 1:
        inner = pad + "    "
        names = _pack(_pieces(head.removesuffix(" = ") + ","), inner)
        first, *rest = wrap(f"x = {value}", pad)
        return [f"{pad}(", *(inner + n for n in names), first.replace("x", ")", 1), *rest]
    if text.startswith("for ") and text.endswith(":") and not text.startswith("for ("):
        targets, _, over = text[4:].partition(" in ")
        if len(pad) + len(targets) > WIDTH - 20 and len(_pieces(targets)) > 1:
            inner = pad + "    "
            names = _each(_pack(_pieces(targets), inner), inner)
            first, *rest = wrap(f"x = {over}", pad)
            return [f"{pad}for (", *names, first.replace("x =", ") in", 1), *rest]
    if head:
        pieces = _pieces(value)
        if len(pieces) > 1:
            inner = pad + "    "
            return [f"{pad}{head}(", *_each(_pack(pieces, inner), inner), f"{pad}){tail}"]
    return _in_brackets(text, pad)


def _each(pieces: list[str], pad: str) -> list[str]:
    return [line for piece in pieces for line in wrap(piece, pad, inside=True)]


def _in_brackets(text: str, pad: str) -> list[str]:
    """A line broken inside the longest of its outermost brackets."""
    found = _longest_brackets(text)
    if found is None:
        return [pad + text]
    start, end = found
    while text[start + 1] in OPEN and _closing(text, start + 1) == end - 1:
        start, end = start + 1, end - 1
    head, body, tail = text[: start + 1], text[start + 1 : end], text[end:]
    inner = pad + "    "
    lines = wrap(body, inner, inside=True)
    first = wrap(head, pad) if len(pad) + len(head) <= WIDTH else _in_brackets(head, pad)
    if len(pad) + len(tail) <= WIDTH:
        last = [pad + tail]
    else:
        closing = tail[: len(tail) - len(tail.lstrip(CLOSE))]
        last = _in_brackets(tail[len(closing) :], pad)
        last[0] = pad + closing + last[0].removeprefix(pad)
    return [*first, *lines, *last]


def _pieces(body: str) -> list[str]:
    """The items of a list of arguments, or the terms of an expression."""
    pieces = _split(body, (", ",), after=True)
    for signs in ((" if ", " else "), (" or ",), (" and ",), (" + ", " - "), (" * ", " / ", " @ ")):
        if len(pieces) == 1:
            pieces = _split(body, signs)
    return pieces


def _split_value(text: str) -> tuple[str, str, str]:
    """(what stands before an expression, the expression, what stands after it)"""
    for keyword in KEYWORDS:
        if text.startswith(keyword):
            end = len(text) - 1 if text.endswith(":") else len(text)
            return keyword, text[len(keyword) : end], text[end:]
    depth = _depths(text)
    for i, char in enumerate(text):
        if char == "=" and depth[i] == 0 and text[i - 1 : i + 2].strip("+-*/@ ") == "=":
            return text[: i + 2], text[i + 2 :], ""
    return "", text, ""


def _split(text: str, signs: tuple[str, ...], after: bool = False) -> list[str]:
    """Pieces of a text, broken at signs outside of brackets: before a sign, or after it."""
    depth, start = _depths(text), 0
    pieces: list[str] = []
    for i in range(1, len(text)):
        for sign in signs:
            if depth[i] == 0 and text.startswith(sign, i):
                end = i + len(sign) if after else i + 1
                pieces.append(text[start:end].rstrip())
                start = end
    pieces.append(text[start:])
    return pieces


def _pack(pieces: list[str], pad: str) -> list[str]:
    """As many pieces on a line as fit."""
    lines = [pieces[0]]
    for piece in pieces[1:]:
        if len(pad) + len(lines[-1]) + 1 + len(piece) <= WIDTH:
            lines[-1] += " " + piece
        else:
            lines.append(piece)
    return lines


def _depths(text: str) -> list[int]:
    """How many brackets are open at each character; inside strings, one more than outside."""
    depths: list[int] = []
    depth, quote, escaped = 0, "", False
    for char in text:
        if quote:
            depths.append(depth + 1)
            if char == quote and not escaped:
                quote = ""
            escaped = char == "\\" and not escaped
            continue
        depth -= char in CLOSE
        depths.append(depth)
        depth += char in OPEN
        if char in "\"'":
            quote = char
            depths[-1] += 1
    return depths


def _longest_brackets(text: str) -> tuple[int, int] | None:
    depths = _depths(text)
    pairs = [
        (i, _closing(text, i)) for i, char in enumerate(text) if char in OPEN and depths[i] == 0
    ]
    pairs = [(i, j) for i, j in pairs if j > i + 1]
    targets = [(i, j) for i, j in pairs if j - i > 12 and " in " in text[j:]]  # of a for loop
    pairs = targets or pairs
    return max(pairs, key=lambda pair: pair[1] - pair[0], default=None)


def _closing(text: str, start: int) -> int:
    """The place of the bracket that closes the one at `start`; -1 where there is none."""
    depths = _depths(text)
    for j in range(start + 1, len(text)):
        if text[j] in CLOSE and depths[j] == depths[start]:
            return j
    return -1
