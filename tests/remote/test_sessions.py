"""Viewers on another host as a workspace has them: one for each login, root and environment (D25, S20, Y08)."""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from farviewers import eventually, started_host

from runicorn_jupyter.errors import BadRequest, RootMissing
from runicorn_jupyter.remote import errors, viewers
from runicorn_jupyter.remote.care import Care
from runicorn_jupyter.remote.credentials import Credentials
from runicorn_jupyter.remote.installation import installation
from runicorn_jupyter.remote.remotes import Remotes

pytestmark = pytest.mark.sshd


def get(remotes: Remotes, session_id: str, path: str) -> bytes:
    with remotes.open_channel(session_id).result(20) as channel:
        channel.settimeout(20)
        channel.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: channel.recv(1 << 16), b"")).partition(b"\r\n\r\n")[2]


def listening_inodes(pid: int) -> set[str]:
    tables = [Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    return {line.split()[9] for table in tables for line in table if line.split()[3] == "0A"}


def sockets(pid: int) -> set[str]:
    links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()]
    return {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}


def test_our_own_viewer_shows_the_runs_of_a_host_and_opens_no_port(far_host, upstream_053) -> None:
    remotes = far_host.remotes()
    connection = far_host.connect(remotes)
    session, running = remotes.start_viewer(connection.key, root=str(upstream_053)).result(60)
    assert not running
    assert (session.state, session.environment, session.root) == ("running", "ours", str(upstream_053))
    assert (session.connection_id, session.conn_id) == (connection.key, connection.conn_id)
    health = json.loads(get(remotes, session.id, "/api/health"))
    assert health["version"] == session.version
    assert json.loads(get(remotes, session.id, "/api/projects"))
    assert session.pid is not None
    assert sockets(session.pid)  # it listens, on its unix socket
    assert not sockets(session.pid) & listening_inodes(session.pid)  # S20
    checks = remotes.check_viewer(session.id).result(20)
    assert (checks.ssh, checks.process, checks.answers) == (True, True, True)
    assert "Listening" in "".join(remotes.viewer_log(session.id).result(20).lines)
    assert remotes.stop_viewer(session.id, cleanup=True).result(20).state == "stopped"
    assert far_host.viewers() == []
    assert not (far_host.home / ".cache" / "runicorn-jupyter" / "far" / session.id).exists()


def test_one_for_each_root_and_environment(far_host) -> None:
    remotes = far_host.remotes()
    first = far_host.start(remotes)
    again, running = remotes.start_viewer(first.connection_id, environment="standin").result(60)
    assert (again, running) == (first, True)
    (far_host.home / "data").mkdir()
    other = far_host.start(remotes, root="~/data/../data/")
    assert (other.root, other.id != first.id) == (str(far_host.home / "data"), True)
    assert far_host.start(remotes, root=f"{far_host.home}/data").id == other.id
    assert [one.id for one in remotes.viewers().result(20)] == [first.id, other.id]
    assert remotes.viewer_of(first.conn_id).result(20).id == other.id
    assert remotes.viewer(first.id).result(20) == first
    assert far_host.viewers() == sorted([first.pid, other.pid])


def test_two_starts_at_once_are_one(far_host) -> None:
    remotes = far_host.remotes()
    connection = far_host.connect(remotes)
    both = [remotes.start_viewer(connection.key, environment="standin") for _ in range(2)]
    told = [one.result(60) for one in both]
    assert told[0][0].pid == told[1][0].pid
    assert [running for _, running in told] == [False, True]
    assert len(far_host.viewers()) == 1


