"""Our viewer in a private environment of a host: real installs over a real sshd, cut, cancelled, without room (S08)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fixtures_sshd import Sshd, started_sshd

from runicorn_jupyter import __version__
from runicorn_jupyter.models import Environment
from runicorn_jupyter.remote import errors, script
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes

pytestmark = [pytest.mark.sshd, pytest.mark.timeout(900)]

NOTHING = "http://127.0.0.1:9/simple"
OFFLINE = (f"PIP_INDEX_URL={NOTHING}", f"PIP_EXTRA_INDEX_URL={NOTHING}", "PIP_FIND_LINKS=")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hosts")


@contextmanager
def host(
    folder: Path, *variables: str, home: Path | None = None, sftp: str = "Subsystem sftp internal-sftp"
) -> Iterator[tuple[Remotes, str, Path]]:
    """Start a host with a home of its own and these variables, log in, and yield that with its home."""
    home = home or folder / "home"
    for made in (folder, home):
        made.mkdir(parents=True, exist_ok=True)
    settings = " ".join(f'"{one}"' for one in (f"HOME={home}", *variables))
    with started_sshd(folder, sftp, f"SetEnv {settings}") as server:
        remotes = Remotes(HostKeys([server.known_hosts], folder / "own"))
        try:
            yield remotes, login(remotes, server), home
        finally:
            remotes.close()


def login(remotes: Remotes, server: Sshd) -> str:
    opening = remotes.connect("127.0.0.1", server.user, server.port, private_key_path=str(server.key), use_agent=False)
    return opening.result(30)[0].key


class Steps:
    """What was told of an installation; `at` can act when a step is reached."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int]] = []
        self.at: dict[str, Callable[[], object]] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        self.told.append((step, done, total))
        if step in self.at:
            self.at.pop(step)()

    @property
    def names(self) -> list[str]:
        return list(dict.fromkeys(step for step, _, _ in self.told))


Installed = tuple[Environment, Steps, Path, Remotes, str]


@pytest.fixture(scope="module")
def online(room: Path) -> Iterator[Installed]:
    """Install on a host that reaches the index of this machine."""
    variables = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")]
    with host(room / "online", *variables) as (remotes, key, home):
        steps = Steps()
        yield remotes.install_viewer(key, progress=steps).result(600), steps, home, remotes, key


@pytest.fixture(scope="module")
def offline(room: Path) -> Iterator[Installed]:
    """Install on a host that reaches none."""
    with host(room / "offline", *OFFLINE) as (remotes, key, home):
        steps = Steps()
        yield remotes.install_viewer(key, progress=steps).result(600), steps, home, remotes, key


def envs(home: Path) -> list[Path]:
    return sorted((home / ".local" / "share" / "runicorn-jupyter").glob("env-*"))


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.slow
def test_a_host_installs_from_its_own_index(online: Installed) -> None:
    environment, steps, home, _, _ = online
    assert (environment.name, environment.type, environment.runicorn_version) == (
        "runicorn-private", "private", __version__,
    )  # fmt: skip
    assert environment.has_viewer
    assert steps.names == ["python", "copy", "environment", "packages", "check", "done"]
    assert all(0 <= done <= total for _, done, total in steps.told)
    [folder] = envs(home)
    assert folder.stat().st_mode & 0o077 == 0
    assert not {"wheels", "tmp", "owner", "progress"} & {path.name for path in folder.iterdir()}
    said = subprocess.run([environment.python, "-I", "-m", "runicorn_jupyter", "--version"], capture_output=True,
                          text=True, check=True, cwd=home)  # fmt: skip
    assert __version__ in said.stdout


@pytest.mark.slow
def test_a_host_without_an_index_gets_wheels_over_sftp(offline: Installed) -> None:
    environment, steps, home, _, _ = offline
    assert environment.has_viewer
    assert steps.names == ["python", "copy", "environment", "packages", "download", "check", "done"]
    pushed = max(total for step, _, total in steps.told if step == "copy")
    assert pushed > 10_000_000
    packages = next(Path(environment.prefix).glob("lib/python3*/site-packages"))
    assert {"tornado", "jupyter_server", "pandas", "orjson"} <= {path.name for path in packages.iterdir()}
    assert not list(home.rglob("*.whl"))


