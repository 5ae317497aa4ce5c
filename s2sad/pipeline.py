"""The list of passes, from a Python function to the text of its derivative."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from s2sad.analysis.activity import differentiable_params
from s2sad.analysis.aliases import check_own_writes, check_writes, copy_arguments
from s2sad.analysis.build import bind, result_kind
from s2sad.analysis.context import Context
from s2sad.analysis.empty_rows import ask_for_rows
from s2sad.analysis.floats import ask_for_floats
from s2sad.analysis.guards import check_guards
from s2sad.analysis.kinds import infer_callee, infer_function, stacked
from s2sad.analysis.narrow import narrow
from s2sad.backend.module import Module, assemble, signature_of
from s2sad.errors import (
    AliasingError,
    MissingRuleError,
    NonScalarOutputError,
    S2SADError,
    UnsupportedSyntaxError,
    UsageError,
    deep,
)
from s2sad.frontend.arguments import Fixed, Group, Part, shaped
from s2sad.frontend.lower import lower
from s2sad.frontend.repeated import repeated
from s2sad.ir.core import Function, Op, Path, Value, callees_of
from s2sad.ir.kinds import Kind
from s2sad.ir.text import to_text
from s2sad.ir.verify import verify
from s2sad.optimize.buffers import assign_buffers, own_results
from s2sad.optimize.clean import count_by_tape
from s2sad.optimize.dead import drop_dead
from s2sad.optimize.lists import begin_lists, drop_list_copies
from s2sad.optimize.pairs import recomputed, write_pairs
from s2sad.optimize.passes import optimise
from s2sad.rules.registry import Registry
from s2sad.rules.skeleton import skeleton
from s2sad.source import Span
from s2sad.transform.calls import Pairs
from s2sad.transform.forward import forward
from s2sad.transform.reverse import reverse

PASSES = ("lower", "kinds", "differentiate", "optimise", "buffers")
SHORTER = 2 / 3  # of its length the text must have where helpers are functions of their own
Wrt = int | str | tuple[int | str, ...]


@dataclass(frozen=True)
class Transform:
    """One application of a transformation: "grad", "value_and_grad", "tangent" or "adjoint"."""

    mode: str
    wrt: Wrt = 0

    @property
    def suffix(self) -> str:
        return self.mode


@dataclass
class Program:
    """What is to be generated: a Python function and the transformations, innermost first."""

    function: Any
    transforms: tuple[Transform, ...]
    registry: Registry
    optimise: bool = True
    inlined: Callable[[Any], Any] | None = None
    called: frozenset[Any] = frozenset()


class Rules:
    """What lowering asks of the registry."""

    def __init__(self, program: Program) -> None:
        self.registry = program.registry
        self._inlined = program.inlined
        self.scratch = Context(program.registry)

    def name_of(self, obj: Any, preferred: str = "") -> str | None:
        return self.registry.name_of(obj, preferred)

    def has(self, name: str) -> bool:
        return name in self.registry.rules

    def bind(
        self, fn: str, args: list[Value], kwargs: dict[str, Value], span: Span
    ) -> tuple[list[str], list[Value], dict[str, Any]]:
        rule = self.registry.rules.get(fn)
        if rule is None:
            raise self.missing(fn, span)
        params, operands = bind(rule, fn, args, kwargs, span)
        return params, operands, {"star": rule.star} if rule.star else {}

    def kind_of(self, op: Op) -> Kind:
        """Kind of a primitive's result. A context of its own: what a try at lowering says of lengths may not hold."""
        if op.name == "stack":
            return stacked(self.scratch, op)
        return result_kind(self.scratch, op, self.registry.rules[op.fn])

    def gives_view(self, fn: str) -> bool:
        """True for a primitive whose result may share the memory of an operand."""
        return bool(self.registry.rules[fn].view_of)

    def moving(self, fn: str, params: list[str], operands: list[Value]) -> set[str]:
        """The parameters of a primitive that have derivatives."""
        op = Op("prim", operands, [Value()], {"fn": fn, "params": params})
        return differentiable_params(self.scratch, op)

    def missing(self, name: str, span: Span) -> S2SADError:
        return MissingRuleError(f"no derivative rule for {name}", span=span, help=skeleton(name))

    def inlined(self, obj: Any) -> Any:
        return self._inlined(obj) if self._inlined is not None else None


