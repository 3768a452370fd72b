"""A session as a person sees it, over a real sshd: started, its page, its runs through us, its port, its end."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from farviewers import FarHost
from mounts import Mount, until

from runicorn_jupyter.server.service import SETTING

TYPED = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


async def post(mount: Mount, path: str, **body: object) -> dict:
    headers = {**mount.token, "Content-Type": "application/json"}
    answer = await mount.fetch(f"/remote/viewer/{path}", headers, method="POST", body=json.dumps(body).encode())
    assert answer.code == 200, answer.body
    return json.loads(answer.body)


async def shown(mount: Mount, page: str) -> set[str]:
    """Open a page as a browser does and return the labels of the places that its API says it shows."""
    answer = await mount.fetch(page, {**mount.cookie, **TYPED}, whole=True)
    assert answer.code == 200, answer.body
    config = json.loads(re.search(rb'id="runicorn-config">(.*?)</script>', answer.body)[1])

    async def ask(path: str) -> Any:
        found = await mount.fetch(f"{config['api']}{path}", mount.cookie, whole=True)
        assert found.code == 200, (path, found.body)
        return json.loads(found.body)

    async with asyncio.timeout(20):
        while not (health := await ask("/health"))["complete"]:  # noqa: ASYNC110 - the walk is another process's
            await asyncio.sleep(0.02)
    assert len(await ask("/runs")) == 72
    return {health["label"], config["session"]["connection"]}


@pytest.mark.sshd
async def test_d27_from_start_to_stop(mount: Mount, far_host: FarHost, upstream_072: Path) -> None:
    service = mount.application.settings[SETTING]
    remotes = far_host.remotes()
    await service.ask(lambda hall: hall.adopt_remotes(remotes))
    connection = await asyncio.to_thread(far_host.connect, remotes)
    told = await post(mount, "start", connection_id=connection.key, remote_root=str(upstream_072), env_name="ours")
    session = told["session"]
    assert await shown(mount, session["proxyPath"]) == {"upstream-0.7.2", connection.key}
    if mount.kind == "viewer":
        port = session["localPort"]
        assert session["url"] == f"http://localhost:{port}"
        there = Mount("viewer", port, "/api", mount.application, mount.token)
        there.cookie = await _browser(there)
        assert await shown(there, "/") == {"upstream-0.7.2", connection.key}
        before = remotes.viewer(session["sessionId"]).result(20)
        far_host.cut()
        await until(lambda: remotes.viewer(session["sessionId"]).result(20).since != before.since, 30)
        await until(lambda: remotes.viewer(session["sessionId"]).result(20).state == "running", 30)
        assert await shown(there, "/") == {"upstream-0.7.2", connection.key}
        assert service.ports.port(session["sessionId"]) == port, "a session that comes back keeps its address"
    await post(mount, "stop", session_id=session["sessionId"])
    assert (await mount.fetch(session["proxyPath"] + "api/runs", whole=True)).code in {404, 503}
    if mount.kind == "viewer":
        assert service.ports.port(session["sessionId"]) is None
    await until(lambda: not far_host.viewers())


async def _browser(there: Mount) -> dict[str, str]:
    came = await there.fetch("/", TYPED, whole=True)
    lines = came.headers.get_list("Set-Cookie")
    return {"Cookie": "; ".join(line.split(";", 1)[0] for line in lines), "Sec-Fetch-Site": "same-origin"}
