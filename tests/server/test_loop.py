"""The event loop stays free while the store is busy: it goes on turning during each kind of question."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest
from mounts import Mount

from runicorn_jupyter.workspace import Workspace

QUESTIONS = [("/runs", "items"), ("/facets?keys=project", "facets"), ("/runs/x", "run"), ("/projects", "projects"),
             ("/runs/x/metrics_step", "metric_rows"), ("/curves?runs=x", "curves"), ("/health", "health"),
             ("/recycle-bin", "recycle_bin"), ("/runs/x/images", "images")]  # fmt: skip
TURNS = 500


async def turn(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


def held_up(until: threading.Event) -> Callable[..., None]:
    def hold(*_: object, **__: object) -> None:
        # Longer than any test may take: only an event loop that went on turning can let it go.
        if not until.wait(60):
            raise RuntimeError("the event loop did not turn while the store was busy")
        raise KeyError

    return hold


@pytest.mark.parametrize(("address", "verb"), QUESTIONS)
async def test_the_loop_turns_while_the_store_is_busy(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch, address: str, verb: str
) -> None:
    """The store answers only after the loop has turned 500 times: a handler that asked it on the loop would hang."""
    await viewer_mount.settled()
    free, asked = threading.Event(), threading.Event()
    hold = held_up(free)

    def busy(*arguments: object, **named: object) -> None:
        asked.set()
        assert threading.current_thread() is not threading.main_thread(), "asked on the event loop"
        hold(*arguments, **named)

    monkeypatch.setattr(Workspace, verb, busy)
    pending = asyncio.ensure_future(viewer_mount.fetch(address))
    async with asyncio.timeout(20):
        while not asked.is_set():  # noqa: ASYNC110 - another thread's event
            await asyncio.sleep(0.01)
        await turn(TURNS)
    free.set()
    assert (await pending).code == 500


async def test_others_are_answered_while_a_question_is_long(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    await viewer_mount.settled()
    free = threading.Event()
    monkeypatch.setattr(Workspace, "projects", held_up(free))
    pending = [asyncio.ensure_future(viewer_mount.fetch("/projects")) for _ in range(3)]
    for _ in range(20):
        assert (await viewer_mount.fetch("/runs?limit=1")).code == 200
    assert not any(one.done() for one in pending)
    free.set()
    assert [one.code for one in await asyncio.gather(*pending)] == [500] * 3
