"""Whatever happens to the index or to who keeps it: the next answer is right, or says that it is not whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rundirs import append, write_run

from runicorn_jupyter.paths import cache_folder
from runicorn_jupyter.store.series.reader import EventReader
from runicorn_jupyter.workspace import Workspace

LIVES = 25


def digest(root: Path) -> str:
    """Return a hash over every name, content and time below `root`."""
    found = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        stat = path.lstat()
        found.update(f"{path.relative_to(root)} {stat.st_mode} {stat.st_mtime_ns} {stat.st_size}".encode())
        if path.is_file() and not path.is_symlink():
            found.update(path.read_bytes())
    return found.hexdigest()


def told(hall: Workspace) -> list[dict]:
    """Return what a root comes to, from the first answer that says it is whole."""
    deadline = time.monotonic() + 60
    while not (page := hall.runs()).complete:
        assert time.monotonic() < deadline, page.pending
        time.sleep(0.02)
    return [run.item(("config", "summary", "metrics")) for run in page.runs]


@pytest.fixture(params=["upstream-0.5.3", "upstream-0.7.2"])
def root(request, sample_roots, tmp_path):
    return Path(shutil.copytree(sample_roots / request.param, tmp_path / "root", symlinks=True))


@pytest.fixture
def truth(root):
    """Return what the root comes to when nobody disturbs, and leave no index behind."""
    with Workspace(root) as hall:
        assert hall.wait_complete(60)
        found = told(hall)
    shutil.rmtree(cache_folder())
    return found


NURSERY = """
import os, sys
from pathlib import Path
from runicorn_jupyter.workspace import Workspace
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        hall = Workspace(Path(sys.argv[1]), holder="viewer").start()
        hall.wait_complete(60)
        os._exit(0)
    print(child, flush=True)
    _, how = os.waitpid(child, 0)
    print(how, flush=True)
"""


def test_killed_at_any_moment_the_next_start_is_complete(root, truth):
    """C07: the kill falls on opening, walking, measuring or writing; no file of the root changes."""
    before, chance, killed, longest = digest(root), random.Random(7), 0, 0.3
    command = [sys.executable, "-c", NURSERY, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nursery:
        assert nursery.stdout.readline() == "ready\n"
        for life in range(LIVES):
            if life % 4 == 0:
                shutil.rmtree(cache_folder(), ignore_errors=True)
            print("go", file=nursery.stdin, flush=True)
            child = int(nursery.stdout.readline())
            time.sleep(chance.uniform(0.0, longest))  # the moment of the kill: chance, not a condition
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            in_time = int(nursery.stdout.readline()) == signal.SIGKILL
            killed += in_time
            longest *= 1.2 if in_time else 0.6  # as long as a life takes on this machine
            if life % 5 == 4:
                with Workspace(root) as hall:
                    assert hall.wait_complete(60)
                    assert told(hall) == truth
        nursery.stdin.close()
    assert killed >= LIVES // 3, "too many lives ended by themselves to prove anything"
    assert digest(root) == before


def files() -> list[Path]:
    return sorted(path for path in cache_folder().iterdir() if path.is_file())


def garble(path: Path) -> None:
    path.write_bytes(b"not a database, and long enough to be taken for one" * 100)


def cut(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(max(path.stat().st_size // 2, 1))


def overwrite(path: Path) -> None:
    """Put garbage into the middle of the file, without its size or inode changing."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        for at in range(100, size, 4096):
            file.seek(at)
            file.write(os.urandom(min(2048, size - at)))


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)


DAMAGES = [garble, cut, overwrite, remove]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("part", ["index", "curves", "all"])
def test_damage_between_two_starts_costs_nothing(root, truth, part, damage):
    """C08: index and curve cache are begun again by themselves, and no half answer is called whole."""
    before = digest(root)
    with Workspace(root) as hall:
        assert hall.wait_complete(60)
    for path in files():
        if part == "all" or ("-curves-" in path.name) == (part == "curves"):
            damage(path)
    with Workspace(root) as hall:
        deadline = time.monotonic() + 60
        while not (page := hall.runs()).complete:
            assert time.monotonic() < deadline
        assert page.total == 72
        assert told(hall) == truth
        for run in hall.runs(limit=5).runs:
            for curve in hall.curves([run.id]):
                assert curve.total == run.metrics[curve.metric].count
    assert digest(root) == before


