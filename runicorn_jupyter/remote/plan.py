"""Which viewer is wanted on a host: one for each login, root and environment (D25)."""

from __future__ import annotations

import hashlib
import posixpath
import re
from dataclasses import dataclass

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import Detected, Environment
from runicorn_jupyter.remote.address import Address
from runicorn_jupyter.remote.connections import Connection
from runicorn_jupyter.remote.environments import named
from runicorn_jupyter.remote.errors import EnvironmentNotFound, ViewerMissing
from runicorn_jupyter.remote.installation import installation

_LONGEST = 4096
_OTHERS_HOME = re.compile(r"~[^/]")
_NO_CHOICE = (None, "", "system")


@dataclass(frozen=True, slots=True)
class Plan:
    """One viewer that somebody wants."""

    id: str
    where: Address
    root: str
    environment: Environment


async def plan(connection: Connection, root: str | None, environment: str | None) -> Plan:
    """Return what starting a viewer on a host means.

    Parameters
    ----------
    connection : Connection
        The login.
    root : str, optional
        A folder there, absolute or below ``~``; the host's own root by default.
    environment : str, optional
        Its name there; by default, and for ``system``, the first that has a viewer of ours. One that has none is
        served by the private environment that was made for our viewer.

    Raises
    ------
    BadRequest
        The root can be no folder.
    EnvironmentNotFound, ViewerMissing
        Also after another look.
    """
    found = await connection.detect()
    try:
        chosen = _environment(found, environment)
    except (EnvironmentNotFound, ViewerMissing):
        found = await connection.detect(again=True)  # it may have been made since
        chosen = _environment(found, environment)
    place = found.host.root if root is None else _absolute(root, found.host.home)
    names = (installation(), connection.where.key, place, chosen.prefix)
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass")).hexdigest()
    return Plan(digest[:8], connection.where, place, chosen)


def _absolute(root: str, home: str) -> str:
    if not root.strip() or len(root) > _LONGEST or not root.isprintable() or _OTHERS_HOME.match(root):
        raise BadRequest("remote_root must be a folder of the host: an absolute path, or one below ~.")
    return posixpath.normpath(posixpath.join(home, root.removeprefix("~").lstrip("/") if root[0] == "~" else root))


def _environment(found: Detected, name: str | None) -> Environment:
    """Return the environment that is meant; an upstream viewer is none of ours."""
    if name in _NO_CHOICE:
        for one in found.environments:
            if one.has_viewer:
                return one
        upstream = next((one for one in found.environments if one.distribution), None)
        raise ViewerMissing(
            "No Python environment of the host has runicorn-jupyter: install it in one of them, or let us make one "
            "of our own there.",
            can_install=True,
            distribution=upstream.distribution if upstream else None,
        )
    one = named(found, name)
    if one.has_viewer:
        return one
    private = next((other for other in found.environments if other.type == "private" and other.has_viewer), None)
    if private is None:
        raise ViewerMissing(
            f"The environment {one.name} of the host has no runicorn-jupyter: install it there, choose another "
            "environment, or let us make one of our own.",
            can_install=True,
            distribution=one.distribution,
        )
    return private  # made after a yes, for just this: a viewer only reads files, whatever environment wrote them
