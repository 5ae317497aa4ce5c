"""Derivatives of what is bound already, of *args, and of functions whose results are containers or objects."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pytest

import s2sad

V = np.array([1.0, 2.0, 3.0])


class Spring:
    """A method with a default behind the argument that is differentiated."""

    def __init__(self, k: float) -> None:
        self.k = k

    def energy(self, q: float, scale: float = 3.0) -> float:
        return scale * self.k * q**3

    def __call__(self, q: float) -> float:
        return self.k * q**3

    def both(self, q: float, scale: float = 3.0) -> Any:
        return q * self.k, [q * q * scale]

    @s2sad.grad(wrt="q")
    def force(self, q: float) -> float:
        return -self.k * q**3


def product(a, b, x):
    return a * b * x**3


def of_all(x, *ys, k=2.0):
    return x * ys[0] * ys[1] ** 2 * k, x


BOUND: dict[str, tuple[Callable[..., Any], tuple[float, float]]] = {
    # The first and the second derivative at 2.
    "a method": (Spring(2.0).energy, (72.0, 72.0)),
    "an object that is called": (Spring(2.0), (24.0, 24.0)),
    "a partial": (functools.partial(product, 2.0, 3.0), (72.0, 72.0)),
    "a partial by name": (functools.partial(product, 2.0, x=3.0), (54.0, 0.0)),
    "a partial of a method": (functools.partial(Spring(2.0).energy, scale=1.0), (24.0, 24.0)),
}


@pytest.mark.parametrize("what", BOUND)
def test_second_order_of_what_is_bound_is_about_the_argument_that_is_given(what: str) -> None:
    f, (first, second) = BOUND[what]
    assert s2sad.grad(f)(2.0) == pytest.approx(first)
    assert s2sad.grad(s2sad.grad(f))(2.0) == pytest.approx(second)
    assert s2sad.tangent(s2sad.grad(f))(2.0, 1.0) == pytest.approx((first, second))
    assert s2sad.tangent(s2sad.tangent(f))(2.0, 1.0, 1.0)[1][1] == pytest.approx(second)
    assert s2sad.adjoint(s2sad.grad(f))(2.0, 1.0) == pytest.approx(second)
    s2sad.check_grads(f, (2.0,))


def test_a_derivative_that_is_a_method() -> None:
    spring = Spring(2.0)
    assert spring.force(2.0) == -24.0
    assert s2sad.grad(spring.force)(2.0) == -24.0
    s2sad.check_grads(spring.force, (2.0,))
    assert s2sad.vjp(spring.force, 2.0)[1](1.0) == (-24.0,)
    assert s2sad.jvp(spring.force, (2.0,), (1.0,)) == (-24.0, -24.0)


def test_a_partial_of_a_derivative() -> None:
    gradient = s2sad.grad(product, wrt="x")
    for part in (functools.partial(gradient, 2.0, 3.0), functools.partial(gradient, 2.0, b=3.0)):
        wrt: Any = 0 if len(part.args) == 2 else "x"
        args = (2.0,) if len(part.args) == 2 else ()
        named = {} if args else {"x": 2.0}
        assert s2sad.grad(part, wrt=wrt)(*args, **named) == 72.0


def test_arguments_by_name_leave_the_seeds_to_those_by_position() -> None:
    assert s2sad.tangent(Spring.energy, wrt="q")(Spring(2.0), 2.0, 1.0, scale=1.0)[1] == 24.0
    with pytest.raises(s2sad.UsageError):
        s2sad.tangent(product)(2.0, 3.0, 1.0, 1.0, a=3.0)


STARRED: dict[str, tuple[Callable[..., Any], tuple[float, ...]]] = {
    "behind another": (of_all, (2.0, 3.0, 4.0)),
    "some are bound": (functools.partial(of_all, 2.0), (3.0, 4.0)),
    "by name too": (functools.partial(of_all, 2.0, k=5.0), (3.0, 4.0)),
}


@pytest.mark.parametrize("what", STARRED)
def test_star_arguments_have_an_adjoint_each(what: str) -> None:
    f, args = STARRED[what]
    s2sad.check_grads(f, args)
    y, pullback = s2sad.vjp(f, *args)
    bars = pullback((1.0, 0.0))
    assert len(bars) == len(args)
    for i, bar in enumerate(bars):
        direction = [None] * len(args)
        direction[i] = 1.0
        _, y_dot = s2sad.jvp(f, args, direction)
        assert bar == pytest.approx(y_dot[0])
        # The value is a product of powers.
        power = 2.0 if i == len(args) - 1 else 1.0
        assert bar == pytest.approx(power * y[0] / args[i])


def scaled(v, x):
    return [t * x for t in v], x


def rows(m):
    return [row * row for row in m]


def with_other_items(x):
    return [x, None, "a", 2, x * x, True]


def chosen_none(x):
    a, b = (None, "low") if x < 0 else (None, "high")
    return a, b, x * x


def nested(x, y):
    return {"a": x * y, "b": None, "c": [x, (y * y,)]}


CONTAINERS: dict[Callable[..., Any], tuple[Any, ...]] = {
    scaled: (V, 2.0), rows: (np.outer(V, V),), with_other_items: (2.0,), chosen_none: (2.0,), nested: (2.0, 3.0),
}  # fmt: skip


@pytest.mark.parametrize("f", CONTAINERS, ids=lambda f: f.__name__)
def test_results_that_hold_lists_none_and_texts(f: Callable[..., Any]) -> None:
    args = CONTAINERS[f]
    s2sad.check_grads(f, args)
    y, pullback = s2sad.vjp(f, *args)
    bars = pullback(y)
    value, y_dot = s2sad.jvp(f, args, args)
    assert str(value) == str(f(*args))
    inner = s2sad.check.flat(y, y) @ s2sad.check.flat(y_dot, y)
    assert sum(
        float(np.sum(b * np.asarray(a))) for a, b in zip(args, bars, strict=True)
    ) == pytest.approx(inner)


def test_none_and_texts_have_the_tangent_none() -> None:
    _, y_dot = s2sad.jvp(with_other_items, (2.0,), (1.0,))
    assert y_dot == [1.0, None, None, 0.0, 4.0, 0.0]
    _, y_dot = s2sad.jvp(chosen_none, (2.0,), (1.0,))
    assert y_dot == (None, None, 4.0)


def test_a_seed_that_is_not_nested_as_the_value_is_refused() -> None:
    _, pullback = s2sad.vjp(scaled, V, 2.0)
    with pytest.raises(s2sad.UsageError, match="2 parts, the seed is one of 3 items"):
        pullback(1.0, 2.0, 3.0)
    with pytest.raises(s2sad.UsageError, match="the seed is a number"):
        pullback(1.0)
    _, pullback = s2sad.vjp(nested, 2.0, 3.0)
    with pytest.raises(s2sad.UsageError, match="other keys"):
        pullback({"a": 1.0})


class Halved:
    """Its __init__ is no copy of its arguments."""

    def __init__(self, a: float) -> None:
        self.a = a / 2


class Derived(Halved):
    def __init__(self, a: float) -> None:
        super().__init__(a)
        self.more = [a, {"k": a * a}]


class Turned:
    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = b, a


class Bare:
    pass


@dataclass
class Tripled:
    a: float

    def __post_init__(self) -> None:
        self.a = self.a * 3


@dataclass
class Computed:
    a: float
    b: float = field(init=False)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("a is negative")
        self.b = self.a**2


@dataclass(frozen=True)
class Plain:
    a: float
    b: float = 3.0


class Point(NamedTuple):
    a: float
    b: float = 2.0


def bare(x):
    y = Bare()
    y.a, y.b = x, x * x
    return y


OBJECTS: dict[str, Callable[[float], Any]] = {
    "an __init__ that computes": lambda x: Halved(x * x), "fields of fields": lambda x: Derived(x * x),
    "an __init__ that swaps": lambda x: Turned(x, x * x), "fields that are set later": bare,
    "a __post_init__ that changes": lambda x: Tripled(x * x), "a field that is computed": lambda x: Computed(x * x),
    "a dataclass": lambda x: Plain(x * x), "a named tuple": lambda x: Point(x * x),
}  # fmt: skip


@pytest.mark.parametrize("what", OBJECTS)
def test_an_object_that_is_a_result_has_the_fields_that_the_function_gave_it(what: str) -> None:
    f = OBJECTS[what]
    want = f(2.0)
    value, y_dot = s2sad.jvp(f, (2.0,), (1.0,))
    assert type(value) is type(y_dot) is type(want)
    np.testing.assert_array_equal(s2sad.check.flat(value), s2sad.check.flat(want))
    s2sad.check_grads(f, (2.0,))


def of_computed(c, x):
    return c.a * c.b * x


def test_adjoints_of_an_object_are_not_seen_by_its_post_init() -> None:
    c = Computed(2.0)
    bar = s2sad.grad(of_computed)(c, -3.0)
    assert (bar.a, bar.b) == (-12.0, -6.0)  # a Computed with a negative a cannot be made by a call
    assert type(bar) is Computed and (c.a, c.b) == (2.0, 4.0)
    bar = s2sad.grad(lambda p, x: p.a * p.b * x)(Plain(2.0, 4.0), -3.0)
    assert bar == Plain(-12.0, -6.0)


@dataclass(frozen=True)
class Material:
    """Two of these are equal where their first fields are, and have one hash."""

    stiffness: float
    factor: float = field(compare=False, default=1.0)

    def __call__(self, x: float) -> float:
        return self.stiffness * self.factor * x**3

    def energy(self, x: float) -> float:
        return self.stiffness * self.factor * x**3


@dataclass
class Model:
    """It has no hash."""

    w: float

    def __call__(self, x: float) -> float:
        return self.w * x**3


def test_functions_are_told_apart_by_identity() -> None:
    for factor in (1.0, 5.0):
        material = Material(2.0, factor)
        for f in (material, material.energy):
            assert s2sad.vjp(f, 2.0)[1](1.0) == (24.0 * factor,)
            assert s2sad.jvp(f, (2.0,), (1.0,))[1] == 24.0 * factor
    assert s2sad.vjp(Model(2.0), 2.0)[1](1.0) == (24.0,)


def twice(x):
    def scaled(x, y=1.0):
        return x * y

    more = {"y": 2.0}
    return scaled(x, y=3.0, **more)


def test_a_keyword_that_is_given_twice_is_refused() -> None:
    with pytest.raises(TypeError):
        twice(2.0)
    with pytest.raises(s2sad.S2SADError, match="multiple values for keyword argument 'y'"):
        s2sad.grad(twice)(2.0)


def weighted(x, *, kind="A", **more):
    weight = 2.0 if kind == "A" else 3.0
    return x**2 * weight * more.get("scale", 1.0)


def summed(x, *ys, kind="A", scale=2.0, **more):
    weight = 2.0 if kind == "A" else 3.0
    return x * sum(ys) * weight * scale * more.get("z", 1.0)


def positional(x, /, k=2.0, **more):
    return x**2 * k * more.get("z", 1.0)


NAMED: list[tuple[Callable[..., Any], tuple[float, ...], dict[str, Any], float]] = [
    # The derivative along x.
    (weighted, (2.0,), {}, 8.0), (weighted, (2.0,), {"kind": "B"}, 12.0),
    (weighted, (2.0,), {"kind": "B", "scale": 5.0}, 60.0), (summed, (2.0, 3.0, 4.0), {}, 28.0),
    (summed, (2.0, 3.0, 4.0), {"kind": "B"}, 42.0),
    (summed, (2.0, 3.0, 4.0), {"kind": "B", "scale": 3.0, "z": 5.0}, 315.0),
    (positional, (2.0,), {}, 8.0), (positional, (2.0, 3.0), {}, 12.0), (positional, (2.0,), {"k": 3.0}, 12.0),
    (positional, (2.0,), {"z": 5.0}, 40.0),
]  # fmt: skip


@pytest.mark.parametrize("f, args, named, slope", NAMED)
def test_arguments_by_name_alone_and_seeds_by_position(
    f: Callable[..., Any], args: tuple[float, ...], named: dict[str, Any], slope: float
) -> None:
    assert s2sad.grad(f)(*args, **named) == pytest.approx(slope)
    assert s2sad.value_and_grad(f)(*args, **named) == (f(*args, **named), pytest.approx(slope))
    assert s2sad.tangent(f)(*args, 1.0, **named) == (f(*args, **named), pytest.approx(slope))
    assert s2sad.adjoint(f)(*args, 2.0, **named) == pytest.approx(2.0 * slope)
    second = slope / args[0] if f is not summed else 0.0
    assert s2sad.tangent(s2sad.grad(f))(*args, 1.0, **named)[1] == pytest.approx(second)
    s2sad.check_grads(functools.partial(f, **named), args)


def test_text_can_be_had_for_a_bound_method() -> None:
    for f in (Spring(2.0).energy, Spring(2.0)):
        derivative = s2sad.grad(f)
        namespace: dict[str, Any] = {}
        exec(derivative.emit(), namespace)
        assert namespace[derivative.__name__](Spring(5.0), 2.0) == 2.5 * derivative(2.0)


def test_seeds_behind_defaults() -> None:
    assert s2sad.adjoint(s2sad.tangent(weighted))(2.0, 1.0, 0.0, 1.0) == pytest.approx(4.0)
    assert s2sad.adjoint(s2sad.tangent(Spring(2.0).energy))(2.0, 1.0, 0.0, 1.0) == pytest.approx(
        72.0
    )
    assert s2sad.adjoint(s2sad.value_and_grad(weighted))(2.0, 0.0, 1.0) == pytest.approx(4.0)


@dataclass
class Curve:
    a: float
    b: np.ndarray
    n: int = 2

    def at(self, x: float) -> float:
        return self.a**3 * np.sum(self.b**2) * x**self.n


def test_tangents_of_parts_that_are_named() -> None:
    curve, unit = Curve(2.0, np.array([1.0, 2.0])), np.array([1.0, 0.0])
    assert s2sad.tangent(Curve.at, wrt="self.a")(curve, 3.0, 1.0)[1] == 540.0
    assert s2sad.tangent(curve.at, wrt="self.b")(3.0, unit)[1] == 144.0
    along = s2sad.tangent(Curve.at, wrt=("self.a", "self.b", "x"))
    assert along(curve, 3.0, 1.0, unit, 0.5)[1] == 540.0 + 144.0 + 120.0
    assert s2sad.tangent(s2sad.grad(curve.at), wrt="self.a")(3.0, 1.0)[1] == 360.0
    assert s2sad.tangent(along, wrt="self.a")(curve, 3.0, 0.0, unit, 0.0, 1.0)[1][1] == 216.0
    np.testing.assert_array_equal(
        s2sad.grad(s2sad.grad(curve.at, wrt="self.a"), wrt="self.b")(3.0), [216.0, 432.0]
    )


def test_two_directions_of_one_object() -> None:
    curve = Curve(2.0, np.array([1.0, 2.0]))
    one, two = Curve(1.0, np.array([1.0, 0.0])), Curve(0.0, np.array([0.0, 1.0]))
    (y, along_one), (along_two, mixed) = s2sad.tangent(s2sad.tangent(Curve.at))(
        curve, 3.0, one, two
    )
    assert (y, along_one, along_two) == (360.0, 684.0, 288.0)
    assert mixed == 3 * 4.0 * 4.0 * 9.0  # d/da of a^3 along the first, of b^2 along the second


def beside(model, model_dot):
    return model.a * model_dot


def test_a_parameter_with_the_name_of_a_tangent() -> None:
    curve = Curve(2.0, np.array([1.0, 2.0]))
    assert s2sad.tangent(beside, wrt=0)(curve, 5.0, curve) == (10.0, 10.0)


def doubled(v):
    v *= 2.0
    return np.sum(v**2)


def with_an_item_set(d):
    d["a"][0] = 5.0
    return np.sum(d["a"] ** 2)


class Counter:
    def __init__(self) -> None:
        self.calls = 0.0

    def step(self, x: float) -> float:
        self.calls = self.calls + 1.0
        return x**2 * self.calls


def test_a_pullback_is_of_the_arguments_as_they_were() -> None:
    v = np.array([1.0, 2.0])
    y, pullback = s2sad.vjp(doubled, v)
    assert y == 20.0 and list(v) == [1.0, 2.0]
    v[:] = 7.0
    np.testing.assert_array_equal(pullback(1.0)[0], [8.0, 16.0])
    d = {"a": np.array([1.0, 2.0])}
    y, pullback = s2sad.vjp(with_an_item_set, d)
    np.testing.assert_array_equal(pullback(1.0)[0]["a"], [0.0, 4.0])
    counter = Counter()
    y, pullback = s2sad.vjp(counter.step, 3.0)
    assert (y, pullback(1.0), pullback(1.0), counter.calls) == (9.0, (6.0,), (6.0,), 0.0)
    s2sad.check_grads(counter.step, (3.0,))
    assert counter.calls == 0.0
    both = np.array([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="share its memory"):
        s2sad.vjp(lambda a, b: doubled(a) * b[0], both[1:], both[:-1])[1](1.0)


def in_place(x):
    o = np.asarray(x)
    o += np.tanh(1.0 * o)
    return o


def stacked(x, axis=-1):
    return np.stack((x, 2.0 * x, x), axis=axis)


def test_seeds_are_not_changed() -> None:
    seed = np.array(1.0)
    backward = s2sad.adjoint(in_place)
    first, second = backward(0.5, seed), backward(0.5, seed)
    assert seed == 1.0 and first == second == pytest.approx(2.0 - np.tanh(0.5) ** 2)
    seeds = np.array([1.0, 2.0, 3.0])
    assert s2sad.adjoint(stacked)(0.5, seeds) == 8.0
    assert list(seeds) == [1.0, 2.0, 3.0]


def prepared(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(a, b, t=0, **more):
        return function(np.asarray(a, dtype=float), b, t, **more)

    return wrapper


def once(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(a):
        return function(a, 2.0) * 2

    return wrapper


@prepared
def model(a, b, theta=0.0, power=None):
    return np.sum(a * b) + theta * b ** (power or 1)


@once
def raised(a, factor):
    return a**factor


def test_a_wrapper_has_the_parameters_that_it_names() -> None:
    """Not those of the function that it wraps: it may give it more, or less, than it gets."""
    gradient = s2sad.grad(model, wrt=("a", "b"))
    assert gradient(1.5, 2.0) == (2.0, 1.5)
    assert gradient(1.5, 2.0, 0.5) == gradient(1.5, 2.0, t=0.5) == (2.0, 2.0)
    assert gradient(1.5, 2.0, 0.5, power=3) == (2.0, 1.5 + 0.5 * 3 * 4.0)
    with pytest.raises(s2sad.S2SADError, match="theta"):
        gradient(1.5, 2.0, theta=0.5)
    assert s2sad.grad(raised)(3.0) == 12.0
