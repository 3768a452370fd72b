from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount, until
from rundirs import write_run
from tornado.websocket import WebSocketClientConnection


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_run(tmp_path / "place", "20260101_120000_abcdef", points=3)
    return tmp_path / "place"


async def frame(socket: WebSocketClientConnection) -> dict[str, Any]:
    message = await asyncio.wait_for(socket.read_message(), 20)
    assert message is not None
    return json.loads(message)


async def test_a_change_is_pushed_to_everybody(mount: Mount, root: Path) -> None:
    await mount.json("/runs")
    sockets = [await mount.socket("/events/ws") for _ in range(3)]
    first = [await frame(socket) for socket in sockets]
    assert all(one["changed"] == one["gone"] == [] for one in first)
    write_run(root, "20260101_130000_abcdef", name="second")
    for socket, before in zip(sockets, first, strict=True):
        news = await frame(socket)
        assert news["changed"] == ["20260101_130000_abcdef"]
        assert news["version"] > before["version"]
        assert set(news) == {"version", "changed", "gone"}
        socket.close()
    assert {run["id"] for run in await mount.json("/runs")} == {"20260101_120000_abcdef", "20260101_130000_abcdef"}


async def test_since_tells_what_was_missed(mount: Mount) -> None:
    await mount.json("/runs")
    socket = await mount.socket("/events/ws?since=0")
    assert (await frame(socket))["changed"] == ["20260101_120000_abcdef"]
    socket.close()


async def test_a_wrong_since_is_told_and_ends_the_stream(mount: Mount) -> None:
    socket = await mount.socket("/events/ws?since=never")
    message = await asyncio.wait_for(socket.read_message(), 10)
    assert message.startswith("[error] since must be a whole number")
    assert await asyncio.wait_for(socket.read_message(), 10) is None


async def test_leaving_unsubscribes(mount: Mount) -> None:
    await mount.json("/runs")
    service = mount.application.settings["runicorn"]
    socket = await mount.socket("/events/ws")
    await frame(socket)
    assert len(service._workspace._listeners) == 1
    socket.close()
    await until(lambda: not service._workspace._listeners)
    assert not service._workspace._listeners
