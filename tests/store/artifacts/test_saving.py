"""A version appears whole or not at all, each content is kept once, and numbers never meet."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from artifact_trees import check, files, own_bytes, saved
from hypothesis import given, settings
from hypothesis import strategies as st

from runicorn_jupyter.errors import Conflict, VersionNotFound
from runicorn_jupyter.models import ReferenceEntry
from runicorn_jupyter.store.artifacts import Artifacts, copying, index, known, locks, removal
from runicorn_jupyter.store.artifacts.saving import Draft, save
from runicorn_jupyter.tracking.assets.artifact import Artifact

BIG = 3 * 1024 * 1024 + 17


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def settled(monkeypatch) -> None:
    """Let a file count as settled at once, so that no test waits for the clock of the disk."""
    monkeypatch.setattr(known, "_RACY", -(10**12))


def test_an_identical_version_costs_no_byte_and_no_reading(root, tmp_path, settled, monkeypatch):
    sources = files(tmp_path / "src", big=os.urandom(BIG), small=b"s", deep__same=b"s")
    assert saved(root, sources).version == 1
    before = own_bytes(root)
    assert before == BIG + 1
    opened = []
    real = copying.open_source
    monkeypatch.setattr(copying, "open_source", lambda path: opened.append(path) or real(path))
    assert saved(root, sources).version == 2
    assert (own_bytes(root), opened) == (before, [])
    assert saved(root, sources, verify=True).version == 3
    assert (own_bytes(root), len(opened)) == (before, 3)
    assert saved(root, sources, name="other").version == 1
    assert own_bytes(root) == before
    assert check(root) == [1, 2, 3]


def test_a_change_that_keeps_size_and_mtime_is_noticed(root, tmp_path, settled):
    sources = files(tmp_path / "src", one=b"1" * 100, big=b"2" * BIG)
    saved(root, sources)
    for path, _ in sources:
        found = Path(path).stat()
        with Path(path).open("r+b") as file:
            file.write(b"X")
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    second = saved(root, sources)
    first = Artifacts(root).files("a", 1).manifest
    assert [file.digest for file in first.files] != [file.digest for file in second.manifest.files]
    assert [Path(Artifacts(root).files("a", 2).folder, name).read_bytes()[:1] for _, name in sources] == [b"X", b"X"]


def test_a_file_changed_a_moment_ago_is_read_again(root, tmp_path, monkeypatch):
    sources = files(tmp_path / "src", one=b"1")
    saved(root, sources)
    opened = []
    real = copying.open_source
    monkeypatch.setattr(copying, "open_source", lambda path: opened.append(path) or real(path))
    saved(root, sources)
    assert opened == [sources[0][0]]


@pytest.mark.parametrize("fault", [errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP])
def test_without_links_every_version_has_its_own_copies(root, tmp_path, monkeypatch, fault):
    def refuse(*_args: object, **_kw: object) -> None:
        raise OSError(fault, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    sources = files(tmp_path / "src", one=b"1" * 1000, twin=b"1" * 1000, big=os.urandom(BIG))
    assert [saved(root, sources).version for _ in range(2)] == [1, 2]
    assert own_bytes(root) == 2 * (BIG + 2000)
    assert check(root) == [1, 2]
    assert Artifacts(root).collect().blobs == 0


def test_a_pool_that_lost_or_damaged_a_content_costs_a_copy_and_no_version(root, tmp_path, settled):
    sources = files(tmp_path / "src", one=b"1" * 1000, big=os.urandom(BIG))
    saved(root, sources)
    for path in (root / "artifacts" / ".dedup").rglob("*"):
        if path.is_file():
            path.unlink()
            path.write_bytes(b"short")
    saved(root, sources)
    assert check(root) == [1, 2]


def test_numbers_are_given_once_also_after_deletes_and_upstream_or_a_crash_leaves_folders(root, tmp_path):
    sources = files(tmp_path / "src", one=b"1")
    for expected in (1, 2, 3):
        assert saved(root, sources).version == expected
    artifacts = Artifacts(root)
    artifacts.delete("a", 2, permanent=True)
    assert saved(root, sources).version == 4
    artifacts.delete("a", 4, permanent=True)
    assert saved(root, sources).version == 5
    (root / "artifacts" / "model" / "a" / "v9" / "files").mkdir(parents=True)
    assert saved(root, sources).version == 10
    for number in (1, 3, 5, 10):
        artifacts.delete("a", number, permanent=True)
    assert artifacts.versions("a") == []
    assert [*artifacts.list()] == []
    assert saved(root, sources).version == 11
    with pytest.raises(VersionNotFound):
        artifacts.version("a", 10)


def test_many_processes_save_at_once_and_none_meets_another(root, tmp_path):
    sources = files(tmp_path / "src", one=b"1", big=os.urandom(BIG))
    program = (
        "import sys, json\nfrom pathlib import Path\n"
        "from runicorn_jupyter.store.artifacts.saving import Draft, save\n"
        "sources = json.loads(sys.argv[2])\n"
        "print([save(Path(sys.argv[1]), Draft('a', 'model', sources)).version for _ in range(5)])\n"
    )
    command = [sys.executable, "-c", program, str(root), json.dumps(sources)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    given_numbers = [number for one in processes for number in json.loads(one.communicate(timeout=60)[0])]
    assert sorted(given_numbers) == list(range(1, 21))
    assert check(root) == list(range(1, 21))
    assert own_bytes(root) == BIG + 1


def test_on_a_disk_without_locks_numbers_still_never_meet(root, tmp_path, monkeypatch):
    def refuse(*_args: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)
    sources = files(tmp_path / "src", one=b"1")
    with monkeypatch.context() as patch:
        patch.setattr(index, "next_version", lambda *_: 1)  # as a process sees it that reads before another publishes
        assert [saved(root, sources).version for _ in range(3)] == [1, 2, 3]
    with ThreadPoolExecutor(4) as pool:
        numbers = [one.version for one in pool.map(lambda _: saved(root, sources), range(12))]
    assert sorted(numbers) == list(range(4, 16))
    for number in numbers:
        assert (root / "artifacts" / "model" / "a" / f"v{number}" / "manifest.json").is_file()


class Faults:
    """Makes the nth call that changes a disk fail, as a full disk does."""

    CALLS = ("write", "link", "mkdir", "rename", "replace")

    def __init__(self, monkeypatch: pytest.MonkeyPatch, nth: int) -> None:
        self.left = nth
        for name in self.CALLS:
            monkeypatch.setattr(os, name, self._failing(getattr(os, name)))

    def _failing(self, call):
        def run(*args, **kw):
            self.left -= 1
            if self.left == 0:
                raise OSError(errno.ENOSPC, "no space left on device")
            return call(*args, **kw)

        return run


def test_wherever_the_disk_is_full_there_is_a_version_or_none(root, tmp_path, monkeypatch):
    sources = files(tmp_path / "src", one=b"1" * 9, deep__two=b"2" * 9)
    saved(root, sources)
    for nth in count(1):
        number = 1 + len(Artifacts(root).versions("a"))
        changed = files(tmp_path / "src", one=b"%d" % nth, big=os.urandom(BIG))
        with monkeypatch.context() as patch:
            faults = Faults(patch, nth)
            with contextlib.suppress(OSError):
                saved(root, changed)
        if faults.left > 0:
            break
        assert len(check(root)) in {number - 1, number}
        assert list((root / ".runicorn-jupyter" / "staging").iterdir()) == []
    assert nth > 15
    # What a failed save left unlisted or alone in the pool is found and freed, and nothing else.
    said = Artifacts(root).collect(dry_run=True)
    done = Artifacts(root).collect(dry_run=False)
    assert (said.blobs, said.leftovers, said.freed_bytes) == (done.blobs, done.leftovers, done.freed_bytes)
    assert Artifacts(root).collect().blobs == Artifacts(root).collect().leftovers == 0
    check(root)


@pytest.mark.root
def test_a_full_disk_keeps_every_version_there_was(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], check=True)
    try:
        sources = files(tmp_path / "src", one=os.urandom(600_000))
        saved(disk, sources)
        with pytest.raises(OSError, match="No space"):
            saved(disk, files(tmp_path / "src", two=os.urandom(3_000_000)))
        assert check(disk) == [1]
        assert saved(disk, sources).version == 2
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


NURSERY = """
import os, sys
from pathlib import Path
from runicorn_jupyter.store.artifacts.saving import Draft, save
root, folder = Path(sys.argv[1]), sys.argv[2]
for order in sys.stdin:
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        for number in range(10**9):
            with open(f"{folder}/changing", "wb") as file:
                file.write(os.urandom(1_500_000))
            sources = [(f"{folder}/{name}", name) for name in ("changing", "same")]
            done = save(root, Draft("a", "model", sources)).version
            os.write(tell, b"%d " % done)
    os.close(tell)
    print(child, flush=True)
    os.waitpid(child, 0)
    heard = b""
    while part := os.read(told, 1 << 16):
        heard += part
    os.close(told)
    print((heard.split()[-1:] or [b"0"])[0].decode(), flush=True)
