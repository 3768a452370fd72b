"""The program that starts and ends viewers on a host, run here with a home of its own (G10, S21, Y08, Y10, Y11)."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from farviewers import STAND_IN, eventually

from runicorn_jupyter.remote.far import processes, viewers

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*fork:DeprecationWarning"
)  # on a host it has no threads


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a home with a short path; whatever viewer is left in it ends with the test."""
    folder = Path(tempfile.mkdtemp(prefix="far"))
    monkeypatch.setenv("HOME", str(folder))
    yield folder
    for file in folder.rglob("session.json"):
        held = json.loads(file.read_text())
        if processes.is_same(held):
            os.kill(held["pid"], signal.SIGKILL)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def python(home: Path) -> str:
    program = home / "python"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -I {STAND_IN} "$@"\n')
    program.chmod(0o755)
    return str(program)


def begin(home: Path, python: str, session: str = "ab12cd34", **other: object) -> dict:
    given = {
        "root": str(home), "must_exist": True, "lease": 60, "patience_there": 20, "asked": True, "fresh": True,
    }  # fmt: skip
    return viewers.start(session, python, **{**given, **other})


def folder(home: Path, session: str = "ab12cd34") -> Path:
    return home / ".cache" / "runicorn-jupyter" / "far" / session


def test_a_viewer_is_a_process_of_its_own(home, python) -> None:
    told = begin(home, python)
    assert (told["outcome"], told["before"]) == ("running", None)
    pid = told["pid"]
    lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    assert int(lines["SigIgn"], 16) & 1 << (signal.SIGHUP - 1)
    assert os.getsid(pid) not in {os.getsid(0), pid}  # of a session whose leader is gone: no terminal ever again
    assert lines["Umask"] == "0077"
    ours = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if int(entry.name) < 3}
    assert ours == {"/dev/null", str(folder(home) / "log")}
    assert str(Path(f"/proc/{pid}/cwd").readlink()) == "/"
    for path in (folder(home).parent, folder(home)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for name in ("log", "session.json"):
        assert stat.S_IMODE((folder(home) / name).stat().st_mode) == 0o600
    assert len(told["socket"]) <= 100


def test_who_comes_again_adopts_it(home, python) -> None:
    first = begin(home, python)
    for asked in (True, False):
        again = begin(home, python, asked=asked)
        assert (again["pid"], again["before"]) == (first["pid"], "runs")
    assert viewers.status("ab12cd34") == {"running": True, "answers": True}
    assert viewers.stop("ab12cd34", cleanup=True) == {"stopped": True}
    assert not folder(home).exists()
    assert viewers.status("ab12cd34") == {"running": False, "answers": False}
    assert viewers.stop("ab12cd34", cleanup=True) == {"stopped": False}


def test_two_starts_at_once_make_one_viewer(home, python) -> None:
    told: list[dict] = []
    both = [threading.Thread(target=lambda: told.append(begin(home, python))) for _ in range(2)]
    # Two processes on a real host; the lock is of the open folder, so that it holds off threads as well.
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len({one["pid"] for one in told}) == 1


def test_a_stop_is_known_to_who_only_comes_back_until_somebody_asks(home, python) -> None:
    begin(home, python)
    viewers.stop("ab12cd34", cleanup=False)
    assert begin(home, python, asked=False) == {"outcome": "stopped"}
    assert begin(home, python)["outcome"] == "running"
    viewers.stop("ab12cd34", cleanup=True)
    assert begin(home, python, asked=False) == {"outcome": "stopped"}


def test_nothing_new_is_begun_where_it_may_not(home, python) -> None:
    os.kill(begin(home, python)["pid"], signal.SIGKILL)
    eventually(lambda: not viewers.status("ab12cd34")["running"])
    told = begin(home, python, asked=False, fresh=False)
    assert (told["outcome"], told["cause"]) == ("failed", "ended")
    assert told["log"] == [f"listening for {home}"]
    assert begin(home, python, asked=False)["before"] == "ended"


def test_y10_a_process_that_got_the_number_is_spared(home, python) -> None:
    begin(home, python)
    file = folder(home) / "session.json"
    held = json.loads(file.read_text())
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as other:
        try:
            file.write_text(json.dumps({**held, "pid": other.pid}))
            assert viewers.status("ab12cd34")["running"] is False
            assert viewers.stop("ab12cd34", cleanup=False) == {"stopped": False}
            file.write_text(json.dumps({**held, "pid": other.pid, "boot": "of another machine with this home"}))
            assert viewers.stop("ab12cd34", cleanup=False) == {"stopped": False}
            assert other.poll() is None
        finally:
            other.kill()
    file.write_text(json.dumps(held))
    assert viewers.stop("ab12cd34", cleanup=False) == {"stopped": True}


def test_y11_a_foreign_listener_in_the_way_is_left_alone(home, python) -> None:
    first = begin(home, python)
    os.kill(first["pid"], signal.SIGKILL)
    eventually(lambda: not viewers.status("ab12cd34")["running"])
    Path(first["socket"]).unlink()
    with socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(first["socket"])
        foreign.listen()
        second = begin(home, python)
        assert second["socket"] != first["socket"]
        assert foreign.fileno() > 0


def test_a_viewer_that_hangs_is_ended_only_when_somebody_asks(home, python, monkeypatch) -> None:
    monkeypatch.setattr(viewers, "HUNG_S", 0.2)
    monkeypatch.setattr(processes, "STOP_S", 0.2)
    first = begin(home, python)
    os.kill(first["pid"], signal.SIGSTOP)
    told = begin(home, python, asked=False, patience_there=0.3)
    assert (told["outcome"], told["cause"]) == ("failed", "silent")
    assert Path(f"/proc/{first['pid']}").exists()
    second = begin(home, python)
    assert (second["outcome"], second["before"]) == ("running", "ended")
    assert second["pid"] != first["pid"]


@pytest.mark.parametrize(
    ("other", "cause"), [({"root": "/no such folder"}, "root"), ({"python": "/no/python"}, "python")]
)
def test_what_is_missing_has_a_name(home, python, other, cause) -> None:
    given = {"python": python, **other}
    assert begin(home, given.pop("python"), **given) == {"outcome": "failed", "cause": cause, "log": []}
    assert not folder(home).exists()


def test_one_that_runs_is_found_even_when_it_could_not_be_started_now(home, python) -> None:
    first = begin(home, python)
    Path(python).unlink()
    assert begin(home, python, root="/no such folder")["pid"] == first["pid"]


def test_one_whose_socket_was_cleaned_away_is_replaced(home, python, monkeypatch) -> None:
    first = begin(home, python)
    Path(first["socket"]).unlink()
    monkeypatch.setattr(viewers, "BINDING_S", 0)
    second = begin(home, python, asked=False)
    assert (second["outcome"], second["before"]) == ("running", "ended")
    assert processes.started(first["pid"]) is None


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_log_that_cannot_be_made_is_told_by_its_cause(home, python, monkeypatch, number) -> None:
    real = os.open

    def full(path: str, *given: int) -> int:
        if str(path).endswith("/log"):
            raise OSError(number, os.strerror(number))
        return real(path, *given)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        assert begin(home, python) == {"outcome": "failed", "cause": "quota", "log": []}


def test_a_viewer_that_ends_at_once_leaves_its_words(home, python) -> None:
    (home / "broken").touch()
    for _ in range(2):
        told = begin(home, python)
        assert (told["outcome"], told["cause"]) == ("failed", "exited")
        assert told["log"] == [f"listening for {home}", "something \x1b[31mis broken\x1b[0m here"]


def test_a_stop_ends_a_start_that_waits(home, python) -> None:
    Path(python).write_text("#!/bin/sh\nexec sleep 600\n")
    told: list[dict] = []
    waiting = threading.Thread(target=lambda: told.append(begin(home, python, patience_there=60)))
    waiting.start()
    eventually(lambda: viewers.status("ab12cd34")["running"])
    viewers.stop("ab12cd34", cleanup=False)
    waiting.join(20)
    assert told == [{"outcome": "stopped"}]


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_that_is_none_of_ours_is_refused(home, python, tmp_path, kind) -> None:
    far = folder(home).parent
    far.parent.mkdir(parents=True)
    if kind == "link":
        far.symlink_to(tmp_path)
    else:
        far.mkdir()
        (far / "ab12cd34").write_text("")
    with pytest.raises(RuntimeError, match="link, or belongs"):
        begin(home, python)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_others_may_enter_is_closed(home, python) -> None:
    folder(home).mkdir(parents=True)
    folder(home).chmod(0o777)
    begin(home, python)
    assert stat.S_IMODE(folder(home).stat().st_mode) == 0o700


def test_a_home_with_a_long_path_has_its_sockets_elsewhere(home, python, monkeypatch) -> None:
    deep = home / ("a" * 60)
    (deep / "b").mkdir(parents=True)
    short = home / "t"
    monkeypatch.setattr(viewers, "_bases", lambda: [str(deep / "b" / "far"), str(short)])
    told = begin(home, python)
    assert told["outcome"] == "running"
    assert told["socket"].startswith(str(short))
    assert viewers.status("ab12cd34") == {"running": True, "answers": True}


def test_the_runtime_folder_of_the_login_is_not_used(home, python, monkeypatch) -> None:
    run = home / "run"
    run.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    told = begin(home, python)
    assert list(run.iterdir()) == []
    assert b"XDG_RUNTIME_DIR" not in Path(f"/proc/{told['pid']}/environ").read_bytes()
    shutil.rmtree(run)
    assert begin(home, python, asked=False)["pid"] == told["pid"]


@pytest.mark.parametrize("session", ["../../etc", "", "a" * 33, "a b", "a;b"])
def test_s07_a_session_that_is_none(home, session) -> None:
    with pytest.raises(ValueError, match="not a session"):
        viewers.stop(session, cleanup=True)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "1"}', '{"pid": 1, "since": 1, "lease": 1}', "\0", "{" * 99])
