"""Every construct with other arguments: its derivatives are right for arrays of other shapes too, or it is refused."""

from __future__ import annotations

import zlib

import pytest

import s2sad
from tests.language.constructs import CONSTRUCTS, RIGHT, Construct
from tests.properties.check import Mismatch, Skipped, check
from tests.properties.others import OTHERS, with_others

RUNNING = [c for c in CONSTRUCTS if c.expected == (RIGHT,)]
# Rows that nothing writes are not zero.
NOT_SET = ("array_of_the_shape_of_a_broadcast",)


@pytest.mark.parametrize("construct", RUNNING, ids=[c.id for c in RUNNING])
def test_other_arguments(construct: Construct) -> None:
    if construct.id in NOT_SET:
        pytest.skip("the program reads memory that it does not set")
    half = zlib.crc32(construct.id.encode()) % 2  # the time is for half of all
    for others in OTHERS[half::2]:
        program = with_others(construct, others)
        if program is None:
            continue
        try:
            # Of a list that is empty here its items' type is not known, so neither is that of their sum.
            check(program, order=1, types=False)
        except Mismatch as error:
            if "raises NotImplementedError" not in error.detail:  # refused at the call
                pytest.fail(f"{others}: {error}\n\n{construct.text}")
        except (Skipped, s2sad.S2SADError):
            continue
