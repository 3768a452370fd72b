from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from mounts import Mount, until
from rundirs import write_run
from tornado.websocket import WebSocketClientConnection

from runicorn_jupyter.server.runs.logshare import delay_after

RUN = "20260101_120000_abcdef"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    run_dir = write_run(tmp_path / "place", RUN)
    (run_dir / "logs.txt").write_text("one\n\ntwo \x1b[31mred\x1b[0m <b>\nthree\n")
    write_run(tmp_path / "place", "20260101_120000_000000", name="silent")
    long = write_run(tmp_path / "place", "20260101_120000_111111", name="long")
    (long / "logs.txt").write_text("".join(f"line {number}\n" for number in range(10_500)))
    return tmp_path / "place"


def folder(root: Path, run_id: str) -> Path:
    return next(root.glob(f"*/*/runs/{run_id}"))


async def read(socket: WebSocketClientConnection, count: int) -> list[str]:
    return [await asyncio.wait_for(socket.read_message(), 10) for _ in range(count)]


async def test_r10_what_is_there_then_each_new_line(mount: Mount, root: Path) -> None:
    socket = await mount.socket(f"/runs/{RUN}/logs/ws")
    assert await read(socket, 3) == ["one", "two \x1b[31mred\x1b[0m <b>", "three"], "blank lines are left out"
    with (folder(root, RUN) / "logs.txt").open("a") as file:
        file.write("four\nfi")
        file.flush()
        assert await read(socket, 1) == ["four"]
        file.write("ve\n")
        file.flush()
        assert await read(socket, 1) == ["five"]
    socket.close()


async def test_d29_the_last_ten_thousand_lines_with_the_notice_first(mount: Mount) -> None:
    socket = await mount.socket("/runs/20260101_120000_111111/logs/ws")
    frames = await read(socket, 10_001)
    assert frames[0] == "[info] Showing last 10000 lines. Full log file: logs.txt"
    assert frames[1:] == [f"line {number}" for number in range(500, 10_500)]
    socket.close()


async def test_a_run_that_is_not_there_is_one_frame_and_a_normal_close(mount: Mount) -> None:
    socket = await mount.socket("/runs/none/logs/ws")
    assert await read(socket, 2) == ["[error] run not found", None]
    assert socket.close_code == 1000


async def test_a_log_that_is_not_there_yet_is_waited_for(mount: Mount, root: Path) -> None:
    socket = await mount.socket("/runs/20260101_120000_000000/logs/ws")
    assert await read(socket, 1) == ["[info] No logs available yet. Waiting for logs to be created..."]
    (folder(root, "20260101_120000_000000") / "logs.txt").write_text("first\n")
    assert await read(socket, 2) == ["[info] Logs are now available, streaming...", "first"]
    socket.close()


