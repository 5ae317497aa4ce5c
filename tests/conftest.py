"""Fixtures that all tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

TESTS = Path(__file__).parent
ROOT = TESTS.parent

# No deadline: the first derivative of a process reads the rules, and two workers share two cores.
hypothesis.settings.register_profile("s2sad", deadline=None, print_blob=True)
hypothesis.settings.load_profile("s2sad")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what the tests get to tests/golden/, to be read and committed",
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("errors/lambda.txt", text)`: `text` is what tests/golden/errors/lambda.txt holds."""

    def compare(name: str, text: str) -> None:
        path = TESTS / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        if not path.exists():
            pytest.fail(f"there is no {path.relative_to(ROOT)}; `./test --update-golden` writes it")
        assert text == path.read_text(encoding="utf-8"), (
            f"{path.relative_to(ROOT)} differs; after reading it, `./test --update-golden` accepts it"
        )

    return compare


@pytest.fixture
def root() -> Path:
    """The top of the repository."""
    return ROOT
