"""Texts with values in them, f-strings and text % values, and the methods of texts that are known."""

from __future__ import annotations

from typing import Any

import gast

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Binding, Items
from s2sad.ir.core import Value
from s2sad.ir.kinds import passive


class Texts(Base):
    """The part of `Lowering` that handles texts."""

    def expr_JoinedStr(self, node: Any) -> Binding:
        known = self.known_text(node)
        if known is not None:
            return self.const(known, node)
        holes = [part.value for part in gast.walk(node) if isinstance(part, gast.FormattedValue)]
        operands = [self.shown(h, "text") for h in holes]
        return self.op("python", operands, passive("str"), node, node=node, holes=holes)

    def formatted(self, text: str, node: Any) -> Value:
        """text % (a, b)"""
        several = isinstance(node.right, (gast.Tuple, gast.Dict))
        holes = [node.right]
        if several:
            holes = list(
                node.right.elts if isinstance(node.right, gast.Tuple) else node.right.values
            )
        words = [
            self.literal(self.expression(h))
            for h in holes
            if isinstance(h, (gast.Name, gast.Constant))
        ]
        plain = len(words) == len(holes) and all(isinstance(w, (str, int)) for w in words)
        if plain and not isinstance(node.right, gast.Dict):
            return self.const(text % (tuple(words) if several else words[0]), node)
        made = gast.copy_location(
            gast.BinOp(gast.Constant(text, None), gast.Mod(), node.right), node
        )
        operands = [self.shown(h, "text") for h in holes]
        return self.op("python", operands, passive("str"), node, node=made, holes=holes)

    def known_text(self, node: Any) -> str | None:
        """An f-string of strings and integers that are known before the run, such as the name of a method."""
        words = []
        for part in node.values:
            hole = isinstance(part, gast.FormattedValue)
            if hole and (part.conversion != -1 or part.format_spec is not None):
                return None
            if hole and not isinstance(part.value, (gast.Name, gast.Attribute, gast.Constant)):
                return None  # what it calls is run where the text is made
            word = self.literal(self.expression(part.value if hole else part))
            if not isinstance(word, (str, int)):
                return None
            words.append(str(word))
        return "".join(words)

    def text_method(self, receiver: Value, name: str, node: Any) -> Binding | None:
        """A method of a string that is known: `mode.lower()`."""
        text = self.literal(receiver)
        if not isinstance(text, str) or not hasattr(str, name):
            return None
        given = self.each(node.args)
        words = self.sequence(given[0]) if name == "join" and len(given) == 1 else None
        args = [self.literal(a) for a in given]
        if words is not None:
            self.in_order(words, node)
            args = [tuple(map(self.literal, words.items))]
            if not all(isinstance(word, str) for word in args[0]):
                return None
        if any(type(a) not in (str, int, float, bool, tuple) for a in args) or node.keywords:
            return None
        result = getattr(text, name)(*args)
        if isinstance(result, (str, bool, int)):
            return self.const(result, node)
        if isinstance(result, (list, tuple)):  # of strings
            items: list[Binding] = [self.const(word, node) for word in result]
            return self.new_list(items) if isinstance(result, list) else Items(items)
        return None
