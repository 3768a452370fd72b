"""What a run records beside what it is told: each part optional, and one switch that turns all of it off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from runicorn_jupyter.errors import BadRequest

PRIVATE_VARIABLE = "RUNICORN_PRIVATE"
TQDM_MODES = ("smart", "all", "none")
SNAPSHOT_FORMATS = ("zip",)
TELEMETRY_EVERY = 5.0

_ON = frozenset({"1", "true", "yes", "on"})
_SHORTEST = 0.1


class Recorded(NamedTuple):
    """What of this machine and program goes into the run; the defaults are those of `init`."""

    environment: bool = True
    git_diff: bool = False
    provenance: bool = True
    console: bool = False
    tqdm_mode: str = "smart"
    code: bool = False
    workspace_root: Path | None = None
    force_snapshot: bool = False
    telemetry: float | None = None


NOTHING = Recorded(environment=False, provenance=False)


def recorded(asked: dict[str, Any], *, private: bool) -> Recorded:
    """Return what the keywords of `init` ask for.

    Raises
    ------
    ValueError
        One of them has a value that is none of its own.
    """
    _one_of(asked["tqdm_mode"], TQDM_MODES, "tqdm_mode")
    _one_of(asked["snapshot_format"], SNAPSHOT_FORMATS, "snapshot_format")
    root = asked["workspace_root"]
    if root is not None and not isinstance(root, str | os.PathLike):
        raise BadRequest(f"workspace_root must be a folder, not {type(root).__name__}.")
    telemetry = _seconds(asked["telemetry"])
    if private:
        return NOTHING
    return Recorded(
        environment=bool(asked["capture_env"]),
        git_diff=bool(asked["capture_git_diff"]),
        console=bool(asked["capture_console"]),
        tqdm_mode=asked["tqdm_mode"],
        code=bool(asked["snapshot_code"]),
        workspace_root=None if root is None else Path(os.path.expanduser(root)),  # noqa: PTH111
        force_snapshot=bool(asked["force_snapshot"]),
        telemetry=telemetry,
    )


def is_private(asked: bool | None) -> bool:
    """Tell whether nothing about the person's machine is to be written: as asked, else as the environment says."""
    if asked is not None:
        return bool(asked)
    return os.environ.get(PRIVATE_VARIABLE, "").strip().lower() in _ON


def _seconds(value: Any) -> float | None:
    if value is False or value is None:
        return None
    if value is True:
        return TELEMETRY_EVERY
    if not isinstance(value, int | float) or not value >= _SHORTEST:
        raise BadRequest(f"telemetry must be True, False, or seconds from {_SHORTEST} on, not {value!r}.")
    return float(value)


def _one_of(value: Any, allowed: tuple[str, ...], what: str) -> None:
    if value not in allowed:
        raise BadRequest(f"{what} must be {' or '.join(map(repr, allowed))}, not {value!r}.")
