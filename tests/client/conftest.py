"""A viewer as users start it, over each sample root, shared by the tests that only read."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from viewers import ViewerProcess, running_viewer

from runicorn_jupyter.client import RunicornClient


def home(folder: Path) -> Mapping[str, str]:
    """Return an environment with a home of its own."""
    names = {"XDG_CACHE_HOME": "cache", "XDG_CONFIG_HOME": "config", "XDG_RUNTIME_DIR": "run", "HOME": "home"}
    for name in names.values():
        (folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    return {**os.environ, **{variable: str(folder / name) for variable, name in names.items()}}


@contextmanager
def settled_viewer(root: Path, *options: str, env: Mapping[str, str] | None = None) -> Iterator[ViewerProcess]:
    """Start a viewer and wait until it has read every run."""
    with running_viewer(root, *options, env=env) as viewer:
        deadline = time.monotonic() + 60
        while not json.loads(viewer.get("/api/health").body).get("complete"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield viewer


@pytest.fixture(scope="session")
def shared_viewer(sample_roots: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ViewerProcess]:
    """Return a viewer over the root of upstream 0.5.3; read only."""
    with settled_viewer(sample_roots / "upstream-0.5.3", env=home(tmp_path_factory.mktemp("viewer"))) as viewer:
        yield viewer


@pytest.fixture
def client(shared_viewer: ViewerProcess) -> Iterator[RunicornClient]:
    """Return a client of the shared viewer."""
    with RunicornClient(f"http://127.0.0.1:{shared_viewer.port}") as client:
        yield client