def test_a_note_that_makes_no_sense_is_no_viewer(home, python, text) -> None:
    folder(home).mkdir(parents=True)
    (folder(home) / "session.json").write_text(text)
    assert viewers.status("ab12cd34")["running"] is False
    assert begin(home, python)["before"] is None


def test_the_log_is_followed_by_bytes(home, python) -> None:
    begin(home, python)
    log = folder(home) / "log"
    first = viewers.log("ab12cd34", 100, None)
    assert first == {"lines": [f"listening for {home}"], "total": 1, "end": log.stat().st_size}
    with log.open("a") as stream:
        stream.write("two\nthr")
    second = viewers.log("ab12cd34", 100, first["end"])
    assert (second["lines"], second["total"]) == (["two"], 2)
    with log.open("a") as stream:
        stream.write("ee\n")
    assert viewers.log("ab12cd34", 100, second["end"])["lines"] == ["three"]
    assert viewers.log("ab12cd34", 2, None)["lines"] == ["two", "three"]
    assert viewers.log("ab12cd34", 100, 10**9)["lines"][0].startswith("listening")  # it was shortened since
    assert viewers.log("00000000", 100, None) == {"lines": [], "total": 0, "end": 0}


def test_a_log_that_grew_is_shortened_at_the_next_start(home, python) -> None:
    begin(home, python)
    viewers.stop("ab12cd34", cleanup=False)
    log = folder(home) / "log"
    log.write_text("".join(f"line {number}\n" for number in range(200_000)))
    begin(home, python)
    lines = log.read_text().splitlines()
    assert len(lines) == 1001
    assert lines[-2] == "line 199999"


