from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount, until
from rundirs import write_run
from tornado.websocket import WebSocketClientConnection

from runicorn_jupyter.server.runs.events import EventsHandler


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_run(tmp_path / "place", "20260101_120000_abcdef", points=3)
    return tmp_path / "place"


async def frame(socket: WebSocketClientConnection) -> dict[str, Any]:
    message = await asyncio.wait_for(socket.read_message(), 20)
    assert message is not None
    return json.loads(message)


async def test_a_change_is_pushed_to_everybody(mount: Mount, root: Path) -> None:
    sockets = [await mount.socket("/events/ws") for _ in range(3)]
    first = [await frame(socket) for socket in sockets]
    assert all(one["changed"] == one["gone"] == [] for one in first)
    write_run(root, "20260101_130000_abcdef", name="second")
    for socket, before in zip(sockets, first, strict=True):
        news = await frame(socket)
        assert news["changed"] == ["20260101_130000_abcdef"]
        assert news["version"] > before["version"]
        assert set(news) == {"version", "changed", "gone", "complete", "pending"}
        socket.close()
    assert {run["id"] for run in await mount.json("/runs")} == {"20260101_120000_abcdef", "20260101_130000_abcdef"}


async def test_since_tells_what_was_missed(mount: Mount, root: Path) -> None:
    socket = await mount.socket("/events/ws")
    since = (await frame(socket))["version"]
    socket.close()
    write_run(root, "20260101_140000_abcdef", name="missed")
    hall = mount.application.settings["runicorn"]._workspace
    await until(lambda: hall.changes(since).changed)
    socket = await mount.socket(f"/events/ws?since={since}")
    news = await frame(socket)
    assert (news["changed"], news["gone"]) == (["20260101_140000_abcdef"], [])
    assert "all" not in news
    socket.close()


@pytest.mark.parametrize("since", [0, 17, 2**53])
async def test_a_since_of_another_life_means_read_everything_again(mount: Mount, since: int) -> None:
    """An index that was begun again cannot tell what went: the client drops what is not listed."""
    socket = await mount.socket(f"/events/ws?since={since}")
    news = await frame(socket)
    assert news["all"]
    assert news["changed"] == ["20260101_120000_abcdef"]
    socket.close()


async def test_an_index_that_is_begun_again_is_told_to_those_who_listen(mount: Mount) -> None:
    service = mount.application.settings["runicorn"]
    socket = await mount.socket("/events/ws")
    before = await frame(socket)
    service._workspace._store.index.path.unlink()
    news = await frame(socket)
    assert news["all"]
    assert news["version"] > before["version"]
    while not (news["complete"] and not news["pending"]):
        news = await frame(socket)
    assert [run["id"] for run in await mount.json("/runs")] == ["20260101_120000_abcdef"]
    socket.close()


async def test_many_changes_during_a_slow_write_are_one_frame(
    mount: Mount, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = mount.application.settings["runicorn"]
    socket = await mount.socket("/events/ws")
    version = (await frame(socket))["version"]
    held, go, real = asyncio.Event(), asyncio.Event(), EventsHandler.write_message

    async def write_message(self: EventsHandler, message: str) -> None:
        held.set()
        await go.wait()
        await real(self, message)

    monkeypatch.setattr(EventsHandler, "write_message", write_message)
    names = [f"2026020{at}_120000_abcdef" for at in range(1, 6)]
    write_run(root, names[0], name="slow")
    await asyncio.wait_for(held.wait(), 20)
    for name in names[1:]:
        write_run(root, name, name="slow")
        await until(lambda name=name: name in service._workspace.changes(version).changed)
    go.set()
    assert (await frame(socket))["changed"] == names[:1]
    assert sorted((await frame(socket))["changed"]) == names[1:]
    socket.close()


async def test_more_than_can_be_listed_is_told_as_everything(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runicorn_jupyter.server.runs.events._LISTED", 0)
    socket = await mount.socket("/events/ws?since=0")
    news = await frame(socket)
    assert (news["all"], news["changed"], news["gone"]) == (True, [], [])
    socket.close()


async def test_without_since_nothing_of_before_is_told(mount: Mount) -> None:
    socket = await mount.socket("/events/ws")
    news = await frame(socket)
    assert (news["changed"], news["gone"], news["complete"], news["pending"]) == ([], [], True, 0)
    socket.close()


async def test_a_wrong_since_is_told_and_ends_the_stream(mount: Mount) -> None:
    socket = await mount.socket("/events/ws?since=never")
    message = await asyncio.wait_for(socket.read_message(), 10)
    assert message.startswith("[error] since must be a whole number")
    assert await asyncio.wait_for(socket.read_message(), 10) is None


async def test_leaving_unsubscribes(mount: Mount) -> None:
    await mount.json("/runs")
    service = mount.application.settings["runicorn"]
    before = list(service._workspace._listeners)  # Jupyter's event log is told, too
    socket = await mount.socket("/events/ws")
    await frame(socket)
    assert len(service._workspace._listeners) == len(before) + 1
    socket.close()
    await until(lambda: service._workspace._listeners == before)
    assert service._workspace._listeners == before
