"""Rule cases: elementwise functions of NumPy and of the math module."""

from __future__ import annotations

import math
import sys

import numpy as np
from cases import Case, apart, between, case, normal, single

REAL = (-2.0, 2.0)
POSITIVE = (0.2, 3.0)

UNARY = {
    "sin": REAL, "cos": REAL, "tan": (-1.2, 1.2), "arcsin": (-0.9, 0.9), "asin": (-0.9, 0.9),
    "arccos": (-0.9, 0.9), "acos": (-0.9, 0.9), "arctan": REAL, "atan": REAL, "sinh": REAL, "cosh": REAL,
    "tanh": REAL, "arcsinh": REAL, "asinh": REAL, "arccosh": (1.3, 4.0), "acosh": (1.3, 4.0),
    "arctanh": (-0.8, 0.8), "atanh": (-0.8, 0.8), "exp": REAL, "exp2": REAL, "expm1": REAL,
    "log": POSITIVE, "log2": POSITIVE, "log10": POSITIVE, "log1p": (-0.6, 2.0), "sqrt": POSITIVE,
    "square": REAL, "reciprocal": POSITIVE, "negative": REAL, "positive": REAL,
}  # fmt: skip
# NumPy has these for real arguments only, or they are not analytic.
UNARY_REAL = {
    "deg2rad": REAL, "radians": REAL, "rad2deg": REAL, "degrees": REAL, "cbrt": POSITIVE, "abs": POSITIVE,
    "absolute": (-3.0, -0.2), "fabs": (-3.0, -0.2), "sinc": REAL, "nan_to_num": REAL, "real": REAL,
    "conj": REAL, "conjugate": REAL,
}  # fmt: skip
MATH = {
    "sin": REAL, "cos": REAL, "tan": (-1.2, 1.2), "asin": (-0.9, 0.9), "acos": (-0.9, 0.9), "atan": REAL,
    "sinh": REAL, "cosh": REAL, "tanh": REAL, "asinh": REAL, "acosh": (1.3, 4.0), "atanh": (-0.8, 0.8),
    "exp": REAL, "exp2": REAL, "expm1": REAL, "log": POSITIVE, "log2": POSITIVE, "log10": POSITIVE,
    "log1p": (-0.6, 2.0), "sqrt": POSITIVE, "cbrt": POSITIVE, "fabs": (-3.0, -0.2), "degrees": REAL,
    "radians": REAL, "erf": REAL, "erfc": REAL, "gamma": (0.3, 4.0), "lgamma": (0.2, 30.0),
}  # fmt: skip


def unary() -> list[Case]:
    cases = []
    for table, analytic in ((UNARY, True), (UNARY_REAL, False)):
        for name, (low, high) in table.items():
            arrays = [between(low, high, *shape) for shape in ((3,), (2, 3), (2, 1, 2))]
            numbers = [float(between(low, high, 1)[0]), *arrays, single(arrays[0])]
            cases.append(case(f"np_{name}", f"np.{name}(x)", *numbers, analytic=analytic, second=2))
    for name, (low, high) in MATH.items():
        numbers = [float(v) for v in between(low, high, 2)]
        cases.append(case(f"math_{name}", f"math.{name}(x)", *numbers, analytic=False))
    return cases


