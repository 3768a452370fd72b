"""Upstream's names for what a program runs on: ``EnvironmentCapture`` and ``EnvironmentInfo``."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.surroundings import environment
from runicorn_jupyter.tracking.surroundings.git import git_state
from runicorn_jupyter.tracking.writing.documents import encode


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
        found = self._all()
        return EnvironmentInfo(**{name: found[name] for name in EnvironmentInfo.__dataclass_fields__})

    def get_python_version(self) -> str:
        """Return what ``sys.version`` says, in one line."""
        return str(self._all()["python_version"])

    def get_platform(self) -> str:
        """Return system, release and machine."""
        return str(self._all()["platform"])

    def get_platform_details(self) -> dict[str, str]:
        """Return what ``platform.uname`` and the interpreter say."""
        return dict(self._all()["platform_details"])

    def get_pip_packages(self) -> list[str]:
        """Return ``name==version`` of every installed distribution."""
        return environment.packages()

    def get_conda_packages(self) -> list[str] | None:
        """Return ``name=version=build`` of the conda environment, None without one."""
        found: list[str] | None = self._all()["conda_packages"]
        return found

    def get_conda_env(self) -> str | None:
        """Return the name of the active conda environment, None without one."""
        return os.environ.get("CONDA_DEFAULT_ENV")

    def get_git_info(self) -> dict[str, Any] | None:
        """Return commit, branch, remote and whether something is changed; None outside a repository."""
        return git_state(self.working_dir.absolute())

    def get_env_variables(self, filter_keys: Iterable[str] | None = None) -> dict[str, str]:
        """Return the environment variables that may be told, or those of them in `filter_keys`; secrets are masked."""
        wanted = None if filter_keys is None else set(filter_keys)
        return {name: value for name, value in environment.variables().items() if wanted is None or name in wanted}

    def get_gpu_info(self) -> list[dict[str, Any]] | None:
        """Return one entry a GPU, None where there is none."""
        found: list[dict[str, Any]] | None = self._all()["gpu_info"]
        return found

    def _all(self) -> dict[str, Any]:
        return environment.environment(self.working_dir.absolute())
