"""Rule cases: matrix, inner, outer and tensor products, einsum."""

from __future__ import annotations

from cases import Case, case, normal, single

MATMUL = [
    (normal(3), normal(3, seed=1)),
    (normal(2, 3), normal(3)),
    (normal(2), normal(2, 3)),
    (normal(2, 3), normal(3, 2)),
    (single(normal(2, 3)), single(normal(3, 2))),
    (normal(2, 2, 3), normal(3, 2)),
    (normal(2, 2, 3), normal(2, 3, 2)),
    (normal(1, 2, 3), normal(2, 3, 2)),
    (normal(2, 3), normal(2, 3, 2)),
    (normal(2, 2, 3), normal(3)),
    (normal(3), normal(2, 3, 2)),
]
DOT = [
    *MATMUL[:5],
    (1.5, normal(2, 3)),
    (normal(2, 3), 1.5),
    (normal(2, 2, 3), normal(3)),
    (normal(2, 2, 3), normal(3, 2)),
    (normal(2, 3), normal(2, 3, 2)),
    (normal(3), normal(2, 3, 2)),
    (normal(2, 2, 3), normal(2, 3, 2)),
]
CONVOLVED = (
    (normal(5), normal(3, seed=1)),
    (normal(4), normal(4, seed=1)),
    (normal(2), normal(5, seed=1)),
)

INNER = [
    (normal(3), normal(3, seed=1)),
    (normal(2, 3), normal(3)),
    (normal(3), normal(2, 3)),
    (normal(2, 3), normal(4, 3)),
    (normal(2, 2, 3), normal(2, 3)),
    (normal(2, 3), normal(2, 2, 3)),
    (normal(3), normal(2, 2, 3)),
    (normal(2, 2, 3), normal(3)),
    (1.5, normal(2, 3)),
    (normal(2, 3), 1.5),
    (single(normal(2, 3)), single(normal(4, 3))),
]

EINSUM: dict[str, list[tuple]] = {
    "ij,jk->ik": [(normal(2, 3), normal(3, 2)), (single(normal(2, 3)), single(normal(3, 2)))],
    "ij,jk": [(normal(2, 3), normal(3, 2))],
    "i,i": [(normal(3), normal(3, seed=1))],
    "i,j->ij": [(normal(3), normal(2))],
    "ij,ij->": [(normal(2, 3), normal(2, 3, seed=1))],
    "ij,kj,k->i": [(normal(2, 3), normal(4, 3), normal(4))],
    "bij,bjk->bik": [
        (normal(2, 2, 3), normal(2, 3, 2)),
    ],
    "ij->ji": [(normal(2, 3),)],
    "ij->": [(normal(2, 3),)],
    "ij->i": [(normal(2, 3),)],
    "ij->j": [(normal(2, 3),)],
    "ii": [(normal(3, 3),)],
    "ii->i": [(normal(3, 3),)],
    "iij->j": [(normal(2, 2, 3),)],
    "iji->j": [(normal(2, 3, 2),)],
    "ij,k->i": [(normal(2, 3), normal(4))],
    "ii,ij->j": [(normal(2, 2), normal(2, 3))],
    "i,ij->": [(normal(2), normal(2, 3))],
    "...i,...i->...": [
        (normal(2, 3), normal(2, 3, seed=1)),
        (normal(2, 2, 3), normal(3)),
        (normal(2, 1, 3), normal(4, 3)),
    ],
    "...ij,jk->...ik": [(normal(2, 2, 3), normal(3, 2)), (normal(2, 3), normal(3, 2))],
    "i...,i->...": [(normal(2, 3), normal(2)), (normal(2, 2, 3), normal(2))],
    "...ii->...i": [(normal(2, 3, 3),)],
    "ij...,j...->i...": [(normal(2, 3, 2), normal(3, 1))],
    "...,i->i...": [(normal(2, 3), normal(2))],
    "i, j -> j i": [(normal(3), normal(2))],
}


def einsum() -> list[Case]:
    cases = []
    for k, (subscripts, variants) in enumerate(EINSUM.items()):
        arguments = ", ".join("xyz"[: len(variants[0])])
        cases.append(
            case(f"np_einsum_{k}", f"np.einsum({subscripts!r}, {arguments})", *variants, second=2)
        )
    return cases


