"""The examples of the documentation run."""

from __future__ import annotations

import doctest
import importlib
import unittest
from typing import Any

MODULES = ["_command", "_complete", "_labels", "_train", "_sklearn"]


def load_tests(loader: Any, tests: unittest.TestSuite, pattern: Any) -> unittest.TestSuite:
    for name in MODULES:
        try:
            module = importlib.import_module(f"lacuna.{name}")
        except ImportError:  # of a library that is not installed
            continue
        tests.addTests(doctest.DocTestSuite(module))
    return tests