"""


def test_a_saver_killed_at_any_moment_leaves_whole_versions_only(root, tmp_path):
    folder = tmp_path / "src"
    files(folder, same=b"s" * 2_000_000)
    command = [sys.executable, "-c", NURSERY, str(root), str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as nursery:
        for number in range(30):
            nursery.stdin.write("\n")
            nursery.stdin.flush()
            child = int(nursery.stdout.readline())
            subprocess.run(["sleep", f"{0.005 + 0.004 * number:.3f}"], check=True)
            os.kill(child, 9)
            acknowledged = int(nursery.stdout.readline())
            if acknowledged:
                assert acknowledged in [row.version for row in Artifacts(root).versions("a")]
        nursery.stdin.close()
    listed = check(root)
    assert saved(root, [(str(folder / "same"), "same")]).version > max(listed)
    assert list((root / ".runicorn-jupyter" / "staging").iterdir()) == []
    Artifacts(root).collect(dry_run=False)
    check(root)


def test_garbage_collection_and_saving_exclude_each_other(root, tmp_path, monkeypatch):
    saved(root, files(tmp_path / "src", one=b"1"))
    monkeypatch.setattr(removal, "_GC_PATIENCE", 0.01)
    with locks.locked(removal.pool_lock(root), shared=True), pytest.raises(Conflict, match="Another process"):
        Artifacts(root).collect(dry_run=False)


def test_nothing_to_save_and_names_that_lead_out(root, tmp_path):
    with pytest.raises(ValueError, match="no files"):
        saved(root, [])
    sources = files(tmp_path / "src", one=b"1")
    for name in ("../x", "a/b", ".x", ""):
        with pytest.raises(ValueError, match="name"):
            saved(root, sources, name=name)
    for alias in ("a/b", "v3", "7", "x:y", ""):
        with pytest.raises(ValueError, match="alias"):
            saved(root, sources, aliases=[alias])
    with pytest.raises(ValueError, match="not a regular file"):
        saved(root, [(str(tmp_path), "folder")])
    assert not (root / "artifacts" / "model" / "a").exists()


def test_a_link_in_place_of_the_artifacts_is_not_followed(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / "artifacts").symlink_to(outside)
    with pytest.raises(OSError, match="directory"):
        saved(root, files(tmp_path / "src", one=b"1"))
    assert list(outside.iterdir()) == []


NAMES = st.text(min_size=1, max_size=40).filter(lambda text: not any(mark in text for mark in '/\\:*?"<>|\0'))
PARTS = st.text("abcÄ演 .-_", min_size=1, max_size=8).filter(lambda part: part.strip(".") and part.strip())
TREES = st.dictionaries(st.lists(PARTS, min_size=1, max_size=3).map("/".join), st.binary(max_size=60), max_size=8)


@settings(max_examples=40, deadline=None)
@given(name=NAMES, tree=TREES, again=TREES)
def test_any_tree_under_any_name_comes_back_as_it_was(name, tree, again):
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        try:
            drafts = [
                _staged(Artifact(name, "dataset"), here / str(number), one) for number, one in enumerate((tree, again))
            ]
        except ValueError:
            return  # a name or a tree that a script could not have described
        root = here / "root"
        for number, (draft, one) in enumerate(zip(drafts, (tree, again), strict=True), 1):
            done = save(root, Draft(draft.name, "dataset", draft._staged.files, [ReferenceEntry("s3://x")]))
            assert done.version == number
            assert {file.path: file.size for file in done.manifest.files} == {
                path: len(data) for path, data in one.items()
            }
        artifacts = Artifacts(root)
        for number, one in enumerate((tree, again), 1):
            assert artifacts.verify(draft.name, number).ok
            artifacts.fetch(draft.name, number, here / "out" / str(number))
            assert {path: (here / "out" / str(number) / path).read_bytes() for path in one} == one


def _staged(artifact, folder: Path, tree: dict[str, bytes]):
    for number, (path, data) in enumerate(tree.items()):
        source = folder / str(number)
        folder.mkdir(exist_ok=True)
        source.write_bytes(data)
        artifact.add_file(source, name=path)
    return artifact


def test_the_cache_of_digests_is_bounded(root, tmp_path, own_home, settled, monkeypatch):
    monkeypatch.setattr(known, "_MOST_LISTS", 3)
    sources = files(tmp_path / "src", one=b"1")
    for number in range(6):
        saved(root, sources, name=f"a{number}")
    assert len(list((own_home / ".cache" / "runicorn-jupyter" / "digests").iterdir())) == 3