def positions(names: list[str], wrt: Wrt, function: str, span: Span | None = None) -> list[int]:
    """Positions of the parameters that `wrt` names."""
    out = []
    for item in wrt if isinstance(wrt, tuple) else (wrt,):
        if not isinstance(item, (str, int)) or isinstance(item, bool):
            raise UsageError(
                f"wrt={item!r} is neither a name nor a position",
                span=span,
                help='write wrt="x", wrt=0, or a tuple of names or positions',
            )
        if isinstance(item, str):
            if item not in names:
                raise UsageError(
                    f"{function} has no parameter {item!r} to differentiate with respect to",
                    span=span,
                    help=f"its parameters are: {', '.join(names) or 'none'}",
                )
            out.append(names.index(item))
        else:
            if not -len(names) <= item < len(names):
                raise UsageError(
                    f"wrt={item} is not a position of the {len(names)} parameters of {function}",
                    span=span,
                    help=f"its parameters are: {', '.join(names) or 'none'}",
                )
            out.append(item % len(names))
    if len(set(out)) != len(out):
        raise UsageError(
            f"wrt={wrt!r} names a parameter twice", span=span, help="name each parameter once"
        )
    return out


def primal_ir(program: Program, context: Context, parts: dict[str, Part] | None) -> Function:
    """The lowered function, with kinds, and its writes checked."""
    try:
        return _checked(program, context, parts, frozenset())
    except (UnsupportedSyntaxError, AliasingError) as error:
        if not error.short:
            raise
        # A list of known length has items that are known one by one, which allows more.
        try:
            return _checked(program, context, parts, error.short)
        except S2SADError:
            pass
        raise


def _checked(
    program: Program,
    context: Context,
    parts: dict[str, Part] | None,
    written_out: frozenset[Any],
) -> Function:
    function = lower(program.function, Rules(program), parts, written_out, program.called)
    function.info["repeated"] = repeated(function)
    for callee in callees_of(function):
        infer_callee(context, callee)
        narrow(context, callee.function)
        ask_for_rows(context, callee.function)
        verify(callee.function, "kinds")
    infer_function(context, function, [p.kind for p in function.params])
    narrow(context, function)
    ask_for_rows(context, function)
    verify(function, "kinds")
    try:
        for callee in callees_of(function):
            check_writes(context, callee.function)
            check_own_writes(context, callee.function)
        check_writes(context, function)
    except AliasingError as error:
        error.short = function.info["short"]
        raise
    copy_arguments(context, function)
    drop_list_copies(context, function)
    return function


def differentiate(
    context: Context,
    function: Function,
    transform: Transform,
    optimising: bool,
    pairs: Pairs | None = None,
) -> Function:
    """One transformation of a function in the IR."""
    context.anchors.clear()
    context.sources.clear()
    wrt, shapes, names, depths = selected(function, transform.wrt)
    for i in wrt:
        check_input(function, i)
    ask_for_floats(context, function, [function.params[i] for i in wrt])
    check_guards(function)
    name = f"{function.name}_{transform.suffix}"
    single = not isinstance(transform.wrt, tuple)
    bars: Any = shapes[0] if single else tuple(shapes)
    if transform.mode == "tangent":
        out = forward(context, function, wrt, name, depths)
        out.structure = (function.structure, function.structure)
    elif transform.mode == "adjoint":
        out = reverse(context, function, wrt, name, seeds=True, pairs=pairs)
        out.structure = bars
    else:
        check_scalar(function)
        with_value = transform.mode == "value_and_grad"
        out = reverse(context, function, wrt, name, seeds=False, with_value=with_value, pairs=pairs)
        out.structure = (None, bars) if with_value else bars
    if pairs is not None:
        write_pairs(context, pairs)
    out.info = dict(function.info) | {"wrt": names, "results": function.structure}
    for made in (*(callee.function for callee in callees_of(out)), out):
        verify(made, transform.mode)
        if optimising:
            optimise(context, made)
            verify(made, "optimise")
    return out


