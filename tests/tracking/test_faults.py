"""Training goes on whatever the disk does (security G8; cases C01, C03 to C06)."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import subprocess
import threading
from pathlib import Path

import pytest

from runicorn_jupyter.paths import cache_folder
from runicorn_jupyter.tracking import init
from runicorn_jupyter.tracking.writing import appendfile, backlog, orphans
from runicorn_jupyter.tracking.writing.appendfile import AppendFile
from runicorn_jupyter.tracking.writing.backlog import Backlog
from runicorn_jupyter.tracking.writing.faults import Faults
from tracking.runfiles import document, events, points


class FaultyDisk:
    """Fails chosen calls of the operating system on regular files below one folder."""

    def __init__(self, monkeypatch, folder):
        self.folder = os.fspath(folder)
        self.calls = 0
        self.fail_at = None
        self.short = self.only_writes = False
        self.code = errno.ENOSPC
        self._real = {
            name: getattr(os, name) for name in ("write", "open", "fsync", "fdatasync", "replace", "mkdir", "unlink")
        }
        for name in self._real:
            monkeypatch.setattr(os, name, self._wrapped(name))

    def _wrapped(self, name):
        def call(first, *rest, **keywords):
            counts = not self.only_writes or (name == "write" and len(rest[0]) > 1)
            if counts and self._ours(first) and self._fails():
                if name == "write" and self.short and len(rest[0]) > 1:
                    return self._real["write"](first, rest[0][: len(rest[0]) // 2])
                raise OSError(self.code, os.strerror(self.code))
            return self._real[name](first, *rest, **keywords)

        return call

    def _ours(self, first):
        if isinstance(first, int):
            if not stat.S_ISREG(os.fstat(first).st_mode):
                return False
            first = Path(f"/proc/self/fd/{first}").readlink()
        return os.fspath(first).startswith(self.folder)

    def _fails(self):
        self.calls += 1
        return self.fail_at is not None and self.fail_at(self.calls)


@pytest.fixture
def disk(monkeypatch, root):
    return FaultyDisk(monkeypatch, root)


def steps(run):
    return [point["global_step"] for point in points(run.run_dir)]


EVERY = 80
WRITES = 30
"""More calls, and writes among them, than a small run makes: the test below says so if they no longer are."""


@pytest.mark.parametrize(
    ("nth", "short"), [*((nth, False) for nth in range(1, EVERY)), *((nth, True) for nth in range(1, WRITES))]
)
def test_c03_the_nth_call_fails_and_every_point_is_there(root, disk, nth, short, capsys):
    disk.short = disk.only_writes = short
    disk.fail_at = lambda calls: calls == nth
    run = init(storage=root, config={"lr": 1})
    for value in range(6):
        run.log({"a": value})
        run.log_text(f"line {value}")
    run.summary({"note": 1})
    run.finish()
    assert (10 if short else 30) < disk.calls < (WRITES if short else EVERY)
    assert steps(run) == list(range(1, 7))
    assert [line[11:] for line in (run.run_dir / "logs.txt").read_text().splitlines()] == [
        f"line {i}" for i in range(6)
    ]
    assert document(run.run_dir, "summary") == {"note": 1}
    assert document(run.run_dir, "meta")["id"] == run.id
    assert capsys.readouterr().err.count("\n") <= 1
    assert list((cache_folder()).glob("spool/*")) == []


def test_c03_what_one_thread_keeps_while_another_finishes_does_not_stay(root, disk, spool, monkeypatch):
    """The keeper fails to write a document; before it has put it into the spool, `finish` writes it."""
    run = init(storage=root, config={"lr": 1})
    recorder = run._recorder
    keep = recorder._keep_documents
    finishing = threading.Thread(target=run.finish)

    def keep_late():
        disk.fail_at = None
        if finishing.ident is None:
            finishing.start()
            finishing.join(0.3)  # as long as it takes where it need not wait for this thread
        keep()

    monkeypatch.setattr(recorder, "_keep_documents", keep_late)
    run.summary({"note": 1})
    disk.fail_at = lambda _calls: True
    recorder.write_documents()
    finishing.join(30)
    assert not finishing.is_alive()
    assert list(spool.glob("*")) == []
    assert document(run.run_dir, "summary") == {"note": 1}


@pytest.mark.parametrize("code", [errno.EIO, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.ESTALE])
def test_while_the_disk_fails_points_wait_in_the_spool_and_then_come_home_in_order(
    root, disk, spool, until, code, capsys
):
    run = init(storage=root)
    run.log({"a": 0})
    disk.code = code
    disk.fail_at = lambda _calls: True
    for value in range(1, 100):
        run.log({"a": value})
    assert steps(run) == [1]
    (kept,) = spool.glob("*events.jsonl*")
    assert kept.read_bytes().count(b"\n") == 100
    disk.fail_at = None
    until(lambda: not run._recorder.events.troubled)
    run.log({"a": 100})
    assert steps(run) == list(range(1, 102))
    assert list(spool.glob("*events.jsonl*")) == []
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "cannot be written" in err
    until(lambda: "sdk_faults" in document(run.run_dir, "status"))
    run.finish()
    assert document(run.run_dir, "status")["sdk_faults"]["write"] >= 1
    assert document(run.run_dir, "status")["dropped_lines"] == 0


def test_a_line_torn_by_the_full_disk_is_written_again_whole(root, disk, until):
    run = init(storage=root)
    run.log({"a": 0})
    disk.short = True
    cut = disk.calls + 1
    disk.fail_at = lambda calls: calls >= cut
    run.log({"a": 1})
    disk.short = False
    torn = (run.run_dir / "events.jsonl").read_bytes()
    assert not torn.endswith(b"\n")
    disk.fail_at = None
    until(lambda: not run._recorder.events.troubled)
    lines = (run.run_dir / "events.jsonl").read_bytes().split(b"\n")
    whole = [json.loads(line)["data"]["a"] for line in lines if line.endswith(b"}}")]
    assert whole == [0, 1]


def test_a_line_that_lacks_only_its_newline_is_not_doubled(root, monkeypatch, until):
    run = init(storage=root)
    run.log({"a": 0})
    real, left = os.write, [1]

    def all_but_newline(fd, data):
        if len(data) > 1 and left:
            left.pop()
            return real(fd, data[:-1])
        if data == b"\n" and len(left) == 0 and not tried:
            tried.append(1)
            raise OSError(errno.ENOSPC, "full")
        return real(fd, data)

    tried: list[int] = []
    target = appendfile.os
    monkeypatch.setattr(target, "write", all_but_newline)
    run.log({"a": 1})
    monkeypatch.setattr(target, "write", real)
    assert tried == [1]
    until(lambda: not run._recorder.events.troubled)
    run.log({"a": 2})
    assert [point["a"] for point in points(run.run_dir)] == [0, 1, 2]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MiB; only root may mount one, and the whole suite runs as root in CI and in a container."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65_536)


@pytest.mark.root
def test_c04_a_full_disk_holds_nothing_up_and_freed_it_gets_every_point(small_disk, until, capsys):
    run = init(storage=small_disk)
    ballast = small_disk / "ballast"
    with pytest.raises(OSError, match="No space"):
        fill(ballast)
    for value in range(3000):
        run.log({"a": value, "b": 0.5})
    run.log_text("still training")
    assert run.log_image("k", b"\x89PNG\r\n\x1a\n" + b"x" * 100_000) is None
    assert run._recorder.events.troubled
    ballast.unlink()
    until(lambda: not run._recorder.events.troubled)
    for value in range(3000, 3010):
        run.log({"a": value})
    run.finish()
    lines = (run.run_dir / "events.jsonl").read_bytes().split(b"\n")
    found = [json.loads(line)["data"]["a"] for line in lines if line.startswith(b'{"ts"') and line.endswith(b"}}")]
    assert found == list(range(3010))
    assert (run.run_dir / "logs.txt").read_text().endswith("still training\n")
    assert document(run.run_dir, "status")["status"] == "finished"
    storage_warnings = [line for line in capsys.readouterr().err.splitlines() if "cannot be written" in line]
    assert len(storage_warnings) == 1


def test_c05_a_root_that_is_a_file_gives_a_run_that_keeps_its_points(tmp_path, spool, capsys, until):
    root = tmp_path / "file"
    root.write_text("not a folder")
    run = init("p", "n", storage=root, config={"lr": 1})
    for value in range(50):
        run.log({"a": value})
    assert capsys.readouterr().err.count("\n") == 1
    assert list(spool.glob("*events.jsonl*"))
    root.unlink()
    until(lambda: (run.run_dir / "status.json").exists() and not run._recorder.events.troubled)
    run.finish()
    assert steps(run) == list(range(1, 51))
    assert document(run.run_dir, "assets")["config"]["args"] == {"lr": 1}
    assert list(spool.iterdir()) == []


def test_c05_without_any_place_to_write_lines_wait_in_memory_and_are_counted_when_lost(tmp_path, monkeypatch, own_home):
    (own_home / ".cache").rmdir()
    (own_home / ".cache").write_text("a file")
    root = tmp_path / "file"
    root.write_text("not a folder")
    line = len(b'{"ts":1795226876.570179,"type":"metrics","data":{"a":1,"global_step":1,"time":1795226876.570179}}\n')
    monkeypatch.setattr(backlog, "MEMORY_LIMIT", 10 * line)
    run = init(storage=root)
    for _ in range(100):
        run.log({"a": 1})
    assert 85 <= run._faults.dropped <= 92
    run.finish()
    assert run._faults.dropped == 100


def test_c05_a_strict_run_says_at_once_that_its_root_is_a_file(tmp_path):
    root = tmp_path / "file"
    root.write_text("not a folder")
    with pytest.raises(OSError, match=r"Not a directory|File exists"):
        init(storage=root, strict=True)


def test_c05_a_removed_run_directory_is_told_and_training_goes_on(root, capsys, until):
    run = init(storage=root)
    run.log({"a": 1})
    shutil.rmtree(root)
    run.log({"a": 2})
    run._recorder._sync_due = 0.0
    until(lambda: run._faults.counts.get("removed", 0) > 0)
    run.log({"a": 3})
    run.finish()
    assert capsys.readouterr().err.count("\n") == 1


def test_c05_a_disk_that_hangs_holds_one_call_and_later_points_are_queued(root, monkeypatch, until):
    monkeypatch.setattr(appendfile, "PATIENCE", 0.05)
    run = init(storage=root)
    run.log({"a": 0})
    answers, real = threading.Event(), os.write
    held: list[str] = []

    def hanging(fd, data):
        if not answers.is_set() and Path(f"/proc/self/fd/{fd}").readlink().name == "events.jsonl":
            held.append(threading.current_thread().name)
            assert answers.wait(30)
        return real(fd, data)

    monkeypatch.setattr(appendfile.os, "write", hanging)
    first = threading.Thread(target=lambda: run.log({"a": 1}), name="held")
    first.start()
    until(lambda: held == ["held"])
    until(lambda: appendfile.monotonic() - min(run._recorder.events._writing) > 0.05)
    for value in range(2, 200):
        run.log({"a": value})
    assert run._recorder.events.hanging
    assert set(held) <= {"held", "runicorn-keeper"}
    answers.set()
    first.join(30)
    until(lambda: not run._recorder.events.troubled)
    run.log({"a": 200})
    run.finish()
    assert sorted(point["a"] for point in points(run.run_dir)) == list(range(201))
    assert document(run.run_dir, "status")["sdk_faults"]["slow"] >= 1


def test_a_fifo_or_a_link_in_place_of_the_event_file_is_not_opened(root, tmp_path, spool):
    for make in (os.mkfifo, lambda path: path.symlink_to(tmp_path / "outside")):
        run = init(storage=root)
        make(run.run_dir / "events.jsonl")
        run.log({"a": 1})
        assert run._recorder.events.troubled
        run.finish()
    assert not (tmp_path / "outside").exists()
    assert len(list(spool.glob("*events.jsonl*"))) == 2


def test_a_spool_of_a_dead_process_is_brought_home_once(root, script, spool, monkeypatch):
    source = (
        "import os, shutil\n"
        "from runicorn_jupyter import tracking as rn\n"
        "run = rn.init('p', 'n', run_id='mine', config={'lr': 1})\n"
        "[run.log(a=i) for i in range(10)]\n"
        "print(run.run_dir)\n"
        "os._exit(0)\n"
    )
    root.write_text("in the way")
    assert script(source).returncode == 0
    root.unlink()
    assert len([path for path in spool.iterdir() if path.suffix != ".tmp"]) == 2
    assert orphans.adopt() == 2
    run_dir = root / "p" / "n" / "runs" / "mine"
    assert [point["a"] for point in points(run_dir)] == list(range(10))
    assert document(run_dir, "assets")["config"]["args"] == {"lr": 1}
    assert list(spool.iterdir()) == []
    assert orphans.adopt() == 0


def test_a_spool_that_was_half_merged_is_not_merged_twice(root, spool):
    target = root / "events.jsonl"
    root.mkdir()
    lines = [b'{"ts":%d}\n' % number for number in range(6)]
    target.write_bytes(b"".join(lines[:3]) + b'{"ts')
    spool.mkdir(parents=True)
    owner = {
        "run_dir": str(root),
        "made": True,
        "pid": 2**22 + 1,
        "pid_start": 1.0,
        "host_id": orphans.machine.host_id(),
    }
    header = json.dumps({**owner, "file": "events.jsonl"}).encode() + b"\n"
    (spool / "x.events.jsonl.abc").write_bytes(header + b"".join(lines[1:]))
    assert orphans.adopt() == 1
    kept = [line for line in target.read_bytes().split(b"\n") if line.endswith(b"}")]
    assert b"\n".join(kept) + b"\n" == b"".join(lines)


def test_spools_of_the_living_of_other_hosts_and_garbage_stay(root, spool):
    spool.mkdir(parents=True)
    here = {
        "run_dir": str(root),
        "made": False,
        "pid": os.getpid(),
        "pid_start": None,
        "host_id": orphans.machine.host_id(),
    }
    for number, owner in enumerate([here, {**here, "pid": 2**22 + 1, "host_id": "other"}, ["odd"]]):
        (spool / f"{number}.events.jsonl.a").write_text(json.dumps(owner) + "\n{}\n")
    (spool / "garbage").write_bytes(b"\xff\n")
    assert orphans.adopt() == 0
    assert len(list(spool.iterdir())) == 4


def test_the_backlog_keeps_order_over_file_and_memory(own_home):
    waiting = Backlog("x", b"{}\n")
    lines = [b"a\rb\n", b"1\n", b"2\n", b"3\n"]
    assert waiting.put(lines[0])
    assert waiting.put(lines[1], memory=True)
    assert waiting.put(lines[2])
    assert waiting.put(lines[3], memory=True)
    found = []
    for line in waiting.lines():
        waiting.take(line)
        found.append(line)
    assert found == lines
    assert waiting.empty


def test_a_line_on_its_way_into_the_spool_is_not_taken_yet(own_home, monkeypatch):
    """The keeper empties the backlog while a line is in the file already, but not counted."""
    waiting = Backlog("x", b"{}\n")
    taken = []
    write_at = backlog.write_at

    def take_all():
        for line in waiting.lines():
            taken.append(line)
            waiting.take(line)

    def write_then_take(fd, line, offset):
        written = write_at(fd, line, offset)
        take_all()
        return written

    monkeypatch.setattr(backlog, "write_at", write_then_take)
    assert waiting.put(b"one\n")
    assert waiting.put(b"two\n")
    assert taken == [b"one\n"]
    take_all()
    assert taken == [b"one\n", b"two\n"]
    assert waiting.empty


def test_the_backlog_is_bounded(own_home, monkeypatch):
    monkeypatch.setattr(backlog, "SPOOL_LIMIT", 100)
    monkeypatch.setattr(backlog, "MEMORY_LIMIT", 50)
    waiting = Backlog("x", b"{}\n")
    kept = [waiting.put(b"123456789\n") for _ in range(30)]
    assert kept == [True] * 14 + [False] * 16
    assert waiting.settle() == 5


def test_an_append_file_survives_a_fork_of_its_state(tmp_path, own_home):
    file = AppendFile(tmp_path / "missing" / "x", Backlog("a", b"{}\n"), Faults())
    file.append(b"one\n")
    assert file.troubled
    file.forked(Backlog("b", b"{}\n"))
    (tmp_path / "missing").mkdir()
    file.append(b"two\n")
    assert (tmp_path / "missing" / "x").read_bytes() == b"two\n"


def test_warnings_turned_into_errors_do_not_reach_the_training(script):
    source = (
        "import warnings, sys; warnings.simplefilter('error'); sys.stderr.close()\n"
        "from runicorn_jupyter import tracking as rn\n"
        "run = rn.init(); run.log({'a': []}); run.log(object()); run.finish(); run.log({})\n"
        "print('trained')"
    )
    done = script(source)
    assert done.stdout.endswith("trained\n")
    assert done.returncode == 0


def test_events_of_every_kind_wait_together(root, disk, until):
    run = init(storage=root)
    disk.fail_at = lambda calls: True
    run.log({"a": 1})
    disk.fail_at = None
    run.log_image("k", b"GIF89a")
    run.log({"a": 2})
    run.finish()
    assert [event["type"] for event in events(run.run_dir)] == ["metrics", "image", "metrics"]


def test_what_a_finished_run_left_in_the_spool_comes_home_when_the_disk_recovers(root, disk, spool, until):
    """In a process that goes on, such as a notebook, nobody has to start another one."""
    run = init(storage=root, capture_env=False)
    run.log({"a": 1})
    disk.fail_at = lambda _calls: True
    run.log({"a": 2})
    run.log_text("kept")
    run.summary({"b": 3})
    run.finish("failed")
    assert steps(run) == [1]
    assert list(spool.glob("*events.jsonl*"))
    disk.fail_at = None
    until(lambda: list(spool.iterdir()) == [])
    assert steps(run) == [1, 2]
    until(lambda: document(run.run_dir, "status")["status"] == "failed")
    assert document(run.run_dir, "summary") == {"b": 3}
    assert (run.run_dir / "logs.txt").read_text().endswith("kept\n")
    from runicorn_jupyter.tracking.writing.keeper import keeper

    until(lambda: run._recorder not in keeper._kept)
    assert run._recorder.events._descriptor is None


@pytest.mark.parametrize("jump", [86_400.0, -86_400.0, 3600.0, -3600.0])
def test_c11_a_clock_that_jumps_spoils_neither_order_nor_duration(root, monkeypatch, jump):
    import time

    from runicorn_jupyter.tracking import run as run_module
    from runicorn_jupyter.tracking.writing import recorder as recorder_module

    run = init(storage=root, capture_env=False)
    run.log({"a": 1})
    for module in (recorder_module, run_module):
        monkeypatch.setattr(module, "time", lambda: time.time() + jump)
    run.log({"a": 2})
    run.finish()
    status = document(run.run_dir, "status")
    assert status["ended_at"] >= status["started_at"]
    assert document(run.run_dir, "meta")["sessions"][0]["ended_at"] == status["ended_at"]
    assert [(point["a"], point["global_step"]) for point in points(run.run_dir)] == [(1, 1), (2, 2)]


def test_two_writers_of_one_file_do_not_share_a_temporary_name(tmp_path):
    """On a shared disk another host may have a process of the same number."""
    import subprocess
    import sys

    source = "from runicorn_jupyter import paths; print(paths._MARK)"
    marks = {subprocess.run([sys.executable, "-c", source], capture_output=True, check=True).stdout for _ in range(3)}
    assert len(marks) == 3
