"""The rule that a user would have to write: the help text of a missing rule."""

from __future__ import annotations


def skeleton(name: str) -> str:
    """Text of a rule for the function `name` (dotted), to be filled in."""
    short = name.rsplit(".", 1)[-1]
    return (
        f"state a rule in a file under templates/:\n"
        f"@rule({name})\n"
        f"def {short}(x):\n"
        f"    y = {name}(x)\n"
        f"    y_dot = ... * x_dot"
    )