def test_what_sessions_of_long_ago_left_is_swept(home, python) -> None:
    far = folder(home).parent
    for name in ("0000old1", "0000new1"):
        (far / name).mkdir(parents=True)
    (far / "0000old2.stopped").touch()
    for name in ("0000old1", "0000old2.stopped"):
        os.utime(far / name, (0, 0))
    begin(home, python)
    assert {path.name for path in far.iterdir()} == {"0000new1", "ab12cd34"}


@pytest.mark.root
def test_a_full_disk_is_told_as_such(home, python, monkeypatch) -> None:
    disk = home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "none", disk], check=True)
    try:
        monkeypatch.setattr(viewers, "_bases", lambda: [str(disk / "far")])
        subprocess.run(["dd", "if=/dev/zero", f"of={disk}/ballast", "bs=4k"], check=False, capture_output=True)
        assert begin(home, python) == {"outcome": "failed", "cause": "quota", "log": []}
        (disk / "ballast").unlink()
        assert begin(home, python)["outcome"] == "running"
        assert viewers.stop("ab12cd34", cleanup=True) == {"stopped": True}
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


@pytest.mark.root
def test_s21_another_user_gets_nowhere_near_it(home, python) -> None:
    told = begin(home, python)
    home.chmod(0o755)
    for path in (home / ".cache", home / ".cache" / "runicorn-jupyter"):
        path.chmod(0o755)  # only our own folder has to hold
    program = (
        "import socket, sys, os\n"
        "for work in (lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[1]),"
        " lambda: os.listdir(os.path.dirname(sys.argv[1])),"
        " lambda: open(os.path.dirname(sys.argv[1]) + '/log'),"
        " lambda: open(os.path.dirname(sys.argv[1]) + '/session.json')):\n"
        "  try: work()\n"
        "  except PermissionError: print('EACCES')\n"
    )
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", program]
    said = subprocess.run([*other, told["socket"]], check=True, capture_output=True, text=True)
    assert said.stdout.split() == ["EACCES"] * 4
