"""The examples that train and fit, from end to end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from examples import lorenz_fit

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_digits_are_learnt_on_a_vendored_gradient(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLES / "digits.py"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    accuracy = re.search(r"test accuracy ([\d.]+)", done.stdout)
    assert accuracy is not None and float(accuracy[1]) >= 0.95
    for name in ("loss.png", "predictions.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert "import s2sad" not in (EXAMPLES / "digits_grad.py").read_text()


def test_the_lorenz_parameters_are_found() -> None:
    np.testing.assert_allclose(lorenz_fit.fit(), lorenz_fit.TRUE, rtol=5e-3)
