"""match: cases as a chain of ifs, patterns as tests and assignments."""

from __future__ import annotations

from typing import Any

import gast
import numpy as np

from s2sad.frontend.base import Base
from s2sad.frontend.scope import Static

WHOLE = (
    bool,
    bytes,
    dict,
    float,
    frozenset,
    int,
    list,
    set,
    str,
    tuple,
)  # float(x) matches a float
NAMES = {
    "isinstance": isinstance, "len": len, "list": list, "tuple": tuple, "dict": dict, "array": np.ndarray,
}  # fmt: skip


def array_is_sequence() -> bool:
    """Whether `case [*items]` matches an array: newer versions of NumPy say so."""
    match np.zeros(1):
        case [*_]:
            return True
    return False


class Patterns(Base):
    """The part of `Lowering` that handles match."""

    def stmt_Match(self, node: Any) -> None:
        name = f"$match{node.lineno}"
        self.scope.vars[name] = self.expression(node.subject)
        for known, obj in NAMES.items():
            self.scope.vars[f"${known}"] = Static(obj, known)
        self.statements(self.cases(_name(name), node.cases, node))

    def cases(self, subject: Any, cases: list[Any], node: Any) -> list[Any]:
        """The cases of a match as a chain of ifs."""
        if not cases:
            return []
        case, rest = cases[0], cases[1:]
        tests, bound = self.pattern(subject, case.pattern, node)
        made: list[Any]
        if case.guard is None:
            body = [*bound, *case.body]
            if not tests:
                for statement in bound:
                    _place(statement, node)
                return body
            made = [gast.If(_all(tests), body, self.cases(subject, rest, node))]
        elif not bound:
            made = [gast.If(_all([*tests, case.guard]), case.body, self.cases(subject, rest, node))]
        elif (known := self.decided(tests, node)) is not None:
            others = self.cases(subject, rest, node)
            made = [*bound, gast.If(case.guard, case.body, others)] if known else others
        else:
            # Names that the pattern binds stay bound where the guard fails, and the next cases are tried.
            found = f"{subject.id}_{case.pattern.lineno}_{case.pattern.col_offset}"
            guarded = gast.If(case.guard, [_set(found, gast.Constant(True, None)), *case.body], [])
            inner: list[Any] = [*bound, guarded]
            made = [_set(found, gast.Constant(False, None))]
            made += [gast.If(_all(tests), inner, [])] if tests else inner
            after = self.cases(subject, rest, node)
            if after:
                made.append(gast.If(gast.UnaryOp(gast.Not(), _name(found)), after, []))
        for statement in made:
            _place(statement, node)
        return made

    def decided(self, tests: list[Any], node: Any) -> bool | None:
        """Whether the tests of a pattern hold, where that is known before the run."""
        if not tests:
            return True
        whole = _all(tests)
        _place(whole, node)
        return self.known_truth(self.expression(whole))

    def pattern(self, subject: Any, pattern: Any, node: Any) -> tuple[list[Any], list[Any]]:
        """Tests, each of which needs those before it, and assignments of a pattern."""
        if isinstance(pattern, gast.MatchValue):
            return [gast.Compare(subject, [gast.Eq()], [pattern.value])], []
        if isinstance(pattern, gast.MatchSingleton):
            constant = gast.Constant(pattern.value, None)
            return [gast.Compare(subject, [gast.Is()], [constant])], []
        if isinstance(pattern, gast.MatchOr):
            parts = [self.pattern(subject, p, node) for p in pattern.patterns]
            if not any(bound for _, bound in parts) and all(tests for tests, _ in parts):
                return [gast.BoolOp(gast.Or(), [_all(tests) for tests, _ in parts])], []
        if isinstance(pattern, gast.MatchAs):
            tests, bound = (
                ([], [])
                if pattern.pattern is None
                else self.pattern(subject, pattern.pattern, node)
            )
            named = [] if pattern.name is None else [_set(pattern.name, subject)]
            return tests, [*bound, *named]
        if isinstance(pattern, gast.MatchSequence):
            return self.sequence_pattern(subject, pattern.patterns, node)
        if isinstance(pattern, gast.MatchMapping):
            return self.mapping_pattern(subject, pattern, node)
        if isinstance(pattern, gast.MatchClass):
            return self.class_pattern(subject, pattern, node)
        raise self.unsupported(node, "this pattern of a match is not supported", "use if")

    def part_patterns(
        self, tests: list[Any], pairs: list[tuple[Any, Any]], node: Any
    ) -> tuple[list[Any], list[Any]]:
        """The tests and assignments of a pattern from those of its parts: (part of the subject, pattern)."""
        bound: list[Any] = []
        for part, pattern in pairs:
            more, names = self.pattern(part, pattern, node)
            tests, bound = [*tests, *more], [*bound, *names]
        return tests, bound

    def sequence_pattern(
        self, subject: Any, patterns: list[Any], node: Any
    ) -> tuple[list[Any], list[Any]]:
        names = ["$tuple", "$list", *(["$array"] if array_is_sequence() else [])]
        kinds = gast.Tuple([_name(name) for name in names], gast.Load())
        star = next((i for i, p in enumerate(patterns) if isinstance(p, gast.MatchStar)), None)
        count = len(patterns) - (star is not None)
        compare = gast.Eq() if star is None else gast.GtE()
        length = gast.Compare(_call("$len", subject), [compare], [gast.Constant(count, None)])
        tests = [_call("$isinstance", subject, kinds), length]
        pairs = []
        for i, pattern in enumerate(patterns):
            if i != star:
                at = i if star is None or i < star else i - len(patterns)
                pairs.append((_item(subject, at), pattern))
        tests, bound = self.part_patterns(tests, pairs, node)
        if star is not None and patterns[star].name is not None:
            end = star - len(patterns) + 1
            stop = gast.Constant(end, None) if end else None
            rest = gast.Slice(gast.Constant(star, None), stop, None)
            listed = _call("$list", gast.Subscript(subject, rest, gast.Load()))
            bound.append(_set(patterns[star].name, listed))
        return tests, bound

    def mapping_pattern(self, subject: Any, pattern: Any, node: Any) -> tuple[list[Any], list[Any]]:
        if pattern.rest is not None:
            raise self.unsupported(node, "a pattern with the rest of a dict", "use if")
        tests: list[Any] = [_call("$isinstance", subject, _name("$dict"))]
        tests += [gast.Compare(key, [gast.In()], [subject]) for key in pattern.keys]
        items = [gast.Subscript(subject, key, gast.Load()) for key in pattern.keys]
        return self.part_patterns(tests, list(zip(items, pattern.patterns, strict=True)), node)

    def class_pattern(self, subject: Any, pattern: Any, node: Any) -> tuple[list[Any], list[Any]]:
        cls = self.expression(pattern.cls)
        if not isinstance(cls, Static) or not isinstance(cls.value, type):
            raise self.unsupported(node, "a pattern of what is no class", "use isinstance")
        tests: list[Any] = [_call("$isinstance", subject, pattern.cls)]
        if cls.value in WHOLE and len(pattern.patterns) == 1:
            pairs = [(subject, pattern.patterns[0])]
        else:
            fields = getattr(cls.value, "__match_args__", ())
            if len(pattern.patterns) > len(fields):
                raise self.unsupported(
                    node,
                    f"{cls.value.__name__} has {len(fields)} fields that a pattern may give by place",
                    "give them by name",
                )
            names = [*fields[: len(pattern.patterns)], *pattern.kwd_attrs]
            given = [*pattern.patterns, *pattern.kwd_patterns]
            whole = [gast.Attribute(subject, n, gast.Load()) for n in names]
            pairs = list(zip(whole, given, strict=True))
        return self.part_patterns(tests, pairs, node)


def _place(made: Any, node: Any) -> None:
    for part in gast.walk(made):
        if not hasattr(part, "lineno"):
            gast.copy_location(part, node)


def _name(name: str) -> Any:
    return gast.Name(name, gast.Load(), None, None)


def _set(name: str, value: Any) -> Any:
    return gast.Assign([gast.Name(name, gast.Store(), None, None)], value, None)


def _call(name: str, *args: Any) -> Any:
    return gast.Call(_name(name), list(args), [])


def _item(subject: Any, at: int) -> Any:
    return gast.Subscript(subject, gast.Constant(at, None), gast.Load())


def _all(tests: list[Any]) -> Any:
    return tests[0] if len(tests) == 1 else gast.BoolOp(gast.And(), tests)
