"""What every room's tests share: a home of their own, and the two storage roots that upstream's SDKs wrote."""

from __future__ import annotations

import os
import shutil
import signal
import tarfile
from pathlib import Path

import pytest
from farviewers import far_host  # noqa: F401 - a fixture for every room
from fixtures_sshd import sshd  # noqa: F401 - a fixture for every room
from places import DATA

# Tests get a HOME of their own; what installers downloaded once stays where it is.
os.environ.setdefault("UV_CACHE_DIR", str(Path.home() / ".cache" / "uv"))
os.environ.setdefault("YARN_GLOBAL_FOLDER", str(Path.home() / ".yarn" / "berry"))

# A shell gives what it starts with `&` an ignored SIGINT, and every child would inherit that Ctrl-C does nothing.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--leave-out", action="append", default=[], help="a marker whose tests are not run (see Makefile)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests of a part that this machine lacks; scripts/system-parts.sh has said so in one line."""
    left_out = config.getoption("--leave-out")
    dropped = [item for item in items if any(item.get_closest_marker(marker) for marker in left_out)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test empty cache, config and runtime folders, so that none sees another's index or token."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for variable, folder in (("XDG_CACHE_HOME", ".cache"), ("XDG_CONFIG_HOME", ".config"), ("XDG_RUNTIME_DIR", "run")):
        (home / folder).mkdir(mode=0o700)
        monkeypatch.setenv(variable, str(home / folder))
    for variable in ("RUNICORN_DIR", "RUNICORN_ON"):
        monkeypatch.delenv(variable, raising=False)
    return home


@pytest.fixture(scope="session")
def sample_roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both sample roots unpacked, links kept; tests that write copy one first."""
    folder = tmp_path_factory.mktemp("roots")
    for name in ("upstream-0.5.3", "upstream-0.7.2"):
        with tarfile.open(DATA / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="tar")
    return folder


@pytest.fixture
def upstream_053(sample_roots: Path) -> Path:
    """Return the root written by upstream 0.5.3; read it only."""
    return sample_roots / "upstream-0.5.3"


@pytest.fixture
def upstream_072(sample_roots: Path) -> Path:
    """Return the root written by upstream 0.7.2; read it only."""
    return sample_roots / "upstream-0.7.2"


@pytest.fixture
def scratch_053(upstream_053: Path, tmp_path: Path) -> Path:
    """Return a copy of the 0.5.3 root that a test may change."""
    return Path(shutil.copytree(upstream_053, tmp_path / "scratch", symlinks=True))
