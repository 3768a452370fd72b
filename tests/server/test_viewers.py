"""R29, R30, R34–R38, R43, X17, X18 over HTTP, both generations of words, with a stand-in for the hosts."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fakeremotes import BARE, BEGAN, CONNECTION, KEY, SESSION, FakeRemotes, done
from mounts import Mount

from runicorn_jupyter.remote.errors import AuthenticationFailed, ConnectionTimeout, ViewerFailed
from runicorn_jupyter.server.service import SETTING
from runicorn_jupyter.server.spec.openapi import operations

LOGIN = {"host": "gpu.example", "username": "me", "port": 22}
OLD_BODY = {"connection_id": CONNECTION.conn_id, "env_name": "system", "auto_open": True}


@pytest.fixture
def far(mount: Mount, jp_asyncio_loop: asyncio.AbstractEventLoop) -> FakeRemotes:
    """Put the stand-in where the server finds other hosts."""
    stand_in = FakeRemotes()
    service = mount.application.settings[SETTING]
    jp_asyncio_loop.run_until_complete(service.ask(lambda hall: hall.adopt_remotes(stand_in)))
    return stand_in


async def ask(mount: Mount, path: str, body: Any = None, *, method: str = "POST", code: int = 200) -> Any:
    data = None if body is None else json.dumps(body).encode()
    response = await mount.fetch(
        f"/remote/{path}", {**mount.token, "Content-Type": "application/json"}, method=method, body=data
    )
    assert response.code == code, response.body
    return json.loads(response.body)


def address(mount: Mount) -> str:
    return f"{mount.prefix.removesuffix('/api')}/remote/{SESSION.id}/"


async def test_r34_in_the_words_of_0_5_4(mount: Mount, far: FakeRemotes) -> None:
    """Twelve fields, nulls allowed; asked again it is the running session."""
    nothing = ("password", "private_key", "private_key_path", "passphrase", "local_port", "remote_port", "conda_env")
    body = {**LOGIN, "remote_root": "~/runs", "use_agent": True, **dict.fromkeys(nothing)}
    told = await ask(mount, "viewer/start", body)
    session = told["session"]
    assert (told["ok"], told["already_running"], told["session_id"]) == (True, False, SESSION.id)
    assert told["message"] == f"Remote Viewer ready at {session['url']}"
    assert session.items() >= {
        "sessionId": SESSION.id, "host": "gpu.example", "sshPort": 22, "username": "me", "remotePort": None,
        "remoteRoot": "~/runs", "remotePid": 4242, "status": "running", "startedAt": BEGAN * 1000, "isActive": True,
        "since": (BEGAN + 1) * 1000, "nextTry": None, "restarts": 0, "environment": "system", "connectionId": KEY,
        "proxyPath": address(mount),
    }.items()  # fmt: skip
    assert session["uptimeSeconds"] > 0
    assert [name for name, _ in far.asked] == ["connect", "start"]
    assert far.asked[1][1] == {"connection_id": KEY, "root": "~/runs", "environment": None}
    again = await ask(mount, "viewer/start", body)
    assert (again["already_running"], again["session"]["sessionId"]) == (True, SESSION.id)


async def test_r34_in_the_words_of_0_5_0(mount: Mount, far: FakeRemotes) -> None:
    """A connection and an environment; asked again it is a 409 that names the session."""
    told = await ask(mount, "viewer/start", OLD_BODY)
    assert (told["success"], told["viewer"]["status"], told["viewer"]["url"]) == (True, "running", told["url"])
    assert told["viewer"]["started_at"] == "2023-11-14T22:13:20Z"
    again = await ask(mount, "viewer/start", OLD_BODY, code=409)
    assert (again["success"], again["error"]) == (False, "viewer_already_running")
    assert (again["viewer"]["session_id"], again["session"]["sessionId"]) == (SESSION.id, SESSION.id)
    assert (await ask(mount, "viewer/start", {"connection_id": KEY, "conda_env": "system"}))["already_running"]


async def test_a_page_is_never_answered_408(mount: Mount, far: FakeRemotes) -> None:
    """Chromium would send the login again and again, and its reader would never hear why; programs get D3's 408."""

    def silent() -> None:
        raise ConnectionTimeout("gpu.example did not answer in time.")

    far.connect = lambda *_, **__: done(silent)  # type: ignore[method-assign, assignment]
    headers = {**mount.token, "Content-Type": "application/json"}
    for marks, status in (({}, 408), ({"Sec-Fetch-Site": "same-origin"}, 504)):
        response = await mount.fetch(
            "/remote/connect", {**headers, **marks}, method="POST", body=json.dumps(LOGIN).encode()
        )
        told = json.loads(response.body)
        assert (response.code, told["error"]) == (status, "connection_timeout")


