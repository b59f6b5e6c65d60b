"""The accessor ``.lacuna`` of xarray, registered whichever of the two packages is imported first.

Importing xarray takes a second, which those who do not use it need not wait for.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import sys
from types import ModuleType
from typing import Any


def register_when_imported() -> None:
    """Register now where xarray is loaded, else as soon as it is."""
    if "xarray" in sys.modules:
        _register()
    else:
        sys.meta_path.insert(0, _Watch())


def _register() -> None:
    from lacuna import _xarray

    _xarray.register()


class _Watch(importlib.abc.MetaPathFinder):
    """Sees the first import of xarray, and leaves finding it to the others."""

    def find_spec(self, name: str, path: Any, target: ModuleType | None = None) -> Any:
        if name != "xarray":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            _register()

        spec.loader.exec_module = execute_and_register  # type: ignore
        return spec
