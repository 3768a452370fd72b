"""Archives that may be anybody's: rows F19–F26 of security.md, each refused whole with the root as it was."""

from __future__ import annotations

import gzip
import io
import os
import struct
import subprocess
import sys
import tarfile
import textwrap
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import GOOD, META, PLACE, RUN, linked, special, tarred, zipped

from runicorn_jupyter.errors import BadArchive, Conflict, DiskFull, Forbidden, RunicornError, Stopping, TooLarge
from runicorn_jupyter.models import Progress
from runicorn_jupyter.store.transfer import importing, unpacking
from runicorn_jupyter.store.transfer.caps import Caps
from runicorn_jupyter.store.transfer.transfer import Transfer
from runicorn_jupyter.workspace import Workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "place"
    root.mkdir()
    return root


@pytest.fixture
def hall(root: Path) -> Iterator[Workspace]:
    with Workspace(root) as hall:
        yield hall


def everything(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): b"folder" if one.is_dir() else one.read_bytes() for one in folder.rglob("*")}


def refused(hall: Workspace, path: Path, error: type[RunicornError] = BadArchive, words: str | None = None) -> None:
    """Import and preview say the same; around the root nothing is different afterwards."""
    before = everything(hall.root.parent)
    with pytest.raises(error, match=words):
        hall.transfer.preview(path)
    with pytest.raises(error, match=words):
        hall.transfer.import_archive(path)
    assert everything(hall.root.parent) == before


NAMES = [
    "../evil",
    "demo/../../evil",
    f"{PLACE}/../../../../../evil",
    "/etc/evil",
    "//evil",
    "C:/evil",
    "c:evil",
    "..\\evil",
    f"{PLACE}\\evil",
    f"{PLACE}/a\nb",
    f"{PLACE}/a\x1b[31m",
    f"{PLACE}/./x",
    "demo//first/runs/x/meta.json",
    "/".join(["d"] * 70),
    "n" * 300,
]


@pytest.mark.parametrize("name", NAMES)
def test_f19_a_name_that_leads_out_or_is_unsafe_is_refused_whole(hall: Workspace, tmp_path: Path, name: str) -> None:
    refused(hall, zipped(tmp_path / "a.zip", GOOD, (name, b"x")))
    refused(hall, tarred(tmp_path / "a.tar.gz", GOOD, (name, b"x")))


