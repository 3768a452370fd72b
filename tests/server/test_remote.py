"""The documented remote rows against a real sshd, on both mounts (R28–R33, R39–R42, X17, X19, X20, X29, X33)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from farviewers import FarHost, eventually, far_host  # noqa: F401 - a fixture
from fixtures_sshd import Sshd, free_port
from mounts import Mount


async def post(mount: Mount, path: str, **fields: object):
    response = await mount.fetch(
        path, {**mount.token, "Content-Type": "application/json"}, method="POST", body=json.dumps(fields).encode()
    )
    return response.code, json.loads(response.body)


def login(sshd: Sshd) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": sshd.port, "username": sshd.user, "private_key_path": str(sshd.key)}


@pytest.fixture
def trusted(mount: Mount, sshd: Sshd) -> None:
    """Let the user who runs the server know the host; pytest-jupyter gives each server a home of its own."""
    folder = Path.home() / ".ssh"
    folder.mkdir()
    (folder / "known_hosts").write_bytes(sshd.known_hosts.read_bytes())


async def test_the_whole_of_0_5_4(mount: Mount, sshd: Sshd, trusted, tmp_path: Path) -> None:
    """As the documented client does it: eight fields, nulls allowed, its id raw in the query."""
    code, made = await post(mount, "/remote/connect", **login(sshd), password=None, private_key=None, passphrase=None)
    assert code == 200
    key = f"{sshd.user}@127.0.0.1:{sshd.port}"
    assert (made["ok"], made["connected"], made["connection_id"]) == (True, True, key)
    assert made["server_info"]["os"] == "Linux"
    sessions = (await mount.json("/remote/sessions"))["sessions"]
    assert [(one["key"], one["connected"]) for one in sessions] == [(key, True)]
    envs = (await mount.json(f"/remote/conda-envs?connection_id={key}"))["envs"]
    assert (envs[0]["name"], envs[0]["type"], envs[0]["is_default"]) == ("system", "system", True)
    assert envs[0]["python_version"].startswith("Python 3.")
    config = await mount.json(f"/remote/config?connection_id={key}&conda_env=system")
    assert config["pythonVersion"] == envs[0]["python_version"]
    assert config["defaultStorageRoot"].endswith("runicorn_data")
    listed = await mount.json(f"/remote/fs/list?connection_id={key}&path={tmp_path}")
    assert listed["path"] == str(tmp_path)
    assert listed["items"] == listed["entries"]
    missing = await mount.fetch(f"/remote/fs/list?connection_id={key}&path={tmp_path}/none")
    assert (missing.code, json.loads(missing.body)["error"]) == (404, "folder_not_found")
    assert not (await mount.json(f"/remote/fs/exists?connection_id={key}&path={tmp_path}/none"))["exists"]
    assert (await mount.json("/remote/status"))["connection_count"] == 1
    code, gone = await post(mount, "/remote/disconnect", host="127.0.0.1", port=sshd.port, username=sshd.user)
    assert (code, gone) == (200, {"ok": True, "success": True, "message": "Connection removed"})
    assert (await post(mount, "/remote/disconnect", host="127.0.0.1"))[1]["ok"] is False


async def test_the_whole_of_0_5_0(mount: Mount, sshd: Sshd, trusted) -> None:
    code, made = await post(mount, "/remote/connect", **login(sshd), auth_method="key", timeout=30)
    assert (code, made["success"], made["status"]) == (200, True, "connected")
    conn = made["conn_id"]
    listed = await mount.json("/remote/connections")
    assert (listed["total"], listed["connections"][0]["conn_id"]) == (1, conn)
    found = await mount.json(f"/remote/environments?connection_id={conn}&filter=all")
    assert found["total"] == len(found["environments"]) >= 1
    code, again = await post(mount, "/remote/environments/detect", connection_id=conn, force_refresh=True)
    assert (code, again["environments_found"]) == (200, found["total"])
    config = await mount.json(f"/remote/config?connection_id={conn}&env_name=system")
    assert set(config["config"]) == {"user_root_dir", "viewer_port"}
    assert (await mount.json(f"/remote/ping?connection_id={conn}"))["latency_ms"] >= 0
    gone = await mount.fetch(f"/remote/connections/{conn}?cleanup_viewer=true", method="DELETE")
    assert json.loads(gone.body)["connection_id"] == conn
    assert (await mount.fetch(f"/remote/connections/{conn}", method="DELETE")).code == 404


async def test_a_viewer_on_another_host(mount: Mount, far_host: FarHost) -> None:  # noqa: F811 - that very one
    """From a host that nobody knows to its runs, and back: nothing is left there."""
    key = (await post(mount, "/remote/connect", **login(far_host.sshd)))[1]["host_key"]
    assert (await post(mount, "/remote/known-hosts/accept", **key))[0] == 200
    code, told = await post(mount, "/remote/viewer/start", **login(far_host.sshd), remote_root="~/runicorn_data")
    assert (code, told["session"]["state"]) == (200, "running")
    session = told["session"]
    assert session["remoteRoot"] == str(far_host.home / "runicorn_data")
    assert far_host.viewers() == [session["remotePid"]]
    health = await mount.json_of(f"{session['proxyPath']}api/health")
    assert (health["status"], health["storage"]) == ("ok", session["remoteRoot"])
    (line, *_) = (await mount.json(f"/remote/viewer/logs?session_id={session['sessionId']}"))["logs"]
    assert "Listening" in line
    checks = (await mount.json(f"/remote/health?connection_id={session['connectionId']}"))["checks"]
    assert set(checks.values()) == {"pass"}
    again = (await post(mount, "/remote/viewer/start", **login(far_host.sshd), remote_root="~/runicorn_data"))[1]
    assert (again["already_running"], again["session"]["remotePid"]) == (True, session["remotePid"])
    gone = (await post(mount, "/remote/viewer/stop", session_id=session["sessionId"]))[1]
    assert gone["session"]["state"] == "stopped"
    assert (await mount.json(f"/remote/viewer/status/{session['sessionId']}"))["status"] == "stopped"
    eventually(lambda: not far_host.viewers())


async def test_s07_hostile_words_run_nothing(mount: Mount, far_host: FarHost) -> None:  # noqa: F811
    canary = far_host.home / "canary"
    key = (await post(mount, "/remote/connect", **login(far_host.sshd)))[1]["host_key"]
    await post(mount, "/remote/known-hosts/accept", **key)
    connection = (await post(mount, "/remote/connect", **login(far_host.sshd)))[1]["connection_id"]
    for hostile in (f"$(touch {canary})", f"`touch {canary}`", f"x; touch {canary}", f"x\ntouch {canary}", "-h", "\0",
                    f"x' | touch {canary} #", f'x" && touch {canary} #', f"<{canary}>"):  # fmt: skip
        for field in ("remote_root", "conda_env", "env_name"):
            code, told = await post(mount, "/remote/viewer/start", connection_id=connection, **{field: hostile})
            assert code in {400, 404}, (field, hostile, told)
        for path in ("viewer/stop", "viewer/start"):
            code, told = await post(mount, f"/remote/{path}", session_id=hostile)
            assert code in {400, 404}, (path, hostile, told)
    assert not canary.exists()
    assert far_host.viewers() == []


async def test_an_unknown_key_is_asked_about_as_upstream_asks(mount: Mount, sshd: Sshd) -> None:
    code, asked = await post(mount, "/remote/connect", **login(sshd))
    assert (code, asked["error"]) == (409, "host_key_confirmation_required")
    assert asked["detail"]["code"] == "HOST_KEY_CONFIRMATION_REQUIRED"
    key = asked["host_key"]
    assert key == asked["detail"]["host_key"]
    assert key["reason"] == "unknown"
    wrong = {**key, "fingerprint_sha256": "SHA256:else"}
    assert (await post(mount, "/remote/known-hosts/accept", **wrong))[0] == 400
    assert await post(mount, "/remote/known-hosts/accept", **key) == (200, {"ok": True})
    assert (await post(mount, "/remote/connect", **login(sshd)))[0] == 200
    (entry,) = (await mount.json("/remote/known-hosts/list"))["entries"]
    assert entry["fingerprint_sha256"] == key["fingerprint_sha256"]
    removal = {name: entry[name] for name in ("host", "port", "key_type")}
    assert (await post(mount, "/remote/known-hosts/remove", **removal))[0] == 200
    assert (await post(mount, "/remote/known-hosts/remove", **removal))[0] == 404


@pytest.mark.parametrize(
    ("fields", "code", "error"),
    [
        ({"username": "me"}, 400, "invalid_parameters"),
        ({"host": "h", "username": "-oX"}, 400, "invalid_parameters"),
        ({"host": "h", "username": "me", "port": 0}, 400, "invalid_parameters"),
        ({"host": "h", "username": "me", "auth_method": "magic"}, 400, "invalid_parameters"),
        ({"host": "127.0.0.1", "username": "me", "private_key_path": "none"}, 400, "key_unreadable"),
        ({"host": "no-such-host.invalid", "username": "me"}, 503, "host_not_found"),
        ({"host": "127.0.0.1", "username": "me", "port": "closed"}, 503, "connection_refused"),
    ],
)
async def test_each_cause_has_its_code(mount: Mount, fields, code, error) -> None:
    if fields.get("port") == "closed":
        fields = {**fields, "port": free_port()}
    status, told = await post(mount, "/remote/connect", **fields)
    assert (status, told["error"]) == (code, error), told
    assert told["detail"] == told["message"]


async def test_only_failures_count_as_connecting(mount: Mount, sshd: Sshd, trusted) -> None:
    for _ in range(8):
        assert (await post(mount, "/remote/connect", **login(sshd)))[0] == 200
    refused = {**login(sshd), "port": free_port()}
    codes = [(await post(mount, "/remote/connect", **refused))[0] for _ in range(6)]
    assert codes == [503] * 5 + [429]


async def test_a_question_to_no_connection(mount: Mount) -> None:
    for path in ("environments", "conda-envs", "config", "ping", "fs/list", "env-configs", "storage-candidates"):
        response = await mount.fetch(f"/remote/{path}?connection_id=me@nowhere:22")
        assert (response.code, json.loads(response.body)["error"]) == (404, "connection_not_found"), path
        assert (await mount.fetch(f"/remote/{path}")).code == 400, path
