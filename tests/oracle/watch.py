"""Watches what printed code computes: each expression is printed inside a call that is given its value."""

from __future__ import annotations

import ast
import builtins
import itertools
import sys
from typing import Any

import numpy as np
import pytest

import s2sad
from s2sad.backend import express
from s2sad.ir.core import Op
from tests.properties.check import copies, load
from tests.properties.programs import Program

_numbers = itertools.count()


class Watch:
    """`seen` is called for each value; what it finds wrong goes into `wrong`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wrong: list[str] = []
        self.printed: list[tuple[Op, express.Expressions, str]] = []
        print_ = express.Expressions.operation
        name = f"_watched_{next(_numbers)}"

        def operation(expressions: express.Expressions, op: Op) -> ast.expr:
            node = print_(expressions, op)
            silent = op.name in ("const", "undef", "slice", "tuple", "list")
            if silent or len(op.results) != 1 or not self.watches(op):
                return node
            self.printed.append((op, expressions, ast.unparse(node).replace(name, "")[:200]))
            at = ast.Constant(len(self.printed) - 1)
            return ast.Call(ast.Name(name, ast.Load()), [node, at], [])

        def seen(value: Any, at: int) -> Any:
            frame = sys._getframe(1)
            while frame.f_code.co_name == "<listcomp>" and frame.f_back is not None:
                frame = frame.f_back
            self.seen(value, *self.printed[at], frame)
            return value

        monkeypatch.setattr(express.Expressions, "operation", operation)
        monkeypatch.setattr(builtins, name, seen, raising=False)

    def watches(self, op: Op) -> bool:
        return op.result.kind.base in ("number", "array")

    def seen(self, value: Any, op: Op, by: express.Expressions, text: str, frame: Any) -> None:
        raise NotImplementedError

    def forget(self) -> None:
        """What was seen of the last program."""

    def run(self, program: Program) -> None:
        """Gradient, tangent and the tangent of the gradient, of code for these arguments and of the generic code."""
        f = load(program.text).f
        dots = [
            np.ones_like(a) if isinstance(a, np.ndarray) else 1.0
            for i, a in enumerate(program.args)
            if i in program.wrt
        ]
        gradient = s2sad.grad(f, wrt=program.wrt)
        try:
            with np.errstate(all="ignore"):
                f(*copies(program.args))
                gradient(*copies(program.args))
                s2sad.tangent(gradient, wrt=program.wrt)(*copies(program.args), *dots)
                names: dict[str, Any] = {}
                exec(gradient.emit(None), names)
                names[gradient.__name__](*copies(program.args))
        except s2sad.S2SADError:
            pass
        except (ValueError, IndexError, TypeError, ArithmeticError, AttributeError):
            pass  # other tests say whether it may be raised
        self.forget()


def loops_around(op: Op) -> tuple[Op, ...]:
    """The loops that an operation is in, the outermost first."""
    found: list[Op] = []
    block = op.block
    while block is not None and block.op is not None:
        if block.op.name in ("for", "while"):
            found.append(block.op)
        block = block.op.block
    return tuple(reversed(found))
