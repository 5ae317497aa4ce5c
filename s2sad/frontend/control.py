"""Lowers branches and loops to structured form.

`break`, `continue` and `return` are flags, held in variables whose names start with "$". A branch that always
leaves takes the rest of its block into the other branch; where leaving depends on more, the rest is guarded
by the flag. A flag that is the same on every path costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gast

from s2sad.errors import AliasingError, S2SADError, UnsupportedSyntaxError
from s2sad.frontend.collecting import Collecting, Need, NeedsMore
from s2sad.frontend.comprehensions import Comprehensions
from s2sad.frontend.find import statement_of
from s2sad.frontend.growing import LONGEST
from s2sad.frontend.loops import Attempt
from s2sad.frontend.merge import FLAGS, Merge
from s2sad.frontend.plan import ActingCondition, Hint, Plan
from s2sad.frontend.scope import (
    CONTENTS,
    Binding,
    Cell,
    Collected,
    Columns,
    Grown,
    Items,
    Place,
    Scope,
    Snapshot,
    Static,
    values_in,
)
from s2sad.ir.core import Block, Op, Value
from s2sad.ir.kinds import NEVER

MOST_TRIES = 100  # at one loop: each finds out more of what its body does


class Again(gast.Pass):
    """The iterations that follow, of a loop that is written out."""

    def __init__(self, run: Callable[[], None]) -> None:
        super().__init__()
        self.run = run


LISTS = (Items, Grown, Columns, Collected)


class Control(Comprehensions, Collecting):
    """The part of `Lowering` that handles sequences of statements, branches and loops."""

    def statements(self, nodes: list[Any]) -> None:
        for i, node in enumerate(nodes):
            saved = self.statement
            if not self.scope.source.is_written_here:  # else the landmark is the line of the call
                self.statement = statement_of(self.scope.source.file, node)
            rest = nodes[i + 1 :]
            if isinstance(node, gast.If):
                if self.if_statement(node, rest):
                    return
            elif isinstance(node, gast.For):
                self.for_statement(node)
            elif isinstance(node, gast.While):
                self.while_statement(node)
            elif isinstance(node, Again):
                node.run()
            else:
                self.simple_statement(node)
            self.statement = saved
            leaving = self.leaving(node)
            if leaving is True:
                return
            if leaving is not False and rest:
                self.branch(leaving, lambda: None, lambda r=rest: self.staying(r), node, "guard")  # type: ignore[misc]
                return

    def staying(self, nodes: list[Any]) -> None:
        """Statements that are only reached where no flag says that the block is left."""
        for name in FLAGS:
            if isinstance(self.scope.vars.get(name), Value):
                self.scope.vars[name] = Static(False)
        self.statements(nodes)

    def unless_left(self, nodes: list[Any], node: Any) -> None:
        """An `else` clause: statements that are left out where the body of `node` has returned, or left a loop."""
        left = self.leaving(node) if nodes else True
        if left is False:
            self.statements(nodes)
        elif left is not True:
            self.branch(left, lambda: None, lambda: self.staying(nodes), node, "guard")

    def leaving(self, node: Any) -> bool | Value:
        """Whether the statement just lowered leaves its block: True, False, or a flag."""
        flags: list[Value] = []
        for name in FLAGS:
            flag = self.scope.vars.get(name, Static(False))
            if isinstance(flag, Static):
                if flag.value:
                    return True
            elif isinstance(flag, Value):
                flags.append(flag)
        if not flags:
            return False
        result = flags[0]
        for flag in flags[1:]:
            result = self.either(result, flag, node)
        return result

    def either(self, a: Value, b: Value, node: Any) -> Value:
        return self.to_value(self.choose(a, lambda: a, lambda: b, node, "or"), node)

    # --- branches ---------------------------------------------------------------------------------------

    def if_statement(self, node: Any, rest: list[Any]) -> bool:
        """Lower an `if`; True where it took the rest of the block into a branch."""
        test = self.expression(node.test)
        known = self.known_truth(test)
        if known is not None:
            self.statements(node.body if known else node.orelse)
            return False
        taken = False

        def side(nodes: list[Any], other: list[Any]) -> Callable[[], None]:
            def run() -> None:
                nonlocal taken
                self.statements(nodes)
                if rest and _always_leaves(other) and not _always_leaves(nodes):
                    taken = True
                    leaving = self.leaving(node)
                    if leaving is False:
                        self.statements(rest)
                    elif leaving is not True:
                        self.branch(
                            leaving, lambda: None, lambda: self.staying(rest), node, "guard"
                        )

            return run

        self.branch(
            self.asked(test, node.test),
            side(node.body, node.orelse),
            side(node.orelse, node.body),
            node,
            "if",
        )
        return taken

    def branch(
        self, test: Value, then: Callable[[], None], other: Callable[[], None], node: Any, form: str
    ) -> None:
        """Run two pieces of lowering as branches of an `if`, and merge the variables that they set."""
        outer, before, statement = self.block, self.state.take(), self.statement
        blocks: list[Block] = []
        ends: list[Snapshot] = []
        for run in (then, other):
            self.block = Block()
            self.sizes.around[self.block] = outer
            self.state.restore(before)
            run()
            blocks.append(self.block)
            ends.append(self.state.take())
        self.statement = statement
        raised = [bool(b.ops) and b.ops[-1].attrs.get("what") == "raise" for b in blocks]
        if raised[0] != raised[1]:
            # What comes after is only reached by the other side, which needs no branch.
            stays = blocks[0] if raised[1] else blocks[1]
            sides = [Block() if b is stays else b for b in blocks]
            self.block = outer
            outer.append(Op("if", [test], [], {"form": "if"}, sides, self.span(node), exact=True))
            for moved in stays.ops:
                outer.append(moved)
            self.state.restore(ends[blocks.index(stays)])
            return
        op = Op("if", [test], [], {"form": form}, blocks, self.span(node), exact=True)
        self.block = outer
        merge = Merge(self, op, before, ends, node)
        self.state.restore(merge.state())
        for made in (op, *merge.views):
            outer.append(made)

    def choose(
        self,
        test: Value,
        then: Callable[[], Binding],
        other: Callable[[], Binding],
        node: Any,
        form: str,
    ) -> Binding:
        """The value of a conditional expression."""
        self.branch(
            test,
            lambda: self.set_var("$value", then()),
            lambda: self.set_var("$value", other()),
            node,
            form,
        )
        return self.scope.vars.pop("$value")

    def set_var(self, name: str, binding: Binding) -> None:
        self.scope.vars[name] = binding

    def undef(self, node: Any) -> Value:
        return self.op("undef", [], NEVER, node)

    # --- loops ------------------------------------------------------------------------------------------

    def while_statement(self, node: Any) -> None:
        tried = ("unrolled", node.test, *self.stack)
        if tried in self.hints:
            self.while_known(node)
            return
        block, mark, before = self.block, len(self.block.ops), self.state.take()
        statement = self.statement
        self.open_whiles += 1
        try:
            self.loop(node, None, None)
        except (UnsupportedSyntaxError, AliasingError) as error:
            # Objects and lists of them are known one by one, and with them the tests that ask for them.
            self.block, self.statement = block, statement
            del block.ops[mark:]
            self.state.restore(before)
            if error.recursion is not None:
                raise
            try:
                self.while_known(node)
            except (UnsupportedSyntaxError, AliasingError):
                raise error from None
            self.hints[tried] = None
        finally:
            self.open_whiles -= 1

    def while_known(self, node: Any) -> None:
        """A while loop whose test is known each time: its body, as often as the loop runs."""
        variables = self.scope.vars
        outer = {f: variables.pop(f) for f in FLAGS[1:] if f in variables}
        continues = any(isinstance(n, gast.Continue) for n in gast.walk(node))

        def run(times: int) -> None:
            test = self.known_truth(self.expression(node.test)) if times < LONGEST else None
            if test is None:
                raise self.unsupported(node, "how often this loop runs is only known at run time")
            if not test:
                self.statements(node.orelse)
                return
            again = Again(lambda: run(times + 1))
            if not continues:
                # In one block with the body, as what comes after a break on one path is on the other path.
                self.statements([*node.body, gast.copy_location(again, node)])
                return
            self.statements(node.body)
            self.scope.vars.pop("$continue", None)
            leaving = self.leaving(node)
            if leaving is False:
                again.run()
            elif leaving is not True:
                self.branch(leaving, lambda: None, again.run, node, "guard")

        run(0)
        self.scope.vars.pop("$break", None)
        self.scope.vars.update(outer)

    def loop(
        self, node: Any, domain: list[Value] | None, element: Callable[[Value], Binding] | None
    ) -> bool:
        """Lower a loop; True where lists grow in it by what is not known one by one."""
        named = (
            any(isinstance(n, gast.NamedExpr) for n in gast.walk(node.test))
            if domain is None
            else False
        )
        if named:
            node = self.endless(node)
        places: dict[Place, None] = {
            (self.scope.owner(n) if rebound else self.holder_of(n), n): None
            for n, rebound in _assigned(node).items()
        }
        written = {name: self.scope.find_local(name) for name in _written(node)}
        for array in written.values():
            # What else holds an array that is written is carried too.
            if isinstance(array, Value) and not array.kind.is_scalar:
                if self.whole_of(array) not in written.values():
                    self.take_over(array, node)
                held = [place for place, b in self.state.places() if array in values_in(b)]
                places |= dict.fromkeys(held)
        plan = Plan(node, domain, element, dict(places))
        outer, before, statement = self.block, self.state.take(), self.statement
        # What a loop runs over names it: that is part of the program where the loop is written for a comprehension.
        hint_of = (node.test if domain is None else node.iter, *self.stack)
        hinted = hint_of in self.hints
        if hinted:
            self.hints[hint_of].apply(plan, self.scope, before)
        tries = 0
        while True:
            self.block, self.statement = outer, statement
            self.state.restore(before)
            if (tries := tries + 1) > MOST_TRIES:
                raise self.unsupported(
                    node,
                    "what the variables of this loop hold does not settle",
                    "give them the same structure in each iteration",
                )
            mark = len(outer.ops)
            attempt = Attempt(self, plan, before)
            sets, self.held_sets = (
                self.held_sets,
                {c for c in before if isinstance(c, Cell) and c.kind is set},
            )
            try:
                if attempt.run():
                    break
            except ActingCondition:
                plan.node = node = self.endless(node)
            except NeedsMore as found:
                if found.outer or found.cell not in plan.collecting:
                    found.outer = False
                    raise
                plan.collecting[found.cell] = found.added(plan.collecting[found.cell])
            except S2SADError as error:
                if attempt.doubt_none():
                    del outer.ops[mark:]
                    continue
                if not isinstance(error, UnsupportedSyntaxError):
                    raise
                if hinted:
                    hinted, plan = False, Plan(node, domain, element, dict(places))
                    del outer.ops[mark:]
                    continue
                if not self.lists_grow(plan, before, error) and not self.stretch(plan):
                    raise self.as_array(plan, before, plan.failure or error) from None
            finally:
                self.held_sets = sets
            del outer.ops[mark:]
        self.hints[hint_of] = Hint.of(plan, self.scope, before)
        self.block = outer
        attempt.finish()
        self.statement = statement
        if node.orelse:
            left, returned = attempt.broken, self.leaving(node)
            if isinstance(returned, Value):
                left = returned if left is None else self.either(left, returned, node)
            if left is None and returned is False:
                self.statements(node.orelse)
            elif left is not None and returned is not True:
                self.branch(left, lambda: None, lambda: self.staying(node.orelse), node, "guard")
        return bool(plan.growing or plan.collecting)

    def holder_of(self, name: str) -> Scope:
        """The scope of a variable whose items are assigned: that may be one of a function around."""
        scope: Scope | None = self.scope
        while scope is not None and name not in scope.vars:
            scope = scope.elsewhere.get(name, scope.lexical)
        return self.scope if scope is None else scope

    def lists_grow(self, plan: Plan, before: Snapshot, error: UnsupportedSyntaxError) -> bool:
        """Whether to try a loop again with lists that grow in it: put on tapes, or else as arrays."""
        grown = dict.fromkeys(
            c
            for c in (*self.appended_in(plan.node, before), *self.lengthened)
            if c in before and c.kind is list and isinstance(before[c].get(CONTENTS), LISTS)
        )
        new = [c for c in grown if c not in plan.collecting and c not in plan.growing]
        if new:
            plan.collecting |= {cell: Need() for cell in new}
        else:
            counts = plan.counts | self.appended_to(plan.node, before)
            counts = {c: k for c, k in counts.items() if isinstance(before[c][CONTENTS], Items)}
            if plan.growing or plan.domain is None or not counts:
                return False
            plan.failure = error
            plan.growing |= counts
            for cell in counts:
                plan.collecting.pop(cell, None)
        plan.places |= {(cell, CONTENTS): None for cell in grown}
        return True

    def stretch(self, plan: Plan) -> bool:
        """Whether to try a loop again that carries the lengths of lists in arrays, which it changes."""
        new = {c: a for c, a in plan.stretchable.items() if a not in plan.stretched}
        for cell, array in new.items():
            plan.stretched.add(array)
            plan.collecting.pop(cell, None)
            plan.growing.pop(cell, None)
        return bool(new)

    def as_array(
        self, plan: Plan, before: Snapshot, error: UnsupportedSyntaxError
    ) -> UnsupportedSyntaxError:
        """A refusal after which the lists that the loop changes may be tried as arrays from the beginning."""
        lists = (
            c
            for c in (*plan.collecting, *plan.growing)
            if isinstance(before[c].get(CONTENTS), Items)
        )
        places = [c.made for c in lists if c.made is not None and c.made not in self.by_place]
        if places and error.by_place is None:
            error.by_place, error.last_resort = places[0], True
        return error

    def appended_in(self, node: Any, before: Snapshot) -> list[Cell]:
        """Lists that have a name and to which something in a loop appends."""
        found: list[Cell] = []
        for inner in gast.walk(node):
            grows = isinstance(inner, gast.Attribute) and inner.attr in ("append", "extend")
            if grows or isinstance(inner, gast.AugAssign):
                name = getattr(inner.value if grows else inner.target, "id", "")
                cell = before.get(self.scope.owner(name), {}).get(name)
                if isinstance(cell, Cell):
                    found.append(cell)
        return found

    def appended_to(self, node: Any, before: Snapshot) -> dict[Cell, int]:
        """Lists to which the statements of a loop's body append, and how many items."""
        lists: dict[Cell, int] = {}
        for statement in node.body:
            call = getattr(statement, "value", None)
            func = getattr(call, "func", None)
            if isinstance(func, gast.Attribute) and func.attr == "append":
                name = getattr(func.value, "id", "")
                cell = before.get(self.scope.owner(name), {}).get(name)
                if isinstance(cell, Cell) and isinstance(before[cell].get(CONTENTS), Items):
                    lists[cell] = lists.get(cell, 0) + 1
        return lists

    def endless(self, node: Any) -> Any:
        """`while test` as an endless loop that tests and breaks, for a test that changes variables."""
        if node.orelse:
            raise self.unsupported(
                node.test,
                "a condition that changes variables is not supported in a while loop with else",
                "write while True, with an if and break",
            )
        test = gast.If(node.test, [gast.Pass()], [gast.Break()])
        loop = gast.While(gast.Constant(True, None), [test, *node.body], [])
        for made in (loop, loop.test, test, *test.body, *test.orelse):
            gast.copy_location(made, node.test)
        return gast.copy_location(loop, node)


