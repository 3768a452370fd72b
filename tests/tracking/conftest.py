"""Every tracking test has its own root and leaves no active run behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runicorn_jupyter.tracking import active, switch
from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.writing.keeper import keeper


@pytest.fixture(autouse=True)
def _no_run_is_left(own_home: Path) -> Iterator[None]:
    yield
    endings.end_active()
    # What could not be brought home is tried for as long as the process lives; not into the next test's folders.
    keeper._kept.clear()
    switch.reset_enabled()
    active._told.clear()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def spool(own_home: Path) -> Path:
    return own_home / ".cache" / "runicorn-jupyter" / "spool"


@pytest.fixture
def until() -> Callable[..., None]:
    def wait(condition: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the awaited condition did not come"
            time.sleep(0.02)

    return wait


@pytest.fixture
def script(root: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python source in a fresh process whose RUNICORN_DIR is the test's root."""

    def run(source: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", source],
            env={**os.environ, "RUNICORN_DIR": str(root), **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