@pytest.mark.parametrize("name", ["../d/", "/d/", "demo/../../d/"])
def test_f19_a_folder_alone_that_leads_out_is_refused_as_well(hall: Workspace, tmp_path: Path, name: str) -> None:
    refused(hall, zipped(tmp_path / "a.zip", GOOD, (name, b"")))
    refused(hall, tarred(tmp_path / "a.tar.gz", GOOD, special(name, tarfile.DIRTYPE)))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.SYMTYPE, "events.jsonl"),
        (tarfile.LNKTYPE, f"{PLACE}/meta.json"),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CHRTYPE, ""),
        (tarfile.BLKTYPE, ""),
        (tarfile.CONTTYPE, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_f20_links_and_devices_are_refused(hall: Workspace, tmp_path: Path, kind: bytes, target: str) -> None:
    refused(hall, tarred(tmp_path / "a.tar.gz", GOOD, special(f"{PLACE}/logs.txt", kind, target)))


def test_f20_a_link_in_a_zip_is_refused(hall: Workspace, tmp_path: Path) -> None:
    refused(hall, zipped(tmp_path / "a.zip", GOOD, (linked(f"{PLACE}/logs.txt"), b"/etc/passwd")), words="link")


def test_f20_modes_and_owners_are_not_taken_over(hall: Workspace, root: Path, tmp_path: Path) -> None:
    info = tarfile.TarInfo(f"{PLACE}/tool")
    info.mode, info.uid = 0o6777, 12345
    hall.transfer.import_archive(tarred(tmp_path / "a.tar.gz", GOOD, info))
    found = (root / PLACE / "tool").stat()
    assert (found.st_mode & 0o7111, found.st_uid) == (0, os.getuid())


def test_f21_many_zeros_in_a_small_file_are_a_bomb(hall: Workspace, tmp_path: Path) -> None:
    zeros = {**GOOD, f"{PLACE}/logs.txt": bytes(64 * 1024**2)}
    refused(hall, zipped(tmp_path / "a.zip", zeros), TooLarge, "200 times")
    refused(hall, tarred(tmp_path / "a.tar.gz", zeros), TooLarge, "200 times")


def test_f21_its_owner_may_import_it_all_the_same(hall: Workspace, root: Path, tmp_path: Path) -> None:
    zeros = {**GOOD, f"{PLACE}/logs.txt": bytes(40 * 1024**2)}
    hall.transfer.import_archive(tarred(tmp_path / "a.tar.gz", zeros), trusted=True)
    assert (root / PLACE / "logs.txt").stat().st_size == 40 * 1024**2


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_f21_too_many_entries_and_bytes(hall: Workspace, tmp_path: Path, monkeypatch, pack) -> None:
    path = pack(tmp_path / "a", {**GOOD, **{f"{PLACE}/media/{one}": b"" for one in range(30)}})
    for caps, words in ((Caps(entries=20), "more than 20 files"), (Caps(size=100), "GiB")):
        monkeypatch.setattr(Transfer, "caps", staticmethod(lambda trusted, caps=caps: caps))
        with pytest.raises(TooLarge, match=words):
            hall.transfer.import_archive(path)


def test_f21_the_directory_of_a_zip_is_counted_before_it_is_loaded(
    hall: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", {f"{at}": b"" for at in range(30)})
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("it was loaded"))
    monkeypatch.setattr(Transfer, "caps", staticmethod(lambda trusted: Caps(entries=20)))
    with pytest.raises(TooLarge):
        hall.transfer.preview(path)


def test_f21_entries_that_lie_over_each_other(hall: Workspace, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {**GOOD, f"{PLACE}/a": b"1" * 100, f"{PLACE}/b": b"1" * 100})
    data = bytearray(path.read_bytes())
    entries = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    data[entries[-1] + 42 : entries[-1] + 46] = data[entries[-2] + 42 : entries[-2] + 46]
    path.write_bytes(data)
    refused(hall, path)


def test_f21_a_long_header_takes_no_memory(hall: Workspace, tmp_path: Path) -> None:
    info = special("x", tarfile.XHDTYPE)
    info.size = 2 * 1024**2
    head = info.tobuf(tarfile.USTAR_FORMAT)
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(head + os.urandom(info.size) + bytes(10240)))
    refused(hall, path, words="length that no name has")


