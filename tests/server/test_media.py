from __future__ import annotations

import json
import os
from pathlib import Path

import psutil
import pytest
from mounts import Mount
from rundirs import write_run

RUN = "20260101_120000_abcdef"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run_dir = write_run(tmp_path / "place", RUN)
    media = run_dir / "media"
    media.mkdir()
    (media / "a.png").write_bytes(PNG)
    for name in ("page.html", "drawing.svg", "data.xml", "page.xhtml", "thing.bin"):
        (media / name).write_text("<script>alert(1)</script>")
    (media / "你好.png").write_bytes(PNG)
    os.mkfifo(media / "pipe.png")
    (tmp_path / "outside.png").write_bytes(b"secret")
    (media / "link.png").symlink_to(tmp_path / "outside.png")
    image = {"key": "cm", "path": "media/a.png", "step": 3, "caption": None}
    (run_dir / "events.jsonl").write_text(json.dumps({"ts": 1.5, "type": "image", "data": image}) + "\n")
    return tmp_path / "place"


async def test_x34_images(mount: Mount) -> None:
    assert await mount.json(f"/runs/{RUN}/images") == {
        "run_id": RUN,
        "images": [{"key": "cm", "path": "media/a.png", "step": 3, "caption": None, "time": 1.5}],
        "keys": [{"key": "cm", "steps": [3]}],
    }
    assert (await mount.fetch("/runs/none/images")).code == 404


async def test_bytes_whole_and_by_range(mount: Mount) -> None:
    path = f"/runs/{RUN}/media/media/a.png"
    whole = await mount.fetch(path)
    assert (whole.code, whole.body, whole.headers["Content-Type"]) == (200, PNG, "image/png")
    assert "Content-Disposition" not in whole.headers
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    for asked, wanted in (("0-9", PNG[:10]), ("-5", PNG[-5:]), ("100-", PNG[100:]), ("5-99999999", PNG[5:])):
        part = await mount.fetch(path, {**mount.token, "Range": f"bytes={asked}"})
        assert (part.code, part.body) == (206, wanted), asked
        assert part.headers["Content-Range"].endswith(f"/{len(PNG)}")
    beyond = await mount.fetch(path, {**mount.token, "Range": "bytes=99999999-"})
    assert (beyond.code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(PNG)}")
    unread = await mount.fetch(path, {**mount.token, "Range": "bytes=1-2,4-5"})
    assert (unread.code, unread.body) == (200, PNG)
    again = await mount.fetch(path, {**mount.token, "If-None-Match": whole.headers["ETag"]})
    assert (again.code, again.body) == (304, b"")


async def test_w21_active_files_are_downloads_in_a_sandbox(mount: Mount) -> None:
    for name in ("page.html", "drawing.svg", "data.xml", "page.xhtml", "thing.bin"):
        headers = (await mount.fetch(f"/runs/{RUN}/media/media/{name}")).headers
        assert headers["Content-Disposition"].startswith("attachment"), name
        assert "sandbox" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


async def test_f04_a_name_in_any_script(mount: Mount) -> None:
    assert (await mount.fetch(f"/runs/{RUN}/media/media/%E4%BD%A0%E5%A5%BD.png")).body == PNG


async def test_f01_f13_f17_nothing_but_regular_files_of_the_run(mount: Mount) -> None:
    for path in (
        "media/link.png", "media/pipe.png", "media", "media/", "media/none.png", "meta.json", "events.jsonl",
        "../meta.json", "media/../meta.json", "media/..%2Fmeta.json", "media%2F..%2Fmeta.json",
        "media/%2e%2e/meta.json", "%252e%252e/meta.json", "%2Fetc%2Fpasswd", "media/a.png%00", "media/./a.png",
    ):  # fmt: skip
        response = await mount.fetch(f"/runs/{RUN}/media/{path}")
        assert response.code in {400, 404}, path
        assert b"secret" not in response.body


def held_open() -> list[str]:
    return [file.path for file in psutil.Process().open_files() if file.path.endswith("a.png")]


async def test_descriptors_are_given_back(mount: Mount) -> None:
    path = f"/runs/{RUN}/media/media/a.png"
    for headers in ({}, {"Range": "bytes=99999999-"}, {"Range": "bytes=0-1"}):
        for method in ("GET", "HEAD"):
            await mount.fetch(path, {**mount.token, **headers}, method=method)
    assert held_open() == []


async def test_images_by_key_and_step_and_all_kinds_of_media(mount: Mount, root: Path) -> None:
    run_dir = write_run(root, "several")
    logged = [("image", "a", 1), ("image", "a", 2), ("image", "b", None), ("audio", "s", 1), ("table", "t", 1)]
    logged += [("file", "f", None), ("figure", "g", 7), ("video", "v", 1)]
    with (run_dir / "events.jsonl").open("w") as file:
        for kind, key, step in logged:
            data = {"key": key, "path": f"media/{key}{step}.bin", "step": step, "caption": None}
            file.write(json.dumps({"ts": 1.0, "type": kind, "data": data}) + "\n")
    answer = await mount.json("/runs/several/images?key=a&step=2")
    assert [(image["key"], image["step"]) for image in answer["images"]] == [("a", 2)]
    assert answer["keys"] == [{"key": "a", "steps": [1, 2]}, {"key": "b", "steps": [None]}]
    assert (await mount.fetch("/runs/several/images?step=x")).code == 400
    media = (await mount.json("/runs/several/media"))["media"]
    assert [(one["kind"], one["key"], one["step"]) for one in media] == logged[:-1]
    sounds = (await mount.json("/runs/several/media?kind=audio,figure"))["media"]
    assert [one["key"] for one in sounds] == ["s", "g"]


async def test_head_and_a_range_of_a_file_that_changed(mount: Mount) -> None:
    path = f"/runs/{RUN}/media/media/a.png"
    head = await mount.fetch(path, method="HEAD")
    assert (head.code, head.body, head.headers["Content-Length"]) == (200, b"", str(len(PNG)))
    assert head.headers["Accept-Ranges"] == "bytes"
    asked = {**mount.token, "Range": "bytes=0-9"}
    assert (await mount.fetch(path, {**asked, "If-Range": head.headers["ETag"]})).code == 206
    assert (await mount.fetch(path, {**asked, "If-Range": '"another"'})).code == 200
    assert (await mount.fetch(f"/runs/{RUN}/media/media/none.png", method="HEAD")).code == 404


async def test_f15_a_link_inside_the_root_is_served(mount: Mount, root: Path) -> None:
    run_dir = write_run(root, "linking")
    (run_dir / "media").mkdir()
    (run_dir / "media" / "inside.png").symlink_to(f"../../{RUN}/media/a.png")
    assert (await mount.fetch("/runs/linking/media/media/inside.png")).body == PNG
