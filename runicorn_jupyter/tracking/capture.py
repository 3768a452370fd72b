"""Upstream's names for what a program runs on: ``EnvironmentCapture`` and ``EnvironmentInfo``."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking import environment
from runicorn_jupyter.tracking.documents import encode


@dataclass
class EnvironmentInfo:
    """The part of environment.json that upstream knows."""

    python_version: str
    platform: str
    platform_details: dict[str, str]
    pip_packages: list[str] | None
    conda_packages: list[str] | None
    conda_env: str | None
    git_info: dict[str, Any] | None
    env_variables: dict[str, str]
    gpu_info: list[dict[str, Any]] | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dict."""
        return asdict(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fields as JSON."""
        Path(path).write_bytes(encode(self.to_dict()))


class EnvironmentCapture:
    """Looks at the interpreter, its packages, the repository and the machine; secrets come out masked.

    Parameters
    ----------
    working_dir : path, optional
        The repository around it is described; the current folder without.
    """

    def __init__(self, working_dir: str | os.PathLike[str] | None = None) -> None:
        self.working_dir = Path(working_dir) if working_dir is not None else Path.cwd()

    def capture_all(self) -> EnvironmentInfo:
        """Return everything that is known now."""
        found = environment.environment(self.working_dir.absolute())
        return EnvironmentInfo(**{name: found[name] for name in EnvironmentInfo.__dataclass_fields__})
