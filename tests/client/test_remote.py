"""`client.remote` through a real viewer to a real sshd."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixtures_sshd import Sshd
from viewers import running_viewer

import runicorn.api
from runicorn_jupyter.client import AuthenticationError, HostKeyConfirmationRequiredError, NotFoundError


@pytest.fixture
def client(tmp_path):
    (tmp_path / "root").mkdir()
    with running_viewer(tmp_path / "root") as viewer, runicorn.api.connect(f"http://127.0.0.1:{viewer.port}") as client:
        yield client


def test_a_host_is_confirmed_looked_at_and_left(client, sshd: Sshd, tmp_path):
    login = {"port": sshd.port, "username": sshd.user, "private_key_path": str(sshd.key)}
    with pytest.raises(HostKeyConfirmationRequiredError) as asked:
        client.remote.connect("127.0.0.1", **login)
    shown = asked.value.host_key
    client.remote.confirm_host_key(
        **{name: shown[name] for name in ("host", "port", "key_type", "public_key", "fingerprint_sha256")}
    )
    made = client.remote.connect("127.0.0.1", **login)
    assert made["connection_id"] == f"{sshd.user}@127.0.0.1:{sshd.port}"
    assert [one["key"] for one in client.remote.list_sessions()] == [made["connection_id"]]
    assert client.remote.get_remote_status()["connection_count"] == 1
    assert client.remote.list_environments(made["connection_id"])[0]["name"] == "system"
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "notes.txt").write_text("four")
    (item,) = client.remote.list_remote_directory("127.0.0.1", str(tmp_path / "far"))
    assert (item["name"], item["is_dir"], item["size"]) == ("notes.txt", False, 4)
    assert client.remote.check_remote_path("127.0.0.1", str(tmp_path / "far"))
    assert not client.remote.check_remote_path("127.0.0.1", str(tmp_path / "none"))
    (Path.home() / "store" / "digits" / "mlp" / "runs" / "20250101_000000_abcdef").mkdir(parents=True)
    found = client.remote.list_remote_storage_candidates("127.0.0.1")
    assert all(set(one) == {"path", "name", "run_count"} for one in found)
    assert client.remote.disconnect("127.0.0.1")["ok"]
    with pytest.raises(NotFoundError):
        client.remote.list_environments(made["connection_id"])


def test_a_refused_login_is_an_authentication_error(client, sshd: Sshd, tmp_path):
    import asyncssh

    other = tmp_path / "other"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(other)
    login = {"port": sshd.port, "username": sshd.user, "private_key_path": str(other), "use_agent": False}
    with pytest.raises(HostKeyConfirmationRequiredError) as asked:
        client.remote.connect("127.0.0.1", **login)
    shown = asked.value.host_key
    client.remote.confirm_host_key(
        shown["host"], shown["port"], shown["key_type"], shown["public_key"], shown["fingerprint_sha256"]
    )
    with pytest.raises(AuthenticationError, match="refused"):
        client.remote.connect("127.0.0.1", **login)
