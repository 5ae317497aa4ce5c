"""Rule cases: inverses, linear systems, determinants, and interpolation in tables."""

from __future__ import annotations

import numpy as np
from cases import Case, case, normal, single

EYE = 2.0 * np.eye(2)
MATRIX = EYE + 0.4 * normal(2, 2)
THREE = 2.0 * np.eye(3) + 0.4 * normal(3, 3)
STACK = EYE + 0.4 * normal(3, 2, 2)
TABLE = (np.array([-1.3, -0.2, 0.6, 1.9]), np.array([0.4, -1.1, 0.3, 2.2]))

CASES: list[Case] = [
    case("np_inv", "np.linalg.inv(x)", MATRIX, THREE, STACK, second=3),
    case("np_det", "np.linalg.det(x)", MATRIX, THREE, STACK, second=3),
    case(
        "np_solve",
        "np.linalg.solve(x, y)",
        (MATRIX, normal(2)),
        (THREE, normal(3, 2)),
        (STACK, normal(3, 2, 2)),
        (single(MATRIX), single(normal(2))),
        second=3,
        tolerance=1e-6,
    ),
    case(
        "np_interp",
        "np.interp(x, y, z)",
        (0.1, *TABLE),
        (np.array([0.1, -0.7, 5.0, 1.2, -2.0]), *TABLE),
        (normal(2, 3), *TABLE),
        analytic=False,
        second=3,
    ),
    case(
        "np_interp_in_constants",
        "np.interp(x, [0, 1, 3], (1.0, -2.0, 5.0)) * x",
        0.4,
        2.2,
        7.0,
        np.array([0.4, 2.2]),
        analytic=False,
    ),
]
