"""The Python environments of a host, from what our script says of them: checked, capped, data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runicorn_jupyter.models import Detected, Environment, HostFacts
from runicorn_jupyter.remote.errors import EnvironmentNotFound, RemoteError

_TEXT = 4096
_MOST = 500
_FACTS = ("hostname", "os", "home", "python_version", "root", "root_reason")


def detected(told: Mapping[str, Any]) -> Detected:
    """Return what the script said, as long as it has the form that it must have.

    Raises
    ------
    RemoteError
        It has not.
    """
    host, found = told.get("host"), told.get("environments")
    if not isinstance(host, dict) or not isinstance(found, list):
        raise RemoteError("The host answered with something else than was asked for.")
    texts = {name: _text(host.get(name)) for name in _FACTS}
    facts = HostFacts(**texts, root_exists=host.get("root_exists") is True)
    return Detected(facts, tuple(_environment(one) for one in found[:_MOST] if isinstance(one, dict)))


def _environment(one: Mapping[str, Any]) -> Environment:
    name, kind, prefix, python = (_text(one.get(key)) for key in ("name", "type", "prefix", "python"))
    version, distribution, runicorn = (
        _text(one[key]) if one.get(key) is not None else None
        for key in ("python_version", "distribution", "runicorn_version")
    )
    return Environment(name, kind, prefix, python, version, distribution, runicorn)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RemoteError("The host answered with something else than was asked for.")
    return "".join(mark for mark in value[:_TEXT] if mark.isprintable())


def named(found: Detected, name: str) -> Environment:
    """Return the environment of a name that was found; ``system`` is the login shell's Python.

    Raises
    ------
    EnvironmentNotFound
        No environment of the last look is called so.
    """
    for one in found.environments:
        if one.name == name:
            return one
    shown = "".join(mark for mark in name[:_TEXT] if mark.isprintable())
    raise EnvironmentNotFound(f"No Python environment called {shown} was found on the host; look at its list again.")