def test_f21_a_bomb_costs_little_memory(tmp_path: Path) -> None:
    """The import of a 1 MB archive of 1 GiB is refused before 50 MB of memory are taken."""
    path = tmp_path / "a.tar.gz"
    info = tarfile.TarInfo(f"{PLACE}/events.jsonl")
    info.size = 1024**3
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(info.tobuf())
        for _ in range(256):
            file.write(bytes(1024**2))
    script = """
        import resource, sys
        from pathlib import Path
        from runicorn_jupyter.errors import TooLarge
        from runicorn_jupyter.workspace import Workspace
        with Workspace(Path(sys.argv[1])) as hall:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            try:
                hall.transfer.import_archive(Path(sys.argv[2]))
            except TooLarge:
                print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), tmp_path / "root", path]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(answer.stdout) < 50 * 1024
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_f22_cut_off_anywhere_is_refused(hall: Workspace, tmp_path: Path, pack) -> None:
    whole = pack(tmp_path / "whole", {**GOOD, f"{PLACE}/logs.txt": os.urandom(3000)}).read_bytes()
    path = tmp_path / "cut"
    for end in (*range(0, len(whole) - 1, 97), len(whole) - 1):
        path.write_bytes(whole[:end])
        with pytest.raises(BadArchive):
            hall.transfer.import_archive(path)
    assert list(hall.root.iterdir()) == []


def test_f22_a_plain_tar_without_its_end_is_refused(hall: Workspace, tmp_path: Path) -> None:
    whole = gzip.decompress(tarred(tmp_path / "a.tar.gz").read_bytes())
    end = whole.rindex(b"global_step") // 512 * 512 + 512
    (tmp_path / "a.tar").write_bytes(whole[:end])
    refused(hall, tmp_path / "a.tar", words="cut off")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_f22_one_wrong_bit_is_found(hall: Workspace, tmp_path: Path, pack) -> None:
    path = pack(tmp_path / "a", {**GOOD, f"{PLACE}/logs.txt": os.urandom(5000)})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadArchive):
        hall.transfer.import_archive(path)
    assert list(hall.root.iterdir()) == []


def test_f22_encrypted_or_packed_in_a_rare_way(hall: Workspace, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip")
    data = bytearray(path.read_bytes())
    for at in range(len(data)):
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    (tmp_path / "b.zip").write_bytes(data)
    refused(hall, tmp_path / "b.zip", words="encrypted")
    with zipfile.ZipFile(tmp_path / "c.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr(f"{PLACE}/meta.json", META)
    refused(hall, tmp_path / "c.zip", words="deflate")


def test_f22_a_size_that_is_a_lie(hall: Workspace, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {**GOOD, f"{PLACE}/logs.txt": b"x" * 10_000})
    data = bytearray(path.read_bytes())
    last = data.rindex(b"PK\x01\x02")
    data[last + 24 : last + 28] = struct.pack("<I", 100)
    path.write_bytes(data)
    with pytest.raises(BadArchive):
        hall.transfer.import_archive(path)
    assert list(hall.root.iterdir()) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("other", [f"{PLACE}/meta.json", f"{PLACE}/META.json", f"./{PLACE}/meta.json"])
def test_f22_two_entries_that_are_one_file_somewhere(hall: Workspace, tmp_path: Path, other: str) -> None:
    refused(hall, zipped(tmp_path / "a.zip", GOOD, (other, b"{}")), words="twice")
    refused(hall, tarred(tmp_path / "a.tar.gz", GOOD, (other, b"{}")), words="twice")


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_f22_a_file_that_is_a_folder_too(hall: Workspace, tmp_path: Path, pack) -> None:
    path = pack(tmp_path / "a", {**GOOD, f"{PLACE}/x": b"1", f"{PLACE}/x/y": b"2"})
    with pytest.raises(BadArchive, match="as a file and as a folder"):
        hall.transfer.import_archive(path)
    assert list(hall.root.iterdir()) == []


@pytest.mark.parametrize("data", [b"", b"PK", b"\x1f\x8b", b"hello" * 500, b"PK\x05\x06" + bytes(18), bytes(1024)])
def test_what_is_no_archive_of_runs_is_said_so(hall: Workspace, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    refused(hall, tmp_path / "a.zip")


def test_an_archive_without_a_run_is_refused(hall: Workspace, tmp_path: Path) -> None:
    refused(hall, zipped(tmp_path / "a.zip", {"photos/cat.png": b"x"}), words="holds no run")


def test_kept_content_that_is_not_what_its_name_says(hall: Workspace, tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {**GOOD, f"archive/blobs/aa/{'a' * 64}": b"x"})
    with pytest.raises(BadArchive, match="not what its name says"):
        hall.transfer.import_archive(path)
    assert list(hall.root.iterdir()) == []


def test_a_link_in_the_root_is_not_followed(hall: Workspace, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "demo").symlink_to(outside)
    with pytest.raises(Forbidden, match="link"):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"))
    assert list(outside.iterdir()) == []
    assert [one.name for one in root.iterdir()] == ["demo"]


def test_our_own_folder_as_a_link_is_not_followed(hall: Workspace, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / ".runicorn-jupyter").symlink_to(outside)
    with pytest.raises(Forbidden, match="link"):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"))
    assert list(outside.iterdir()) == []


def test_f26_a_full_disk_leaves_the_root_as_it_was(
    hall: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(unpacking.os, "fsync", full)
    with pytest.raises(DiskFull):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"))
    assert list(hall.root.iterdir()) == []


def test_f26_a_disk_that_has_no_room_is_not_filled_first(
    hall: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    monkeypatch.setattr(importing, "unpack", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(DiskFull, match="MiB"):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"))
    assert list(hall.root.iterdir()) == []


def test_an_import_that_fails_at_its_last_run_takes_the_others_back(
    hall: Workspace, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = PLACE.replace("first", "second").replace("abcdef", "000000")
    files = {**GOOD, **{name.replace(PLACE, other): data for name, data in GOOD.items()}}
    hall.transfer.import_archive(zipped(tmp_path / "old.zip"))
    before = everything(root)
    put = importing.Placing.put

    def once(self, source: Path, place: str) -> None:
        if "second" in place:
            raise Conflict("somebody was quicker")
        put(self, source, place)

    monkeypatch.setattr(importing.Placing, "put", once)
    with pytest.raises(Conflict):
        hall.transfer.import_archive(zipped(tmp_path / "both.zip", files), "replace")
    assert everything(root) == before


def test_an_import_that_is_stopped_changes_nothing(hall: Workspace, tmp_path: Path) -> None:
    def stop(state: Progress) -> None:
        if state.what == "unpacking":
            hall.transfer.close()

    with pytest.raises(Stopping):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"), progress=stop)
    assert list(hall.root.iterdir()) == []


def test_ctrl_c_in_the_middle_changes_nothing(hall: Workspace, tmp_path: Path) -> None:
    def interrupt(state: Progress) -> None:
        if state.what == "unpacking":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hall.transfer.import_archive(zipped(tmp_path / "a.zip"), progress=interrupt)
    assert list(hall.root.iterdir()) == []


def test_what_is_still_on_its_way_goes_when_the_workspace_closes(hall: Workspace) -> None:
    staging = hall.transfer.staging()
    (staging.path / "upload").write_bytes(b"PK")
    hall.close()
    assert list(hall.root.iterdir()) == []


def test_what_a_killed_import_left_is_removed_by_the_next(root: Path, tmp_path: Path) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from runicorn_jupyter.workspace import Workspace
        def kill(state):
            if state.what == "unpacking":
                os.kill(os.getpid(), signal.SIGKILL)
        Workspace(Path(sys.argv[1])).transfer.import_archive(Path(sys.argv[2]), progress=kill)
    """
    path = zipped(tmp_path / "a.zip")
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), root, path], check=False)
    left = list((root / ".runicorn-jupyter/import").iterdir())
    assert len(left) == 1
    with Workspace(root) as hall:
        assert [run.id for run in hall.transfer.import_archive(path).taken] == [RUN]
    assert sorted(one.name for one in root.iterdir()) == ["demo"]


def test_a_growing_file_is_cut_where_it_was_and_a_shrinking_one_is_told(
    hall: Workspace, root: Path, tmp_path: Path
) -> None:
    hall.transfer.import_archive(zipped(tmp_path / "a.zip", {**GOOD, f"{PLACE}/logs.txt": b"1" * 10}))
    log = root / PLACE / "logs.txt"

    def grow(state: Progress) -> None:
        with log.open("ab") as file:
            file.write(b"2")

    data = b"".join(hall.transfer.pieces([RUN], "tar.gz", progress=grow))
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        packed = archive.extractfile(f"{PLACE}/logs.txt")
        assert packed is not None
        assert packed.read().startswith(b"1" * 10)

    def shrink(_: Progress) -> None:
        os.truncate(log, 0)

    big = root / PLACE / "events.jsonl"
    big.write_bytes(b"\n" * 600_000)
    with pytest.raises(Conflict, match="shorter"):
        list(hall.transfer.pieces([RUN], "zip", progress=lambda _: os.truncate(big, 0)))