def _always_leaves(nodes: list[Any]) -> bool:
    """True where a block's every path ends in return, break, continue or raise."""
    for node in nodes:
        if isinstance(node, (gast.Return, gast.Break, gast.Continue, gast.Raise)):
            return True
        if (
            isinstance(node, gast.If)
            and node.orelse
            and _always_leaves(node.body)
            and _always_leaves(node.orelse)
        ):
            return True
    return False


def _written(loop: Any) -> list[str]:
    """Names of the arrays that a loop's body writes, or may write."""
    stored = [
        n.value
        for n in gast.walk(loop)
        if isinstance(n, gast.Subscript) and isinstance(n.ctx, gast.Store)
    ]
    stored += [n.target for n in gast.walk(loop) if isinstance(n, gast.AugAssign)]
    return list(dict.fromkeys(n.id for n in stored if isinstance(n, gast.Name)))


def _assigned(loop: Any) -> dict[str, bool]:
    """Names that a loop's body (and its target) assigns, in the order of their appearance.

    With False where only items of the name are assigned.
    """
    names: dict[str, bool] = {}

    def visit(node: Any) -> None:
        if isinstance(node, (gast.FunctionDef, gast.Lambda, gast.ClassDef)):
            if isinstance(node, gast.FunctionDef):
                names[node.name] = True
            return
        if isinstance(node, gast.Name) and isinstance(node.ctx, (gast.Store, gast.Del)):
            names[node.id] = True
        if (
            isinstance(node, gast.Subscript)
            and isinstance(node.ctx, gast.Store)
            and isinstance(node.value, gast.Name)
        ):
            names.setdefault(node.value.id, False)
        for child in gast.iter_child_nodes(node):
            visit(child)

    if hasattr(loop, "target"):
        visit(loop.target)
    for node in loop.body:
        visit(node)
    return names
