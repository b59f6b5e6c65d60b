"""Fill the holes in a table of any number of dimensions, and know how far to trust what was filled in.

``lacuna.complete(x)`` takes arrays of numpy, tables of pandas and arrays of xarray, and returns the same type filled.
``lacuna.TensorImputer`` is an imputer for scikit-learn. ``lacuna.train(x)`` follows the gradient flow of one model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lacuna import _accessor
from lacuna._command import InputError, LacunaError, LacunaWarning
from lacuna._complete import complete
from lacuna._result import Completion, Factors
from lacuna._train import Training, train

if TYPE_CHECKING:
    from lacuna._sklearn import TensorImputer

__all__ = [
    "Completion", "Factors", "InputError", "LacunaError", "LacunaWarning", "TensorImputer", "Training", "complete", "train",
]


def __getattr__(name: str) -> Any:
    """The imputer is there where scikit-learn is, which takes a second to import."""
    if name == "TensorImputer":
        from lacuna._sklearn import TensorImputer

        return TensorImputer
    raise AttributeError(f"module 'lacuna' has no attribute {name!r}")


_accessor.register_when_imported()
