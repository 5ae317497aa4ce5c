"""Unpacking of an array: `a, b = v`, which raises where v has another number of items."""

from __future__ import annotations

import ast
from collections.abc import Callable

from s2sad.analysis.sharing import must_write
from s2sad.backend.lines import Line, expression_text
from s2sad.ir.core import Block, Function, Op, Value

Groups = dict[Op, dict[int, Op]]


def unpack_groups(function: Function) -> Groups:
    """For each unpacking the operations right behind it that read its items, by their places."""
    groups: Groups = {}

    def visit(block: Block) -> None:
        for i, op in enumerate(block.ops):
            for region in op.regions:
                visit(region)
            if op.name != "effect" or op.attrs["what"] != "unpack":
                continue
            items: dict[int, Op] = {}
            for following in block.ops[i + 1 :]:
                if following.name == "const":
                    continue
                place = following.attrs.get("unpacked")
                if place is None or place in items or following.operands[0] is not op.operands[0]:
                    break
                items[place] = following
            groups[op] = items

    visit(function.body)
    return groups


def gather(function: Function) -> None:
    """Put the reads of an unpacking right behind it, where only tangents stand between."""
    blocks = [function.body, *(r for op in function.body.walk() for r in op.regions)]
    for block in blocks:
        for op in [o for o in block.ops if o.name == "effect" and o.attrs["what"] == "unpack"]:
            at = block.ops.index(op) + 1
            for following in block.ops[at:]:
                if following.name not in ("prim", "const", "tuple") or must_write(following):
                    break
                mine = following.attrs.get("unpacked") is not None
                if mine and following.operands[0] is op.operands[0]:
                    index = following.operands[1].op
                    for moved in (index, following):
                        if moved is not None and moved in block.ops[at:]:
                            block.ops.remove(moved)
                            block.ops.insert(at, moved)
                            at += 1


def unpacking(
    op: Op, items: dict[int, Op], of: Callable[[Value], ast.expr], name: Callable[[Value], str]
) -> Line:
    """The statement of an unpacking, or where no item is read, the question that it asks."""
    array, count = of(op.operands[0]), op.attrs["count"]
    if not items:
        error = ast.parse(f"raise ValueError('expected {count} values to unpack')").body[0]
        return Line(header=f"if len({expression_text(array)}) != {count}:", body=[Line(error)])
    names = [name(items[k].result) if k in items else "_" for k in range(count)]
    targets: list[ast.expr] = [ast.Name(n, ast.Store()) for n in names]
    return Line(ast.Assign([ast.Tuple(targets, ast.Store())], array))