async def test_d27_where_a_session_is_shown(mount: Mount, far: FakeRemotes) -> None:
    """In Jupyter under its own address, with no port; the viewer opens one, as documented, and says which."""
    told = await ask(mount, "viewer/start", OLD_BODY)
    session = told["session"]
    if mount.kind == "jupyter":
        assert session["url"] == f"http://127.0.0.1:{mount.port}{address(mount)}"
        assert (session["localPort"], told["local_port"], told["viewer"]["local_port"]) == (None, None, None)
        return
    assert session["url"] == f"http://localhost:{session['localPort']}"
    assert session["localPort"] == told["local_port"] == told["viewer"]["local_port"]
    listed = (await ask(mount, "viewer/sessions", method="GET"))["sessions"]
    assert [one["localPort"] for one in listed] == [session["localPort"]]
    gone = (await ask(mount, "viewer/stop", {"session_id": SESSION.id}))["session"]
    assert gone["localPort"] is None


async def test_every_way_to_look_at_a_session(mount: Mount, far: FakeRemotes) -> None:
    session = (await ask(mount, "viewer/start", OLD_BODY))["session"]
    lasting = {name: value for name, value in session.items() if name != "uptimeSeconds"}
    bare = await ask(mount, f"viewer/status/{SESSION.id}", method="GET")
    (listed,) = (await ask(mount, "viewer/sessions", method="GET"))["sessions"]
    status = await ask(mount, f"viewer/status?connection_id={KEY}", method="GET")
    whole = await ask(mount, "status", method="GET")
    (held,) = (await ask(mount, "connections", method="GET"))["connections"]
    assert (whole["connection_count"], whole["viewer_session_count"]) == (1, 1)
    for found in (bare, listed, status["session"], whole["viewer_sessions"][0]):
        assert found.items() >= lasting.items()
    assert status["viewer"].items() >= {"status": "running", "health": "healthy", "url": session["url"]}.items()
    assert status["viewer"]["uptime_seconds"] > 0
    assert held["viewer"].items() >= {"status": "running", "url": session["url"]}.items()
    assert held["connection_id"] == KEY


async def test_r37_the_log_and_its_continuation(mount: Mount, far: FakeRemotes) -> None:
    await ask(mount, "viewer/start", OLD_BODY)
    told = await ask(mount, f"viewer/logs?connection_id={KEY}&lines=2", method="GET")
    assert (told["success"], told["logs"], told["total_lines"]) == (True, ["second", "third"], 3)
    more = await ask(mount, f"viewer/logs?session_id={SESSION.id}&after={told['end']}", method="GET")
    assert (more["logs"], more["end"]) == ([], told["end"])


async def test_r38_with_a_viewer_and_without(mount: Mount, far: FakeRemotes) -> None:
    told = await ask(mount, f"health?connection_id={KEY}", method="GET")
    assert told["checks"] == {"ssh_connection": "pass", "viewer_process": "none", "tunnel_active": "none"}
    await ask(mount, "viewer/start", OLD_BODY)
    told = await ask(mount, f"health?connection_id={KEY}", method="GET")
    assert (told["success"], told["health"], set(told["checks"].values())) == (True, "healthy", {"pass"})


@pytest.mark.parametrize("named", ["session_id", "connection_id"])
async def test_r35_by_both_ids(mount: Mount, far: FakeRemotes, named: str) -> None:
    await ask(mount, "viewer/start", OLD_BODY)
    which, said = {"session_id": (SESSION.id, f"Session {SESSION.id} stopped"),
                   "connection_id": (KEY, "Remote Viewer stopped successfully")}[named]  # fmt: skip
    told = await ask(mount, "viewer/stop", {named: which, "cleanup": False})
    assert (told["ok"], told["success"], told["message"]) == (True, True, said)
    assert (told["session"]["status"], told["session"]["isActive"]) == ("stopped", False)
    assert told["session"]["uptimeSeconds"] == 9
    assert far.asked[-1] == ("stop", {"session_id": SESSION.id, "cleanup": False})
    assert (await ask(mount, "viewer/sessions", method="GET"))["sessions"] == []


@pytest.mark.parametrize("query", ["", "?cleanup_viewer=false"])
async def test_r30_with_the_viewer_and_without(mount: Mount, far: FakeRemotes, query: str) -> None:
    await ask(mount, "viewer/start", OLD_BODY)
    told = await ask(mount, f"connections/{CONNECTION.conn_id}{query}", method="DELETE")
    assert (told["success"], told["connection_id"]) == (True, CONNECTION.conn_id)
    assert far.asked[-1] == ("disconnect", {"cleanup": not query})


