"""Large bodies and many requests through the proxy: streamed both ways, bounded, none in the way of another."""

from __future__ import annotations

import asyncio
import io
import json
import re
import socket
import zipfile
from pathlib import Path

import psutil
import pytest
from farends import SESSION, far_script, far_viewer, leads_to
from mounts import Mount, until

from runicorn_jupyter.server.remote import proxy
from runicorn_jupyter.server.remote.channels import Channel
from runicorn_jupyter.server.remote.proxy import ProxyHandler

LONG = 200 * 1024 * 1024
MEDIA = "/runs/x/media/x"


def through(mount: Mount, path: str) -> str:
    return f"{mount.prefix.removesuffix('/api')}/remote/{SESSION}/api{path}"


async def raw(mount: Mount, head: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection of our own, which reads no more than it is told to, and send the head of a request."""
    reader, writer = await asyncio.open_connection("127.0.0.1", mount.port, limit=65536)
    lines = [head, f"Host: 127.0.0.1:{mount.port}", f"Authorization: {mount.token['Authorization']}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    return reader, writer


async def test_a_slow_reader_takes_no_memory_and_delays_nobody(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/media/" not in head:
            writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n[]")
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n" % LONG)
        piece = bytes(256 * 1024)
        while sent < LONG:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        before = psutil.Process().memory_info().rss
        reader, writer = await raw(mount, f"GET {through(mount, MEDIA)} HTTP/1.1")
        assert b" 200 " in await reader.readline()
        stalled = -1
        while stalled != sent or not sent:  # until nothing moves any more
            stalled = sent
            for _ in range(20):
                assert await mount.json_of(through(mount, "/runs")) == []
        assert sent < LONG / 4, "the rest waits at the host"
        assert psutil.Process().memory_info().rss - before < 40 * 1024 * 1024
        await reader.readuntil(b"\r\n\r\n")
        got = 0
        async with asyncio.timeout(60):
            while got < LONG:
                got += len(await reader.read(2**20))
        assert got == sent == LONG
        writer.close()


async def test_an_answer_that_nobody_waits_for_is_given_up(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/media/" in head:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\nx")
        await reader.read()
        ended.append(head)

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        for path in (MEDIA, "/runs"):
            _, writer = await raw(mount, f"GET {through(mount, path)} HTTP/1.1")
            await until(lambda path=path: len(far.opened) == (1 if path == MEDIA else 2))
            writer.close()
        await until(lambda: len(ended) == 2)
        assert [end.fileno() for end in far.opened] == [-1, -1]


async def test_an_early_answer_ends_an_upload(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy, "_LINGER_S", 1.0)
    taken = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        await reader.readuntil(b"\r\n\r\n")
        taken = len(await reader.read(1000))
        body = b'{"detail":"a","message":"a","error":"too_large","ok":false,"success":false}'
        writer.write(
            b"HTTP/1.1 413 X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        path = through(mount, "/import/archive")
        head = f"POST {path} HTTP/1.1\r\nContent-Type: application/zip\r\nContent-Length: 9000000000"
        reader, writer = await raw(mount, head)
        piece = bytes(256 * 1024)

        async def send() -> None:
            while True:
                writer.write(piece)
                await writer.drain()

        sending = asyncio.ensure_future(send())
        async with asyncio.timeout(20):
            assert b" 413 " in await reader.readline()
            assert b'"too_large"' in await reader.readuntil(b"}")
            with pytest.raises(ConnectionError):
                await sending
        assert 0 < taken <= 1000
        await until(lambda: far.opened[0].fileno() == -1)


async def test_an_upload_to_a_host_that_goes_is_told_so(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(100_000)

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        for length in ("Content-Length: 1000000", "Transfer-Encoding: chunked"):
            path = through(mount, "/import/archive")
            reader, writer = await raw(mount, f"POST {path} HTTP/1.1\r\nContent-Type: application/zip\r\n{length}")
            writer.write(b"30d40\r\n" * length.startswith("Transfer") + bytes(200_000))
            async with asyncio.timeout(20):
                assert b" 503 " in await reader.readline()
                assert b'"viewer_unavailable"' in await reader.readuntil(b"}")
            # What the client was about to send is still taken, and then it may ask on the same connection.
            rest = bytes(800_000) if length.startswith("Content") else b"\r\n0\r\n\r\n"
            writer.write(rest + f"GET {mount.prefix}/health HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            async with asyncio.timeout(20):
                assert b" 200 " in await reader.readline()
            writer.close()


async def test_an_answer_is_read_though_nobody_listens_any_more() -> None:
    ours, other = socket.socketpair()
    ours.setblocking(False)
    channel = Channel(ours)
    other.sendall(b"answer")
    other.close()
    await channel.write(bytes(100_000))
    assert await channel.read_bytes(6) == b"answer"
    channel.close()


async def test_an_upload_through_and_one_that_is_cut(
    mount: Mount, scratch_053: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = io.BytesIO()
    run = {"id": "20260101_000000_abcdef", "project": "p", "name": "n", "created_time": 1.0}
    with zipfile.ZipFile(archive, "w") as file:
        for name, text in (("meta.json", json.dumps(run)), ("events.jsonl", ""), ("big.bin", "x" * 3_000_000)):
            file.writestr(f"p/n/runs/{run['id']}/{name}", text)
    body = archive.getvalue()
    assert len(body) > 3_000_000
    async with far_viewer(scratch_053) as far:
        leads_to(monkeypatch, far)
        path = through(mount, "/import/preview")
        headers = {**mount.token, "Content-Type": "application/zip"}
        response = await mount.fetch(path, headers, method="POST", body=body, whole=True)
        assert response.code == 200, response.body
        assert [one["id"] for one in json.loads(response.body)["runs"]] == [run["id"]]
        head = f"POST {path} HTTP/1.1\r\nContent-Type: application/zip\r\nContent-Length: {len(body)}"
        _, writer = await raw(mount, head)
        writer.write(body[:2_000_000])
        await writer.drain()
        writer.close()
        staging = scratch_053 / ".runicorn-jupyter"
        await until(lambda: not [path for path in staging.rglob("*") if path.name == "upload"])
        await until(lambda: all(end.fileno() == -1 for end in far.opened[1:]))


async def test_a_hundred_at_once(mount: Mount, upstream_072: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with far_viewer(upstream_072) as far:
        leads_to(monkeypatch, far)
        async with asyncio.timeout(60):
            while not (await mount.json_of(through(mount, "/health")))["complete"]:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            one = await mount.fetch(through(mount, "/runs"), whole=True)
            every = await asyncio.gather(*(mount.fetch(through(mount, "/runs"), whole=True) for _ in range(100)))
        assert {answer.body for answer in every} == {one.body}
        assert {answer.code for answer in every} == {200}
        idle = mount.application.settings["runicorn"].channels._idle
        assert list(idle) == [SESSION]
        assert 1 <= len(idle[SESSION]) <= 8
        assert sum(end.fileno() != -1 for end in far.opened) == len(idle[SESSION])
    await until(lambda: not idle)


async def test_a_quick_answer_leaves_the_clients_connection_open(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer may be there before tornado has seen that the request ends; finished then, it would cost the line."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"Content-Length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            body = b"[]" if head.startswith(b"GET") else b'{"checked":0,"updated":0,"message":""}'
            writer.write(b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    prepare = ProxyHandler.prepare

    async def slow(handler: ProxyHandler) -> None:
        await prepare(handler)
        await until(lambda: handler._left or handler._relay._whole)

    monkeypatch.setattr(ProxyHandler, "prepare", slow)
    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        reader, writer = await asyncio.open_connection("127.0.0.1", viewer_mount.port)
        head = f"Host: 127.0.0.1:{viewer_mount.port}\r\nAuthorization: {viewer_mount.token['Authorization']}\r\n"
        ask = f"GET {through(viewer_mount, '/runs')} HTTP/1.1\r\n{head}\r\n"
        tell = f"POST {through(viewer_mount, '/status/check')} HTTP/1.1\r\n{head}Content-Type: application/json\r\n"
        for request in [ask, f"{tell}Content-Length: 2\r\n\r\n{{}}"] * 3:
            writer.write(request.encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.split()[1] == b"200"
            length = re.search(rb"Content-Length: (\d+)", answer)
            await reader.readexactly(int(length[1]))
        writer.close()
        assert len(far.opened) == 1


async def test_more_at_once_than_the_host_has_channels_for(
    viewer_mount: Mount, upstream_072: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with far_viewer(upstream_072) as far:
        far.most = 3
        leads_to(monkeypatch, far)
        path = through(viewer_mount, "/facets")
        every = await asyncio.gather(*(viewer_mount.fetch(path, whole=True) for _ in range(40)))
        assert {answer.code for answer in every} == {200}
        assert len(far.opened) == 3
        far.most = 0
        viewer_mount.application.settings["runicorn"].channels.close()
        response = await viewer_mount.fetch(path, whole=True)
        assert (response.code, json.loads(response.body)["error"]) == (503, "viewer_unavailable")
