"""What is known of a result before the run, its number of axes, its lengths and its dtype, is what NumPy gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import Case
from test_rules import CASES, functions  # noqa: F401

import s2sad
from s2sad.analysis.context import Context
from s2sad.frontend.arguments import describe_arguments
from s2sad.ir.kinds import Kind
from s2sad.pipeline import primal_ir

# Of one truth these give an integer, and the larger of an integer and a float is either.
OTHERS = ("np_real", "np_conj", "np_conjugate", "builtin_max", "builtin_min")
FAMILIES = {"bool": "b", "int": "i", "float": "f"}


@pytest.mark.parametrize("case", CASES, ids=[c.name for c in CASES])
def test_kind_of_the_result(case: Case, functions: Any) -> None:  # noqa: F811
    f = getattr(functions, case.name)
    where = {case.parameters.index(name) for name in case.wrt}
    for arguments in case.variants:
        for change in (None, whole, single, truths):
            for changed in [where] if change is None else [{i} for i in sorted(where)]:
                args = [
                    change(a) if change and i in changed else a for i, a in enumerate(arguments)
                ]
                try:
                    with np.errstate(all="ignore"):
                        y = f(*args)
                except (TypeError, ValueError, ArithmeticError, AttributeError, IndexError):
                    continue  # what the function does not take
                kind = kind_of(f, case.parameters, args)
                if change is not None and case.name in OTHERS:
                    continue
                if kind is not None and np.asarray(y).dtype.kind in "biuf":
                    agrees(kind, y, case.name)


def whole(x: Any) -> Any:
    return np.ceil(np.abs(x)).astype(int) if np.ndim(x) else int(abs(x)) + 1


def single(x: Any) -> Any:
    return np.asarray(x, dtype=np.float32) if np.ndim(x) else x


def truths(x: Any) -> Any:
    return np.asarray(x) > 0.5 if np.ndim(x) else x > 0.5


def kind_of(f: Any, names: list[str], args: list[Any]) -> Kind | None:
    tangent = s2sad.tangent(f)
    parts = describe_arguments(list(names), tuple(args), False)
    try:
        function = primal_ir(tangent._program(), Context(tangent.registry), parts)
    except s2sad.S2SADError:
        return None
    (result,) = function.results
    return result.kind


def agrees(kind: Kind, y: Any, about: str) -> None:
    found = np.asarray(y)
    about = f"{about}: {kind}, and it is {found.dtype}{found.shape}"
    if kind.dims is not None:
        assert len(kind.dims) == found.ndim, about
        assert all(
            d == n for d, n in zip(kind.dims, found.shape, strict=True) if isinstance(d, int)
        ), about
    if kind.dtype is not None:
        family = FAMILIES.get(kind.dtype, kind.dtype[0])
        assert family == found.dtype.kind, about