def test_what_cannot_be_started_has_its_own_word(far_host) -> None:
    remotes = far_host.remotes()
    connection = far_host.connect(remotes)

    def start(**wanted: str | None) -> None:
        remotes.start_viewer(connection.key, **wanted).result(60)

    with pytest.raises(errors.EnvironmentNotFound):
        start(environment="nowhere")
    with pytest.raises(RootMissing, match="no folder"):
        start(environment="standin", root="/no such/folder")
    (far_host.home / "broken").touch()
    with pytest.raises(errors.ViewerFailed, match="is broken here"):
        start(environment="standin")
    (far_host.home / ".virtualenvs" / "ours").unlink()
    (far_host.home / ".virtualenvs" / "standin").rename(far_host.home / "gone")
    remotes.detect(connection.key, again=True).result(20)
    (far_host.home / "gone").rename(far_host.home / ".virtualenvs" / "late")
    (far_host.home / "broken").unlink()
    start(environment="late")  # it came after the last look
    (far_host.home / ".virtualenvs" / "late").rename(far_host.home / "gone")
    remotes.detect(connection.key, again=True).result(20)
    for environment in (None, "system"):
        with pytest.raises(errors.ViewerMissing) as told:
            start(environment=environment)
        assert told.value.extra() == {"can_install": True, "distribution": None}
    assert len(remotes.viewers().result(20)) == 1
    with pytest.raises(errors.ConnectionNotFound):
        remotes.start_viewer("conn_00000000").result(20)
    for unknown in ("00000000", "../../x", ""):
        for work in (remotes.viewer, remotes.stop_viewer, remotes.viewer_log, remotes.check_viewer):
            with pytest.raises(errors.ViewerNotFound, match="Session not found"):
                work(unknown).result(20)
    with pytest.raises(errors.ViewerNotFound):
        remotes.open_channel("00000000").result(20)


@pytest.mark.parametrize("root", ["", " ", "a\0b", "a\nb", "~other/x", "\x1b[1m", "x" * 5000])
def test_s07_a_root_that_can_be_none(far_host, root) -> None:
    remotes = far_host.remotes()
    with pytest.raises(BadRequest, match="remote_root"):
        far_host.start(remotes, root=root)


@pytest.mark.parametrize(
    "mark", ["'", '"', "$(touch ~/canary)", "; touch ~/canary;", "`touch ~/canary`", "-rf", "|&<>"]
)
def test_s07_a_root_is_data(far_host, mark) -> None:
    remotes = far_host.remotes()
    with pytest.raises(RootMissing):
        far_host.start(remotes, root=mark)
    folder = far_host.home / mark.replace("/", "")
    folder.mkdir()
    assert far_host.start(remotes, root=folder.name).root == str(folder)
    assert not (far_host.home / "canary").exists()


