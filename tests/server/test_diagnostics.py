"""X31: the server's own log, as lines, as a file and as a stream."""

from __future__ import annotations

import asyncio
import json
import logging

from mounts import Mount

from runicorn_jupyter.server.machine.diary import LINES, Diary


async def test_x31_the_log_is_read_and_followed(mount: Mount) -> None:
    sources = await mount.json("/diagnostics/sources")
    assert [one["id"] for one in sources["sources"]] == [sources["defaultSource"]] == ["session"]
    logger = logging.getLogger("runicorn_jupyter.test")
    logger.warning("first %s", "line\nsecond line")
    text = await mount.fetch("/diagnostics/logs?source=session&lines=1")
    assert (text.code, text.body) == (200, b"second line")
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    whole = await mount.fetch("/diagnostics/logs?source=session&download=true")
    assert b"WARNING runicorn_jupyter.test first line\nsecond line" in whole.body
    assert "attachment" in whole.headers["Content-Disposition"]
    socket = await mount.socket("/diagnostics/logs/ws")
    async with asyncio.timeout(20):
        while await socket.read_message() != "second line":
            pass
        logger.error("third")
        while not str(await socket.read_message()).endswith("ERROR runicorn_jupyter.test third"):
            pass
    socket.close()
    missing = await mount.fetch("/diagnostics/logs?source=global")
    assert (missing.code, json.loads(missing.body)["error"]) == (404, "not_found")
    assert (await mount.fetch("/diagnostics/logs")).code == 400


def test_the_diary_is_bounded_and_ends() -> None:
    diary = Diary()
    diary.open()
    logger = logging.getLogger("runicorn_jupyter.test")
    for at in range(LINES + 10):
        logger.warning("%d", at)
    assert len(diary.tail(10 * LINES)) == LINES
    lines, seen = diary.since(LINES)
    assert (len(lines), seen) == (10, LINES + 10)
    diary.close()
    logger.warning("unheard")
    assert diary.since(seen) == ([], seen)
