"""Data sets: the same runs for every tool, made once and kept; a row that changes one takes a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.fillers import runicorn
from benchmarks.places import REPOSITORY, kept
from benchmarks.venvs import python_of

_READERS = 8
_EDITION = "2"
"""Raised when the content changes, so that no old data is measured."""


@dataclass(frozen=True)
class DataSet:
    """So many runs of so many steps; `metrics` is 0 for the four of `truth`."""

    runs: int
    steps: int
    metrics: int = 0

    @property
    def folder(self) -> str:
        """Its name on disk."""
        return f"{self.runs}x{self.steps}" + (f"x{self.metrics}" if self.metrics else "")


Filler = Callable[[Path, DataSet], None]


def root_of(tool: str, data: DataSet, base: Path | None = None) -> Path:
    """Return where `tool` finds `data`, filling it first when nobody has.

    Parameters
    ----------
    tool : str
        A key of `FILLERS`.
    base : Path, optional
        Another place than the kept one, for tests.
    """
    folder = (base or kept() / f"data-{_EDITION}") / tool / data.folder
    done = folder.with_name(f"{folder.name}.done")
    if not done.exists():
        print(f"filling {tool} with {data.runs:,} runs of {data.steps:,} steps …", flush=True)
        began = time.perf_counter()
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        FILLERS[tool](folder, data)
        done.touch()
        print(f"  {time.perf_counter() - began:.0f} s", flush=True)
    return folder


def warm(root: Path) -> None:
    """Read every file below `root` once, so that who comes first does not pay for the disk: programs are compared."""

    def read(found: tuple[str, list[str], list[str]]) -> None:
        for name in found[2]:
            with open(f"{found[0]}/{name}", "rb") as file:  # noqa: PTH123 - no Path for each of half a million files
                while file.read(1 << 20):
                    pass

    with ThreadPoolExecutor(_READERS) as pool:
        deque(pool.map(read, os.walk(root), chunksize=50), maxlen=0)


def copy_of(root: Path, target: Path) -> Path:
    """Return a copy of `root` at `target` that may be changed."""
    shutil.copytree(root, target)
    return target


def _ours(folder: Path, data: DataSet) -> None:
    runicorn.fill_05(folder, data.runs, data.steps, data.metrics)


def _upstream_05(folder: Path, data: DataSet) -> None:
    shutil.copytree(_sibling(folder, data), folder, copy_function=os.link)


def _upstream_07(folder: Path, data: DataSet) -> None:
    runicorn.fill_07(folder, data.runs, data.steps, _sibling(folder, data))


def _sibling(folder: Path, data: DataSet) -> Path:
    return root_of("ours", data, folder.parent.parent)


def _by_peer(peer: str) -> Filler:
    def fill(folder: Path, data: DataSet) -> None:
        folder.mkdir(parents=True)
        command = [str(python_of(peer)), "-m", f"benchmarks.fillers.{peer}"]
        subprocess.run(
            [*command, str(folder), str(data.runs), str(data.steps)],
            check=True,
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    return fill


FILLERS: dict[str, Filler] = {
    "ours": _ours,
    "runicorn-0.5.3": _upstream_05,
    "runicorn-0.7.2": _upstream_07,
    **{peer: _by_peer(peer) for peer in ("trackio", "mlflow", "tensorboard")},
}
