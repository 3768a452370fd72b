"""Deleting and collecting frees what nobody needs and never a byte that a version does."""

from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from artifact_trees import check, files, own_bytes, saved

from runicorn_jupyter.errors import DiskFull, Forbidden
from runicorn_jupyter.store.artifacts import Artifacts


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def grown(root: Path, folder: Path, versions: int = 4) -> Artifacts:
    """Return artifacts whose versions share one file and have one each of their own."""
    for number in range(versions):
        saved(root, files(folder, shared=b"s" * 1000, own=b"%d" % number * 100))
    return Artifacts(root)


def test_it_says_what_it_will_free_and_frees_that(root, tmp_path):
    artifacts = grown(root, tmp_path / "src")
    artifacts.delete("a", 2, permanent=True)
    artifacts.delete("a", 3)
    (root / "artifacts" / "model" / "a" / "v9" / "files").mkdir(parents=True)
    (root / "artifacts" / "model" / "a" / "v9" / "files" / "half").write_bytes(b"h" * 50)
    (root / ".runicorn-jupyter" / "staging" / "1-dead").mkdir()
    said = artifacts.collect()
    assert (said.blobs, said.leftovers, said.freed_bytes, said.dry_run) == (1, 2, 150, True)
    before = own_bytes(root)
    done = artifacts.collect(dry_run=False)
    assert (done.blobs, done.leftovers, done.freed_bytes) == (1, 2, 150)
    assert own_bytes(root) == before - 150
    # A version that is deleted softly can be restored: what it holds is needed.
    artifacts.restore("a", 3)
    assert check(root) == [1, 3, 4]
    assert artifacts.collect().freed_bytes == 0


def test_a_version_being_made_is_not_a_leftover(root, tmp_path):
    grown(root, tmp_path / "src", 1)
    program = (
        "import sys\nfrom pathlib import Path\n"
        "from runicorn_jupyter.store.artifacts.saving import _stage\n"
        "with _stage(Path(sys.argv[1])) as stage:\n"
        "    print(stage, flush=True)\n    sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", program, str(root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker:
        stage = Path(maker.stdout.readline().strip())
        assert Artifacts(root).collect().leftovers == 0
        Artifacts(root).collect(dry_run=False)
        assert stage.is_dir()
        maker.kill()
        maker.wait()
        assert Artifacts(root).collect().leftovers == 1
        maker.stdin.close()
    Artifacts(root).collect(dry_run=False)
    assert not stage.exists()


@pytest.mark.parametrize("calls", [("unlink", "rename", "rmdir"), ("write", "replace", "mkdir")])
def test_whatever_fails_no_needed_byte_is_lost(root, tmp_path, monkeypatch, calls):
    for nth in count(1):
        artifacts = grown(root, tmp_path / "src", 2)
        numbers = check(root)
        left = [nth]

        def failing(call, left=left):
            def run(*args, **kw):
                left[0] -= 1
                if left[0] == 0:
                    raise OSError(errno.EIO, "input or output error")
                return call(*args, **kw)

            return run

        with monkeypatch.context() as patch:
            for name in calls:
                patch.setattr(os, name, failing(getattr(os, name)))
            with contextlib.suppress(OSError):
                artifacts.delete("a", numbers[0], permanent=True)
                artifacts.collect(dry_run=False)
        assert set(check(root)) in ({*numbers}, {*numbers[1:]})
        if left[0] > 0:
            break
    assert nth > 3
    artifacts.collect(dry_run=False)
    assert artifacts.collect().freed_bytes == 0
    check(root)


SAVER = """
import os, sys
from pathlib import Path
from runicorn_jupyter.store.artifacts.saving import Draft, save
root, folder = Path(sys.argv[1]), Path(sys.argv[2])
for number in range(12):
    (folder / "own").write_bytes(os.urandom(3000))
    save(root, Draft("a", "model", [(str(folder / name), name) for name in ("own", "shared")]))
"""

COLLECTOR = """
import sys
from pathlib import Path
from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.store.artifacts import Artifacts
artifacts = Artifacts(Path(sys.argv[1]))
while True:
    try:
        rows = artifacts.versions("a")
        if len(rows) > 3:
            artifacts.delete("a", rows[0].version, permanent=True)
    except NotFound:
        continue
    artifacts.collect(dry_run=False)
"""


def test_savers_and_a_collector_that_is_killed_work_at_once(root, tmp_path):
    savers = []
    for number in range(2):
        folder = tmp_path / str(number)
        files(folder, shared=b"s" * 100_000)
        savers.append(subprocess.Popen([sys.executable, "-c", SAVER, str(root), str(folder)]))
    while any(saver.poll() is None for saver in savers):
        collector = subprocess.Popen([sys.executable, "-c", COLLECTOR, str(root)])
        with contextlib.suppress(subprocess.TimeoutExpired):
            collector.wait(0.6)
        assert collector.poll() is None, "the collector failed"
        collector.kill()
        collector.wait()
    assert [saver.wait() for saver in savers] == [0, 0]
    numbers = check(root)
    assert numbers[-1] == 24
    Artifacts(root).collect(dry_run=False)
    assert check(root) == numbers
    assert Artifacts(root).collect().freed_bytes == 0


@pytest.mark.parametrize(("code", "expected"), [(errno.ENOSPC, DiskFull), (errno.EROFS, Forbidden)])
def test_a_disk_that_refuses_is_told_in_a_sentence(root, tmp_path, monkeypatch, code, expected):
    artifacts = grown(root, tmp_path / "src", 2)

    def refuse(*_args: object, **_kw: object) -> None:
        raise OSError(code, "no")

    monkeypatch.setattr(os, "replace", refuse)
    for change in (
        lambda: artifacts.set_alias("a", "x", 1),
        lambda: artifacts.delete("a", 1),
        lambda: artifacts.delete("a", 1, permanent=True),
        lambda: artifacts.promote("a", 1, "staging"),
        lambda: artifacts.evaluate("a", 1, {"metrics": {}, "status": "passed"}),
    ):
        with pytest.raises(expected):
            change()
    assert check(root) == [1, 2]
