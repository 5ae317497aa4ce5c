"""The table of constructs as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterator

from tests.language.constructs import CONSTRUCTS, PROGRAMS, RIGHT, Construct, read

TITLES = {
    "straight": "Statements", "names": "Names", "branches": "Branches", "truths": "Truth values as numbers",
    "for_loops": "For loops",
    "while_loops": "While loops", "iterables": "What loops run over", "tables": "Tables of numbers",
    "iterators": "The iterators of itertools", "tuples": "Tuples",
    "containers": "Lists, dicts and sets", "growing": "Lists that grow in a loop", "reads": "Reading arrays",
    "writes": "Writing arrays", "aliases": "Second names and views",
    "argument_writes": "Writing arguments, rows and whole arrays", "functions": "Functions",
    "more_functions": "Partials, decorators and closures", "objects": "Objects", "generators": "Generators",
    "collecting": "Lists of unknown length", "stretched": "Lists that become longer and shorter",
    "rows": "Lists of lists",
    "recursion": "Functions that call themselves",
    "lazy": "What is read when it is its turn",
    "patterns": "match", "algorithms": "Algorithms",
    "attempts": "Exceptions at run time", "effects": "Effects",
    "shapes": "Shapes, and arrays without dimensions", "lengths": "Lengths that the run decides",
    "numpy_calls": "Calls of NumPy",
    "constants": "Constants with the names of variables", "module_objects": "Objects of the module",
    "prelude": "Preludes", "statements": "Other statements", "refused": "At the border",
}  # fmt: skip

HEAD = """# Constructs

Each program is run by the tests. *right*: forward and reverse mode, at second order, agree with dual numbers that run
the same program. An error: the program is refused with it. *generic* says the same of code that is made without knowing
the arguments, where it differs. `x`, `y`, `z` are floats, `n` and `k` integers, `u`, `v`, `w` vectors, `m` a matrix.
"""


def outcome(construct: Construct) -> str:
    text = " or ".join(construct.expected)
    if RIGHT in construct.expected and construct.generic != (RIGHT,):
        text += f"; generic: {' or '.join(construct.generic)}"
    return text


def page() -> str:
    """The text of docs/constructs.md."""
    return "\n".join([HEAD, *_sections()]).rstrip() + "\n"


def _sections() -> Iterator[str]:
    refused = sum(RIGHT not in c.expected for c in CONSTRUCTS)
    yield f"{len(CONSTRUCTS)} programs; {refused} of them are refused.\n"
    files = {path.stem: path for path in PROGRAMS.glob("*.txt")}
    assert set(files) == set(TITLES), "a file of programs has no title"
    for stem, title in TITLES.items():
        yield f"## {title}\n"
        for construct in read(files[stem].read_text(encoding="utf-8")):
            yield f"**{construct.id.replace('_', ' ')}**: {outcome(construct)}\n"
            yield f"```python\n{construct.source.rstrip()}\n```\n"