async def test_f13_a_log_that_is_a_link_is_not_read(mount: Mount, root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret\n")
    log = folder(root, RUN) / "logs.txt"
    log.unlink()
    log.symlink_to(tmp_path / "secret")
    socket = await mount.socket(f"/runs/{RUN}/logs/ws")
    assert (await read(socket, 1))[0].startswith("[info] No logs available yet")
    socket.close()


async def test_i14_a_client_that_sends_a_lot_is_closed_and_others_are_not(mount: Mount) -> None:
    loud, quiet = [await mount.socket(f"/runs/{RUN}/logs/ws") for _ in range(2)]
    await read(quiet, 3)
    await read(loud, 3)
    await loud.write_message("x" * 100_000)
    while await asyncio.wait_for(loud.read_message(), 10) is not None:
        pass
    assert loud.close_code in {1009, 1006, None}
    await quiet.write_message("ignored")
    assert quiet.close_code is None
    quiet.close()


async def test_a_client_that_leaves_ends_its_stream(mount: Mount) -> None:
    socket = await mount.socket(f"/runs/{RUN}/logs/ws")
    await read(socket, 1)
    sockets = mount.application.settings["runicorn"].sockets
    assert len(sockets) == 1
    socket.close()
    await until(lambda: not len(sockets))
    assert not [task for task in asyncio.all_tasks() if "GateSocket._run" in repr(task)]


def test_the_look_gets_lazier_as_the_contract_says() -> None:
    assert [delay_after(idle) for idle in (0, 9.9, 10, 59, 60, 299, 300, 3599)] == [0.2, 0.2, 0.5, 0.5, 1, 1, 2, 2]


async def test_pages_of_lines_in_either_direction(mount: Mount) -> None:
    long = "/runs/20260101_120000_111111/logs"
    last = await mount.json(f"{long}?count=3")
    assert [line["text"] for line in last["lines"]] == ["line 10497", "line 10498", "line 10499"]
    assert last["end"] == last["size"]
    before = await mount.json(f"{long}?count=2&at={last['start']}")
    assert [line["text"] for line in before["lines"]] == ["line 10495", "line 10496"]
    first = await mount.json(f"{long}?count=2&direction=forward")
    assert [(line["at"], line["text"]) for line in first["lines"]] == [(0, "line 0"), (7, "line 1")]
    assert (await mount.json(f"{long}?at=8&count=1&direction=forward"))["lines"][0]["at"] == 7
    silent = await mount.json("/runs/20260101_120000_000000/logs")
    assert (silent["lines"], silent["size"]) == ([], 0)
    for query in ("count=0", "count=2001", "at=-1", "direction=up"):
        assert (await mount.fetch(f"{long}?{query}")).code == 400, query
    assert (await mount.fetch("/runs/none/logs")).code == 404


async def test_a_search_in_slices_newest_first(mount: Mount) -> None:
    long = "/runs/20260101_120000_111111/logs/search"
    asked, hits = f"{long}?q=LINE%20104&limit=60&context=1", []
    while asked:  # one slice of time may hold fewer hits than were asked for
        found = await mount.json(asked)
        assert len(found["hits"]) <= 60
        hits += found["hits"]
        asked = found["cursor"] and f"{long}?q=LINE%20104&limit=60&context=1&cursor={found['cursor']}"
    lines = [f"line {at}" for at in reversed(range(10_500))]
    assert [hit["text"] for hit in hits] == [line for line in lines if line.startswith("line 104")]
    assert hits[0]["spans"] == [[0, 8]]
    assert [line["text"] for line in hits[1]["after"]] == ["line 10499"]
    assert (found["cursor"], found["searched"]) == (None, 0)
    exact = await mount.json(f"{long}?q=%5Eline%20%5Cd%24&regex=true&direction=forward")
    assert [hit["text"] for hit in exact["hits"]] == [f"line {at}" for at in range(10)]
    assert (await mount.json(f"{long}?q=LINE&case=true"))["hits"] == []
    for query in ("", "q=(&regex=1", "q=x&limit=0", "q=x&cursor=-1", "q=x&case=maybe"):
        assert (await mount.fetch(f"{long}?{query}")).code == 400, query


async def test_the_log_as_a_file_by_range(mount: Mount, root: Path) -> None:
    data = (folder(root, RUN) / "logs.txt").read_bytes()
    raw = await mount.fetch(f"/runs/{RUN}/logs/raw")
    assert raw.body == data
    assert raw.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert raw.headers["Content-Disposition"].startswith("attachment")
    part = await mount.fetch(f"/runs/{RUN}/logs/raw", {**mount.token, "Range": "bytes=-6"})
    assert (part.code, part.body) == (206, b"three\n")
    head = await mount.fetch(f"/runs/{RUN}/logs/raw", method="HEAD")
    assert (head.code, head.body, head.headers["Content-Length"]) == (200, b"", str(len(data)))
    assert (await mount.fetch("/runs/20260101_120000_000000/logs/raw")).code == 404


async def test_the_log_of_a_process_on_another_host_is_one_of_the_runs_logs(mount: Mount, root: Path) -> None:
    run_dir = folder(root, RUN)
    for name in ("logs.node-7-10.txt", "logs.node-7-2.txt", "logs.txt.old", "logs.-x.txt"):
        (run_dir / name).write_text(f"from {name}\n")
    page = await mount.json(f"/runs/{RUN}/logs")
    assert (page["file"], page["files"]) == ("logs.txt", ["logs.txt", "logs.node-7-2.txt", "logs.node-7-10.txt"])
    assert page["lines"][0]["text"] == "one"
    other = "file=logs.node-7-10.txt"
    page = await mount.json(f"/runs/{RUN}/logs?{other}")
    assert (page["file"], [line["text"] for line in page["lines"]]) == (
        "logs.node-7-10.txt",
        ["from logs.node-7-10.txt"],
    )
    hits = (await mount.json(f"/runs/{RUN}/logs/search?q=node&{other}"))["hits"]
    assert [hit["text"] for hit in hits] == ["from logs.node-7-10.txt"]
    raw = await mount.fetch(f"/runs/{RUN}/logs/raw?{other}")
    assert raw.body == b"from logs.node-7-10.txt\n"
    socket = await mount.socket(f"/runs/{RUN}/logs/ws?{other}")
    assert await read(socket, 1) == ["from logs.node-7-10.txt"]
    with (run_dir / "logs.node-7-10.txt").open("a") as file:
        file.write("more\n")
    assert await read(socket, 1) == ["more"]
    socket.close()


@pytest.mark.parametrize("name", ["meta.json", "../logs.txt", "logs.a.txt", "logs..-1.txt", "media/logs.a-1.txt", "."])
async def test_no_other_file_is_a_log(mount: Mount, name: str) -> None:
    for address in ("logs", "logs/search", "logs/raw"):
        answer = await mount.fetch(f"/runs/{RUN}/{address}?q=x&file={name}")
        assert (answer.code, json.loads(answer.body)["error"]) == (400, "invalid_parameters")


async def test_a_log_that_is_not_there_is_empty(mount: Mount) -> None:
    page = await mount.json(f"/runs/{RUN}/logs?file=logs.gone-1.txt")
    assert (page["lines"], page["files"]) == ([], ["logs.txt"])
    assert (await mount.fetch(f"/runs/{RUN}/logs/raw?file=logs.gone-1.txt")).code == 404
