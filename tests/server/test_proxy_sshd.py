"""The proxy over real SSH: Debian's sshd, our own viewer on the other side of it, and a link that breaks."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from farends import leads_to
from farviewers import FarHost, started_host
from mounts import Mount

from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.remote.remotes import Remotes

pytestmark = pytest.mark.sshd


@pytest.fixture(params=["yes", "no"], ids=["forwarding", "relay"], scope="module")
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarHost]:
    """Return a host whose sshd opens unix sockets itself, and one that leaves it to our relay."""
    with started_host(tmp_path_factory.mktemp("sshd"), f"AllowStreamLocalForwarding {request.param}") as host:
        yield host


@pytest.fixture
def far(host: FarHost, upstream_072: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Remotes, RemoteSession]:
    """Return a running session of our own viewer there, which every workspace's remotes know."""
    root = host.home / "runs"
    if not root.exists():
        shutil.copytree(upstream_072, root, symlinks=True)
    remotes = host.remotes()
    leads_to(monkeypatch, remotes)
    return remotes, host.start(remotes, root=str(root), environment="ours")


def through(mount: Mount, session: RemoteSession, path: str) -> str:
    return f"{mount.prefix.removesuffix('/api')}/remote/{session.id}/api{path}"


async def test_the_whole_way(
    mount: Mount, far: tuple[Remotes, RemoteSession], host: FarHost, upstream_072: Path
) -> None:
    remotes, session = far
    async with asyncio.timeout(60):
        while not (await mount.json_of(through(mount, session, "/health")))["complete"]:  # noqa: ASYNC110 - see `until`
            await asyncio.sleep(0.02)
    runs = await mount.json_of(through(mount, session, "/runs"))
    assert len(runs) > 5
    log = next(path for path in (host.home / "runs").rglob("logs.txt") if path.stat().st_size > 10)
    run = log.parent.name
    raw = await mount.fetch(through(mount, session, f"/runs/{run}/logs/raw"), whole=True)
    assert (raw.code, raw.body) == (200, log.read_bytes())

    every = await asyncio.gather(*(mount.fetch(through(mount, session, "/runs"), whole=True) for _ in range(40)))
    assert {answer.code for answer in every} == {200}
    assert {len(json.loads(answer.body)) for answer in every} == {len(runs)}

    stream = await mount_at(mount).socket(through(mount, session, f"/runs/{run}/logs/ws"))
    assert await stream.read_message() == log.read_text().splitlines()[0]

    # A broken line ends what is open, with a word on which a page comes back; then all is as before.
    host.cut()
    async with asyncio.timeout(60):
        while await stream.read_message() is not None:
            pass
        assert stream.close_code == 1012
        while True:
            again = await mount.fetch(through(mount, session, "/runs"), whole=True)
            if again.code == 200:
                break
            assert (again.code, json.loads(again.body)["error"]) == (503, "viewer_unavailable")
            assert again.headers["Retry-After"]
            await asyncio.sleep(0.05)
    assert len(json.loads(again.body)) == len(runs)

    await asyncio.wrap_future(remotes.stop_viewer(session.id))
    gone = await mount.fetch(through(mount, session, "/runs"), whole=True)
    assert (gone.code, json.loads(gone.body)["error"]) == (503, "viewer_unavailable")


def mount_at(mount: Mount) -> Mount:
    """Return the mount with whole addresses for its sockets."""
    return Mount(mount.kind, mount.port, "", mount.application, mount.token)
