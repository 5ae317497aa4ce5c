"""s2sad: source-to-source automatic differentiation for Python and NumPy."""

from s2sad.api import Derivative, adjoint, grad, tangent, value_and_grad
from s2sad.check import GradientCheckError, check_grads
from s2sad.errors import (
    AliasingError,
    MissingRuleError,
    NonScalarOutputError,
    RuleError,
    S2SADError,
    ShapeError,
    SourceUnavailableError,
    StaleDerivativeError,
    UnresolvedNameError,
    UnsupportedSyntaxError,
    UsageError,
)
from s2sad.points import jvp, vjp
from s2sad.version import __version__

__all__ = [
    "AliasingError",
    "Derivative",
    "GradientCheckError",
    "MissingRuleError",
    "NonScalarOutputError",
    "RuleError",
    "S2SADError",
    "ShapeError",
    "SourceUnavailableError",
    "StaleDerivativeError",
    "UnresolvedNameError",
    "UnsupportedSyntaxError",
    "UsageError",
    "__version__",
    "adjoint",
    "check_grads",
    "grad",
    "jvp",
    "tangent",
    "value_and_grad",
    "vjp",
]