def pairs(low: float, high: float) -> list[tuple]:
    """Pairs of arguments in an interval that are broadcast in every way."""
    shapes = [((3,), (3,)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((3,), (2, 2, 3)), ((1,), (3,))]
    found: list[tuple] = [tuple(float(v) for v in between(low, high, 2))]
    found += [(between(low, high, *s), between(low, high, *t, seed=1)) for s, t in shapes]
    found += [(float(between(low, high, 1)[0]), between(low, high, 3, seed=1))]
    found += [(between(low, high, 2, 2), float(between(low, high, 1)[0]))]
    found += [tuple(single(between(low, high, 3, seed=s)) for s in (2, 3))]
    return found


CASES = [
    *unary(),
    # operators
    case("add", "x + y", *pairs(*REAL), second=3),
    case("sub", "x - y", *pairs(*REAL), second=3),
    case("mul", "x * y", *pairs(*REAL), second=3),
    case("truediv", "x / y", *pairs(*POSITIVE), second=3),
    case("pow", "x ** y", *pairs(*POSITIVE), second=3),
    case("neg", "-x", 1.5, normal(3), single(normal(2, 2))),
    case("pos", "+x", 1.5, normal(3)),
    case(
        "mod", "x % y", (7.3, 2.1), (between(3.1, 3.9, 2, 3), between(1.1, 1.5, 3)), analytic=False
    ),
    case(
        "floordiv",
        "x * (x // y)",
        (7.3, 2.1),
        (between(3.1, 3.9, 2, 3), between(1.1, 1.5, 3)),
        analytic=False,
    ),
    case("abs_builtin", "abs(x)", -1.5, 2.5, apart(2, 3), analytic=False),
    case("square_operator", "x ** 2", -1.5, normal(3), single(normal(2))),
    case("cube", "x ** 3 + x ** 3.0", -1.5, normal(3)),
    case("inverse_power", "x ** -2 + x ** 0.5", 1.5, between(0.2, 2.0, 3)),
    case("zeroth_power", "x ** 0 + x ** 0.0 + x ** 1 + x", 1.5, normal(3)),
    case("power_at_zero", "x ** 3 + x ** 2 + x ** 1 + x ** 0", 0.0, normal(3) * [0.0, 1.0, -1.0]),
    case("base", "2.0 ** x + 3 ** x", 1.5, normal(3)),
    # by name
    case("np_add", "np.add(x, y)", *pairs(*REAL)[:4]),
    case("np_subtract", "np.subtract(x, y)", *pairs(*REAL)[:4]),
    case("np_multiply", "np.multiply(x, y)", *pairs(*REAL)[:4]),
    case("np_divide", "np.divide(x, y)", *pairs(*POSITIVE)[:4]),
    case("np_true_divide", "np.true_divide(x, y)", *pairs(*POSITIVE)[:4]),
    case("np_power", "np.power(x, y)", *pairs(*POSITIVE), second=3),
    case("np_pow", "np.pow(x, y)", *pairs(*POSITIVE)[:3]),
    case("np_power_integer", "np.power(x, 3) + np.power(x, 2)", -1.5, normal(3), single(normal(2))),
    case(
        "np_power_at_zero",
        "np.power(x, 2) + np.power(x, 1.0) + np.power(x, 0)",
        0.0,
        normal(3) * [0.0, 1.0, -1.0],
    ),
    case(
        "np_power_array",
        "np.power(x, np.array([0.0, 1.0, 2.0, 3.0]))",
        normal(4),
        normal(2, 4) * [0.0, 0.0, 1.0, 0.0],
    ),
    case(
        "np_power_of_integer",
        "np.power(3, x) + np.power(np.array([1, 2, 4]), x)",
        between(0.5, 2.0, 3),
    ),
    case("np_float_power", "np.float_power(x, y)", *pairs(*POSITIVE)[:3]),
    case("np_mod", "np.mod(x, y)", (between(3.1, 3.9, 2, 3), between(1.1, 1.5, 3)), analytic=False),
    case(
        "np_mod_negative",
        "np.mod(x, y)",
        (between(-3.9, -3.1, 2, 3), between(1.1, 1.5, 3)),
        analytic=False,
    ),
    case(
        "np_remainder",
        "np.remainder(x, y)",
        (between(3.1, 3.9, 3), between(-1.5, -1.1, 3)),
        analytic=False,
    ),
    case(
        "np_fmod",
        "np.fmod(x, y)",
        (between(-3.9, -3.1, 2, 3), between(1.1, 1.5, 3)),
        analytic=False,
    ),
    case("np_hypot", "np.hypot(x, y)", *pairs(*POSITIVE), analytic=False, second=2),
    case("np_arctan2", "np.arctan2(x, y)", *pairs(*POSITIVE), analytic=False, second=2),
    case("np_atan2", "np.atan2(x, y)", (normal(3), normal(3, seed=1)), analytic=False),
    case("np_logaddexp", "np.logaddexp(x, y)", *pairs(*REAL), analytic=False, second=2),
    case("np_logaddexp2", "np.logaddexp2(x, y)", *pairs(*REAL), analytic=False, second=2),
    case(
        "np_copysign",
        "np.copysign(x, y)",
        (-1.5, 2.0),
        (apart(2, 3), apart(3, seed=1)),
        wrt="x",
        analytic=False,
    ),
    case(
        "np_heaviside",
        "x * np.heaviside(x, y)",
        (apart(4), normal(4)),
        (normal(3) * [0, 1, 0], normal(3)),
        wrt="y",
        analytic=False,
    ),
    case(
        "np_ldexp",
        "np.ldexp(x, np.array([1, -2, 3]))",
        1.5,
        normal(3),
        normal(2, 1),
        analytic=False,
    ),
    # selection
    case(
        "np_maximum",
        "np.maximum(x, y)",
        (1.5, -0.5),
        (apart(2, 3), apart(3, seed=1) + 0.01),
        (0.3, apart(4)),
        (single(apart(4)), single(apart(4, seed=3) + 0.01)),
        analytic=False,
        second=2,
    ),
    case(
        "np_minimum",
        "np.minimum(x, y)",
        (1.5, -0.5),
        (apart(2, 3), apart(3, seed=1) + 0.01),
        (apart(4), 0.3),
        analytic=False,
        second=2,
    ),
    case(
        "np_fmax",
        "np.fmax(x, y)",
        (1.5, -0.5),
        (apart(2, 3), apart(3, seed=1) + 0.01),
        analytic=False,
    ),
    case(
        "np_fmin",
        "np.fmin(x, y)",
        (1.5, -0.5),
        (apart(2, 3), apart(3, seed=1) + 0.01),
        analytic=False,
    ),
    case(
        "relu", "np.maximum(x, 0.0) * x", 1.5, -0.5, apart(2, 3), single(apart(3)), analytic=False
    ),
    case("builtin_max", "max(x, y) * min(x, 3.0)", (1.5, -0.5), (0.5, 2.0), analytic=False),
    case(
        "np_clip",
        "np.clip(x, -0.7, 0.9) * x",
        0.5,
        -2.0,
        apart(5),
        apart(2, 3),
        single(apart(4)),
        analytic=False,
    ),
    case(
        "np_clip_bounds",
        "np.clip(x, y, z)",
        (apart(6), -0.6, 1.05),
        (apart(2, 3), apart(3) * 0.1 - 0.8, 1.17),
        analytic=False,
    ),
    case(
        "np_clip_bounds_in_the_wrong_order",
        "np.clip(x, y, z) * x + np.clip(x, 0.9, z) + x.clip(y, -0.4)",
        (apart(6), 0.6, 0.3),
        (apart(2, 3), apart(3) * 0.1 + 0.7, 0.45),
        analytic=False,
    ),
    case(
        "np_clip_one_bound",
        "np.clip(x, None, 0.8) + np.clip(x, -0.3, None) + np.clip(x, a_min=0.1, a_max=1.5)",
        apart(5),
        analytic=False,
    ),
    case(
        "nan_to_num_of_parameters",
        "np.nan_to_num(np.array([x[0], np.nan, np.inf, -np.inf]), nan=y, posinf=y * y, neginf=z) * x",
        (normal(4), 0.6, 1.3),
        analytic=False,
    ),
    case("clip_method", "x.clip(-0.7, 0.9) + x.clip(max=0.1)", apart(2, 3), analytic=False),
    case("np_where", "np.where(x > 0.2, x * y, y)", *pairs(*REAL), analytic=False, second=3),
    case(
        "np_where_constant",
        "np.where(np.array([True, False, True]), x, 0.0)",
        normal(3),
        normal(2, 1),
    ),
    case(
        "nan_to_num_infinite",
        "np.nan_to_num(x + y, nan=1.0, posinf=2.0)",
        (normal(4), [0.3, math.inf, math.nan, -math.inf] * np.ones(4)),
        wrt="x",
        analytic=False,
        second=0,
    ),
    # steps have derivative zero
    case(
        "steps",
        "x * (np.floor(x) + np.ceil(x) + np.rint(x) + np.trunc(x) + np.round(x, 1) + np.sign(x))",
        1.23,
        apart(5),
        analytic=False,
    ),
    case(
        "tests",
        "x * (np.isfinite(x) + np.isnan(x) + (x > 0.5) + np.logical_and(x > 0, x < 1))",
        apart(5),
        analytic=False,
    ),
    case(
        "positions",
        "x[np.argmax(x)] * x[np.argmin(x)] + x[np.argsort(x)]",
        apart(5),
        analytic=False,
    ),
    # functions of the math module with two arguments
    case("math_atan2", "math.atan2(x, y)", (1.5, -0.5), (-1.0, 0.3), analytic=False),
    case("math_gamma_negative", "math.gamma(x)", -1.4, -0.3, analytic=False),
    case("math_nextafter", "math.nextafter(x, 2.0) * x", 0.7, analytic=False),
    case("math_hypot", "math.hypot(x, y)", (1.5, -0.5), analytic=False),
    case(
        "math_hypot_three", "math.hypot(x, y, z) * math.hypot(x)", (1.5, -0.5, 0.3), analytic=False
    ),
    case("math_log_base", "math.log(x, y)", (1.5, 2.5), analytic=False),
    case("math_log_ten", "math.log(x, 10)", 1.5, analytic=False),
    case("math_dist", "math.dist(x, y)", (normal(3), normal(3, seed=1)), analytic=False),
    case("math_fsum", "math.fsum(x * x)", normal(3), analytic=False),
    *(
        case(f"statistics_{name}", f"statistics.{name}(x * x)", normal(3), analytic=False)
        for name in ("mean", "fmean", "variance", "pvariance", "stdev", "pstdev")
    ),
    case(
        "statistics_of_lists",
        "statistics.fmean([1, x]) * statistics.fmean(t * x for t in (1, 2, x)) + statistics.fmean([1, 2])",
        0.7,
        analytic=False,
    ),
    case(
        "math_prod",
        "math.prod(x)",
        normal(3),
        normal(3) * [0.0, 1.0, 0.0],
        analytic=False,
        second=2,
    ),
    case("math_pow", "math.pow(x, y)", (1.5, -0.5), (0.7, 2.0), analytic=False),
    case("math_copysign", "math.copysign(x, y)", (1.5, -0.5), wrt="x", analytic=False),
    case("math_fmod", "math.fmod(x, y)", (7.5, 2.2), (-7.5, 2.2), analytic=False),
    case("math_remainder", "math.remainder(x, y)", (7.5, 2.2), (-7.5, 2.2), analytic=False),
    case("math_ldexp", "math.ldexp(x, 3)", 1.5, analytic=False),
    # conversions
    case("float_builtin", "float(x) * x", 1.5, analytic=False),
    case("np_float64", "np.float64(x) * x", 1.5, analytic=False),
    case("item", "x.item() * x", normal(1), normal(1, 1), analytic=False),
    case("conj_method", "x.conj() * x.conjugate()", normal(3), analytic=False),
]

if sys.version_info >= (3, 13):
    CASES.append(case("math_fma", "math.fma(x, y, z)", (1.5, -0.5, 0.3), analytic=False))
