"""np.einsum: each adjoint is again an einsum, with the result's subscripts in the operand's place."""

import numpy as np
from s2sad.templates.core import unbroadcast

from s2sad.rules import helper, nondifferentiable, rule


@rule(np.einsum, multilinear_in="operands", view_of="operands")
def einsum(subscripts, *operands, optimize=False):
    y = np.einsum(subscripts, *operands, optimize=optimize)
    operands_bar[i] += with_own_indices(
        np.einsum(
            adjoint_subscripts(subscripts, i),
            *operands[:i],
            y_bar,
            *operands[i + 1 :],
            optimize=optimize,
        ),
        operands[i],
        subscripts,
        i,
    )


@helper
def einsum_terms(subscripts):
    """Subscripts of the operands and of the result of np.einsum."""
    operands, arrow, result = subscripts.replace(" ", "").partition("->")
    if not arrow:
        letters = operands.replace(",", "").replace("...", "")
        result = "..." if "..." in operands else ""
        result += "".join(c for c in sorted(set(letters)) if letters.count(c) == 1)
    return operands.split(","), result


@helper
def adjoint_subscripts(subscripts, i):
    """Subscripts of the einsum of operand i's adjoint, and where the adjoint of the result stands.

    Only indices that other operands or the result have can be in it, each once.
    """
    operands, result = einsum_terms(subscripts)
    own, operands[i] = operands[i], result
    kept = "".join(c for c in dict.fromkeys(own.replace(".", "")) if c in "".join(operands))
    dots = "..." if "..." in subscripts else ""
    return ",".join(operands) + "->" + dots + kept


@helper
def is_whole(subscripts, i):
    """Whether the einsum of the adjoint already has all indices of operand i."""
    own = einsum_terms(subscripts)[0][i]
    return "..." not in subscripts and adjoint_subscripts(subscripts, i).endswith(">" + own)


@helper
def has_diagonals(subscripts, i):
    """Whether operand i has an index twice, or axes without a name."""
    own = einsum_terms(subscripts)[0][i]
    return "..." in subscripts or len(set(own)) < len(own)


@helper
def axes_alone(subscripts, i):
    """The axes of operand i whose index neither another operand nor the result has."""
    own = einsum_terms(subscripts)[0][i]
    kept = adjoint_subscripts(subscripts, i).rpartition(">")[2]
    return tuple(k for k, c in enumerate(own) if c not in kept)


nondifferentiable(einsum_terms, adjoint_subscripts, is_whole, has_diagonals, axes_alone)


@helper
def with_own_indices(g, x, subscripts, i):
    """The adjoint x_bar from its einsum g: spread over indices of x alone, on its diagonals."""
    if is_whole(subscripts, i):
        return unbroadcast(g, x)
    if not has_diagonals(subscripts, i):
        return np.broadcast_to(np.expand_dims(g, axes_alone(subscripts, i)), np.shape(x))
    own = einsum_terms(subscripts)[0][i]
    kept = adjoint_subscripts(subscripts, i).rpartition(">")[2].replace("...", "")
    alone = "".join(c for c in dict.fromkeys(own.replace(".", "")) if c not in kept)
    dots = "..." if "..." in own else ""
    x_bar = np.zeros(np.shape(x), dtype=g.dtype)
    entries = np.einsum(own + "->" + dots + kept + alone, x_bar)
    shape = entries.shape[: entries.ndim - len(alone)]
    g = np.sum(g, axis=tuple(range(np.ndim(g) - len(shape))))
    g = np.sum(g, axis=tuple(k for k, n in enumerate(shape) if n == 1), keepdims=True)
    entries[...] = np.reshape(g, (*np.shape(g), *[1] * len(alone)))
    return x_bar


@rule(with_own_indices, linear_in="g", shape="like:x")
def with_own_indices_rule(g, x, subscripts, i):
    y = with_own_indices(g, x, subscripts, i)
    g_bar += with_shared_indices(y_bar, g, subscripts, i)


@helper
def with_shared_indices(y_bar, g, subscripts, i):
    """Adjoint of with_own_indices: diagonals, summed over the indices that only operand i has."""
    own = einsum_terms(subscripts)[0][i]
    kept = adjoint_subscripts(subscripts, i).rpartition(">")[2].replace("...", "")
    dots = "..." if "..." in own else ""
    y_bar = np.einsum(own + "->" + dots + kept, y_bar)
    widened = [k - np.ndim(g) for k, n in enumerate(np.shape(g)) if n == 1]
    y_bar = np.sum(y_bar, axis=tuple(k for k in widened if k >= -np.ndim(y_bar)), keepdims=True)
    return np.broadcast_to(y_bar, np.shape(g))


@rule(with_shared_indices, linear_in="y_bar", shape="like:g")
def with_shared_indices_rule(y_bar, g, subscripts, i):
    r = with_shared_indices(y_bar, g, subscripts, i)
    y_bar_bar += with_own_indices(r_bar, y_bar, subscripts, i)
