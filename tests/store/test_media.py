"""Images and other files of a run: listed from its events, opened only where they may be."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rundirs import write_run

from runicorn_jupyter.errors import MediaNotFound
from runicorn_jupyter.store.media import open_log, open_media
from runicorn_jupyter.workspace import Workspace

RUN = "20260101_120000_abcdef"


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    run_dir = write_run(tmp_path / "root", RUN)
    (run_dir / "media").mkdir()
    (run_dir / "media" / "a.png").write_bytes(b"picture")
    return run_dir


@pytest.fixture
def hall(run_dir: Path) -> Iterator[Workspace]:
    with Workspace(run_dir.parents[3]) as hall:
        yield hall


def log(run_dir: Path, kind: str, **data: Any) -> None:
    with (run_dir / "events.jsonl").open("a") as file:
        file.write(json.dumps({"ts": 1.5, "type": kind, "data": data}) + "\n")


def read(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()


def test_every_kind_is_listed_in_the_order_of_logging(run_dir: Path, hall: Workspace) -> None:
    kinds = ["image", "audio", "table", "file", "figure", "image"]
    for step, kind in enumerate(kinds):
        log(run_dir, kind, key=kind, path=f"media/{step}.bin", step=step, caption="c", type="metrics", ts="never")
    log(run_dir, "metrics", loss=1.0, global_step=1)
    log(run_dir, "unheard of", key="x", path="media/x.bin")
    found = hall.files.media(RUN)
    assert [(one.kind, one.key, one.step) for one in found] == [(kind, kind, at) for at, kind in enumerate(kinds)]
    assert [one.step for one in hall.images(RUN)] == [0, 5]
    assert hall.run(RUN).bad_lines == 0


@pytest.mark.parametrize("path", ["../x", "media/../../x", "/etc/passwd", "media//a", "", "media/\0", 7, None])
def test_f01_an_entry_that_leaves_the_run_is_left_out(run_dir: Path, hall: Workspace, path: object) -> None:
    log(run_dir, "image", key="bad", path=path)
    log(run_dir, "image", key="good", path="media/a.png")
    assert [image.key for image in hall.images(RUN)] == ["good"]


def test_only_the_media_folder_is_served(run_dir: Path) -> None:
    assert read(open_media(run_dir, "media/a.png").fd) == b"picture"
    for path in ("meta.json", "media", "media/", "media/../meta.json", "media/none.png", "a.png"):
        with pytest.raises(MediaNotFound):
            open_media(run_dir, path, run_dir.parents[3])


def test_f13_f15_links_out_are_not_followed_and_links_inside_are(run_dir: Path, tmp_path: Path) -> None:
    root, media = run_dir.parents[3], run_dir / "media"
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "root-beside").mkdir()
    (tmp_path / "root-beside" / "secret").write_bytes(b"secret")
    shared = root / "shared"
    shared.mkdir()
    (shared / "b.png").write_bytes(b"shared")
    (media / "inside.png").symlink_to(shared / "b.png")
    (media / "folder").symlink_to("../../../../../shared")
    for name in ("inside.png", "folder/b.png"):
        assert read(open_media(run_dir, f"media/{name}", root).fd) == b"shared"
        with pytest.raises(MediaNotFound):
            open_media(run_dir, f"media/{name}")
    out = {"a": tmp_path / "secret", "b": "../../../../../../secret", "c": tmp_path / "root-beside" / "secret"}
    for name, target in out.items():
        (media / name).symlink_to(target)
        with pytest.raises(MediaNotFound):
            open_media(run_dir, f"media/{name}", root)
    (media / "home").symlink_to(tmp_path)
    with pytest.raises(MediaNotFound):
        open_media(run_dir, "media/home/secret", root)


def test_f17_f18_special_files_and_loops_are_no_files(run_dir: Path) -> None:
    media, root = run_dir / "media", run_dir.parents[3]
    os.mkfifo(media / "pipe")
    (media / "device").symlink_to("/dev/zero")
    (media / "loop").symlink_to("loop")
    (media / "to-pipe").symlink_to("pipe")
    for name in ("pipe", "device", "loop", "to-pipe"):
        with pytest.raises(MediaNotFound):
            open_media(run_dir, f"media/{name}", root)


def test_the_log_is_opened_as_the_file_it_is(run_dir: Path) -> None:
    with pytest.raises(MediaNotFound, match="no log"):
        open_log(run_dir)
    (run_dir / "logs.txt").write_text("one\n")
    opened = open_log(run_dir)
    assert (opened.size, opened.name, read(opened.fd)) == (4, "logs.txt", b"one\n")
