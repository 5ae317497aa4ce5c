"""Rule cases: reductions and running sums and products."""

from __future__ import annotations

from cases import apart, between, case, normal, single

SHAPES = [normal(4), normal(2, 3), normal(2, 3, 2), single(normal(2, 3))]
POSITIVE = [between(0.5, 2.0, 4), between(0.5, 2.0, 2, 3)]
ZEROS = [normal(3) * [0.0, 1.0, 1.0], normal(2, 3) * [[0.0, 1.0, 0.0], [1.0, 1.0, 0.0]]]
DEEP = [normal(2, 3, 2), single(normal(2, 3, 2))]

CASES = [
    case("np_sum", "np.sum(x)", 1.5, *SHAPES),
    case("sum_builtin", "sum(x) * x", normal(4), normal(2, 3), single(normal(3))),
    case("np_sum_axis", "np.sum(x, axis=0)", *SHAPES),
    case("np_sum_negative", "np.sum(x, axis=-1) + x.sum(-1)", *SHAPES),
    case("np_sum_pair", "np.sum(x, axis=(0, -1))", *DEEP),
    case("np_sum_keepdims", "np.sum(x, axis=1, keepdims=True) * x", *DEEP),
    case(
        "np_sum_keepdims_all",
        "np.sum(x, keepdims=True) * x + np.sum(x, axis=None)",
        normal(3),
        normal(2, 2),
    ),
    case("sum_method", "x.sum() * x.sum(axis=0)", normal(2, 3)),
    case("np_mean", "np.mean(x)", *SHAPES),
    case("np_mean_axis", "np.mean(x, axis=0) + x.mean(0)", *SHAPES),
    case("np_mean_pair", "np.mean(x, axis=(0, 2))", *DEEP),
    case("np_mean_keepdims", "x - np.mean(x, axis=-1, keepdims=True)", *SHAPES),
    case(
        "np_max",
        "np.max(x)",
        *(apart(*s) for s in ((4,), (2, 3))),
        single(apart(4)),
        analytic=False,
    ),
    case(
        "np_max_axis",
        "np.max(x, axis=1)",
        apart(2, 3),
        apart(2, 3, 2),
        single(apart(2, 3)),
        analytic=False,
    ),
    case("np_max_pair", "np.amax(x, axis=(0, -1))", apart(2, 3, 2), analytic=False),
    case(
        "np_max_keepdims",
        "x - np.max(x, axis=-1, keepdims=True)",
        apart(4),
        apart(2, 3),
        analytic=False,
    ),
    case("max_method", "x.max() * x.max(axis=0)", apart(2, 3), analytic=False),
    case("np_min", "np.min(x) * np.amin(x, axis=0)", apart(4), apart(2, 3), analytic=False),
    case(
        "np_min_axis",
        "np.min(x, axis=(1, 2), keepdims=True) + x.min(axis=-1, keepdims=True)",
        apart(2, 3, 2),
        analytic=False,
    ),
    case("np_prod", "np.prod(x)", *SHAPES, *ZEROS, second=6),
    case("np_prod_axis", "np.prod(x, axis=0)", *SHAPES, *ZEROS, second=6),
    case("np_prod_last", "np.prod(x, axis=-1, keepdims=True)", *DEEP, *ZEROS, second=4),
    case("np_prod_pair", "np.prod(x, axis=(2, 0))", *DEEP, normal(2, 2, 2) * [1.0, 0.0], second=3),
    case("prod_method", "x.prod() + x.prod(axis=0)", normal(3), normal(2, 2), ZEROS[0], second=3),
    case("np_var", "np.var(x)", *SHAPES, analytic=False),
    case(
        "np_var_axis",
        "np.var(x, axis=0, ddof=1) + x.var(axis=0)",
        normal(4),
        normal(2, 3),
        analytic=False,
    ),
    case("np_var_keepdims", "np.var(x, axis=(0, 2), keepdims=True) * x", *DEEP, analytic=False),
    case("np_std", "np.std(x)", *SHAPES, analytic=False),
    case(
        "np_std_axis",
        "np.std(x, axis=-1, ddof=1) + x.std(axis=-1, ddof=1)",
        normal(4),
        normal(2, 3),
        analytic=False,
    ),
    case(
        "np_std_keepdims",
        "x / np.std(x, axis=0, keepdims=True)",
        normal(4),
        normal(2, 3),
        single(normal(3, 2)),
        analytic=False,
    ),
    case("np_nansum", "np.nansum(x) * x", *SHAPES),
    case(
        "np_nansum_axis", "np.nansum(x, axis=1, keepdims=True) + np.nansum(x, axis=0)", normal(2, 3)
    ),
    case("np_norm", "np.linalg.norm(x)", *SHAPES, analytic=False),
    case(
        "np_norm_axis", "np.linalg.norm(x, axis=1)", normal(2, 3), normal(2, 3, 2), analytic=False
    ),
    case(
        "np_norm_keepdims",
        "x / np.linalg.norm(x, axis=-1, keepdims=True)",
        normal(3),
        normal(2, 3),
        analytic=False,
    ),
    case("np_norm_matrices", "np.linalg.norm(x, axis=(0, 2))", normal(2, 3, 2), analytic=False),
    *(
        case(
            f"np_norm_of_order_{name}",
            f"np.linalg.norm(x, {order})",
            apart(5),
            wrt="x",
            analytic=False,
        )
        for name, order in (
            ("1", "1"),
            ("inf", "np.inf"),
            ("lowest", "ord=-np.inf"),
            ("2", "2"),
            ("3", "ord=3.0"),
        )
    ),
    *(
        case(
            f"np_norm_of_matrices_of_order_{name}",
            f"np.linalg.norm(x, {order})",
            apart(3, 2),
            wrt="x",
            analytic=False,
        )
        for name, order in (
            ("fro", "'fro'"),
            ("1", "1"),
            ("inf", "ord=np.inf"),
            ("1_of_rows", "1, axis=1"),
            ("inf_of_columns", "np.inf, 0, True"),
            ("fro_of_axes", "'fro', axis=(0, 1)"),
        )
    ),
    case("np_cumsum", "np.cumsum(x)", *SHAPES),
    case("np_cumsum_axis", "np.cumsum(x, axis=0) + x.cumsum(axis=-1)", *SHAPES),
    case("np_cumprod", "np.cumprod(x)", *SHAPES, *ZEROS, second=6),
    case(
        "np_cumprod_axis", "np.cumprod(x, axis=-1) + x.cumprod(axis=0)", *SHAPES, *ZEROS, second=6
    ),
    case("np_diff", "np.diff(x)", *SHAPES),
    case("np_diff_twice", "np.diff(x, n=2, axis=0)", normal(4), normal(4, 2)),
    case("np_diff_all", "np.diff(x, n=3)", normal(3), normal(4), normal(2, 1)),
    case("np_diff_axis", "np.diff(x, axis=0) * np.diff(x, 1, 0)", normal(2, 3), normal(3, 2, 2)),
]
