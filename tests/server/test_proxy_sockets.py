"""Websockets through the proxy: text messages and goodbyes pass, and nothing that a hostile host says besides."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Awaitable, Callable

import pytest
from farends import SESSION, far_script, leads_to
from mounts import Mount, until
from tornado.httpclient import HTTPClientError
from tornado.websocket import WebSocketClientConnection, WebSocketProtocol13

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def frame(kind: int, data: bytes, *, final: bool = True, extra: int = 0) -> bytes:
    size = len(data)
    head = bytes([(0x80 if final else 0) | extra | kind])
    if size < 126:
        return head + bytes([size]) + data
    return head + (b"\x7e" + struct.pack("!H", size) if size < 2**16 else b"\x7f" + struct.pack("!Q", size)) + data


def goodbye(code: int, reason: str = "") -> bytes:
    return frame(CLOSE, struct.pack("!H", code) + reason.encode())


async def upgraded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *lines: str) -> None:
    """Answer the handshake as RFC 6455 says, with further header `lines`."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = re.search(r"Sec-Websocket-Key: (\S+)", head, re.IGNORECASE)
    assert key
    accept = WebSocketProtocol13.compute_accept_value(key[1].encode())
    answer = ["HTTP/1.1 101 X", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}", *lines]
    writer.write("\r\n".join(answer).encode() + b"\r\n\r\n")


def says(*frames: bytes, stays: bool = True) -> Talk:
    """Return a host that opens the stream, sends `frames`, and stays until we leave."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        writer.write(b"".join(frames))
        await writer.drain()
        while stays and await reader.read(65536):
            pass

    return talk


async def opened(mount: Mount) -> WebSocketClientConnection:
    url = f"{mount.prefix.removesuffix('/api')}/remote/{SESSION}/api/events/ws"
    prefix, mount.prefix = mount.prefix, ""
    try:
        return await mount.socket(url)
    finally:
        mount.prefix = prefix


STREAMS: dict[str, tuple[Talk, list[str], int]] = {
    "text": (says(frame(TEXT, b"one"), frame(TEXT, b"two"), goodbye(1000)), ["one", "two"], 1000),
    "fragments": (says(frame(TEXT, b"o", final=False), frame(0, b"ne"), goodbye(1001)), ["one"], 1001),
    "the longest": (says(frame(TEXT, b"x" * 2**20), goodbye(1000)), ["x" * 2**20], 1000),
    "a code of its own": (says(goodbye(4123)), [], 4123),
    "a code nobody may say": (says(goodbye(1006)), [], 1011),
    "a code that is none": (says(goodbye(77)), [], 1011),
    "a connection that ends": (says(frame(TEXT, b"one"), stays=False), ["one"], 1012),
    "bytes": (says(frame(TEXT, b"one"), frame(BINARY, b"<script>")), ["one"], 1011),
    "too long": (says(frame(TEXT, b"x" * (2**20 + 1))), [], 1012),
    "a length that lies": (says(b"\x81\x7f" + b"\xff" * 8 + b"x" * 1000), [], 1012),
    "fragments without end": (
        says(frame(TEXT, b"", final=False), *[frame(0, b"x" * 60_000, final=False)] * 20),
        [],
        1012,
    ),
    "no UTF-8": (says(frame(TEXT, b"\xff\xfe")), [], 1012),
    "a kind that is none": (says(frame(5, b"x")), [], 1012),
    "packed": (says(frame(TEXT, b"x", extra=0x40)), [], 1012),
    "a long ping": (says(frame(PING, b"x" * 1000)), [], 1012),
}
"""What the host sends, the messages that pass, and the code with which the client's stream ends."""


@pytest.mark.parametrize("case", STREAMS)
async def test_j13_streams(case: str, viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    talk, messages, code = STREAMS[case]
    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        socket = await opened(viewer_mount)
        async with asyncio.timeout(20):
            seen = []
            while (message := await socket.read_message()) is not None:
                seen.append(message)
        assert seen == messages
        assert socket.close_code == code
        await until(lambda: far.opened[0].fileno() == -1)


def answers(head: str, body: bytes = b"") -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)

    return talk


def upgrades_with(*lines: str) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer, *lines)
        await reader.read()

    return talk


WRONG = "HTTP/1.1 101 X\nUpgrade: websocket\nConnection: Upgrade\nSec-WebSocket-Accept: AAAA"
HANDSHAKES: dict[str, tuple[Talk, int]] = {
    "a page": (answers("HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 8", b"<script>"), 502),
    "a page without end": (answers("HTTP/1.1 200 OK\nContent-Length: 99999999999", b"x" * 3_000_000), 502),
    "a redirect": (answers("HTTP/1.1 302 X\nLocation: ws://evil.example/\nContent-Length: 0"), 502),
    "a login": (answers("HTTP/1.1 401 X\nContent-Length: 0"), 502),
    "another key": (answers(WRONG), 502),
    "no upgrade": (answers("HTTP/1.1 101 X"), 502),
    "an extension": (upgrades_with("Sec-WebSocket-Extensions: permessage-deflate"), 502),
    "a protocol": (upgrades_with("Sec-WebSocket-Protocol: evil"), 502),
    "nothing": (answers(""), 503),
}


@pytest.mark.parametrize("case", HANDSHAKES)
async def test_j13_handshakes_are_told_as_a_status(
    case: str, viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk, status = HANDSHAKES[case]
    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        with pytest.raises(HTTPClientError) as refusal:
            await opened(viewer_mount)
        assert refusal.value.code == status
        assert "Location" not in refusal.value.response.headers
        assert far.opened[0].fileno() == -1


async def test_pings_stay_local_and_nothing_of_the_client_goes_there(
    mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = bytearray()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        writer.write(frame(PING, b"far") + frame(TEXT, b"hello"))
        while data := await reader.read(65536):
            got.extend(data)

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        socket = await opened(mount)
        assert await socket.read_message() == "hello"
        await socket.write_message("secret of the client")
        socket.protocol.write_ping(b"near")
        await until(lambda: got)
        socket.close()
        await until(lambda: far.opened[0].fileno() == -1)
        assert got[0] == 0x8A, "a pong"
        assert len(got) < 30, "a pong of three bytes, and a goodbye"


async def test_a_flood_of_pings_delays_nobody(viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await upgraded(reader, writer)
        pings = frame(PING, b"x" * 125) * 1000
        try:
            while True:
                writer.write(pings)
                await writer.drain()
        except ConnectionError:
            ended.set()

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        socket = await opened(viewer_mount)
        for _ in range(20):
            assert (await viewer_mount.json("/health"))["status"] == "ok"
        socket.close()
        async with asyncio.timeout(20):
            await ended.wait()


async def test_a_slow_reader_holds_the_host_back(viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await upgraded(reader, writer)
        while True:
            writer.write(frame(TEXT, b"x" * 100_000))
            await writer.drain()
            sent += 100_000

    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        socket = await opened(viewer_mount)
        stalled = -1
        while stalled != sent or not sent:  # until nothing moves any more
            stalled = sent
            for _ in range(50):
                await viewer_mount.json("/health")
        assert sent < 30_000_000, "what sockets and our mebibytes hold; without back-pressure it has no end"
        socket.close()