@pytest.mark.slow
def test_a_second_call_finds_the_first(offline: Installed) -> None:
    environment, _, home, remotes, key = offline
    steps = Steps()
    assert remotes.install_viewer(key, progress=steps).result(60) == environment
    assert steps.names == ["python", "done"]
    assert [str(path) for path in envs(home)] == [environment.prefix]
    names = [one.name for one in remotes.detect(key).result(20).environments]
    assert names[1] == "runicorn-private"


@pytest.mark.slow
def test_the_viewer_of_it_starts_whatever_environment_was_chosen(offline: Installed) -> None:
    environment, _, home, remotes, key = offline
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / ".venvs" / "training"], check=True)
    (home / "runs").mkdir()
    session, _ = remotes.start_viewer(key, root="~/runs", environment="training").result(60)
    try:
        assert (session.state, session.environment, session.version) == ("running", environment.name, __version__)
    finally:
        assert remotes.stop_viewer(session.id).result(30).state == "stopped"


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the address of an index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def pips_in(folder: Path) -> list[int]:
    """Return the processes that run from below a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{folder}/".encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.fixture
def hanging(silent: str, tmp_path: Path) -> Iterator[tuple[Remotes, str, Path]]:
    with host(tmp_path, f"PIP_INDEX_URL={silent}", f"PIP_EXTRA_INDEX_URL={silent}") as there:
        yield there


def test_cancelled_nothing_is_left(hanging: tuple[Remotes, str, Path]) -> None:
    remotes, key, home = hanging
    steps = Steps()
    work = remotes.install_viewer(key, progress=steps)
    eventually(lambda: pips_in(home))
    assert not list(home.rglob("complete"))
    work.cancel()
    eventually(lambda: not envs(home) and not pips_in(home))
    assert [one.type for one in remotes.detect(key, again=True).result(20).environments] == ["system"]


def test_a_cut_in_the_middle_leaves_nothing_either(hanging: tuple[Remotes, str, Path]) -> None:
    remotes, key, home = hanging
    work = remotes.install_viewer(key, progress=Steps())
    eventually(lambda: pips_in(home))
    [session] = [one for one in remotes._connections.list() if one.where.key == key]
    remotes._loop._loop.call_soon_threadsafe(session.ssh.abort)
    with pytest.raises(errors.RemoteError):
        work.result(60)
    eventually(lambda: not envs(home) and not pips_in(home))


def test_a_host_without_file_transfer_is_told(tmp_path: Path) -> None:
    with host(tmp_path, sftp="") as (remotes, key, home):
        with pytest.raises(errors.RemoteError, match="no file transfer"):
            remotes.install_viewer(key, progress=Steps()).result(120)
        assert envs(home) == []


def test_two_at_once_make_one(hanging: tuple[Remotes, str, Path]) -> None:
    remotes, key, home = hanging
    first, second = (remotes.install_viewer(key, progress=Steps()) for _ in range(2))
    eventually(lambda: pips_in(home))
    assert len(envs(home)) == 1
    second.cancel()
    first.cancel()
    eventually(lambda: not envs(home) and not pips_in(home))


@pytest.mark.root
@pytest.mark.parametrize("size", ["1m", "40m"], ids=["while files are copied", "while packages are installed"])
def test_a_full_disk_is_told_and_left_clean(tmp_path: Path, size: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk], check=True)
    try:
        variables = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("PIP_")]
        with host(tmp_path / "host", *variables, home=disk) as (remotes, key, home):
            with pytest.raises(errors.QuotaExceeded, match="room"):
                remotes.install_viewer(key, progress=Steps()).result(300)
            assert envs(home) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_host_without_a_new_python_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = script._script
    old, new = b"OLDEST, NEWEST = (3, 11)", b"OLDEST, NEWEST = (3, 99)"
    assert old in original("prepare")
    monkeypatch.setattr(script, "_script", lambda operation: original(operation).replace(old, new))
    with host(tmp_path) as (remotes, key, home):
        with pytest.raises(errors.PythonMissing, match=r"it has .*3\.\d+.*install one"):
            remotes.install_viewer(key, progress=Steps()).result(120)
        assert envs(home) == []
