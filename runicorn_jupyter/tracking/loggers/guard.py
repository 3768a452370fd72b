"""The wall between our code and somebody's training: nothing raised behind it comes through."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.writing.faults import tell

P = ParamSpec("P")
R = TypeVar("R")

_told: set[str] = set()


def quiet(function: Callable[P, R]) -> Callable[P, R | None]:
    """Return `function` so that an exception in it is told once on stderr and becomes the answer None.

    While a run is active that was made with ``strict=True`` it is raised after all.
    """

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if getattr(getattr(endings.active(), "_faults", None), "strict", False):
                raise
            name = function.__qualname__.lstrip("_")
            tell_once(name, f"{name} failed ({type(error).__name__}: {str(error)[:200]}); training goes on without it.")
            return None

    return guarded


def tell_once(key: str, sentence: str) -> None:
    """Print `sentence` on stderr unless one with this `key` was printed by this process."""
    if key not in _told:
        _told.add(key)
        tell(sentence)
