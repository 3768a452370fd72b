"""R24–R27, X21: saved SSH hosts, and that no secret is ever written or told (D18, S25, S26, S29)."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mounts import Mount

from runicorn_jupyter.paths import config_folder

HOST = {"host": "gpu1.example", "port": 2222, "username": "me", "name": "the big one"}
KEY = "gpu1.example:2222@me"


async def send(mount: Mount, path: str, body: Any = None, method: str = "POST", code: int = 200) -> Any:
    headers = {**mount.token, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    response = await mount.fetch(path, headers, method=method, body=data)
    assert response.code == code, response.body
    return json.loads(response.body)


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


async def test_r24_r25_r26_r27_without_a_keyring(mount: Mount, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    secrets = {"password": "hunter2-x", "private_key": "-----KEY-x-----", "passphrase": "phrase-x"}
    told = await send(mount, "/config/ssh_connections", {**HOST, **secrets, "remember_password": True})
    assert told["ok"] is True
    assert "keyring" in told["message"]
    listed = await mount.json("/config/ssh_connections")
    wanted = {
        **HOST, "remember_password": False, "auth_method": "password", "key": KEY, "private_key_path": None,
        "has_password": False, "has_private_key": False,
    }  # fmt: skip
    assert listed == {"connections": [wanted]}
    details = await mount.json(f"/config/ssh_connections/{KEY}/details")
    assert details == {"ok": True, "connection": wanted}
    assert not any(secret.encode() in held for held in contents(own_home) for secret in secrets.values())
    assert stat.S_IMODE((config_folder() / "ssh_connections.json").stat().st_mode) == 0o600
    assert (await send(mount, f"/config/ssh_connections/{KEY}", method="DELETE"))["ok"] is True
    assert (await send(mount, f"/config/ssh_connections/{KEY}", method="DELETE"))["ok"] is True
    assert await mount.json("/config/ssh_connections") == {"connections": []}
    missing = await mount.fetch(f"/config/ssh_connections/{KEY}/details")
    assert (missing.code, json.loads(missing.body)["error"]) == (404, "connection_not_found")


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give the system a keyring, and return what it keeps."""
    kept: dict[str, str] = {}
    ring = SimpleNamespace(
        set_password=lambda service, key, word: kept.update({key: word}),
        delete_password=lambda service, key: kept.pop(key),
        get_password=lambda service, key: kept.get(key),
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
    return kept


async def test_a_keyring_keeps_the_password_and_no_answer_tells_it(viewer_mount: Mount, held: dict[str, str]) -> None:
    await send(viewer_mount, "/config/ssh_connections", {**HOST, "password": "hunter2-x", "remember_password": True})
    assert list(held.values()) == ["hunter2-x"]
    for address in ("/config/ssh_connections", f"/config/ssh_connections/{KEY}/details"):
        answer = await viewer_mount.fetch(address)
        assert b'"has_password":true' in answer.body
        assert b"hunter2" not in answer.body
    await send(viewer_mount, f"/config/ssh_connections/{KEY}", method="DELETE")
    assert held == {}


async def test_upstreams_hosts_are_shown_without_secrets_and_its_file_is_not_touched(
    viewer_mount: Mount, own_home: Path
) -> None:
    folder = own_home / ".config" / "runicorn"
    folder.mkdir()
    file = folder / "config.json"
    theirs = {"host": "old.example", "port": 22, "username": "me", "password": "ENC:c2VjcmV0"}
    file.write_text(json.dumps({"ssh_connections": [theirs, {"host": 5}, "junk"]}))
    before = file.read_bytes(), file.stat().st_mtime_ns
    answer = await viewer_mount.fetch("/config/ssh_connections")
    assert [one["key"] for one in json.loads(answer.body)["connections"]] == ["old.example:22@me"]
    assert b"ENC" not in answer.body
    await send(viewer_mount, "/config/ssh_connections/old.example:22@me", method="DELETE")
    assert await viewer_mount.json("/config/ssh_connections") == {"connections": []}
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


async def test_the_last_ten_are_kept(viewer_mount: Mount) -> None:
    for at in range(12):
        await send(viewer_mount, "/config/ssh_connections", {"host": f"h{at}", "username": "me"})
    await send(viewer_mount, "/config/ssh_connections", {"host": "h5", "username": "me", "name": "again"})
    listed = (await viewer_mount.json("/config/ssh_connections"))["connections"]
    assert [one["host"] for one in listed] == ["h5", *(f"h{at}" for at in (11, 10, 9, 8, 7, 6, 4, 3, 2))]


async def test_a_wrong_host_is_not_saved(viewer_mount: Mount) -> None:
    for wrong in (
        {"host": ""}, {"host": "-oProxyCommand=x"}, {"host": "a b"}, {"username": "a@b"}, {"username": None},
        {"port": 0}, {"port": 65_536}, {"port": "22"}, {"auth_method": "magic"}, {"name": "x" * 256}, {"host": "a\n"},
    ):  # fmt: skip
        told = await send(viewer_mount, "/config/ssh_connections", {**HOST, **wrong}, code=400)
        assert next(iter(wrong)) in told["detail"]
    assert not (config_folder() / "ssh_connections.json").exists()


def entry(at: str, **more: Any) -> dict[str, Any]:
    return {"id": "one", "host": at, "username": "me", "password": "hunter2-x", "remember_password": True, **more}


async def test_x21_the_list_comes_back_as_it_was_sent_but_for_its_secrets(
    mount: Mount, held: dict[str, str], own_home: Path
) -> None:
    sent = [entry("b", name="the big one"), entry("a", id=None, password=None, private_key="-----KEY-x-----")]
    told = await send(mount, "/remote/connections/saved", sent)
    assert (told["ok"], told["message"]) == (True, "2 connections saved")
    answer = await mount.fetch("/remote/connections/saved")
    found = json.loads(answer.body)
    assert (found["ok"], found["success"]) == (True, True)
    listed = [(one["id"], one["host"], one["name"], one["has_password"]) for one in found["connections"]]
    assert listed == [("one", "b", "the big one", True), (None, "a", "", False)]
    assert held == {"b:22@me": "hunter2-x"}
    secrets = (b"hunter2", b"KEY-x")
    assert not any(secret in text for secret in secrets for text in [answer.body, *contents(own_home)])
    await send(mount, "/remote/connections/saved", found["connections"])
    assert await mount.json("/remote/connections/saved") == found
    assert held == {"b:22@me": "hunter2-x"}, "what is sent back as it was told keeps its password"
    assert [one["host"] for one in (await mount.json("/config/ssh_connections"))["connections"]] == ["b", "a"]
    await send(mount, "/remote/connections/saved", [])
    assert (await mount.json("/remote/connections/saved"))["connections"] == []
    assert held == {}


@pytest.mark.parametrize("change", [{"host": "b"}, {"port": 23}, {"username": "you"}, {"remember_password": False}])
async def test_s25_a_host_saved_anew_loses_its_password(
    viewer_mount: Mount, held: dict[str, str], change: dict[str, Any]
) -> None:
    await send(viewer_mount, "/remote/connections/saved", [entry("a")])
    assert len(held) == 1
    await send(viewer_mount, "/remote/connections/saved", [entry("a", password=None, **change)])
    assert held == {}
    (one,) = (await viewer_mount.json("/remote/connections/saved"))["connections"]
    assert (one["has_password"], one["remember_password"]) == (False, False)


async def test_a_host_saved_alone_keeps_or_loses_its_password_as_it_says(
    viewer_mount: Mount, held: dict[str, str]
) -> None:
    await send(viewer_mount, "/config/ssh_connections", entry("a"))
    await send(viewer_mount, "/config/ssh_connections", entry("a", password=None))
    assert len(held) == 1
    await send(viewer_mount, "/config/ssh_connections", entry("a", password=None, remember_password=False))
    assert held == {}


async def test_without_a_keyring_the_list_says_so(viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "keyring" in (await send(viewer_mount, "/remote/connections/saved", [entry("a")]))["message"]


async def test_s29_the_list_is_for_its_owner_alone(viewer_mount: Mount) -> None:
    before = os.umask(0)
    try:
        await send(viewer_mount, "/remote/connections/saved", [entry("a", remember_password=False)])
    finally:
        os.umask(before)
    folder = config_folder()
    assert stat.S_IMODE((folder / "ssh_connections.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_wrong_list_is_refused_whole_and_its_entry_is_named(viewer_mount: Mount) -> None:
    for wrong, said in (
        ({"host": "a"}, "The body must be a JSON list"),
        ([entry("a"), 5], "Entry 2: it must be a JSON object"),
        ([entry("a"), {"host": "b"}], "Entry 2: username is required"),
        ([entry("a"), entry("-b")], "Entry 2: host must be given"),
        ([entry("a", id="x" * 256)], "Entry 1: id must be text"),
        ([entry("a")] * 101, "at most 100 entries"),
    ):
        assert said in (await send(viewer_mount, "/remote/connections/saved", wrong, code=400))["detail"]
    assert not (config_folder() / "ssh_connections.json").exists()


async def test_upstreams_hosts_that_a_list_leaves_out_are_not_shown(viewer_mount: Mount, own_home: Path) -> None:
    folder = own_home / ".config" / "runicorn"
    folder.mkdir()
    (folder / "connections.json").write_text(json.dumps([{"host": name, "username": "me"} for name in ("x", "y")]))
    (kept, _) = (await viewer_mount.json("/remote/connections/saved"))["connections"]
    await send(viewer_mount, "/remote/connections/saved", [kept])
    assert (await viewer_mount.json("/remote/connections/saved"))["connections"] == [kept]
