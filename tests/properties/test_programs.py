"""Random programs, by seeds and by hypothesis; see `programs.py` and `check.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import s2sad
from tests.properties.check import Mismatch, Skipped, check, expect
from tests.properties.held import about_held
from tests.properties.lengths import about_lengths
from tests.properties.names import about_names
from tests.properties.nests import nested
from tests.properties.objects import about_objects
from tests.properties.programs import Program, Seeded, generate
from tests.properties.reduce import reduce
from tests.properties.results import check_structure, with_structure
from tests.properties.second_names import second_names
from tests.properties.sequences import sequence
from tests.properties.views import about_views

BLOCKS = range(6)
PROGRAMS = 50
REFUSED = 0.05
KINDS = {  # how they are made, the first seed, and how many are right at least
    "memory": (lambda choices: generate(choices, size=6, memory=True), 7000, 0.7),
    "containers": (lambda choices: sequence(choices, size=5), 9000, 0.4),
    "second names": (lambda choices: second_names(choices, size=5), 9500, 0.2),
    "objects": (lambda choices: about_objects(choices, size=6), 9900, 0.6),
    "names": (lambda choices: about_names(choices, size=7), 9800, 0.7),
    "lengths": (lambda choices: about_lengths(choices, size=1), 9600, 0.7),
    "views": (lambda choices: about_views(choices, size=2), 9650, 0.4),
    "held": (lambda choices: about_held(choices, size=1), 9660, 0.2),
    "nests": (lambda choices: nested(choices, size=2), 9700, 0.2),
}


class Drawn:
    """Choices that hypothesis makes, and can make smaller."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data

    def integer(self, low: int, high: int) -> int:
        return self.data.draw(st.integers(low, high))


def verdict(program: Program, checked: Callable[[Program], object] = check) -> str:
    try:
        checked(program)
    except Skipped:
        return "skipped"
    except s2sad.S2SADError as error:
        assert error.span is not None and error.help, f"{error}\n\n{program.text}"
        return "refused"
    return "right"


@pytest.mark.parametrize("block", BLOCKS)
def test_programs_by_seed(block: int) -> None:
    counts: Counter[str] = Counter()
    for k in range(PROGRAMS):
        program = generate(Seeded(1000 * block + k), size=4)
        try:
            counts[verdict(program)] += 1
        except Mismatch as error:
            kind = error.kind

            def fails(text: str, program: Program = program, kind: str = kind) -> bool:
                try:
                    verdict(Program(text, program.args, program.wrt))
                except Mismatch as again:
                    return again.kind == kind
                except Exception:
                    return False
                return False

            smaller = reduce(program.text, fails, seconds=20.0)
            pytest.fail(
                f"{error}\n\n{smaller}\n# arguments: {program.args!r}\n# from:\n{program.text}"
            )
    assert counts["right"] > 0.8 * PROGRAMS, counts
    assert counts["refused"] <= REFUSED * PROGRAMS, counts


@pytest.mark.parametrize("block", range(2))
@pytest.mark.parametrize("kind", KINDS)
def test_programs_of_a_kind(kind: str, block: int) -> None:
    """Second names, views, lists, dicts, objects and arguments that are written: followed, or refused."""
    make, seed, right = KINDS[kind]
    counts: Counter[str] = Counter()
    for k in range(60):
        counts[verdict(make(Seeded(seed + 100 * block + k)))] += 1
    assert counts["right"] > right * 60, counts


@pytest.mark.parametrize("block", range(4))
def test_programs_by_hypothesis(block: int) -> None:
    @hypothesis.seed(block)
    @settings(max_examples=25, database=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def run(data: st.DataObject) -> None:
        program = generate(Drawn(data), size=4)
        hypothesis.note(program.text)
        hypothesis.note(f"# arguments: {program.args!r}")
        verdict(program)

    run()


def test_most_programs_say_something() -> None:
    """The generator's programs run, are finite, smooth where they are taken, and depend on their arguments."""
    said = 0
    for k in range(200):
        try:
            _, derivatives, _, _ = expect(generate(Seeded(k)))
        except Skipped:
            continue
        said += any(part.any() for part in derivatives.gradient)
    assert said > 180


@pytest.mark.parametrize("kind", ["scalars and arrays", *KINDS])
def test_structures_of_variables_as_results(kind: str) -> None:
    """A result that holds one array twice, a view, an argument, objects: with its own seed and tangent for each."""
    make, seed, right = KINDS.get(kind, (lambda choices: generate(choices, size=4), 6000, 0.7))
    counts: Counter[str] = Counter()
    for k in range(25):
        choices = Seeded(seed + 700 + k)
        program = with_structure(choices, make(choices))
        counts[verdict(program, check_structure)] += 1
    assert counts["right"] > (right - 0.15) * 25, counts