async def test_what_is_not_there_is_said_so(mount: Mount, far: FakeRemotes) -> None:
    for path in ("viewer/status", "viewer/logs", "health"):
        told = await ask(mount, f"{path}?connection_id=me@nowhere:22", method="GET", code=404)
        assert told["error"] == "connection_not_found", path
        told = await ask(mount, f"{path}?session_id=ffffffff", method="GET", code=404)
        assert (told["error"], told["detail"]) == ("session_not_found", "Session not found: ffffffff"), path
        assert "required" in (await ask(mount, path, method="GET", code=400))["detail"]
    assert (await ask(mount, "viewer/status/ffffffff", method="GET", code=404))["error"] == "session_not_found"
    assert (await ask(mount, "viewer/stop", {"session_id": "ffffffff"}, code=404))["error"] == "session_not_found"
    assert (await ask(mount, "viewer/stop", {}, code=400))["error"] == "invalid_parameters"
    assert (await ask(mount, "viewer/start", {"remote_root": "~"}, code=400))["error"] == "invalid_parameters"
    wrong = {"connection_id": KEY, "env_name": "none"}
    assert (await ask(mount, "viewer/start", wrong, code=404))["error"] == "environment_not_found"


async def test_a_host_without_a_viewer_gets_one_after_a_yes(mount: Mount, far: FakeRemotes) -> None:
    told = await ask(mount, "viewer/start", {"connection_id": KEY, "conda_env": BARE.name}, code=409)
    assert (told["error"], told["can_install"]) == ("viewer_missing", True)
    where = f"viewer/install?connection_id={CONNECTION.conn_id}"
    assert (await ask(mount, where, method="GET", code=404))["error"] == "install_not_found"
    refused = await ask(mount, "viewer/install", {"connection_id": KEY}, code=400)
    assert "yes" in refused["detail"]

    def installing(told: Any) -> Any:
        told("packages", 3, 9)
        return BARE

    far.installing = installing
    begun = await ask(mount, "viewer/install", {"connection_id": KEY, "confirm": True}, code=202)
    assert (begun["ok"], begun["job"]["connection_id"]) == (True, KEY)
    job = await ask(mount, where, method="GET")
    assert job == await ask(mount, f"viewer/install?connection_id={CONNECTION.host}", method="GET")
    assert (job["state"], job["phase"], job["done"], job["total"]) == ("done", "packages", 3, 9)
    assert (job["environment"], job["step"]) == (BARE.name, "Installing what the viewer needs")


async def test_an_installation_that_failed_says_why(mount: Mount, far: FakeRemotes) -> None:
    def installing(told: Any) -> Any:
        raise ViewerFailed("pip could not be run: no room left.")

    far.installing = installing
    await ask(mount, "viewer/install", {"connection_id": KEY, "confirm": True}, code=202)
    job = await ask(mount, f"viewer/install?connection_id={KEY}", method="GET")
    assert (job["state"], job["reason"], job["environment"]) == ("failed", "pip could not be run: no room left.", None)
    assert (await ask(mount, "viewer/install", {"connection_id": "me@nowhere:22", "confirm": True}, code=404))["error"]


async def test_a_login_to_start_with_is_held_to_the_same_limit(
    mount: Mount, far: FakeRemotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> Any:
        raise AuthenticationFailed("The host refused what was offered.")

    monkeypatch.setattr(far, "connect", lambda *_, **__: done(refused))
    for _ in range(5):
        told = await ask(mount, "viewer/start", {**LOGIN, "password": "wrong"}, code=401)
        assert told["error"] == "authentication_failed"
    for path in ("viewer/start", "connect"):
        assert (await ask(mount, path, LOGIN, code=429))["retry_after"] > 0


async def test_a_kept_password_is_used_when_asked_for(
    mount: Mount, far: FakeRemotes, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[str, str] = {}
    ring = SimpleNamespace(
        set_password=lambda _, key, word: held.update({key: word}), get_password=lambda _, key: held[key]
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
    await ask(mount, "connections/saved", [{**LOGIN, "password": "hunter2-x", "remember_password": True}])
    for wanted, used in ((False, None), (True, "hunter2-x")):
        await ask(mount, "connect", {**LOGIN, "use_saved_password": wanted})
        assert far.asked[-1][1]["password"] == used


async def test_w10_looking_changes_nothing(mount: Mount, far: FakeRemotes, own_home: Path) -> None:
    """Every GET about other hosts: no verb that changes anything there, no file here."""
    await ask(mount, "viewer/start", OLD_BODY)
    await ask(mount, "viewer/install", {"connection_id": KEY, "confirm": True}, code=202)

    def seen() -> tuple[object, ...]:
        return [*far.asked], {**far.sessions}, sorted(own_home.rglob("*")), mount.application.settings[SETTING].ports

    before = seen()
    looks = [one.address for one in operations() if one.verb == "get" and one.address.startswith("/remote/")]
    for at in looks:
        query = f"?connection_id={KEY}&path=x"
        answer = await mount.fetch(at.replace("{session_id}", SESSION.id) + query)
        assert answer.code == 200, (at, answer.body)
    assert len(looks) > 15
    assert seen() == before
