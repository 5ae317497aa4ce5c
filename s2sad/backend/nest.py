"""Chooses which operations are printed inside another statement's expression."""

from __future__ import annotations

from s2sad.analysis.context import Context
from s2sad.analysis.sharing import Sharing, must_write
from s2sad.backend.express import is_doubled
from s2sad.backend.unpack import unpack_groups
from s2sad.ir.core import Block, Function, Loop, Op, Value

ALWAYS = {"tuple", "list", "slice", "undef"}
QUERIES = {"intrinsic.shape", "intrinsic.dim", "intrinsic.ndim", "intrinsic.size"}
LIMIT = 22


def nest(context: Context, function: Function) -> set[Op]:
    """Operations that have no statement of their own."""
    return _Nesting(context, function).nested


class _Nesting:
    def __init__(self, context: Context, function: Function) -> None:
        self.nested: set[Op] = set()
        self.weight: dict[Op, int] = {}
        self.users: dict[Value, list[tuple[Op | None, Block]]] = {}
        self.collected: set[Value] = set()
        self.row_reads: set[Op] = set()
        self.sharing = Sharing(context, function)
        groups = unpack_groups(function)
        self.unpacked = {op for items in groups.values() for op in items.values()}
        self.uses(function.body)
        for op in function.body.walk():
            if op.attrs.get("form") in ("and", "or"):
                for region in op.regions:
                    self.block(region)
        self.block(function.body)

    def uses(self, block: Block) -> None:
        for op in block.ops:
            once = op.operands[:1] if is_doubled(op) else op.operands
            for operand in once:
                self.users.setdefault(operand, []).append((op, block))
            for region in op.regions:
                self.uses(region)
            if op.name in ("for", "while"):
                self.collected.update(Loop(op).collects)
        for value in block.yields:
            self.users.setdefault(value, []).append((None, block))

    def block(self, block: Block) -> None:
        places = {op: i for i, op in enumerate(block.ops)}
        for i, op in enumerate(block.ops):
            for region in op.regions:
                self.block(region)
            if self.fits(op, block, places, i):
                self.nested.add(op)

    def fits(self, op: Op, block: Block, places: dict[Op, int], i: int) -> bool:
        if op.name in ALWAYS:
            return True
        if op.name == "const":
            return not (op.exact and op.result.hint) or op.attrs.get("name") is not None
        if op.name == "if":
            if not self.is_expression(op):
                return False
        elif (
            op.name not in ("prim", "python", "stack", "unstack", "call")
            or op.attrs.get("row")
            or op in self.unpacked
        ):
            return False
        if len(op.results) != 1 or op.result in self.collected:
            return False
        if op.fn in QUERIES or (op.fn == "builtins.len" and not op.result.hint):
            return True
        weight = 1 + sum(
            self.weight.get(v.op, 1) if v.op in self.nested else 1 for v in op.operands if v.op
        )
        self.weight[op] = weight
        value = op.result
        if must_write(op) or value in self.collected:
            return False
        if (
            value.hint
            and op.name != "unstack"
            and not self.is_half(value)
            and not self.is_kept(value)
        ):
            return False
        users = [u for u in self.users.get(value, []) if not self.repeats_test(value, u)]
        if len(users) != 1 or users[0][1] is not block:
            return False
        user = users[0][0]
        if user is not None and user.name in ALWAYS and self.reads(op):
            # That is printed where it is used, and so is all that stands in it: the memory is read at each place.
            user = self.only_user(user, block)
            if user is None:
                return False
        if user is not None and must_write(user) and user.operands[0] is value:
            return False
        if user is not None and user.name in ("for", "while") and op.name != "unstack":
            if value in Loop(user).tapes_in:
                return False
        if weight > LIMIT and not op.exact:
            return False
        end = len(block.ops) if user is None else places[user]
        return not self.written_between(op, block.ops[i + 1 : end], user)

    def only_user(self, op: Op, block: Block) -> Op | None:
        """What a tuple or slice is written in, if that is one operation of the block."""
        users = self.users.get(op.result, [])
        if len(users) != 1 or users[0][1] is not block:
            return None
        user = users[0][0]
        return self.only_user(user, block) if user is not None and user.name in ALWAYS else user

    def reads(self, op: Op) -> list[Value]:
        """The memory that an expression reads."""
        return [v for v in self.leaves(op) if not v.kind.is_scalar]

    def is_half(self, value: Value) -> bool:
        """True for a number that is only there to be doubled: 2.0 * value has its name."""
        user = self.users.get(value, [(None, None)])[0][0]
        if user is None or not is_doubled(user) or user.attrs.get("buffer"):
            return False
        return value.kind.is_scalar and user.result.hint == value.hint

    def is_kept(self, value: Value) -> bool:
        """True for an array that is only there to be copied: the copy has its name."""
        user = self.users.get(value, [(None, None)])[0][0]
        return user is not None and user.fn == "numpy.copy" and user.result.hint == value.hint

    def repeats_test(self, value: Value, user: tuple[Op | None, Block]) -> bool:
        """True for the second mention of the test in `test and rest`, which is printed once."""
        owner = user[1].op
        if user[0] is not None or owner is None or owner.operands[:1] != [value]:
            return False
        return owner.attrs.get("form") in ("and", "or") and self.is_expression(owner)

    def is_expression(self, op: Op) -> bool:
        """True for a conditional expression, `and` or `or` whose sides are expressions."""
        if op.attrs.get("form") not in ("ifexp", "and", "or") or len(op.results) != 1:
            return False
        return all(inner in self.nested for region in op.regions for inner in region.ops)

    def written_between(self, op: Op, between: list[Op], user: Op | None) -> bool:
        """True where memory that the expression reads may be written before the place of its user."""
        reads = self.reads(op)
        if not reads:
            return False
        writes = [w.operands[0] for o in between for w in _writes(o)]
        return any(self.sharing.share(w, r) for w in writes for r in reads)

    def leaves(self, op: Op) -> list[Value]:
        out: list[Value] = []
        for value in op.operands:
            out.append(value)
            if value.op is not None and value.op in self.nested:
                out.extend(self.leaves(value.op))
        for region in op.regions:
            for value in region.yields:
                out.append(value)
                if value.op is not None and value.op in self.nested:
                    out.extend(self.leaves(value.op))
        return out


def _writes(op: Op) -> list[Op]:
    found = [op] if must_write(op) or op.attrs.get("buffer") else []
    for region in op.regions:
        for inner in region.walk():
            if must_write(inner) or inner.attrs.get("buffer"):
                found.append(inner)
    return found
