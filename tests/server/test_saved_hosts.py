"""R24–R27: saved SSH hosts, and that no secret is ever written or told (D18, S25)."""

from __future__ import annotations

import json
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


async def test_a_keyring_keeps_the_password_and_no_answer_tells_it(
    viewer_mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[str, str] = {}
    ring = SimpleNamespace(
        set_password=lambda service, key, word: held.update({f"{service}/{key}": word}),
        delete_password=lambda service, key: held.pop(f"{service}/{key}"),
    )
    monkeypatch.setitem(sys.modules, "keyring", ring)
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