CASES = [
    case("matmul", "x @ y", *MATMUL, second=11),
    case("np_matmul", "np.matmul(x, y)", *MATMUL[:4]),
    case("np_dot", "np.dot(x, y)", *DOT, second=12),
    case("dot_method", "x.dot(y)", *MATMUL[:4]),
    case("quadratic_form", "x @ y @ x + y.T @ x @ x", (normal(3), normal(3, 3))),
    case(
        "np_outer",
        "np.outer(x, y)",
        (normal(3), normal(2)),
        (normal(2, 2), normal(3)),
        (normal(2), normal(2, 2)),
        (single(normal(3)), single(normal(2))),
        second=2,
    ),
    case(
        "np_vdot",
        "np.vdot(x, y)",
        (normal(3), normal(3, seed=1)),
        (normal(2, 3), normal(6)),
        (normal(2, 3), normal(2, 3, seed=1)),
        second=2,
        analytic=False,
    ),
    case(
        "np_cross",
        "np.cross(x, y)",
        (normal(3), normal(3, seed=1)),
        (normal(2, 3), normal(3)),
        (normal(3), normal(2, 3)),
        (normal(2, 1, 3), normal(4, 3)),
        (single(normal(3)), single(normal(3, seed=1))),
        second=4,
    ),
    case(
        "np_cross_axis",
        "np.cross(x, y, axis=0)",
        (normal(3, 2), normal(3, 2, seed=1)),
        (normal(3), normal(3, 3, seed=1)),
        (normal(3, 3), normal(3)),
        (normal(3), normal(3, 4, seed=1)),
        (normal(3, 1), normal(3, 4, seed=1)),
        second=1,
    ),
    case("np_linalg_cross", "np.linalg.cross(x, y)", (normal(2, 3), normal(2, 3, seed=1))),
    case(
        "np_convolve_same",
        'np.convolve(x, y, mode="same")',
        *CONVOLVED,
    ),
    case(
        "np_convolve_valid",
        'np.convolve(x, y, "valid")',
        *CONVOLVED,
    ),
    case(
        "np_convolve",
        "np.convolve(x, y)",
        (normal(4), normal(3)),
        (normal(2), normal(5)),
        (normal(3), normal(3, seed=1)),
        (normal(1), normal(3)),
        (0.7, normal(3)),
        (single(normal(3)), single(normal(2))),
        second=5,
    ),
    case("np_inner", "np.inner(x, y)", *INNER, second=11),
    case(
        "np_tensordot",
        "np.tensordot(x, y)",
        (normal(2, 3), normal(2, 3, seed=1)),
        (normal(4, 2, 3), normal(2, 3, 2)),
    ),
    case(
        "np_tensordot_one",
        "np.tensordot(x, y, axes=1)",
        (normal(2, 3), normal(3, 2)),
        (normal(2, 2, 3), normal(3, 2)),
        (normal(3), normal(3, 2)),
        (single(normal(2, 3)), single(normal(3, 2))),
        second=3,
    ),
    case(
        "np_tensordot_none",
        "np.tensordot(x, y, axes=0)",
        (normal(2), normal(3)),
        (normal(2, 2), normal(3)),
    ),
    case(
        "np_tensordot_pair",
        "np.tensordot(x, y, axes=(0, 1))",
        (normal(3, 2), normal(4, 3)),
        (normal(3, 2, 2), normal(2, 3)),
    ),
    case(
        "np_tensordot_axes",
        "np.tensordot(x, y, axes=((2, 0), (0, -1)))",
        (normal(2, 3, 4), normal(4, 3, 2)),
        (normal(2, 3, 4), normal(4, 2)),
        second=2,
    ),
    case(
        "np_tensordot_lists",
        "np.tensordot(x, y, ([1], [0]))",
        (normal(2, 3), normal(3, 2)),
        second=2,
    ),
    case(
        "np_kron",
        "np.kron(x, y)",
        (normal(2), normal(3)),
        (normal(2, 3), normal(2, 2)),
        (normal(2), normal(2, 2)),
        (normal(2, 2), normal(3)),
        second=4,
    ),
    *einsum(),
    case("np_einsum_same", "np.einsum('i,ij,j->', x, y, x)", (normal(3), normal(3, 3))),
    case("np_einsum_constant", "np.einsum('ij,jk->ik', x, np.ones((3, 2)))", normal(2, 3)),
    case(
        "np_einsum_optimize",
        "np.einsum('ij,jk,kl->il', x, y, z, optimize=True)",
        (normal(2, 3), normal(3, 2), normal(2, 2)),
    ),
]