def selected(function: Function, wrt: Wrt) -> tuple[list[int], list[Any], list[str], list[int]]:
    """The parameters that `wrt` is about, the structure of their adjoints, and what they are called.

    Behind these, for each parameter, how many steps into an argument `wrt` itself goes.
    """
    header = function.info.get("header")
    hints = [p.hint for p in function.params]
    places = {place: hints.index(hint) for hint, place in function.leaves.items()}
    indices: list[int] = []
    depths: list[int] = []
    shapes: list[Any] = []
    names: list[str] = []
    for item in wrt if isinstance(wrt, tuple) else (wrt,):
        if isinstance(item, str) and "." in item:
            argument, _, rest = item.partition(".")
            part, text = function.groups.get(argument), argument
            path: Path = ()
            for step in rest.split("."):
                if not isinstance(part, Group) or step not in part.parts:
                    raise UsageError(
                        f"{text} has no part {step!r} to differentiate with respect to",
                        span=header,
                        help=f"give one of: {', '.join(map(str, getattr(part, 'parts', {})))}",
                    )
                path, text = (*path, part.step(step)), f"{text}.{step}"
                part = part.parts[step]
            name = item
        else:
            (at,) = positions(function.arguments, (item,), function.name, header)
            argument = name = text = function.arguments[at]
            part, path = function.groups.get(argument), ()
        if part is None:
            indices.append(hints.index(argument))
            shapes.append(None)
        else:
            before = len(indices)

            def take(leaf: Path, argument: str = argument) -> bool:
                at = places.get((argument, leaf))
                if at is None or function.params[at].kind.is_passive:
                    return False
                indices.append(at)
                return True

            shapes.append(shaped(part, text, take, path))
            if len(indices) == before:
                raise UsageError(
                    f"the argument {name!r} holds no number that has a derivative",
                    span=function.info.get("spans", {}).get(argument, header),
                    help="leave it out of wrt, or pass floats",
                )
        names.append(name)
        depths += [len(path)] * (len(indices) - len(depths))
    positions(function.arguments, tuple(n for n in names if "." not in n), function.name, header)
    return indices, shapes, names, depths


def check_input(function: Function, i: int) -> None:
    param = function.params[i]
    span = function.info.get("spans", {}).get(param.hint)
    if not param.kind.is_passive:
        return
    if param.kind.base in ("number", "array"):
        what = "an integer" if param.kind.is_scalar else "an array of integers"
        cast = f"float({param.hint})" if param.kind.is_scalar else f"{param.hint}.astype(float)"
        raise UsageError(
            f"the argument {param.hint!r} is {what} ({param.kind.dtype}), which has no derivative",
            span=span,
            help=f"pass {cast}",
        )
    raise UsageError(
        f"the argument {param.hint!r} is of kind {param.kind.base}, which has no derivative",
        span=span,
        help="leave it out of wrt",
    )


def check_scalar(function: Function) -> None:
    """grad needs one number as the result."""
    name = function.name
    if function.structure is not None or len(function.results) != 1:
        raise NonScalarOutputError(
            f"{name} returns {len(function.results)} values; grad needs one number",
            span=function.info.get("header"),
            help="use adjoint or vjp, with one seed for each value",
        )
    result = function.results[0]
    kind = result.kind
    span = result.op.span if result.op is not None else function.info.get("header")
    if kind.is_array and kind.dims != ():
        shape = "of unknown shape" if kind.dims is None else f"of {len(kind.dims)} dimension(s)"
        hint = "use adjoint or vjp with a seed, or sum the result"
        if kind.dims == (1,):
            hint = "return result[0] or result.sum()"
        raise NonScalarOutputError(
            f"{name} returns an array {shape}; grad needs a number", span=span, help=hint
        )
    if kind.base not in ("number", "any") and kind.dims != ():
        raise NonScalarOutputError(
            f"{name} returns {'nothing' if kind.base == 'none' else 'a ' + kind.base}; grad needs a number",
            span=span,
            help="return the number to differentiate",
        )
    asked = any(op.attrs.get("what") == "scalar" for op in function.body.ops)
    if kind.base == "any" and not asked:
        guard = Op(
            "effect", [result], [], {"what": "scalar", "function": name}, [], span, exact=True
        )
        function.body.append(guard)


