"""Exports and imports over HTTP (K4, X9, X12, X25, X36) and what guards them: F21, F23, W09, W20."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import os
import shutil
import socket
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from mounts import Mount, until
from rundirs import write_run
from tornado.httpclient import HTTPResponse
from tornado.iostream import IOStream
from viewers import running_viewer

from runicorn_jupyter.models import DATA_FORMATS
from runicorn_jupyter.server.runs import uploads
from runicorn_jupyter.store.transfer.data import FORMATS
from runicorn_jupyter.viewer import Viewer

RUN = "20260101_120000_abcdef"
OTHER = "20260101_120000_000000"
JSON = {"Content-Type": "application/json"}
PLACE = f"demo/first/runs/{RUN}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "place"
    write_run(root, RUN, points=3)
    write_run(root, OTHER, project="own", points=2)
    return root


async def post(mount: Mount, path: str, body: object) -> HTTPResponse:
    return await mount.fetch(path, {**mount.token, **JSON}, method="POST", body=json.dumps(body).encode())


async def send(mount: Mount, path: str, data: bytes, kind: str = "application/zip", **headers: str) -> HTTPResponse:
    return await mount.fetch(path, {**mount.token, "Content-Type": kind, **headers}, method="POST", body=data)


def form(data: bytes, **fields: str) -> tuple[bytes, str]:
    """Return a multipart body with the archive in a part called file, and its content type."""
    lines = [
        f'--XyZ\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = b'--XyZ\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\nContent-Type: x\r\n\r\n'
    return b"".join([*lines, head, data, b"\r\n--XyZ--\r\n"]), 'multipart/form-data; boundary="XyZ"'


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def leftovers(root: Path) -> list[str]:
    return [str(one.relative_to(root)) for one in root.glob(".runicorn-jupyter/import/*")]


def archive(root: Path, *run_ids: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for run_id in run_ids:
            for file in next(root.glob(f"*/*/runs/{run_id}")).iterdir():
                packed.write(file, file.relative_to(root))
    return data.getvalue()


async def test_x36_an_archive_goes_out_and_comes_back(mount: Mount, root: Path) -> None:
    response = await post(mount, "/runs/export", {"run_ids": [RUN, OTHER]})
    assert (response.code, response.headers["Content-Type"]) == (200, "application/zip")
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    before = {run["id"]: run for run in await mount.json("/runs")}
    shutil.rmtree(root / "demo")
    body, kind = form(response.body)
    preview = json.loads((await send(mount, "/import/preview", body, kind)).body)
    assert (preview["ok"], preview["filename"], preview["total_runs"]) == (True, "a.zip", 2)
    assert preview["conflict_run_ids"] == [OTHER]
    assert not (root / "demo").exists()
    answer = await send(mount, "/import/archive", body, kind)
    found = json.loads(answer.body)
    assert (answer.code, found["new_run_ids"], found["skipped_run_ids"]) == (200, [RUN], [OTHER])
    assert found["imported_files"] == 3
    assert found["new_run_dirs"] == [str(root / PLACE)]
    assert {run["id"]: run for run in await mount.json("/runs")} == before
    assert leftovers(root) == []


async def test_x12_the_archive_itself_as_the_body_and_each_way_to_meet_a_conflict(
    viewer_mount: Mount, root: Path
) -> None:
    data = archive(root, RUN)
    renamed = json.loads((await send(viewer_mount, "/import/archive?conflict=rename", data)).body)
    [new_id] = renamed["new_run_ids"]
    assert new_id != RUN
    body, kind = form(data, conflict="replace")
    replaced = json.loads((await send(viewer_mount, "/import/archive", body, kind)).body)
    assert replaced["runs"][0]["outcome"] == "replaced"
    assert len((await viewer_mount.json("/recycle-bin"))["deleted_runs"]) == 1
    assert {run["id"] for run in await viewer_mount.json("/runs")} == {RUN, OTHER, new_id}


async def test_k4_x9_a_run_in_every_form(mount: Mount) -> None:
    assert set(DATA_FORMATS) == set(FORMATS)
    signs = {
        "json": b'{"format":"runicorn-run"',
        "csv": b"step,time,loss\r\n1,0.0,1",
        "excel": b"PK",
        "parquet": b"PAR1",
        "tensorboard": b"\x18\x00",
        "markdown": b"# demo / first",
        "html": b"<!doctype html>",
        "zip": b"PK",
        "tar.gz": b"\x1f\x8b",
    }
    for name, sign in signs.items():
        response = await post(mount, "/export", {"run_id": RUN, "format": name})
        assert (response.code, response.body[: len(sign)]) == (200, sign), (name, response.body[:200])
        assert "attachment" in response.headers["Content-Disposition"], name
        assert "sandbox" in response.headers["Content-Security-Policy"], name
    whole = await post(mount, "/export", {"run_id": RUN})
    assert [row["step"] for row in json.loads(whole.body)["rows"]] == [1, 2, 3]
    assert (await mount.fetch(f"/export/{RUN}/csv")).body.startswith(signs["csv"])
    assert (await mount.fetch(f"/export/{RUN}/parquet")).body.startswith(b"PAR1")
    assert (await mount.fetch(f"/export/{RUN}/report")).body.startswith(signs["markdown"])
    assert (await mount.fetch(f"/export/{RUN}/report?format=html")).body.startswith(signs["html"])
    both = await post(mount, "/export", {"run_ids": [RUN, OTHER], "format": "csv"})
    assert both.body.count(b"\r\n") == 6


async def test_x25_the_runs_of_a_path(viewer_mount: Mount) -> None:
    found = await viewer_mount.json("/paths/export?path=demo")
    assert (found["path"], found["exact"], found["total_runs"], found["runs"][0]["id"]) == ("demo", False, 1, RUN)
    assert (await viewer_mount.json("/paths/export"))["total_runs"] == 2
    response = await viewer_mount.fetch("/paths/export?path=demo&format=zip")
    with zipfile.ZipFile(io.BytesIO(response.body)) as packed:
        assert f"{PLACE}/meta.json" in packed.namelist()
    response = await viewer_mount.fetch("/paths/export?path=demo&format=tar.gz")
    with tarfile.open(fileobj=io.BytesIO(response.body)) as packed_tar:
        assert f"{PLACE}/meta.json" in packed_tar.getnames()
    assert (await viewer_mount.fetch("/paths/export?path=none&format=zip")).code == 400


@pytest.mark.parametrize(
    ("path", "body", "code", "words"),
    [
        ("/runs/export", {}, 400, "run_ids is required"),
        ("/runs/export", {"run_ids": []}, 400, "at least one"),
        ("/runs/export", {"run_ids": ["none"]}, 404, "no run"),
        ("/runs/export", {"run_ids": [RUN], "kind": "rar"}, 400, "zip, tar.gz"),
        ("/export", {}, 400, "run_id is required"),
        ("/export", {"run_id": "none"}, 404, "no run"),
        ("/export", {"run_id": RUN, "format": "xml"}, 400, "format must be one of"),
        ("/export", {"run_id": RUN, "format": "csv", "include_media": True}, 400, "no place for media"),
        ("/export", {"run_ids": [RUN, OTHER], "format": "html"}, 400, "about one run"),
    ],
)
async def test_what_is_asked_wrongly_is_said(
    viewer_mount: Mount, path: str, body: object, code: int, words: str
) -> None:
    response = await post(viewer_mount, path, body)
    assert response.code == code, response.body
    assert words in json.loads(response.body)["detail"]


async def test_what_is_no_archive_is_said_and_leaves_nothing(viewer_mount: Mount, root: Path) -> None:
    good, kind = form(archive(root, RUN))
    two = good.replace(b"--XyZ--\r\n", b"") + good
    cases = [
        (b"hello", "application/zip", 400, "no zip"),
        (b"", "application/zip", 400, "no zip"),
        (archive(root, RUN)[:-30], "application/gzip", 400, "damaged"),
        (good, "multipart/form-data", 400, "no boundary"),
        (good, "multipart/form-data; boundary=other", 400, "no file"),
        (good[:-20], kind, 400, "cut off"),
        (two, kind, 400, "one file at a time"),
        (good.replace(b'name="file"; filename="a.zip"', b'name="other"'), kind, 400, "no file"),
        (b"--XyZ\r\n" + b"x" * 40_000, kind, 400, "too long"),
        (good, "text/plain", 415, "multipart/form-data"),
        (json.dumps({}).encode(), "application/json", 415, "multipart/form-data"),
    ]
    for data, content_type, code, words in cases:
        for path in ("/import/preview", "/import/archive"):
            response = await send(viewer_mount, path, data, content_type)
            assert (response.code, words in json.loads(response.body)["detail"]) == (code, True), response.body
    assert leftovers(root) == []
    assert (await send(viewer_mount, "/import/archive?conflict=overwrite", good, kind)).code == 400


async def test_f21_a_bomb_is_413(viewer_mount: Mount, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{PLACE}/logs.txt", bytes(64 * 1024**2))
    response = await send(viewer_mount, "/import/archive?conflict=replace", data.getvalue())
    assert (response.code, json.loads(response.body)["error"]) == (413, "too_large")
    monkeypatch.setattr(uploads, "UPLOAD_LIMIT", 10)
    assert (await send(viewer_mount, "/import/archive", archive(root, RUN))).code == 413
    assert leftovers(root) == []


async def test_w09_a_page_of_another_site_writes_nothing(mount: Mount, root: Path, monkeypatch) -> None:
    body, kind = form(archive(root, RUN))
    monkeypatch.setattr(uploads, "Upload", lambda *_: pytest.fail("something was written"))
    for headers in (mount.stranger, mount.cookie, {**mount.cookie, "Origin": "http://evil.example"}):
        response = await mount.fetch("/import/archive", {**headers, "Content-Type": kind}, method="POST", body=body)
        assert response.code in {401, 403, 404}, headers
    assert leftovers(root) == []


async def test_an_archive_in_pieces_of_one_byte_is_the_same(viewer_mount: Mount, root: Path) -> None:
    data, kind = form(archive(root, RUN), conflict="rename")
    stream = await _stream(viewer_mount)
    await stream.write(_head(viewer_mount, kind, len(data)))
    for at in range(0, len(data), 7):
        await stream.write(data[at : at + 7])
    answer = await stream.read_until(b"\r\n\r\n")
    assert b" 200 " in answer.split(b"\r\n")[0]
    stream.close()
    assert len(names(root / "demo/first/runs")) == 2


async def test_f23_a_client_that_leaves_leaves_nothing(viewer_mount: Mount, root: Path) -> None:
    for at in range(20):
        stream = await _stream(viewer_mount)
        await stream.write(_head(viewer_mount, "application/zip", 1_000_000_000) + os.urandom(50_000 * (at % 3)))
        if at % 2:
            await until(lambda: leftovers(root))
        stream.close()
    await until(lambda: not leftovers(root))
    assert names(root) == ["demo", "own"]


async def test_c10_a_server_that_stops_takes_a_half_sent_archive_back(viewer: Viewer, viewer_mount: Mount, root: Path):
    stream = await _stream(viewer_mount)
    await stream.write(_head(viewer_mount, "application/zip", 1_000_000) + b"PK" * 1000)
    await until(lambda: leftovers(root))
    assert await viewer.stop()
    assert leftovers(root) == []
    stream.close()


async def test_how_far_a_long_work_is_can_be_asked(viewer: Viewer, viewer_mount: Mount) -> None:
    pieces = await viewer.service.ask(lambda hall: hall.transfer.pieces([RUN]))
    assert (await viewer_mount.json("/transfers"))["transfers"] == []
    next(pieces)
    found = (await viewer_mount.json("/transfers"))["transfers"]
    assert [one["what"] for one in found] == ["packing"]
    assert list(pieces) == []
    assert (await viewer_mount.json("/transfers"))["transfers"] == []


async def _stream(mount: Mount) -> IOStream:
    reader = IOStream(socket.socket())
    await reader.connect(("127.0.0.1", mount.port))
    return reader


def _head(mount: Mount, kind: str, length: int) -> bytes:
    headers = {"Host": f"127.0.0.1:{mount.port}", **mount.token, "Content-Type": kind, "Content-Length": str(length)}
    lines = [f"POST {mount.prefix}/import/archive HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


async def test_others_are_served_while_an_archive_is_on_its_way(viewer_mount: Mount, root: Path) -> None:
    stream = await _stream(viewer_mount)
    await stream.write(_head(viewer_mount, "application/zip", 1_000_000))
    async with asyncio.timeout(20):
        assert (await viewer_mount.fetch("/runs")).code == 200
    stream.close()
    await until(lambda: not leftovers(root))


def test_c10_a_viewer_that_is_ended_in_the_middle_of_an_import_leaves_all_or_nothing(tmp_path: Path) -> None:
    root = tmp_path / "place"
    write_run(root, OTHER)
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr(f"{PLACE}/meta.json", b"{}")
        for at in range(40):
            packed.writestr(f"{PLACE}/media/{at}.bin", bytes(2_000_000))
    with running_viewer(root) as viewer:
        connection = http.client.HTTPConnection("127.0.0.1", viewer.port, timeout=60)
        connection.connect()
        connection.putrequest("POST", "/api/import/archive")
        connection.putheader("Content-Type", "application/zip")
        connection.putheader("Content-Length", str(path.stat().st_size))
        connection.endheaders()
        with path.open("rb") as file:
            connection.sock.sendfile(file)
        deadline = time.monotonic() + 60
        while not list(root.glob(".runicorn-jupyter/import/*/root/demo")) and not (root / PLACE).exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        viewer.process.terminate()
        assert viewer.process.wait(20) == 0
        connection.close()
    assert leftovers(root) == []
    assert not (root / PLACE).exists() or len(list((root / PLACE / "media").iterdir())) == 40
