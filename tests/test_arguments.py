"""Arguments of every shape: containers, objects, what is bound already, what the function changes."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad

V = np.array([1.0, 2.0, 3.0])
TABLE = np.array([1.0, 2.0])


class Spring:
    def __init__(self, k: float, name: str = "s") -> None:
        self.k = k
        self.name = name

    def energy(self, q: float) -> float:
        return 0.5 * self.k * q * q

    def __call__(self, q: float) -> float:
        return self.k * q**3

    @s2sad.grad(wrt="q")
    def force(self, q: float) -> float:
        return -self.energy(q)


class Pair(NamedTuple):
    a: float
    b: float


@dataclass
class Weights:
    w: Any
    steps: int = 2


def product(p):
    return p[0] * p[1] ** 2


def of_dict(d, x):
    return d["a"] * x + d["b"]["c"] ** 2 + d["n"]


def weighted(weights, x):
    return np.sum(weights.w * x) * weights.steps


def table_sum(x):
    return np.sum(TABLE) * x


def filled(x, v):
    x[0] = v[1]
    return np.sum(x * v)


def mixed(x, n=2, mode="a"):
    items = [x, x * x, x**3, None]
    return items[n] if mode == "a" else items[0]


def horner(x, *coefficients, scale=1.0, **more):
    y = 0.0
    for c in coefficients:
        y = y * x + c
    return y * scale * more.get("factor", 1.0)


FIRST, SECOND = lambda x: x * x, lambda x: x**3


def test_the_adjoint_has_the_structure_of_the_argument() -> None:
    grad = s2sad.grad(product)
    assert grad((2.0, 3.0)) == (9.0, 12.0)
    assert grad([2.0, 3.0]) == [9.0, 12.0]
    assert grad(Pair(2.0, 3.0)) == Pair(9.0, 12.0)
    np.testing.assert_array_equal(grad(np.array([2.0, 3.0])), [9.0, 12.0])
    assert s2sad.grad(of_dict)({"a": 2.0, "b": {"c": 3.0}, "n": 4}, 5.0) == {
        "a": 5.0,
        "b": {"c": 6.0},
        "n": None,
    }
    bar = s2sad.grad(weighted)(Weights(V), V)
    assert isinstance(bar, Weights) and bar.steps == 2
    np.testing.assert_array_equal(bar.w, 2.0 * V)


def test_a_part_of_an_argument() -> None:
    assert s2sad.grad(Spring.energy, wrt="self.k")(Spring(3.0), 2.0) == 2.0
    assert s2sad.grad(Spring.energy, wrt=("self.k", "q"))(Spring(3.0), 2.0) == (2.0, 6.0)
    assert s2sad.grad(Spring.energy, wrt="self")(Spring(3.0), 2.0) == {"k": 2.0}
    with pytest.raises(s2sad.UsageError) as caught:
        s2sad.grad(Spring.energy, wrt="self.mass")(Spring(3.0), 2.0)
    assert "mass" in str(caught.value) and caught.value.help
    with pytest.raises(s2sad.UsageError):
        s2sad.grad(Spring.energy, wrt="self.name")(Spring(3.0), 2.0)


def test_tangents_of_containers() -> None:
    y, y_dot = s2sad.jvp(product, ([2.0, 3.0],), ([1.0, 0.5],))
    assert (y, y_dot) == (18.0, 15.0)
    y, pullback = s2sad.vjp(product, {0: 2.0, 1: 3.0})
    assert pullback(1.0) == ({0: 9.0, 1: 12.0},)
    hessian = s2sad.tangent(s2sad.grad(product))((2.0, 3.0), (1.0, 0.0))[1]
    assert hessian == (0.0, 6.0)


def test_what_is_bound_already() -> None:
    spring = Spring(3.0)
    assert s2sad.grad(spring.energy)(2.0) == 6.0
    assert s2sad.grad(spring)(2.0) == 36.0
    assert spring.force(2.0) == -6.0
    assert s2sad.grad(functools.partial(mixed, n=1))(3.0) == 6.0
    assert s2sad.grad(functools.lru_cache(FIRST))(3.0) == 6.0
    spring.k = 5.0
    assert s2sad.grad(spring.energy)(2.0) == 10.0


def test_stars() -> None:
    assert s2sad.grad(horner)(2.0, 1.0, 5.0) == 1.0
    assert s2sad.grad(horner, wrt="coefficients")(2.0, 1.0, 5.0, scale=2.0) == (4.0, 2.0)
    assert s2sad.grad(horner, wrt="more")(2.0, 1.0, 5.0, factor=2.0) == {"factor": 7.0}
    assert s2sad.tangent(horner)(2.0, 1.0, 5.0, 1.0) == (7.0, 1.0)
    assert s2sad.adjoint(horner)(2.0, 1.0, 5.0, 3.0) == 3.0


def test_lambdas_on_one_line() -> None:
    assert (s2sad.grad(FIRST)(2.0), s2sad.grad(SECOND)(2.0)) == (4.0, 12.0)


def test_arguments_stay_as_they_are() -> None:
    x, v = V.copy(), V.copy()
    x_bar, v_bar = s2sad.grad(filled, wrt=(0, 1))(x, v)
    np.testing.assert_array_equal(x, V)
    np.testing.assert_array_equal(x_bar, [0.0, 2.0, 3.0])
    np.testing.assert_array_equal(v_bar, [2.0, 3.0, 3.0])
    with pytest.raises(ValueError, match="share"):
        s2sad.grad(filled)(x, x)


def test_code_for_values_asks_for_them() -> None:
    grad = s2sad.grad(mixed)
    assert grad(3.0) == 27.0
    namespace: dict[str, Any] = {}
    exec(grad.source, namespace)
    assert namespace["mixed_grad"](3.0, 2, "a") == 27.0
    for n, mode in ((1, "a"), (2, "b")):
        with pytest.raises(ValueError, match="made for"):
            namespace["mixed_grad"](3.0, n, mode)
    assert grad(3.0, n=1) == 6.0
    assert grad(3.0, mode="b") == 1.0


def test_a_captured_array_is_read_at_the_call() -> None:
    grad = s2sad.grad(table_sum)
    assert grad(1.0) == 3.0
    TABLE[0] = 5.0
    try:
        assert grad(1.0) == 7.0
    finally:
        TABLE[0] = 1.0


def parts(d, x):
    t = np.sin(d["a"] * x)
    return {"sum": np.sum(t), "items": [t * d["b"][0], d["b"][1] ** 2]}


def test_results_that_are_containers() -> None:
    d = {"a": 0.5, "b": (2.0, 3.0)}
    y, y_dot = s2sad.jvp(parts, (d, V), ({"a": 1.0, "b": (0.0, 1.0)}, np.zeros(3)))
    assert set(y) == {"sum", "items"} and y_dot["items"][1] == 6.0
    np.testing.assert_allclose(y_dot["sum"], np.sum(np.cos(0.5 * V) * V))
    _, pullback = s2sad.vjp(parts, d, V, wrt=0)
    bar = pullback({"sum": 0.0, "items": [np.zeros(3), 1.0]})
    assert bar == {"a": 0.0, "b": (0.0, 6.0)}


def test_check_grads_of_a_function_that_changes_its_argument() -> None:
    def scaled(v: np.ndarray, x: float) -> float:
        v[0:1] *= x
        return float(v[0] * np.sum(v))

    given = np.array([0.5, -1.0, 2.0])
    s2sad.check_grads(scaled, (given, 0.7), order=2)
    assert list(given) == [0.5, -1.0, 2.0]


def test_check_grads_takes_containers() -> None:
    s2sad.check_grads(product, ([2.0, 3.0],), order=2)
    s2sad.check_grads(weighted, (Weights(V), V), order=2)
    s2sad.check_grads(of_dict, ({"a": 2.0, "b": {"c": 3.0}, "n": 4}, 5.0), order=2)


class Doubled:
    """A property that stands before a field of the same name."""

    def __init__(self, k: float) -> None:
        self.__dict__["k"] = k

    @property
    def k(self) -> float:
        return 2.0 * self.__dict__["k"]


class Own:
    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return 3.0 if instance is not None else self


class WithDescriptor:
    k = Own()


def stiff(model, x):
    return model.k * x * x


def order_of_items(x, y):
    d = {}
    if x > y:
        d["a"], d["b"] = x, y
    else:
        d["b"], d["a"] = x, y
    first, second = d.values()
    return first - second


def squares(x):
    return np.sum(x * x)


def test_what_is_not_followed_is_refused() -> None:
    for model in (Doubled(2.0), WithDescriptor()):
        with pytest.raises(s2sad.S2SADError):
            s2sad.grad(stiff, wrt="x")(model, 2.0)
    with pytest.raises(s2sad.UnsupportedSyntaxError):
        s2sad.grad(order_of_items)(1.0, 2.0)
    for array in (np.matrix([[1.0, 2.0]]), np.ma.array([1.0], mask=[True])):
        with pytest.raises(s2sad.UsageError, match="own"):
            s2sad.grad(squares)(array)


def annotated(weights: Weights, pair: Pair, x: float):
    return pair.a * pair.b * x + weights.steps


def test_annotations_say_how_arguments_are_made() -> None:
    text = s2sad.grad(annotated, wrt="pair").source
    assert "pair._replace(a=a_bar, b=b_bar)" in text
    with pytest.raises(s2sad.UnsupportedSyntaxError, match="dict"):
        s2sad.grad(of_dict).emit()
    assert 'd["a"]' in s2sad.grad(of_dict, wrt="x").emit()


def shifted(p, q):
    p["a"] = 2.0 * p["a"]
    return q["a"] * q["a"]


def test_one_container_given_twice() -> None:
    grad = s2sad.grad(shifted, wrt="p")
    p, q = {"a": 3.0}, {"a": 3.0}
    assert grad(p, p) == {"a": 24.0}
    assert grad(p, q) == {"a": 0.0}
    assert grad(p, p) == {"a": 24.0} and p == {"a": 3.0}


def line(p, x):
    a, b = p
    return np.sum(a * x + b)


def test_unpacking_raises_where_python_does() -> None:
    for transform in (s2sad.grad(line), s2sad.value_and_grad(line)):
        transform(V[:2], V)
        with pytest.raises(ValueError, match="unpack"):
            transform(V, V)
    tangent = s2sad.tangent(line)
    assert tangent(V[:2], V, V[:2])[1] == 12.0
    assert "a, b = p" in tangent.source


RATES = {"slow": 2.0, "list": [1.0, 3.0]}
STEPS: tuple[float, ...] = (1.0, 2.0)


def rated(x):
    return x * RATES["slow"] * RATES["list"][1] * STEPS[0]


def test_captured_containers_are_read_at_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    grad = s2sad.grad(rated)
    assert grad(1.0) == 6.0
    monkeypatch.setitem(RATES, "slow", 5.0)
    assert grad(1.0) == 15.0
    monkeypatch.setitem(RATES, "list", [1.0, 1.0])
    assert grad(1.0) == 5.0
    monkeypatch.setattr(f"{__name__}.STEPS", (10.0,))
    assert grad(1.0) == 50.0


def test_a_derivative_for_a_container_is_saved(tmp_path: Any) -> None:
    grad = s2sad.grad(of_dict)
    args = ({"a": 2.0, "b": {"c": 3.0}, "n": 4}, 5.0)
    expected = grad(*args)
    grad.save(tmp_path / "of_dict_grad.py")
    namespace: dict[str, Any] = {}
    exec((tmp_path / "of_dict_grad.py").read_text(), namespace)
    assert namespace["of_dict_grad"](*args) == expected


def test_seeds_keep_their_names() -> None:
    adjoint = s2sad.adjoint(lambda x: x**1 + x**0)
    assert adjoint(2.0, 3.0) == 3.0
    assert "y_bar" in adjoint.source.splitlines()[0]


def spread(x):
    return x + np.arange(3)


def test_the_tangent_of_a_number_spread_over_integers_is_real() -> None:
    assert np.array_equal(s2sad.jvp(spread, (1.3,), (0.7,))[1], np.full(3, 0.7))
    both = s2sad.tangent(lambda x, k: x + k)(1.3, np.arange(2), 0.7)
    assert np.array_equal(both[1], np.full(2, 0.7))


def announced(x, y):
    try:
        print("trying")
        z = math.log(x) / y
        print("done")
    except ValueError:
        z = x * x
    return z


def test_what_a_try_prints_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    for x, words in ((1.3, ["trying", "done"]), (-1.3, ["trying"])):
        s2sad.grad(announced)(x, 0.5)
        assert capsys.readouterr().out.split() == words
