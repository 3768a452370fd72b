"""Classes that a framework wants to see as its own, made when they are first asked for."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from typing import Any


def framework(module: str, pip_name: str, *, asked_by: str) -> Any:
    """Import a framework's module.

    Raises
    ------
    ImportError
        It is not installed; the sentence names what to install.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        raise ImportError(f"{asked_by} needs {pip_name}: pip install {pip_name}", name=error.name) from error


def grown(core: type, bases: Sequence[type]) -> type:
    """Return a class that is both `core`, which does the work, and what a framework asks its callbacks to be.

    It takes the place of its name in the module of `core`, so that copies sent to other processes find it.
    """
    name = core.__name__.lstrip("_")
    made = type(name, (core, *bases), {"__module__": core.__module__, "__doc__": core.__doc__})
    setattr(sys.modules[core.__module__], name, made)
    return made


def no_attribute(module: str, name: str) -> AttributeError:
    """Return what a module raises for a name it does not have."""
    return AttributeError(f"module {module!r} has no attribute {name!r}")
