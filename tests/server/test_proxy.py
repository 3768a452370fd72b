"""The API of a viewer on another host through ours, at both mounts: the same answers, and nothing of ours goes out."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from farends import AWAY, SESSION, Far, far_script, far_viewer, leads_to
from mounts import Mount
from tornado.httpclient import HTTPClientError

from runicorn_jupyter.server.remote.passages import passage, socket_addresses
from runicorn_jupyter.server.routes import ROUTES


def through(mount: Mount, path: str, session: str = SESSION) -> str:
    """Return the address of the far API's `path` at a mount."""
    return f"{mount.prefix.removesuffix('/api')}/remote/{session}/api{path}"


@pytest.fixture
def far(
    upstream_072: Path, monkeypatch: pytest.MonkeyPatch, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> Iterator[Far]:
    """Return a viewer of another root than the mounts', which has read all of it."""
    run = jp_asyncio_loop.run_until_complete
    context = far_viewer(upstream_072)
    far = run(context.__aenter__())
    leads_to(monkeypatch, far)
    run(settled(far))
    yield far
    run(context.__aexit__(None, None, None))


async def settled(far: Far) -> None:
    async with asyncio.timeout(20):
        while not json.loads((await asyncio.to_thread(far.ask, "/api/health"))[1])["complete"]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def changing(address: str) -> bool:
    """Tell whether an answer says the time, or what the machine does right now."""
    return bool(re.search(r"/(?:gpu|system|health|config/storage|transfers|storage/stats|metrics/cache|v2)", address))


async def test_the_same_json_as_from_the_viewer_itself(mount: Mount, far: Far) -> None:
    _, listed = await asyncio.to_thread(far.ask, "/api/runs")
    run = json.loads(listed)[0]["id"]
    asked = 0
    for address, _ in ROUTES:
        path = address.replace("{run_id}", run)
        if "{" in path or address in socket_addresses() or changing(path) or path.startswith(("/remote", "(")):
            continue
        status, body = await asyncio.to_thread(far.ask, f"/api{path}")
        response = await mount.fetch(through(mount, path), whole=True)
        if path.startswith("/config/ssh") or path == "/config/user_root_dir":
            assert response.code == 404, path
        else:
            assert (response.code, response.body) == (status, body), path
            asked += status == 200
    assert asked >= 25
    page = await mount.fetch(through(mount, "/runs?limit=2"), whole=True)
    assert (page.headers["X-Total-Count"], len(json.loads(page.body))) == (str(len(json.loads(listed))), 2)


async def test_only_addresses_of_our_own_table_pass_and_some_never(mount: Mount, far: Far) -> None:
    for path in (
        "/remote/connections",
        "/remote/viewer/sessions",
        "/config/ssh_connections",
        "/config/ssh_connections/x/details",
        "/config/user_root_dir",
        "/login",
        "/nothing",
        "/../remote/connections",
        "/runs/../remote/connections",
        "/runs/%2e%2e/media/x",
        "/%72emote/connections",
        "//remote/connections",
        "/",
    ):
        for method in ("GET", "POST"):
            body = b"{}" if method == "POST" else None
            headers = {**mount.token, "Content-Type": "application/json"}
            response = await mount.fetch(through(mount, path), headers, method=method, body=body, whole=True)
            assert response.code in {404, 405}, (method, path)
    for name in ("docs", "openapi.json", "static/page.js", ""):
        address = through(mount, "").removesuffix("api") + "api" + name
        assert (await mount.fetch(address, whole=True)).code == 404, name
    assert far.opened == []


async def test_sessions_that_are_not_there_and_that_are_away(mount: Mount, far: Far) -> None:
    for session in ("ffffffff", "x", "%27%3B$(id)", "..", "%2e%2e", "-oProxyCommand=x"):
        response = await mount.fetch(through(mount, "/runs", session), whole=True)
        assert (response.code, json.loads(response.body)["error"]) == (404, "session_not_found"), session
    response = await mount.fetch(through(mount, "/runs", AWAY), whole=True)
    assert (response.code, json.loads(response.body)["error"]) == (503, "viewer_unavailable")
    assert response.headers["Retry-After"] == "2"
    for session, status in (("ffffffff", 404), (AWAY, 503)):
        with pytest.raises(HTTPClientError) as refusal:
            await open_socket(mount, "/events/ws", session)
        assert refusal.value.code == status


async def open_socket(mount: Mount, path: str, session: str = SESSION):
    return await dataclasses.replace(mount, prefix="").socket(through(mount, path, session))


async def test_the_gate_stands_before_all_of_it(mount: Mount, far: Far) -> None:
    xsrf = re.search(r"_xsrf=([^;]+)", mount.cookie["Cookie"])
    assert xsrf
    cases = [
        ("GET", mount.stranger, {401, 403}),
        ("GET", {**mount.cookie, "Sec-Fetch-Site": "cross-site"}, {403}),
        ("GET", {**mount.token, "Host": "evil.example"}, {403}),
        ("GET", {**mount.cookie, "Origin": "https://evil.example"}, {403, 404}),
        ("POST", mount.cookie, {403}),
        ("POST", {**mount.cookie, "X-XSRFToken": "2|00|00|1"}, {403}),
        ("POST", {**mount.token, "Content-Type": "text/plain"}, {415}),
    ]
    for method, headers, expected in cases:
        body = b'{"run_ids":[]}' if method == "POST" else None
        path = "/runs/soft-delete" if method == "POST" else "/runs"
        response = await mount.fetch(through(mount, path), headers, method=method, body=body, whole=True)
        assert response.code in expected, (method, headers)
    assert far.opened == []
    headers = {**mount.cookie, "X-XSRFToken": xsrf[1], "Content-Type": "application/json"}
    response = await mount.fetch(through(mount, "/status/check"), headers, method="POST", body=b"{}", whole=True)
    assert (response.code, len(far.opened)) == (200, 1)


async def test_a_change_is_made_there_and_not_here(
    mount: Mount, scratch_053: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with far_viewer(scratch_053) as far:
        leads_to(monkeypatch, far)
        await settled(far)
        run = json.loads((await asyncio.to_thread(far.ask, "/api/runs"))[1])[0]["id"]
        headers = {**mount.token, "Content-Type": "application/json"}
        for path, method, body in (
            (f"/runs/{run}", "PATCH", b'{"tags":["there"]}'),
            ("/runs/soft-delete", "POST", json.dumps({"run_ids": [run]}).encode()),
        ):
            response = await mount.fetch(through(mount, path), headers, method=method, body=body, whole=True)
            assert response.code == 200, response.body
        deleted = await mount.json_of(through(mount, "/recycle-bin"))
        assert run in json.dumps(deleted)
        assert run not in json.dumps(await mount.json("/recycle-bin"))
        response = await mount.fetch(through(mount, f"/runs/{run}/permanent"), method="DELETE", whole=True)
        assert response.code in {200, 400, 409}, response.body
        wrong = await mount.fetch(through(mount, "/runs?limit=x"), whole=True)
        assert (wrong.code, json.loads(wrong.body)["error"]) == (400, "invalid_parameters")


async def test_files_by_range_by_tag_and_by_head(mount: Mount, far: Far) -> None:
    run = await run_with_log(mount)
    path = through(mount, f"/runs/{run}/logs/raw")
    whole = await mount.fetch(path, whole=True)
    assert (whole.code, whole.body) == await asyncio.to_thread(far.ask, f"/api/runs/{run}/logs/raw")
    assert whole.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''logs")
    assert "sandbox" in whole.headers["Content-Security-Policy"]
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    size = len(whole.body)
    part = await mount.fetch(path, {**mount.token, "Range": "bytes=1-4"}, whole=True)
    assert (part.code, part.body) == (206, whole.body[1:5])
    assert part.headers["Content-Range"] == f"bytes 1-4/{size}"
    beyond = await mount.fetch(path, {**mount.token, "Range": f"bytes={size}-"}, whole=True)
    assert (beyond.code, beyond.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert json.loads(beyond.body)["ok"] is False
    known = await mount.fetch(path, {**mount.token, "If-None-Match": whole.headers["Etag"]}, whole=True)
    assert (known.code, known.body) == (304, b"")
    head = await mount.fetch(path, method="HEAD", whole=True)
    assert (head.code, head.headers["Content-Length"], head.body) == (200, str(size), b"")
    assert (await mount.fetch(through(mount, "/runs"), method="HEAD", whole=True)).code == 200
    table = await mount.fetch(through(mount, f"/export/{run}/csv"), whole=True)
    assert (table.code, table.body) == await asyncio.to_thread(far.ask, f"/api/export/{run}/csv")
    assert table.headers["Content-Type"] == "text/csv"
    assert table.headers["Content-Disposition"].endswith(".csv")
    assert len(far.opened) == 1, "one channel serves one request after the other"


async def run_with_log(mount: Mount) -> str:
    for one in await mount.json_of(through(mount, "/runs")):
        head = await mount.fetch(through(mount, f"/runs/{one['id']}/logs/raw"), method="HEAD", whole=True)
        if head.code == 200 and head.headers["Content-Length"] != "0":
            return str(one["id"])
    raise AssertionError("no run has a log")


async def test_streams_and_their_goodbye(mount: Mount, far: Far) -> None:
    run = await run_with_log(mount)
    direct = await asyncio.to_thread(far.ask, f"/api/runs/{run}/logs/raw")
    for path in (f"/runs/{run}/logs/ws", "/events/ws"):
        socket = await open_socket(mount, path)
        message = await socket.read_message()
        assert isinstance(message, str)
        assert message.encode() in direct[1] if "logs" in path else json.loads(message)["version"] >= 0
        socket.close()
    missing = await open_socket(mount, "/runs/nothing/logs/ws")
    assert await missing.read_message() == "[error] run not found"
    assert await missing.read_message() is None
    assert missing.close_code == 1000


async def test_nothing_of_ours_goes_to_the_other_host(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    heads: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            with contextlib.suppress(asyncio.IncompleteReadError):
                heads.append((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"))
                writer.write(b"HTTP/1.1 404 X\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}")
                continue
            return

    own = f"http://127.0.0.1:{mount.port}"
    marks = {
        "Origin": own,
        "Referer": f"{own}/secret",
        "Sec-Fetch-Mode": "cors",
        "Forwarded": "for=secret",
        "X-Forwarded-For": "secret",
        "X-Real-Ip": "secret",
        "Via": "secret",
        "User-Agent": "secret",
        "X-XSRFToken": "secret",
        "Proxy-Authorization": "secret",
        "Connection": "keep-alive, X-Secret",
        "X-Secret": "secret",
        "Te": "trailers",
        "If-None-Match": '"kept"',
        "Accept-Encoding": "br, gzip;q=0.5",
    }
    token = mount.token["Authorization"].split()[1]
    async with far_script(talk) as far:
        leads_to(monkeypatch, far)
        for headers in (mount.cookie, mount.token):
            asked = through(mount, f"/runs?token={token}&limit=3&%74oken={token}&_xsrf=secret")
            await mount.fetch(asked, {**headers, **marks}, whole=True)
    assert len(heads) == 2
    for head in heads:
        lines = head.split("\r\n")
        assert lines[0] == "GET /api/runs?limit=3 HTTP/1.1"
        names = {line.split(":")[0].lower() for line in lines[1:] if line}
        assert names <= {"host", "accept", "if-none-match", "accept-encoding"}, head
        assert "Host: localhost" in lines
        assert "Accept-Encoding: gzip" in lines
        assert "secret" not in head
        assert token not in head


async def test_our_own_rate_limit_counts_and_the_other_hosts_is_not_shown(mount: Mount, far: Far) -> None:
    first = await mount.fetch(through(mount, "/runs"), whole=True)
    second = await mount.fetch(through(mount, "/runs"), whole=True)
    left = [int(one.headers["X-RateLimit-Remaining"]) for one in (first, second)]
    assert left[0] - left[1] == 1
    assert first.headers.get_list("X-RateLimit-Limit") == ["6000"]
    headers = {**mount.token, "Content-Type": "application/json"}
    for turn in range(11):
        asked = through(mount, "/runs/soft-delete")
        response = await mount.fetch(asked, headers, method="POST", body=b'{"run_ids":["none"]}', whole=True)
        assert response.code == (429 if turn == 10 else 200), turn


def test_every_passage_has_what_its_answers_are_held_against() -> None:
    from runicorn_jupyter.server.remote.fitting import _check_of
    from runicorn_jupyter.server.remote.passages import _table

    passages = [one for _, verbs in _table() for one in verbs.values()]
    assert len(passages) > 90
    for one in passages:
        assert one.kinds or one.has_schema, one.operation.path
        if one.has_schema:
            assert callable(_check_of(one))
    assert passage("HEAD", "/runs") is passage("GET", "/runs")


async def test_w16_w17_w18_sockets_refuse_strangers_and_foreign_origins(mount: Mount, far: Far) -> None:
    own = f"http://127.0.0.1:{mount.port}"
    at = dataclasses.replace(mount, prefix="")
    for headers in (
        {**mount.cookie, "Origin": "https://evil.example"},
        {**mount.cookie, "Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {**mount.stranger, "Origin": own},
        {"Cookie": mount.cookie["Cookie"]},
    ):
        with pytest.raises(HTTPClientError) as refusal:
            await at.socket(through(mount, "/events/ws"), headers)
        assert refusal.value.code in {401, 403}, headers
    assert far.opened == []
    socket = await at.socket(through(mount, "/events/ws"), {**mount.cookie, "Origin": own})
    assert await socket.read_message()
    socket.close()
