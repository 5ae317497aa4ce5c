"""Raises the IR to Python statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from s2sad.analysis.aliases import once
from s2sad.analysis.context import Context, static
from s2sad.analysis.defined import may_be_array, may_be_seed
from s2sad.analysis.sharing import must_write
from s2sad.backend.effects import effect
from s2sad.backend.express import Expressions, is_doubled
from s2sad.backend.lines import Line, expression_text
from s2sad.backend.loop_headers import LoopHeaders
from s2sad.backend.naming import Names
from s2sad.backend.nest import nest
from s2sad.backend.parts import structured, taken_apart
from s2sad.backend.rewrite import augmented, is_name, negated, sign_out
from s2sad.backend.rows import Rows, rows_of
from s2sad.backend.tapes import append_point, kept_anyway, tape_groups
from s2sad.backend.unpack import unpack_groups, unpacking
from s2sad.ir.core import Block, Function, Loop, Op, Value, uses
from s2sad.ir.kinds import INT
from s2sad.ir.liveness import Liveness

Mapping = dict[Value, Value]
Finish = Callable[[Mapping, list[Line]], bool]
AUGMENTED: dict[str, type[ast.operator]] = {
    "operator.add": ast.Add, "operator.sub": ast.Sub, "operator.mul": ast.Mult, "operator.truediv": ast.Div,
    "operator.floordiv": ast.FloorDiv, "operator.mod": ast.Mod, "operator.pow": ast.Pow,
    "operator.matmul": ast.MatMult, "operator.and_": ast.BitAnd, "operator.or_": ast.BitOr,
    "operator.lshift": ast.LShift, "operator.rshift": ast.RShift,
    "operator.xor": ast.BitXor,
}  # fmt: skip


class Raiser(LoopHeaders):
    """Statements of one function. `modules` and `helpers` say what the statements need."""

    def __init__(
        self, context: Context, function: Function, taken: set[str], landmarks: bool
    ) -> None:
        self.context = context
        self.function = function
        self.landmarks = landmarks
        self.count = uses(function.body)
        self.nested = nest(context, function)
        self.groups = tape_groups(function)
        self.decided: dict[Value, bool] = {}  # tests of the branches around what is printed
        self.unpackings = unpack_groups(function)
        self.unpacked = {op for items in self.unpackings.values() for op in items.values()}
        self.rows = self.row_loops()
        self.kept_anyway = kept_anyway(function)
        self.appends = self.append_points()
        liveness = Liveness(function, self.nested, self.appends)
        for rows in self.rows.values():
            liveness.keep_apart([op.result for op in rows.reads])
        for items in self.unpackings.values():
            liveness.keep_apart([op.result for op in items.values()])
        self.names = Names(function, self.nested, liveness, taken)
        self.expressions = Expressions(context, self.nested, self.names.of)
        self.current: Any = None

    # --- loops over rows, tapes ----------------------------------------------------------------------------

    def row_loops(self) -> dict[Op, Rows]:
        """Loops `for x, y in zip(a, b)`, with the operations that read the items."""
        found: dict[Op, Rows] = {}
        for op in self.function.body.walk():
            if op.name == "for" and op.exact:
                rows = rows_of(Loop(op), self.nested, self.count)
                if rows is not None:
                    found[op] = rows
        return found

    def append_points(self) -> dict[Op | Block, list[Value]]:
        """Where values are put on tapes: right after the last of a group is there."""
        points: dict[Op | Block, list[Value]] = {}
        for op in self.function.body.walk():
            if op.name in ("for", "while") and op.attrs["collected"]:
                loop = Loop(op)
                for group in self.groups[op]:
                    values = [loop.collects[k] for k in group]
                    points.setdefault(self.append_point(loop, values), []).extend(values)
        return points

    def append_point(self, loop: Loop, values: list[Value]) -> Op | Block:
        rows = self.rows[loop.op].reads if loop.op in self.rows else []
        unpacked = [[*items.values()] for items in self.unpackings.values()]
        return append_point(loop, values, self.nested, rows, unpacked)

    # --- statements ---------------------------------------------------------------------------------------

    def lines(self) -> list[Line]:
        out: list[Line] = list(taken_apart(self.function, self.count, self.names.of))
        self.block(self.function.body, out, self.return_)
        return out

    def return_(self, mapping: Mapping, out: list[Line]) -> bool:
        values = [mapping.get(v, v) for v in self.function.results]
        parts = (self.expressions.of(v) for v in values)
        out.append(Line(ast.Return(structured(self.function.structure, parts, self.expressions))))
        return True

    def block(self, block: Block, out: list[Line], finish: Finish) -> bool:
        """Statements of a block; True where it ends by leaving (return, break)."""
        ops = [op for op in block.ops if op not in self.nested]
        self.append(block, out)
        for i, op in enumerate(ops):
            if op.name == "if" and i == len(ops) - 1 and self.is_tail(op, block):
                return self.tail_branch(op, out, finish)
            if block.op in self.rows and op in self.rows[block.op].reads:
                self.append(op, out)
                continue
            if self.statement(op, out):
                return True
            self.append(op, out)
        return finish({}, out)

    def append(self, at: Op | Block, out: list[Line]) -> None:
        """Put values on their tapes."""
        if at not in self.appends:
            return
        owner = at if isinstance(at, Block) else at.block
        assert owner is not None and owner.op is not None
        loop = Loop(owner.op)
        for group in self.groups[owner.op]:
            values = [loop.collects[k] for k in group]
            if self.append_point(loop, values) is not at:
                continue
            items = [self.expressions.of(v) for v in values]
            item = items[0] if len(items) == 1 else ast.Tuple(items, ast.Load())
            tape = ast.Name(self.names.of(loop.tapes_out[group[0]]), ast.Load())
            out.append(
                Line(ast.Expr(ast.Call(ast.Attribute(tape, "append", ast.Load()), [item], [])))
            )

    def is_tail(self, op: Op, block: Block) -> bool:
        """True where an `if` at a block's end is read by the block's yields alone."""
        if block.op is not None and block.op.name == "if":
            return False
        if any(self.count.get(r, 0) != block.yields.count(r) for r in op.results):
            return False
        is_condition = (
            block.op is not None and block.op.name == "while" and block.op.regions[0] is block
        )
        appended = self.appends.get(op, [])
        return not is_condition and not any(r in appended for r in op.results)

    def tail_branch(self, op: Op, out: list[Line], finish: Finish) -> bool:
        """A branch at the end of a block: each side ends the block by itself."""
        test = self.expressions.of(op.operands[0])
        sides: list[list[Line]] = []
        left: list[bool] = []
        for region in op.regions:
            inner: list[Line] = []
            saved = self.current
            mapping = dict(zip(op.results, region.yields, strict=True))

            def close(m: Mapping, o: list[Line], mapping: Mapping = mapping) -> bool:
                return finish({r: m.get(v, v) for r, v in mapping.items()} | m, o)

            decided = self.decided
            self.decided = decided | {op.operands[0]: region is op.regions[0]}
            left.append(self.tail_block(region, inner, close))
            self.decided = decided
            self.current = saved
            sides.append(inner)
        then, other = sides
        if left[0] and not (left[1] and not other):
            out.append(self.if_line(test, then))
            out.extend(other)
            return left[1]
        if left[1]:
            out.append(self.if_line(negated(test), other))
            out.extend(then)
            return left[0]
        if then or other:
            self.if_else(test, then, other, out)
        return False

    def tail_block(self, region: Block, out: list[Line], finish: Finish) -> bool:
        ops = [op for op in region.ops if op not in self.nested]
        self.current = None
        for i, op in enumerate(ops):
            read_once = all(self.count.get(r, 0) == region.yields.count(r) for r in op.results)
            if op.name == "if" and i == len(ops) - 1 and not self.appends.get(op) and read_once:
                return self.tail_branch(op, out, finish)
            if self.statement(op, out):
                return True
        return finish({}, out)

    def if_line(self, test: ast.expr, body: list[Line]) -> Line:
        return Line(header=f"if {expression_text(test)}:", body=body)

    def if_else(self, test: ast.expr, then: list[Line], other: list[Line], out: list[Line]) -> None:
        if not then:
            out.append(self.if_line(negated(test), other))
            return
        out.append(self.if_line(test, then))
        if len(other) == 1 and other[0].header.startswith("if "):
            out.append(Line(header="el" + other[0].header, body=other[0].body))
        elif (
            other
            and other[0].header.startswith("if ")
            and all(o.header.startswith(("elif", "else")) for o in other[1:])
        ):
            out.append(Line(header="el" + other[0].header, body=other[0].body))
            out.extend(other[1:])
        elif other:
            out.append(Line(header="else:", body=other))

    def statement(self, op: Op, out: list[Line]) -> bool:
        """Statements of one operation; True where control never comes back (raise)."""
        if op.name == "if":
            return self.branch(op, out)
        if op.name in ("for", "while"):
            self.loop(Loop(op), out)
            return False
        if op.name == "attempt":
            self.attempt(op, out)
            return False
        if op.name == "call" and len(op.results) > 1:
            self.landmark(op, out)
            names = [self.names.of(r) if self.count.get(r) else "_" for r in op.results]
            targets = ast.Tuple([ast.Name(n, ast.Store()) for n in names], ast.Store())
            out.append(Line(ast.Assign([targets], self.expressions.operation(op))))
            return False
        if op in self.unpacked:
            return False
        if op in self.unpackings:
            items = self.unpackings[op]
            out.append(unpacking(op, items, self.expressions.of, self.names.of))
            return False
        if op.name == "effect":
            return effect(op, self.expressions, out)
        self.landmark(op, out)
        if must_write(op) and op.fn in ("intrinsic.store", "intrinsic.index_add"):
            self.write(op, out)
            return False
        if op.exact and not self.count.get(op.result):
            out.append(Line(ast.Expr(self.expressions.operation(op))))
            return False
        self.assign(self.names.of(op.result), op.result, self.expressions.operation(op), out)
        return False

    def attempt(self, op: Op, out: list[Line]) -> None:
        """A try statement that notes which exception its body raised."""
        name = ast.Name(self.names.of(op.result), ast.Store())
        several = op.result.kind == INT

        def noted(k: int) -> Line:
            return Line(ast.Assign([name], ast.Constant(k if several else bool(k))))

        body: list[Line] = []
        saved, self.current = self.current, None
        self.block(op.regions[0], body, lambda m, o: False)
        self.current = saved
        out.append(Line(header="try:", body=[*body, noted(0)]))
        for k, (classes, passes_on) in enumerate(op.attrs["catches"], 1):
            names = [expression_text(self.expressions.dotted(c)) for c in classes]
            caught = names[0] if len(names) == 1 else f"({', '.join(names)})"
            body = [Line(ast.Raise(None, None))] if passes_on else [noted(k)]
            out.append(Line(header=f"except {caught}:", body=body))

    def landmark(self, op: Op, out: list[Line]) -> None:
        """The user's line, over the adjoint of its operations."""
        if op.exact or not self.landmarks:
            return
        statement = op.span.statement if op.span is not None else None
        if statement is not None and statement.text.endswith(":"):
            return
        if statement is not None and statement != self.current:
            self.current = statement
            out.append(Line(comment=statement.text))

    def assign(self, name: str, value: Value, expression: ast.expr, out: list[Line]) -> None:
        target = ast.Name(name, ast.Store())
        op = value.op
        if op is not None and op.name == "prim" and isinstance(expression, ast.BinOp):
            first = self.innermost(op)
            number = value.kind.is_scalar and not any(may_be_array(v) for v in first.operands[:1])
            buffer = first.attrs.get("buffer") and not may_be_seed(first.operands[0])
            in_place = must_write(op) or buffer or number
            if op.attrs.get("inplace") and is_name(expression.left, name):
                out.append(Line(ast.AugAssign(target, AUGMENTED[op.fn](), expression.right)))
                return
            if in_place and is_doubled(op) and is_name(expression.right, name):
                out.append(Line(ast.AugAssign(target, ast.Mult(), ast.Constant(2.0))))
                return
            if in_place and not op.exact and op.fn in ("operator.add", "operator.sub"):
                rest = augmented(expression, name)
                if rest is not None:
                    out.append(Line(ast.AugAssign(target, rest[0], rest[1])))
                    return
        if isinstance(expression, ast.Name) and expression.id == name:
            return
        out.append(Line(ast.Assign([target], expression)))

    def innermost(self, op: Op) -> Op:
        """The first addition of a sum that is printed as one expression: the one that may be done in place."""
        inner = op.operands[0].op
        while (
            inner is not None
            and inner in self.nested
            and inner.fn in ("operator.add", "operator.sub")
        ):
            op, inner = inner, inner.operands[0].op
        return op

    def write(self, op: Op, out: list[Line]) -> None:
        """x[index] = value, x[index] += value."""
        array, index, value = op.operands
        base = ast.Name(self.names.of(op.result), ast.Load())
        if not (
            isinstance(self.expressions.of(array), ast.Name) and self.names.of(array) == base.id
        ):
            out.append(
                Line(ast.Assign([ast.Name(base.id, ast.Store())], self.expressions.of(array)))
            )
        target = ast.Subscript(base, self.expressions.of(index), ast.Store())
        if op.fn == "intrinsic.store":
            made = value.op
            if (
                made is not None
                and made in self.nested
                and made.attrs.get("update")
                and made.operands[0].op in self.nested
            ):
                operator = AUGMENTED[made.fn]()
                out.append(
                    Line(ast.AugAssign(target, operator, self.expressions.of(made.operands[1])))
                )
                return
            out.append(Line(ast.Assign([target], self.expressions.of(value))))
            return
        if not once(index):
            call = ast.Call(
                self.expressions.dotted("numpy.add.at"),
                [base, self.expressions.index(index), self.expressions.of(value)],
                [],
            )
            out.append(Line(ast.Expr(call)))
            return
        operator = ast.Add()
        inner = value.op
        if inner is not None and inner in self.nested and inner.fn == "operator.neg":
            operator, value = ast.Sub(), inner.operands[0]
        expression = self.expressions.of(value)
        if isinstance(operator, ast.Add):
            operator, expression = sign_out(expression)
        out.append(Line(ast.AugAssign(target, operator, expression)))

    def branch(self, op: Op, out: list[Line]) -> bool:
        """An `if` in the middle of a block: each side sets the variables of the results."""
        if self.is_choice(op):
            name = self.names.of(op.result)
            out.append(Line(ast.Assign([ast.Name(name, ast.Store())], self.expressions.choice(op))))
            return False
        test = self.expressions.of(op.operands[0])
        sides: list[list[Line]] = []
        left = []
        for region in op.regions:
            inner: list[Line] = []
            saved, self.current = self.current, None

            def close(m: Mapping, o: list[Line], region: Block = region) -> bool:
                self.copies(
                    [(r, m.get(v, v)) for r, v in zip(op.results, region.yields, strict=True)], o
                )
                return False

            left.append(self.block(region, inner, close))
            self.current = saved
            sides.append(inner)
        then, other = sides
        if left[0] and then:
            out.append(self.if_line(test, then))
            out.extend(other)
        elif left[1] and other:
            out.append(self.if_line(negated(test), other))
            out.extend(then)
        elif then or other:
            self.if_else(test, then, other, out)
        return False

    def is_choice(self, op: Op) -> bool:
        """True for a conditional expression whose sides are expressions."""
        if op.attrs.get("form") not in ("ifexp", "and", "or") or len(op.results) != 1:
            return False
        return all(inner in self.nested for region in op.regions for inner in region.ops)

    def copies(self, pairs: Iterable[tuple[Value, Value]], out: list[Line]) -> None:
        """Assignments that happen at the same time, put in an order in which none destroys what another reads.

        A value that does not exist on this path, but is put on a tape all the same, is None.
        """
        todo: list[tuple[str, Value, ast.expr, set[str]]] = []
        for target, value in pairs:
            missing = value.op is not None and value.op.name == "undef"
            if missing and target not in self.kept_anyway:
                continue
            name = self.names.of(target)
            expression = self.expressions.of(value)
            if isinstance(expression, ast.Name) and expression.id == name:
                continue
            read = {n.id for n in ast.walk(expression) if isinstance(n, ast.Name)}
            todo.append((name, value, expression, read))
        while todo:
            ready = next(
                (t for t in todo if not any(t[0] in o[3] for o in todo if o is not t)), None
            )
            if ready is None:
                targets = ast.Tuple([ast.Name(t[0], ast.Store()) for t in todo], ast.Store())
                out.append(Line(ast.Assign([targets], ast.Tuple([t[2] for t in todo], ast.Load()))))
                return
            todo.remove(ready)
            self.assign(ready[0], ready[1], ready[2], out)

    # --- loops --------------------------------------------------------------------------------------------

    def loop(self, loop: Loop, out: list[Line]) -> None:
        op = loop.op
        tapes = [loop.tapes_out[group[0]] for group in self.groups.get(op, [])]
        # What a tape begins with is read before the loop's variables are set, which may have its names.
        for tape, start in [(t, loop.starts[t]) for t in tapes if t in loop.starts]:
            kept = ast.Name(self.names.of(tape), ast.Store())
            out.append(Line(ast.Assign([kept], self.expressions.of(start))))
        self.copies(zip(loop.carried, loop.inits, strict=True), out)
        for tape in [t for t in tapes if t not in loop.starts]:
            kept = ast.Name(self.names.of(tape), ast.Store())
            out.append(Line(ast.Assign([kept], ast.List([], ast.Load()))))
        body: list[Line] = []
        trips = loop.trips if loop.trips is not None and self.count.get(loop.trips) else None
        if trips is not None:
            name = self.names.of(trips)
            out.append(Line(ast.Assign([ast.Name(name, ast.Store())], ast.Constant(0))))
            body.append(
                Line(ast.AugAssign(ast.Name(name, ast.Store()), ast.Add(), ast.Constant(1)))
            )

        def close(m: Mapping, o: list[Line]) -> bool:
            pairs = [(p, m.get(v, v)) for p, v in zip(loop.carried, loop.next, strict=True)]
            return self.stop(loop, m, pairs, o)

        saved, self.current = self.current, None
        header = self.for_header(loop) if loop.is_for else self.while_header(loop, body)
        self.block(loop.body, body, close)
        self.current = saved
        out.append(Line(header=header, body=body))

    def stop(
        self, loop: Loop, m: Mapping, pairs: list[tuple[Value, Value]], out: list[Line]
    ) -> bool:
        """The end of an iteration: what the next one starts with, and the test that leaves the loop."""
        copies: list[Line] = []
        self.copies(pairs, copies)
        if loop.stop is None:
            out.extend(copies)
            return False
        flag = m.get(loop.stop, loop.stop)
        known, value = static(flag)
        if flag in self.decided:
            known, value = True, self.decided[flag]
        if known:
            out.extend([*copies, Line(ast.Break())] if value else copies)
            return bool(value)
        test = self.expressions.of(flag)
        read = {n.id for n in ast.walk(test) if isinstance(n, ast.Name)}
        written = {
            n.id
            for line in copies
            if line.node is not None
            for n in ast.walk(line.node)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        given = [self.names.of(p) for p, v in pairs if v is flag]
        held = next((name for name in given if name in written), None)
        if held is not None:
            test = ast.Name(held, ast.Load())
        elif read & written:
            # The test reads what the next iteration starts without: it comes first.
            out.append(self.if_line(test, [*copies, Line(ast.Break())]))
            self.copies(pairs, out)
            return False
        out.extend([*copies, self.if_line(test, [Line(ast.Break())])])
        return False

    def while_header(self, loop: Loop, body: list[Line]) -> str:
        condition = loop.op.regions[0]
        if all(op in self.nested for op in condition.ops):
            return f"while {expression_text(self.expressions.of(condition.yields[0]))}:"
        head: list[Line] = []
        self.block(condition, head, lambda m, o: False)
        test = self.expressions.of(condition.yields[0])
        head.append(self.if_line(negated(test), [Line(ast.Break())]))
        body[:0] = head
        return "while True:"
