"""`client.remote` from login to goodbye: a real viewer here, a real sshd, a real viewer behind it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from farviewers import FarHost, eventually, started_host
from rundirs import write_run
from viewers import running_server, running_viewer

import runicorn.api
from client.standin import in_turn, sends, stand_in
from runicorn_jupyter.client import (
    BadRequestError,
    ConflictError,
    HostKeyConfirmationRequiredError,
    NotFoundError,
    RemoteSession,
    RunicornClient,
    ServerError,
)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarHost]:
    with started_host(tmp_path_factory.mktemp("host")) as host:
        write_run(host.home / "runicorn_data", project="far", name="away")
        yield host


@pytest.fixture
def client(tmp_path: Path, host: FarHost) -> Iterator[RunicornClient]:
    """Return a client whose viewer is logged in at the host."""
    (tmp_path / "root").mkdir()
    with running_viewer(tmp_path / "root") as viewer, runicorn.api.connect(f"http://127.0.0.1:{viewer.port}") as client:
        login = {"port": host.sshd.port, "username": host.sshd.user, "private_key_path": str(host.sshd.key)}
        with pytest.raises(HostKeyConfirmationRequiredError) as asked:
            client.remote.connect("127.0.0.1", **login)
        names = ("host", "port", "key_type", "public_key", "fingerprint_sha256")
        client.remote.confirm_host_key(**{name: asked.value.host_key[name] for name in names})
        client.remote.connect("127.0.0.1", **login)
        yield client


@pytest.mark.sshd
def test_a_viewer_there_from_start_to_stop(client, host) -> None:
    """The words of the reference: a bare host as connection, ``session['local_port']``, ``session_id``."""
    session = client.remote.start_viewer(connection_id="127.0.0.1", remote_root=str(host.home / "runicorn_data"))
    assert session["status"] == "running"
    with runicorn.api.connect(f"http://localhost:{session['local_port']}") as there:
        eventually(lambda: [run["project"] for run in there.list_experiments()] == ["far"])
        assert there.health_check()["storage"] == str(host.home / "runicorn_data")
    with runicorn.api.connect(f"{client.base_url}{session['proxy_path']}") as there:
        assert [run["project"] for run in there.list_experiments()] == ["far"]
    model = RemoteSession.from_dict(session)
    assert model.session_id == session["session_id"]
    assert (model.remote_host, model.remote_root) == ("127.0.0.1", str(host.home / "runicorn_data"))
    assert (model.status, model.local_url) == ("running", session["url"])
    assert 1e9 < model.created_at < 1e11
    assert [one["session_id"] for one in client.remote.list_viewer_sessions()] == [model.session_id]
    assert client.remote.get_viewer_status(model.session_id)["uptime_seconds"] >= 0
    assert client.remote.get_remote_status()["viewer_session_count"] == 1
    health = client.remote.get_viewer_health(model.session_id)
    assert (health["health"], set(health["checks"].values())) == ("healthy", {"pass"})
    assert client.remote.ping("127.0.0.1") >= 0
    again = client.remote.start_viewer("127.0.0.1")
    assert (again["session_id"], again["already_running"]) == (model.session_id, True)
    assert client.remote.stop_viewer(model.session_id)["ok"]
    assert client.remote.list_viewer_sessions() == []
    assert client.remote.get_viewer_status(model.session_id)["status"] == "stopped"
    eventually(lambda: host.viewers() == [])


@pytest.mark.sshd
def test_inside_jupyter_a_viewer_has_an_address_and_no_port(tmp_path, host, own_home) -> None:
    """Below a base URL that has to be quoted; the token is found by itself, here and behind the address."""
    (own_home / ".ssh").mkdir()
    (own_home / ".ssh" / "known_hosts").write_bytes(host.sshd.known_hosts.read_bytes())
    (tmp_path / "root").mkdir()
    with running_server(tmp_path / "root", tmp_path) as (api, _), runicorn.api.connect(api) as client:
        login = {"port": host.sshd.port, "username": host.sshd.user, "private_key_path": str(host.sshd.key)}
        session = client.remote.start_viewer(host="127.0.0.1", **login, conda_env="ours")
        assert (session["local_port"], session["url"]) == (None, f"{api[: -len('api')]}remote/{session['session_id']}/")
        with runicorn.api.connect(session["url"]) as there:
            eventually(lambda: [run["project"] for run in there.list_experiments()] == ["far"])
        assert client.remote.stop_viewer(session["session_id"])["ok"]


@pytest.mark.sshd
def test_a_log_is_read_on_from_where_it_was(client, host) -> None:
    session = client.remote.start_viewer("127.0.0.1", conda_env="ours")["session_id"]
    first = client.remote.get_viewer_logs(session)
    assert any("Listening on" in line for line in first["logs"])
    assert client.remote.get_viewer_logs(connection_id="127.0.0.1", after=first["end"])["logs"] == []
    followed = client.remote.follow_viewer_logs(session, every=0.05)
    assert next(followed) == first["logs"][0]
    client.remote.stop_viewer(session)
    assert not [line for line in followed if "Listening on" in line]


@pytest.mark.sshd
def test_a_viewer_that_is_killed_there_comes_back(client, host) -> None:
    session = client.remote.start_viewer("127.0.0.1", conda_env="ours")
    os.kill(session["remote_pid"], signal.SIGKILL)

    def back() -> bool:
        now = client.remote.get_viewer_status(session["session_id"])
        return now["status"] == "running" and now["remote_pid"] != session["remote_pid"]

    eventually(back)
    assert client.remote.get_viewer_status(session["session_id"])["reason"]
    client.remote.stop_viewer(session["session_id"])


@pytest.mark.sshd
def test_what_is_not_there_is_told(client, host) -> None:
    with pytest.raises(BadRequestError, match="connection_id, or a host"):
        client.remote.start_viewer(remote_root="~")
    with pytest.raises(NotFoundError) as lost:
        client.remote.start_viewer("me@elsewhere:22")
    assert lost.value.error == "connection_not_found"
    with pytest.raises(NotFoundError) as lost:
        client.remote.start_viewer("127.0.0.1", conda_env="nowhere")
    assert lost.value.error == "environment_not_found"
    client.remote.start_viewer("127.0.0.1", conda_env="standin")
    with pytest.raises(ConflictError) as lost:
        client.remote.start_viewer("127.0.0.1", env_name="standin")
    assert lost.value.error == "viewer_already_running"
    with pytest.raises(BadRequestError, match="no-such-folder"):
        client.remote.start_viewer("127.0.0.1", remote_root=str(host.home / "no-such-folder"))
    for ask in (client.remote.stop_viewer, client.remote.get_viewer_status, client.remote.get_viewer_logs):
        with pytest.raises(NotFoundError) as lost:
            ask("00000000")
        assert lost.value.error == "session_not_found"
    with pytest.raises(NotFoundError):
        client.remote.get_installation("127.0.0.1")


@pytest.mark.sshd
def test_a_file_whose_name_is_no_text_is_listed_all_the_same(client, tmp_path) -> None:
    """Linux keeps names as bytes, and hosts of ten years have some of Latin-1."""
    folder = tmp_path / "old"
    folder.mkdir()
    os.close(os.open(os.fsencode(folder) + b"/caf\xe9\x1b[31m.txt", os.O_CREAT))
    (item,) = client.remote.list_remote_directory("127.0.0.1", str(folder))
    assert item["name"].startswith("caf")
    assert item["size"] == 0


@pytest.mark.sshd
def test_hosts_and_keys_are_listed_and_forgotten(client, host, own_home) -> None:
    (own_home / ".ssh").mkdir()
    (own_home / ".ssh" / "config").write_text("Host gpu1\n  HostName 127.0.0.1\n")
    assert [one["name"] for one in client.remote.list_ssh_hosts()] == ["gpu1"]
    (known,) = client.remote.list_known_hosts()
    assert (known["host"], known["port"]) == ("127.0.0.1", host.sshd.port)
    assert client.remote.remove_known_host(known["host"], known["port"], known["key_type"])["ok"]
    assert client.remote.list_known_hosts() == []
    saved = {"host": "gpu1", "username": "me", "port": 2222, "name": "the big one", "auth_method": "key"}
    assert client.remote.save_connections([saved])["ok"]
    (kept,) = client.remote.list_saved_connections()
    assert {name: kept[name] for name in saved} == saved
    assert "ours" in {one["name"] for one in client.remote.list_environments("127.0.0.1", again=True)}


def test_an_installation_is_begun_once_and_asked_about() -> None:
    job = {"state": "done", "connection_id": "me@h:22", "environment": "runicorn", "reason": ""}
    answer = sends({"ok": True, "job": job})
    with stand_in(remote_viewer_install=answer) as server, RunicornClient(server.url) as client:
        assert client.remote.install_viewer("me@h:22") == job
        assert b'"confirm": true' in server.asked[-1].body
        client.remote.get_installation("me@h:22")
        assert server.asked[-1].path == "/api/remote/viewer/install?connection_id=me%40h%3A22"


AWAY = sends({"error": "viewer_unavailable", "detail": "The host is away."}, 503)
BROKEN = sends({"error": "ssh_error", "detail": "Something else."}, 500)
LINE = sends({"logs": ["one"], "total_lines": 1, "end": 4})


@pytest.mark.parametrize("trouble", [AWAY, BROKEN], ids=["away", "broken"])
def test_following_waits_for_a_host_that_is_away_and_for_nothing_else(trouble) -> None:
    states = in_turn(*(sends({"status": state}) for state in ("reconnecting", "running", "stopped")))
    answers = {"remote_viewer_status_s": states, "remote_viewer_logs": in_turn(trouble, LINE)}
    with stand_in(**answers) as server, RunicornClient(server.url, max_retries=0) as client:
        followed = client.remote.follow_viewer_logs("s", every=0.01)
        if trouble is AWAY:
            assert list(followed) == ["one"]
        else:
            with pytest.raises(ServerError, match="Something else"):
                next(followed)
