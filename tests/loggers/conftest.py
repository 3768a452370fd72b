"""Training with the real frameworks, in their own environment, and reading back what the loggers wrote."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from places import REPOSITORY

from loggers import environment
from loggers.runs import Written, all_runs

TRUTH = "truth.json"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first test that needs the environment the minutes to make it."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(600))


@dataclass(frozen=True)
class Trained:
    """What one training left behind."""

    runs: list[Written]
    truth: Any
    done: subprocess.CompletedProcess[str]

    @property
    def run(self) -> Written:
        (only,) = self.runs
        return only


@pytest.fixture(scope="session")
def framework_python() -> Path:
    return environment.python()


@pytest.fixture
def train(framework_python: Path, tmp_path: Path) -> Callable[..., Trained]:
    """Run a program in a folder of its own; `truth` is an expression over its variables that JSON can hold.

    With `fails` the program must end with an exception, else it must not.
    """

    def run(source: str, truth: str = "None", *, fails: bool = False, before: str = "", **more: str) -> Trained:
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        # Children of spawn read the program too, and have no truth to write.
        end = (
            "\nif __name__ == '__main__':\n    import json as _json, pathlib as _p\n"
            f"    _p.Path({TRUTH!r}).write_text(_json.dumps({truth}))\n"
        )
        (folder / "program.py").write_text(f"{before}\n{source}{end}")
        root = tmp_path / "root"
        done = subprocess.run(
            [str(framework_python), "program.py"],
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY),
                "RUNICORN_DIR": str(root),
                "KERAS_BACKEND": "torch",
                "HF_HUB_OFFLINE": "1",
                "CUDA_VISIBLE_DEVICES": "",
                "OMP_NUM_THREADS": "2",
                "MPLBACKEND": "Agg",
                **more,
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout[-2000:] + done.stderr[-4000:]
        written = folder / TRUTH
        return Trained(all_runs(root), json.loads(written.read_text()) if written.exists() else None, done)

    return run
