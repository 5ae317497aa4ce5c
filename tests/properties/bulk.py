"""Many random programs: `python -m tests.properties.bulk --n 20000 --seed 1`.

Prints each new kind of mismatch as a reduced program, and counts at the end.
"""

from __future__ import annotations

import argparse
import re
import signal
import time
import warnings
from collections import Counter
from typing import Any

import s2sad
from tests.properties.check import Mismatch, Skipped, check
from tests.properties.held import about_held
from tests.properties.lengths import about_lengths
from tests.properties.names import about_names
from tests.properties.nests import nested
from tests.properties.objects import about_objects
from tests.properties.others import with_other_arguments
from tests.properties.programs import Program, Seeded, generate
from tests.properties.reduce import reduce
from tests.properties.results import check_structure, with_structure
from tests.properties.second_names import second_names
from tests.properties.sequences import sequence
from tests.properties.views import about_views

SECONDS = 20.0


def verdict(program: Program, order: int, checked: Any = check) -> tuple[str, str]:
    """("right" | "skipped" | "refused" | "mismatch", what it says)."""
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        notes = checked(program, order) or []
    except Mismatch as error:
        return "mismatch", str(error)
    except Skipped as reason:
        return "skipped", str(reason)
    except s2sad.S2SADError as error:
        if error.span is None or not error.help:
            return "mismatch", f"refusal without a span or a help line: {error}"
        return "refused", f"{error.code} {error.message}"
    except Exception as error:
        return "mismatch", f"internal error {type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
    return "right", "; ".join(notes)


def stop(*_: Any) -> None:
    """A program that does not end, as reducing one may make, is given up."""
    raise TimeoutError("takes too long")


def signature(message: str) -> str:
    """What two mismatches have in common when they have one cause, as far as the message shows."""
    first = message.split("\n")[0]
    return re.sub(r"'[^']*'|[-+]?\d[\d.e+-]*|np\.\w+\([^)]*\)", "_", first)[:110]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--order", type=int, default=2)
    parser.add_argument(
        "--each", type=int, default=2, help="reduced programs for each kind of mismatch"
    )
    parser.add_argument("--no-reduce", action="store_true")
    parser.add_argument("--memory", action="store_true", help="with second names and containers")
    parser.add_argument(
        "--sequences", action="store_true", help="changes of lists and dicts, mostly"
    )
    parser.add_argument(
        "--second-names", action="store_true", help="lists with second names, mostly"
    )
    parser.add_argument("--names", action="store_true", help="scopes and closures, mostly")
    parser.add_argument(
        "--nests", action="store_true", help="branches and loops that are left early"
    )
    parser.add_argument(
        "--lengths", action="store_true", help="lengths that the run decides, and broadcasts"
    )
    parser.add_argument("--views", action="store_true", help="writes through views, and shapes")
    parser.add_argument(
        "--held", action="store_true", help="lists that hold arrays, which are written"
    )
    parser.add_argument("--others", action="store_true", help="the table with other arguments")
    parser.add_argument("--objects", action="store_true", help="objects of classes, mostly")
    parser.add_argument(
        "--results", action="store_true", help="with structures of variables as results"
    )
    parser.add_argument("--refusals", action="store_true", help="show reduced refusals too")
    parser.add_argument(
        "--ignore", default="^$", help="a pattern of mismatches that are only counted"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGVTALRM, stop)
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    refusals: Counter[str] = Counter()
    checked = check_structure if options.results else check
    start = time.monotonic()
    for k in range(options.n):
        choices = Seeded(options.seed * 1_000_003 + k)
        if options.sequences:
            program = sequence(choices, options.size)
        elif options.second_names:
            program = second_names(choices, options.size)
        elif options.names:
            program = about_names(choices, options.size)
        elif options.nests:
            program = nested(choices, options.size)
        elif options.lengths:
            program = about_lengths(choices, options.size)
        elif options.views:
            program = about_views(choices, options.size)
        elif options.held:
            program = about_held(choices, options.size)
        elif options.others:
            program = with_other_arguments(choices)
        elif options.objects:
            program = about_objects(choices, options.size)
        else:
            program = generate(choices, options.size, options.memory)
        if options.results:
            program = with_structure(choices, program)
        result, message = verdict(program, options.order, checked)
        counts[result] += 1
        if message and result != "mismatch":
            refusals[f"{result} {signature(message)}"] += 1
        if result != "mismatch" and not (options.refusals and result == "refused"):
            continue
        wanted = result
        kind = signature(message)
        kinds[kind] += 1
        if kinds[kind] > options.each or re.search(options.ignore, kind):
            continue
        text = program.text
        if not options.no_reduce:
            print(f"--- seed {options.seed}, program {k}, is reduced: {message}", flush=True)

            def fails(candidate: str, program: Program = program, *key: str) -> bool:
                smaller = Program(candidate, program.args, program.wrt)
                result, message = verdict(smaller, options.order, checked)
                return (result, signature(message)) == key

            # Without what no program should read: memory that is not set.
            zeros = text.replace("np.empty", "np.zeros")
            text = zeros if fails(zeros, program, wanted, kind) else text
            text = reduce(text, lambda t, p=program, w=wanted, k=kind: fails(t, p, w, k))
            smaller = Program(text, program.args, program.wrt)
            message = verdict(smaller, options.order, checked)[1]
        print(
            f"=== seed {options.seed}, program {k}: {message}\n{text}\n# args = {program.args!r}\n",
            flush=True,
        )
    print(f"{dict(counts)} in {time.monotonic() - start:.0f} s")
    for kind, count in [*kinds.most_common(), *refusals.most_common(25)]:
        print(f"{count:6d} {kind}")


if __name__ == "__main__":
    main()