def test_y08_stop_and_disconnect_work_in_every_state_and_twice(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    assert remotes.stop_viewer(session.id).result(20).state == "stopped"
    assert remotes.stop_viewer(session.id, cleanup=True).result(20).state == "stopped"
    assert remotes.viewer(session.id).result(20).state == "stopped"
    with pytest.raises(errors.ViewerNotFound, match="is stopped"):
        remotes.viewer_log(session.id).result(20)
    with pytest.raises(errors.ViewerAway):
        remotes.open_channel(session.id).result(20)
    assert remotes.viewers().result(20) == []
    with pytest.raises(errors.ViewerNotFound):
        remotes.viewer_of(session.connection_id).result(20)
    assert far_host.viewers() == []
    again = far_host.start(remotes)
    assert (again.id, again.restarts) == (session.id, 0)
    assert remotes.disconnect(session.conn_id).result(20).key == session.connection_id
    assert far_host.viewers() == []
    with pytest.raises(errors.ConnectionNotFound):
        remotes.disconnect(session.connection_id).result(20)


def test_y08_stop_and_disconnect_while_it_reconnects(far_host) -> None:
    remotes = far_host.remotes(lease=3)
    (far_host.home / "other").mkdir()
    one, two = far_host.start(remotes), far_host.start(remotes, root="~/other")
    far_host.leave()
    eventually(lambda: remotes.viewer(two.id).result(20).next_try)
    held, running = remotes.start_viewer(one.connection_id, environment="standin").result(20)
    assert (held.id, held.state, running) == (one.id, "reconnecting", True)
    stopped = remotes.stop_viewer(one.id).result(20)
    assert (stopped.state, stopped.next_try) == ("stopped", None)
    assert "ends by itself" in (stopped.reason or "")
    assert not remotes.disconnect(one.connection_id).result(20).connected
    assert remotes.connections().result(20) == []
    assert {session.connection for session in remotes._sessions._all.values()} == {None}
    far_host.come_back()
    eventually(lambda: not far_host.viewers())
    assert remotes.viewers().result(20) == []


def test_y08_a_stop_ends_a_start_that_is_under_way(far_host) -> None:
    (far_host.home / ".virtualenvs" / "standin" / "bin" / "python").write_text("#!/bin/sh\nexec sleep 600 # --socket\n")
    remotes = far_host.remotes(lease=60)
    connection = far_host.connect(remotes)
    starting = remotes.start_viewer(connection.key, environment="standin")
    (session,) = eventually(lambda: remotes.viewers().result(20))
    assert session.state == "connecting"
    folder = far_host.home / ".cache" / "runicorn-jupyter" / "far" / session.id
    eventually((folder / "session.json").exists)
    pid = json.loads((folder / "session.json").read_text())["pid"]
    assert remotes.stop_viewer(session.id).result(30).state == "stopped"
    with pytest.raises(errors.ViewerFailed, match="stopped before it answered"):
        starting.result(20)
    eventually(lambda: not Path(f"/proc/{pid}").exists())
    assert remotes.viewers().result(20) == []


def test_who_no_longer_waits_for_a_start_leaves_nothing_half_open(far_host) -> None:
    python = far_host.home / ".virtualenvs" / "standin" / "bin" / "python"
    program = python.read_text()
    python.write_text("#!/bin/sh\nexec sleep 600\n")
    remotes = far_host.remotes(lease=60)
    connection = far_host.connect(remotes)
    starting = remotes.start_viewer(connection.key, environment="standin")
    (session,) = eventually(lambda: remotes.viewers().result(20))
    (held,) = remotes._sessions._all.values()
    (asked,) = eventually(lambda: [one for one in (held.starting,) if one])
    starting.cancel()
    eventually(lambda: not remotes.viewers().result(20))
    eventually(asked.done)
    python.write_text(program)
    folder = far_host.home / ".cache" / "runicorn-jupyter" / "far" / session.id
    with suppress(FileNotFoundError):
        os.kill(json.loads((folder / "session.json").read_text())["pid"], signal.SIGKILL)
    assert remotes.start_viewer(connection.key, environment="standin").result(60)[0].id == session.id


def test_a_fault_of_ours_is_said_and_a_new_start_helps(far_host, monkeypatch) -> None:
    async def fault(_: Care) -> None:
        raise OSError(24, "Too many open files")

    remotes = far_host.remotes(lease=60)
    with monkeypatch.context() as patch:
        patch.setattr(Care, "_watch", fault)
        session = far_host.start(remotes)
        eventually(lambda: remotes.viewer(session.id).result(20).state == "degraded")
    assert "Too many open files" in (remotes.viewer(session.id).result(20).reason or "")
    again = far_host.start(remotes)
    assert (again.state, again.pid) == ("running", session.pid)


def test_who_disconnects_without_cleaning_up_leaves_the_viewer_to_its_lease(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    remotes.disconnect(session.connection_id, cleanup=False).result(20)
    assert remotes.viewers().result(20) == []
    assert far_host.viewers() == [session.pid]
    assert far_host.start(remotes).pid == session.pid  # adopted: no mark was left


def test_changes_are_told_until_nobody_wants_to_know(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    told = threading.Semaphore(0)

    def fault() -> None:
        raise RuntimeError("of a door, not ours")

    remotes.watch(fault)
    end = remotes.watch(told.release)
    session = far_host.start(remotes)
    assert told.acquire(timeout=20)
    end()
    end()
    while told.acquire(blocking=False):
        pass
    remotes.stop_viewer(session.id).result(20)
    assert not told.acquire(blocking=False)


def test_without_sshds_forwarding_it_works_all_the_same(tmp_path) -> None:
    with started_host(tmp_path, "DisableForwarding yes") as host:
        remotes = host.remotes(lease=60)
        session = host.start(remotes)
        assert get(remotes, session.id, "/bytes/5000000") == b"x" * 5_000_000
        several = [remotes.open_channel(session.id) for _ in range(10)]  # sshd allows ten commands at once
        opened = [one.result(20) for one in several[:7]]
        assert not any(one.done() for one in several[7:])
        assert remotes.check_viewer(session.id).result(20).answers
        for one in opened:
            one.close()
        for late in several[7:]:
            late.result(20).close()
        host.cut()
        eventually(lambda: remotes.viewer(session.id).result(20).since > session.since)
        eventually(lambda: remotes.viewer(session.id).result(20).state == "running")
        assert remotes.viewer(session.id).result(20).pid == session.pid
        assert get(remotes, session.id, "/bytes/5") == b"xxxxx"


def test_the_log_is_followed(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    first = remotes.viewer_log(session.id).result(20)
    assert first.lines == (f"listening for {session.root}",)
    with (far_host.home / ".cache" / "runicorn-jupyter" / "far" / session.id / "log").open("a") as log:
        log.write("\x1b[31mred\x1b[0m\tand\x07 \x9bplain\n")
    assert remotes.viewer_log(session.id, after=first.end).result(20).lines == ("red\tand plain",)
    for wrong in ({"lines": 0}, {"lines": 10**6}, {"after": -1}):
        with pytest.raises(BadRequest):
            remotes.viewer_log(session.id, **wrong).result(20)


def test_closing_leaves_nothing_here_and_the_process_there(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    session = far_host.start(remotes)
    channel = remotes.open_channel(session.id).result(20)
    remotes.close()
    channel.settimeout(20)
    assert channel.recv(1) == b""
    channel.close()
    assert len(list(Path("/proc/self/fd").iterdir())) <= descriptors
    assert "runicorn-ssh" not in {thread.name for thread in threading.enumerate()}
    assert far_host.viewers() == [session.pid]


def test_the_installation_is_the_same_for_every_process_and_private(own_home) -> None:
    first = installation()
    assert installation() == first
    file = own_home / ".config" / "runicorn-jupyter" / "installation"
    assert (file.read_text().strip(), file.stat().st_mode & 0o777) == (first, 0o600)
    file.write_text("nonsense")
    assert installation() == installation() != first
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("")
    assert len(installation()) == 32


WHOLE = {"outcome": "running", "pid": 4711, "boot": "x", "socket": "/s", "lease": 60, "before": None, "age": 0.5}


@pytest.mark.parametrize(
    "wrong",
    [
        {"pid": 1}, {"pid": -4}, {"pid": "4711"}, {"pid": 2**40}, {"pid": True}, {"socket": 1}, {"socket": "s"},
        {"socket": "/a\nb"}, {"socket": "/" + "s" * 200}, {"lease": 0}, {"lease": "60"}, {"lease": float("nan")},
        {"lease": 1e9}, {"age": -1}, {"age": None}, {"before": "x"}, {"before": []},
        {"outcome": "failed", "log": "x"}, {"outcome": "failed", "log": [1]},
        {"outcome": "failed", "log": ["x"] * 20_000}, {"outcome": None},
    ],
    ids=str,
)  # fmt: skip
def test_s08_what_a_host_says_of_a_viewer_is_checked(wrong) -> None:
    assert viewers.outcome(WHOLE, "/root").pid == 4711
    with pytest.raises(errors.RemoteError):
        viewers.outcome({**WHOLE, **wrong}, "/root")


def test_g11_secrets_go_with_the_connection(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    text = far_host.sshd.key.read_text()
    where = ("127.0.0.1", far_host.sshd.user, far_host.sshd.port)
    connection, _ = remotes.connect(*where, private_key=text, use_agent=False).result(20)
    session, _ = remotes.start_viewer(connection.key, environment="standin").result(60)

    def held() -> list[object]:
        gc.collect()
        return [one for one in gc.get_objects() if isinstance(one, Credentials) and one.private_key == text]

    assert held()  # to log in again when the line is cut
    line = remotes._sessions._all[session.id].connection
    assert text not in repr(line)
    far_host.cut()
    eventually(lambda: remotes.viewer(session.id).result(20).since > session.since)
    eventually(lambda: remotes.viewer(session.id).result(20).state == "running")
    line = remotes._sessions._all[session.id].connection
    remotes.disconnect(connection.key).result(20)
    assert line.login is None  # whoever still holds it
    eventually(lambda: not held())