class Asker(threading.Thread):
    """Asks all the while, and takes note of every answer that is wrong without saying so."""

    def __init__(self, hall: Workspace, known: dict) -> None:
        super().__init__(daemon=True)
        self._hall, self._known, self._over = hall, known, threading.Event()
        self.faults, self.least = list[str](), 72

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over.set()
        self.join(30)
        assert self.faults == []

    def run(self):
        name = next(iter(self._known["metrics"]))
        try:
            while not self._over.is_set():
                least, page = self.least, self._hall.runs()
                [curve] = self._hall.curves([self._known["id"]], [name])
                if page.complete and page.total < least:
                    self.faults.append(f"{page.total} of {least} runs were called all")
                if curve.total != self._known["metrics"][name]["count"]:
                    self.faults.append(f"a curve of {curve.total} points")
        except Exception as fault:  # noqa: BLE001 - a thread's fault is shown by the test
            self.faults.append(repr(fault))


@pytest.mark.parametrize("damage", [*DAMAGES, "folder"], ids=lambda damage: getattr(damage, "__name__", damage))
def test_damage_under_a_running_viewer_never_shows(root, truth, damage):
    """C08: also while it runs; every answer meanwhile is whole and right, or says that it is not whole."""
    with Workspace(root, holder="viewer") as hall, Asker(hall, truth[0]) as asker:
        assert hall.wait_complete(60)
        asker.start()
        for life in range(3):
            if damage == "folder":
                shutil.rmtree(cache_folder())
            else:
                # SQLite maps -shm into memory: whoever cuts it short kills every process that has it open.
                for path in files():
                    if not path.name.endswith("-shm"):
                        damage(path)
            version = hall.version()
            write_run(root, f"2027010{life}_000000_abcdef")
            deadline = time.monotonic() + 30
            while not ((page := hall.runs()).complete and page.total == asker.least + 1):
                assert time.monotonic() < deadline, (page.complete, page.total, asker.faults)
                time.sleep(0.02)
            asker.least += 1
            assert hall.version() > version
        assert [run for run in told(hall) if run["project"] != "demo"] == truth
        assert any("built again" in note for note in hall.health().notes)


def test_a_busy_index_is_waited_for_and_not_replaced(tmp_path):
    """C08, locked: another program holds the file for a while."""
    import sqlite3

    write_run(tmp_path / "root", "one", points=1)
    with Workspace(tmp_path / "root") as hall:
        assert hall.wait_complete(20)
        path = hall._store.index.path
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("BEGIN EXCLUSIVE")
            write_run(tmp_path / "root", "two")
            assert {run.id for run in hall.runs().runs} == {"one"}
            other.execute("ROLLBACK")
        other.close()
        deadline = time.monotonic() + 30
        while hall.runs().total != 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert hall._store.index.path == path
        assert hall.health().notes == ()


def test_events_cut_at_any_byte_give_every_whole_line_and_lose_none(tmp_path):
    """C01, C02: a torn line is neither taken nor passed over; it is read when the rest of it is there."""
    run_dir = write_run(tmp_path, "torn", status="running")
    append(run_dir, *({"loss": 1 / step, "größe": step, "global_step": step} for step in range(1, 61)))
    path = run_dir / "events.jsonl"
    whole = path.read_bytes()
    for at in range(max(len(whole) - 4096, 0), len(whole)):
        path.write_bytes(whole[:at])
        reader = EventReader(run_dir)
        table = reader.fresh_table()
        assert (len(table), table.bad) == (whole[:at].count(b"\n"), 0)
        with path.open("ab") as file:
            file.write(whole[at:])
        table = reader.fresh_table()
        assert (len(table), table.bad) == (60, 0)


def test_both_layouts_and_what_lies_beside_them_in_one_root(sample_roots, tmp_path):
    """C16: a root that both upstreams wrote into, with their leftovers and a database that says something else."""
    root = Path(shutil.copytree(sample_roots / "upstream-0.5.3", tmp_path / "root", symlinks=True))
    shutil.copytree(sample_roots / "upstream-0.7.2", root, symlinks=True, dirs_exist_ok=True)
    for place in ("webui/assets", "runs/.recycle/gone", ".runicorn/exports", "runs/empty/path"):
        (root / place).mkdir(parents=True)
    (root / "runs" / ".recycle" / "gone" / "meta.json").write_text("{}")
    (root / "runicorn.db").write_bytes(b"SQLite format 3\0" + b"garbage" * 100)
    before = digest(root)
    with Workspace(root) as hall:
        assert hall.wait_complete(60)
        runs = hall.runs().runs
    plain = [json.loads(path.read_text())["status"] for path in root.rglob("status.json")]
    assert len(runs) == len(plain) == 144
    assert sorted(run.status for run in runs) == sorted(plain)
    assert plain.count("running") == 18
    assert {run.id for run in runs if run.state == "unknown"} == {
        path.parent.name for path in root.rglob("status.json") if '"running"' in path.read_text()
    }
    assert digest(root) == before


def test_the_damaged_root_says_what_its_files_say(upstream_072):
    """Its database says 10 running; the files say 9, and they count."""
    with Workspace(upstream_072) as hall:
        assert hall.wait_complete(60)
        assert sum(run.status == "running" for run in hall.runs().runs) == 9
