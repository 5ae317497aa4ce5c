"""Names that are not taken."""

from __future__ import annotations


def free_name(name: str, taken: set[str]) -> str:
    """`name`, with a number where it is taken; the result is taken from then on."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}{number}"
    taken.add(free)
    return free
