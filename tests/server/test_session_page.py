"""The page of a session on another host, and our page inside Jupyter: our own bytes at both mounts (G13)."""

from __future__ import annotations

import html
import json
import re
from concurrent.futures import Future
from urllib.parse import unquote

import pytest
from mounts import Mount

from runicorn_jupyter.errors import NotFound
from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.workspace import Workspace

HERE = RemoteSession(
    id="0123abcd", connection_id="ann@gpu7:22", conn_id="conn_00000000", host="gpu7", port=22, username="ann",
    root="runs</script>", environment="system", state="running", reason=None, since=0.0, started=0.0, pid=1,
    version=None, restarts=0, next_try=None,
)  # fmt: skip
TYPED = {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Far:
    """Knows one session."""

    asked = 0

    def viewer(self, session_id: str) -> Future[RemoteSession]:
        self.asked += 1
        answer: Future[RemoteSession] = Future()
        if session_id == HERE.id:
            answer.set_result(HERE)
        else:
            answer.set_exception(NotFound(f"Session not found: {session_id}"))
        return answer

    def close(self) -> None:
        pass


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Far:
    far = Far()
    monkeypatch.setattr(Workspace, "remotes", property(lambda _: far))
    return far


def place(mount: Mount) -> str:
    """Return what stands before `/api`, `/remote` and `/static`."""
    return mount.prefix.removesuffix("/api")


def config_of(page: bytes) -> dict:
    found = re.search(rb'id="runicorn-config">(.*?)</script>', page)
    assert found, page
    return json.loads(found[1])


async def test_a_session_has_our_page_with_its_own_api(mount: Mount, far: Far) -> None:
    here = f"{place(mount)}/remote/{HERE.id}/"
    answer = await mount.fetch(here, {**mount.cookie, **TYPED}, whole=True)
    assert (answer.code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    config = config_of(answer.body)
    assert config["api"] == f"{here}api"
    assert config["session"] == {
        "id": HERE.id,
        "host": "gpu7",
        "connection": "ann@gpu7:22",
        "root": "runs</script>",
        "environment": "system",
    }
    assert config["xsrf"]


async def test_its_files_are_ours_under_any_base_url(mount: Mount, far: Far) -> None:
    """`page.js` is fetched from where the page says, whatever the base URL has in it."""
    for address in (f"{place(mount)}/remote/{HERE.id}/", f"{place(mount)}/"):
        page = (await mount.fetch(address, {**mount.cookie, **TYPED}, whole=True)).body.decode()
        script = html.unescape(re.search(r'<script type="module" src="([^"]+)"', page)[1])
        assert script == f"{place(mount)}/static/page.js"
        answer = await mount.fetch(script, {**mount.cookie}, whole=True)
        assert (answer.code, answer.headers["X-Content-Type-Options"]) == (200, "nosniff")
        assert "javascript" in answer.headers["Content-Type"]


async def test_the_page_of_this_mounts_own_runs(mount: Mount) -> None:
    answer = await mount.fetch(f"{place(mount)}/", {**mount.cookie, **TYPED}, whole=True)
    config = config_of(answer.body)
    assert (answer.code, config["api"], "session" in config) == (200, mount.prefix, False)
    assert (await mount.fetch(f"{config['api']}/runs", mount.cookie, whole=True)).code == 200


async def test_w20_the_pages_allow_only_our_own_script(mount: Mount, far: Far) -> None:
    for address in (f"/remote/{HERE.id}/", "/remote/ffffffff/", "/remote/nothing/", "/"):
        answer = await mount.fetch(f"{place(mount)}{address}", {**mount.cookie, **TYPED}, whole=True)
        policy = answer.headers["Content-Security-Policy"]
        assert "'unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        for script in re.findall(rb"<script[^>]*>", answer.body):
            assert b"src=" in script or b"application/json" in script


async def test_what_is_no_session_is_a_page_that_says_so(mount: Mount, far: Far) -> None:
    for name in ("nothing", "0123ABCD", "0123abcde", "%3Cscript%3E", "0123abcd%0A", ".."):
        answer = await mount.fetch(f"{place(mount)}/remote/{name}/", {**mount.cookie, **TYPED}, whole=True)
        assert answer.code == 404, name
        assert answer.headers["Content-Type"].startswith("text/html")
        assert b"no session" in answer.body
        assert b"<script>" not in answer.body
    assert not far.asked, "no host is asked about what cannot be a session"
    answer = await mount.fetch(f"{place(mount)}/remote/ffffffff/", {**mount.cookie, **TYPED}, whole=True)
    assert (answer.code, b"Session not found: ffffffff" in answer.body) == (404, True)
    assert f'<a href="{place(mount)}/#/remote">' in answer.body.decode(), "a way on"


async def test_without_its_last_slash_the_address_leads_to_it(mount: Mount, far: Far) -> None:
    answer = await mount.fetch(f"{place(mount)}/remote/{HERE.id}", {**mount.cookie, **TYPED}, whole=True)
    assert (answer.code, answer.headers["Location"]) == (302, f"{place(mount)}/remote/{HERE.id}/")


async def test_strangers_are_led_to_the_login_of_jupyter(jupyter_mount: Mount, far: Far, jp_base_url: str) -> None:
    for address in (f"/remote/{HERE.id}/", "/", "/docs"):
        path = f"{place(jupyter_mount)}{address}"
        answer = await jupyter_mount.fetch(path, TYPED, whole=True)
        assert answer.code == 302
        login, _, query = answer.headers["Location"].partition("?next=")
        assert login == f"{jp_base_url}login"
        assert unquote(query) == path
        assert b"gpu7" not in answer.body
        assert (await jupyter_mount.fetch(path, {}, whole=True, method="POST")).code in {401, 403}
    assert not far.asked


async def test_w28_the_token_of_jupyter_does_not_stay_in_the_address(jupyter_mount: Mount, far: Far) -> None:
    token = jupyter_mount.token["Authorization"].split()[1]
    for path in (f"{place(jupyter_mount)}/remote/{HERE.id}/", f"{place(jupyter_mount)}/"):
        came = await jupyter_mount.fetch(f"{path}?token={token}", TYPED, whole=True)
        assert (came.code, came.headers["Location"]) == (302, path)
        cookie = "; ".join(line.split(";", 1)[0] for line in came.headers.get_list("Set-Cookie"))
        assert (await jupyter_mount.fetch(path, {**TYPED, "Cookie": cookie}, whole=True)).code == 200


async def test_a_link_from_anywhere_opens_a_page_of_jupyter_and_nothing_else(jupyter_mount: Mount, far: Far) -> None:
    """W12: the login of a hub ends in a navigation from another site; a frame or a script gets nothing."""
    path = f"{place(jupyter_mount)}/remote/{HERE.id}/"
    linked = {**jupyter_mount.cookie, **TYPED, "Sec-Fetch-Site": "cross-site"}
    assert (await jupyter_mount.fetch(path, linked, whole=True)).code == 200
    for mark in ({"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Dest": "script"}):
        assert (await jupyter_mount.fetch(path, {**linked, **mark}, whole=True)).code == 403, mark
    assert (await jupyter_mount.fetch("/runs", linked)).code == 403


async def test_w26_a_viewers_session_page_is_for_its_owner(viewer_mount: Mount, far: Far) -> None:
    path = f"/remote/{HERE.id}/"
    assert (await viewer_mount.fetch(path, {**TYPED, "Sec-Fetch-Site": "cross-site"}, whole=True)).code == 403
    assert (await viewer_mount.fetch(path, viewer_mount.stranger, whole=True)).code == 403
    linked = {**viewer_mount.cookie, **TYPED, "Sec-Fetch-Site": "cross-site"}
    assert (await viewer_mount.fetch(path, linked, whole=True)).code == 403
    came = await viewer_mount.fetch(path, TYPED, whole=True)
    assert came.code == 200
    assert f"runicorn-viewer-{viewer_mount.port}=" in came.headers["Set-Cookie"]


async def test_a_login_address_leads_to_the_page_it_names(viewer_mount: Mount, far: Far, viewer) -> None:
    path = f"/remote/{HERE.id}/"
    code = viewer.login_url().partition("?")[2]
    answer = await viewer_mount.fetch(f"{path}?{code}", TYPED, whole=True)
    assert (answer.code, answer.headers["Location"]) == (302, path)
