"""Activity: which values depend on a differentiated input, and which of them affect the output.

Both are fixed points over the regions of loops. A value is *varied* when it depends on an input, *useful* when
the output depends on it; it is active when it is both.
"""

from __future__ import annotations

from s2sad.analysis.context import Context, static
from s2sad.errors import MissingRuleError, UnsupportedSyntaxError
from s2sad.ir.core import Block, Function, Loop, Op, Value


def differentiable_operands(context: Context, op: Op) -> list[Value]:
    """Operands of a primitive through which a derivative passes."""
    names = differentiable_params(context, op)
    pairs = zip(op.attrs["params"], op.operands, strict=True)
    return [v for p, v in pairs if p in names and not v.kind.is_passive]


def differentiable_params(context: Context, op: Op) -> set[str]:
    """Names of the rule's parameters through which a derivative passes."""
    rule = context.registry.rules[op.fn]
    if rule.nondifferentiable:
        return set()
    return {*rule.linear_in, *rule.joint_in, *rule.multilinear_in, *rule.adjoints}


def stacked(op: Op) -> list[Value]:
    """Operands of `stack` or `unstack` through which a derivative passes."""
    return op.operands[:1] if op.name == "unstack" else op.operands


def active(
    context: Context, function: Function, inputs: list[Value], outputs: list[Value]
) -> set[Value]:
    """Values that depend on `inputs` and affect `outputs`."""
    varied_set = varied(context, function.body, inputs)
    return varied_set & useful(context, function.body, outputs)


def varied(context: Context, block: Block, inputs: list[Value]) -> set[Value]:
    """Values that depend on `inputs`."""
    found = set(inputs)
    _Varied(context, found).block(block)
    return found


COMPLEX = ("complex", "c8", "c16")


class _Varied:
    def __init__(self, context: Context, found: set[Value]) -> None:
        self.context = context
        self.found = found

    def mark(self, value: Value) -> None:
        if not value.kind.is_passive or value.kind.base == "tape":
            self.found.add(value)

    def block(self, block: Block) -> None:
        for op in block.ops:
            if op.name == "prim":
                if any(v in self.found for v in differentiable_operands(self.context, op)):
                    self.mark(op.result)
                self.refuse_hidden(op)
            elif op.name == "if":
                for region in op.regions:
                    self.block(region)
                    for result, value in zip(op.results, region.yields, strict=True):
                        if value in self.found:
                            self.mark(result)
            elif op.name in ("for", "while"):
                self.loop(Loop(op))
            elif op.name in ("stack", "unstack") and any(v in self.found for v in stacked(op)):
                self.mark(op.result)
            elif op.name == "call" and any(v in self.found for v in op.operands):
                for result in op.results:
                    self.mark(result)

    def refuse_hidden(self, op: Op) -> None:
        """Active values that a rule has no derivative for would be lost: they are refused."""
        rule = self.context.registry.rules[op.fn]
        kinds = [v.kind for v in (*op.operands, *op.results)]
        if any(k.dtype in COMPLEX for k in kinds) and any(self.is_active(v) for v in op.operands):
            raise UnsupportedSyntaxError(
                "complex numbers are not differentiated yet",
                span=op.span,
                help="compute with the real and the imaginary part",
            )
        if rule.passive_only and any(self.is_active(v) for v in op.operands):
            raise MissingRuleError(
                f"{op.fn} of a differentiated value has no rule",
                span=op.span,
                help="compute it from values that do not depend on the inputs of wrt",
            )
        if rule.nondifferentiable:
            return
        if op.fn == "operator.getitem" and self.is_active(op.operands[0]):
            known, key = static(op.operands[1])
            if known and isinstance(key, str):
                raise UnsupportedSyntaxError(
                    f"an item {key!r} is read of an argument that is not known to be a dict",
                    span=op.span,
                    help="call the derivative with the dict, for which code is made then; or pass the items",
                )
        passing = differentiable_params(self.context, op) | set(rule.zero_in)
        for param, operand in zip(op.attrs["params"], op.operands, strict=True):
            if op.fn.startswith(("helper.", "intrinsic.")) and param not in passing:
                continue
            inner = operand.op
            if inner is not None and inner.name in ("tuple", "list") and self.is_active(operand):
                raise UnsupportedSyntaxError(
                    f"{op.fn} gets a {inner.name} that holds differentiated values, which its rule cannot follow",
                    span=op.span,
                    help="make an array of it first: np.array([...])",
                )
            if param not in passing and self.is_active(operand):
                raise MissingRuleError(
                    f"the rule for {op.fn} has no derivative with respect to {param!r}",
                    span=op.span,
                    help=f"add one to the rule in {rule.file}, or keep {param!r} from depending on wrt",
                )

    def is_active(self, value: Value) -> bool:
        if value.op is not None and value.op.name in ("tuple", "list", "slice"):
            return any(self.is_active(v) for v in value.op.operands)
        return value in self.found

    def loop(self, loop: Loop) -> None:
        for init, param in zip(loop.inits, loop.carried, strict=True):
            if init in self.found:
                self.mark(param)
        for tape, param in zip(loop.tapes_in, loop.consumed, strict=True):
            if tape in self.found:
                self.mark(param)
        while True:
            before = len(self.found)
            self.block(loop.body)
            for param, value in zip(loop.carried, loop.next, strict=True):
                if value in self.found:
                    self.mark(param)
            if len(self.found) == before:
                break
        for param, final in zip(loop.carried, loop.finals, strict=True):
            if param in self.found:
                self.mark(final)
        for value, tape in zip(loop.collects, loop.tapes_out, strict=True):
            if value in self.found:
                self.mark(tape)


def useful(context: Context, block: Block, outputs: list[Value]) -> set[Value]:
    """Values that affect `outputs`."""
    found = set(outputs)
    _useful(context, block, found)
    return found


def _useful(context: Context, block: Block, found: set[Value]) -> None:
    for op in reversed(block.ops):
        if op.name == "prim":
            if op.result in found:
                found.update(differentiable_operands(context, op))
        elif op.name == "call":
            if any(r in found for r in op.results):
                found.update(v for v in op.operands if not v.kind.is_passive)
        elif op.name in ("stack", "unstack"):
            if op.result in found:
                found.update(stacked(op))
        elif op.name == "if":
            for region in op.regions:
                for result, value in zip(op.results, region.yields, strict=True):
                    if result in found:
                        found.add(value)
                _useful(context, region, found)
        elif op.name in ("for", "while"):
            loop = Loop(op)
            for final, value, param in zip(loop.finals, loop.next, loop.carried, strict=True):
                if final in found:
                    found.update((value, param))  # the initial value is the result of no iteration
            for tape, value in zip(loop.tapes_out, loop.collects, strict=True):
                if tape in found:
                    found.add(value)
            while True:
                before = len(found)
                _useful(context, loop.body, found)
                for param, value in zip(loop.carried, loop.next, strict=True):
                    if param in found:
                        found.add(value)
                if len(found) == before:
                    break
            for param, init in zip(loop.carried, loop.inits, strict=True):
                if param in found:
                    found.add(init)
            for param, tape in zip(loop.consumed, loop.tapes_in, strict=True):
                if param in found:
                    found.add(tape)
