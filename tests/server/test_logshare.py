"""Many clients on one live log (L02, L03): each gets every line, one that reads slowly costs the others nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from rundirs import write_run
from viewers import running_viewer
from websockets.asyncio.client import connect

from runicorn_jupyter.server.answer.wire import frames
from runicorn_jupyter.server.runs.logshare import SharedLogs
from runicorn_jupyter.workspace import LogTail

RUN = "20260101_120000_abcdef"
CLIENTS = 300
KEY = (RUN, None)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    run = write_run(tmp_path / "root", status="running")
    (run / "logs.txt").write_text("".join(f"old {number}\n" for number in range(20)))
    return run / "logs.txt"


async def follow(port: int, seen: list[str]) -> None:
    async with connect(f"ws://127.0.0.1:{port}/api/runs/{RUN}/logs/ws", open_timeout=60, compression=None) as socket:
        while "end" not in seen[-1:]:
            seen.append(str(await socket.recv()))


async def write_while_they_come(log: Path, seen: list[list[str]], tasks: list[asyncio.Task[None]]) -> None:
    """Append lines from the first client's arrival on, so that most join a log that is being written."""
    number = 0
    with log.open("a") as file:
        while not all(seen) or number < 100:
            file.write(f"new {number}\n")
            file.flush()
            number += 1
            await asyncio.sleep(0.01)
            assert not any(task.done() for task in tasks)
        file.write("end\n")


def test_l02_every_client_of_a_live_log_gets_every_line(log: Path) -> None:
    seen: list[list[str]] = [[] for _ in range(CLIENTS)]

    async def everybody(port: int) -> None:
        async with asyncio.timeout(120):
            tasks = [asyncio.create_task(follow(port, one)) for one in seen]
            await write_while_they_come(log, seen, tasks)
            await asyncio.gather(*tasks)

    with running_viewer(log.parents[4]) as viewer:
        asyncio.run(everybody(viewer.port))
    whole = log.read_text().splitlines()
    assert [one for one in seen if one != whole] == []


async def _in_thread(work):
    return await asyncio.to_thread(work)


def test_whoever_joins_late_is_given_what_lies_between(log: Path) -> None:
    async def both() -> None:
        shared = SharedLogs(_in_thread)
        first, second = LogTail(log.parent), LogTail(log.parent)
        first.tail(5)
        second.tail(5)
        _, one = await shared.join(KEY, first)
        with log.open("a") as file:
            file.write("a\nb\n")
        async with asyncio.timeout(10):
            assert await one.take() == frames(["a", "b"])
            between, other = await shared.join(KEY, second)
            assert between == ["a", "b"]
            with log.open("a") as file:
                file.write("c\n")
            assert await one.take() == await other.take() == frames(["c"])
        shared.leave(KEY, one)
        shared.leave(KEY, other)
        assert not shared._open, "nobody is left, so the file is left alone"

    asyncio.run(both())


def test_l03_a_slow_client_is_told_what_it_missed(log: Path) -> None:
    async def slow() -> None:
        shared = SharedLogs(_in_thread)
        tail = LogTail(log.parent)
        tail.tail(1)
        _, listener = await shared.join(KEY, tail)
        line = b"x" * 700_000
        listener.put(line, 1)
        listener.put(line, 3)
        listener.put(line, 4)
        assert await listener.take() == line
        assert b"7 lines were passed over" in await listener.take()
        listener.put(b"again", 1)
        assert await listener.take() == b"again"
        shared.leave(KEY, listener)

    asyncio.run(slow())


def test_a_frame_of_any_length_is_read_by_a_client(tmp_path: Path) -> None:
    lines = ["", "a", "x" * 125, "x" * 126, "ü" * 40_000, "x" * 70_000, "  "]
    run = write_run(tmp_path / "root")
    (run / "logs.txt").write_text("\n".join([*lines, "end", ""]))
    seen: list[str] = [""]
    with running_viewer(tmp_path / "root") as viewer:
        asyncio.run(follow(viewer.port, seen))
    assert seen == ["", *(line for line in lines if line.strip()), "end"]
