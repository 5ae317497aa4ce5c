"""Two generated modules in one file."""

from __future__ import annotations

import pytest

from s2sad.backend.join import join_modules
from s2sad.errors import UsageError

HELPER = "def helper(x):\n    return x\n"
FIRST = f"import numpy as np\n\nA = 2.0\n\n\n{HELPER}\n\ndef f_grad(x):\n    # a landmark\n    return A * x\n"
SECOND = f"import math\n\nimport numpy as np\n\nA = 2.0\nB = 3.0\n\n\n{HELPER}\n\ndef g_grad(x):\n    return B\n"


def test_one_module_is_left_as_it_is() -> None:
    assert join_modules([FIRST]) == FIRST


def test_what_both_have_stands_once() -> None:
    assert join_modules([FIRST, SECOND]) == (
        "import math\n\nimport numpy as np\n\nA = 2.0\nB = 3.0\n\n\n"
        f"{HELPER}\n\ndef f_grad(x):\n    # a landmark\n    return A * x\n\n\ndef g_grad(x):\n    return B\n"
    )


def test_functions_alone() -> None:
    assert (
        join_modules([HELPER, "def g():\n    return 1.0\n"])
        == HELPER + "\n\ndef g():\n    return 1.0\n"
    )


@pytest.mark.parametrize(
    "other",
    [
        "A = 3.0\n\n\ndef g_grad(x):\n    return A\n",
        "def helper(x):\n    return 2.0 * x\n",
        "def A(x):\n    return x\n",
        "helper = 2.0\n",
    ],
)
def test_one_name_for_two_things_is_refused(other: str) -> None:
    with pytest.raises(UsageError, match="differently"):
        join_modules([FIRST, other])