def build(
    program: Program,
    context: Context,
    parts: dict[str, Part] | None,
    dump: Callable[[str, Function], None] | None = None,
) -> Function:
    """All passes up to the last before raising."""
    function = primal_ir(program, context, parts)
    if dump:
        dump("lower", function)
        dump("kinds", function)
    for transform in program.transforms:
        before = function
        if dump:
            dump("differentiate", differentiate(context, before, transform, False))
        function = differentiate(context, before, transform, program.optimise)
        # Only what is not differentiated again has calls with tapes.
        again = recomputed(function) if transform is program.transforms[-1] else None
        if again:
            function = differentiate(context, before, transform, program.optimise, Pairs(again))
    if dump:
        dump("optimise", function)
    for callee in callees_of(function):
        callee.gives_own &= all(v.kind.base != "any" for v in callee.function.results)
    own = {callee.function for callee in callees_of(function) if callee.gives_own}
    for made in (*(callee.function for callee in callees_of(function)), function):
        count_by_tape(made)
        if made is function or made in own:  # what other calls give is never written
            own_results(context, made, made in own)
        assign_buffers(context, made)
        drop_dead(made)
        begin_lists(made)
        verify(made, "buffers")
    if dump:
        dump("buffers", function)
    return function


def generate(program: Program, parts: dict[str, Part]) -> tuple[Module, Function]:
    """The generated module for one signature."""
    with deep():
        written_out = _generate(program, parts)
        helpers = written_out[1].info["repeated"]
        if helpers:
            try:
                called = _generate(replace(program, called=helpers), parts)
            except S2SADError:
                return written_out
            if _length(called) < SHORTER * _length(written_out):
                return called
        return written_out


def _length(generated: tuple[Module, Function]) -> int:
    return generated[0].text.count("\n")


def _generate(program: Program, parts: dict[str, Part]) -> tuple[Module, Function]:
    context = Context(program.registry)
    function = build(program, context, parts)
    kinds = {p.hint: p.kind for p in function.params if p.hint not in function.leaves}
    kinds |= {
        n: Kind("NoneType") for n, p in parts.items() if isinstance(p, Fixed) and p.value is None
    }
    signature = signature_of(context, [(n, kinds[n]) for n in parts if n in kinds])
    doc = docstring(program, function, signature)
    landmarks = program.transforms[-1].mode != "tangent"
    module = assemble(context, function, doc, landmarks)
    module.signature = signature
    return module, function


def dump_pass(program: Program, name: str, parts: dict[str, Part]) -> str:
    """Text of the IR after a pass."""
    texts: dict[str, str] = {}
    build(program, Context(program.registry), parts, lambda p, f: texts.__setitem__(p, to_text(f)))
    return texts[name]


def docstring(program: Program, function: Function, signature: dict[str, str]) -> str:
    """What the generated function computes, and for which kinds of arguments."""
    primal = getattr(program.function, "__name__", "f")
    words = {
        "grad": "Gradient of {f} with respect to {x}, by reverse mode.",
        "value_and_grad": "Value and gradient of {f} with respect to {x}, by reverse mode.",
        "adjoint": "Adjoint of {f} with respect to {x}, by reverse mode.",
        "tangent": "Value and tangent of {f} along {x}, by forward mode.",
    }
    inner = f"`{primal}`"
    for transform in program.transforms[:-1]:
        inner = f"the {transform.mode.replace('_', ' ')} of {inner}"
    wrt = function.info["wrt"]
    x = wrt[0] if len(wrt) == 1 else f"({', '.join(wrt)})"
    text = words[program.transforms[-1].mode].format(f=inner, x=x)
    shapes = ", ".join(
        f"{n}: {k}" for n, k in signature.items() if "[" in k or k[0] in "fiubc" and k[-1].isdigit()
    )
    if shapes:
        text += "\n\n" + _filled(f"Generated for {shapes}.")
    return text


def _filled(text: str, width: int = 90) -> str:
    """Text in lines of a width, not broken inside brackets."""
    lines, line = [], ""
    words = re.sub(r"\[[^\]]*\]", lambda m: m[0].replace(" ", "\0"), text).split(" ")
    for word in words:
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line]).replace("\0", " ")
