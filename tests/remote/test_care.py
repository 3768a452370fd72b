"""Links that break and processes that die: noticed, told, brought back (Y01–Y06, Y15)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from farviewers import FarHost, eventually

from runicorn_jupyter.models import RemoteSession
from runicorn_jupyter.remote import errors
from runicorn_jupyter.remote.pace import Pace
from runicorn_jupyter.remote.remotes import Remotes

pytestmark = pytest.mark.sshd


def now(remotes: Remotes, session: RemoteSession) -> RemoteSession:
    return remotes.viewer(session.id).result(20)


def until(remotes: Remotes, session: RemoteSession, *states: str, within: float = 60.0) -> RemoteSession:
    eventually(lambda: now(remotes, session).state in states, within=within)
    return now(remotes, session)


def health(remotes: Remotes, session: RemoteSession) -> bytes:
    with remotes.open_channel(session.id).result(20) as channel:
        channel.settimeout(20)
        channel.sendall(b"GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return channel.recv(12)


class States:
    """Every state that a session went through, with its reasons."""

    def __init__(self, remotes: Remotes, session: RemoteSession) -> None:
        self.seen: list[tuple[str, str | None]] = []
        self._remotes, self._id = remotes, session.id
        self.end = remotes.watch(self._look)

    def _look(self) -> None:
        for one in self._remotes._sessions.shown():  # on its own thread, where a future could not be awaited
            if one.id == self._id and (not self.seen or self.seen[-1] != (one.state, one.reason)):
                self.seen.append((one.state, one.reason))

    @property
    def names(self) -> list[str]:
        return [state for state, _ in self.seen]


def test_y01_a_cut_line_is_noticed_and_comes_back_with_the_same_process(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    states = States(remotes, session)
    with remotes.open_channel(session.id).result(20) as channel:
        channel.settimeout(20)
        far_host.cut()
        assert channel.recv(1) == b""  # who was reading is told
    eventually(lambda: states.names[:1] == ["reconnecting"], within=10)
    after = until(remotes, session, "running", within=15)
    assert (after.id, after.pid, after.restarts, after.reason) == (session.id, session.pid, 0, None)
    assert (after.conn_id, after.started) == (session.conn_id, session.started)
    assert health(remotes, session) == b"HTTP/1.1 200"
    assert far_host.viewers() == [session.pid]
    assert [one.conn_id for one in remotes.connections().result(20)] == [session.conn_id]


def test_sessions_of_one_line_come_back_together(far_host) -> None:
    """Each waits by itself; whoever is the first to log in again wakes the others."""
    remotes = far_host.remotes(lease=3600, first=300, longest=600)
    (far_host.home / "more").mkdir()
    one, other = far_host.start(remotes), far_host.start(remotes, root="more")
    far_host.leave()
    for session in (one, other):
        eventually(lambda session=session: now(remotes, session).next_try is not None)
    far_host.come_back()
    assert remotes.start_viewer(one.connection_id, root=one.root, environment=one.environment).result(20)[1]
    for session in (one, other):
        assert until(remotes, session, "running").pid == session.pid


class Freezer:
    """A line that can stop passing bytes without closing anything, as a network does that drops every packet."""

    def __init__(self, port: int) -> None:
        self.rate: float | None = None
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._frozen: set[socket.socket] = set()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Drop what the lines that are open now would carry; later ones pass."""
        self._frozen |= self._open

    def close(self) -> None:
        self._server.close()
        for one in list(self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                near = self._server.accept()[0]
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 14):
                if self.rate is not None:
                    time.sleep(0.1 + len(data) / self.rate)
                if source not in self._frozen:
                    target.sendall(data)
            if source not in self._frozen:
                target.shutdown(socket.SHUT_WR)


@pytest.fixture
def line(far_host: FarHost) -> Iterator[Freezer]:
    freezer = Freezer(far_host.sshd.port)
    far_host.sshd.known_hosts.write_text(
        far_host.sshd.known_hosts.read_text().replace(f":{far_host.sshd.port} ", f":{freezer.port} ")
    )
    far_host.sshd.port = freezer.port
    yield freezer
    freezer.close()


def test_y02_a_line_that_drops_every_packet_is_noticed(far_host, line) -> None:
    remotes = far_host.remotes(lease=16)
    session = far_host.start(remotes)
    states = States(remotes, session)
    line.freeze()
    eventually(lambda: "reconnecting" in states.names)
    assert until(remotes, session, "running").pid == session.pid
    assert health(remotes, session) == b"HTTP/1.1 200"


class Impatient(Pace):
    """Asks every two seconds, far more often than the lease needs it."""

    def beat(self, lease: float) -> float:
        return 2

    def patience(self, lease: float) -> float:
        return 2


@pytest.mark.parametrize("way", ["down", "up"])
def test_y09_a_slow_and_full_line_is_not_taken_for_a_cut_one(far_host, line, way) -> None:
    """For four times as long as an answer may take it carries something else, 60 KB in a second."""
    remotes = far_host.remotes(Impatient(lease=120))
    session = far_host.start(remotes)
    states = States(remotes, session)
    line.rate = 100_000
    head, end = b"GET /bytes/500000 HTTP/1.1\r\n\r\n", b"x" * 500_000
    if way == "up":
        head, end = b"POST /take HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" + end, b"took 500000"
    with remotes.open_channel(session.id).result(60) as channel:
        channel.settimeout(120)
        channel.sendall(head)
        answer = b""
        while end not in answer:
            part = channel.recv(1 << 16)
            assert part
            answer += part
    assert states.names in ([], ["running"])
    assert now(remotes, session).pid == session.pid


def test_y03_a_machine_that_wakes_up_asks_at_once(far_host, line) -> None:
    slept = [0.0]
    remotes = far_host.remotes(lease=3000, tick=0.2, clock=lambda: time.monotonic() + slept[0])
    session = far_host.start(remotes)
    line.freeze()
    slept[0] = 600
    until(remotes, session, "reconnecting", within=30)  # the next heartbeat would be due in 750 s
    assert until(remotes, session, "running").pid == session.pid


def test_y03_a_sleep_longer_than_the_lease_is_no_fault_of_the_viewer(far_host) -> None:
    slept = [0.0]
    remotes = far_host.remotes(lease=60, restarts=0, clock=lambda: time.monotonic() + slept[0])
    session = far_host.start(remotes)
    slept[0] = 600
    os.kill(session.pid, signal.SIGKILL)  # as its lease did, while the line outlived the sleep
    eventually(lambda: now(remotes, session).restarts)
    assert "away for longer" in (until(remotes, session, "running").reason or "")


def test_y03_an_outage_shorter_than_the_lease_keeps_the_process(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    far_host.leave()
    away = eventually(lambda: now(remotes, session).next_try and now(remotes, session))
    assert away.state == "reconnecting"
    assert "listens" in (away.reason or "")
    with pytest.raises(errors.ViewerAway) as told:
        remotes.open_channel(session.id).result(20)
    assert told.value.extra()["state"] == "reconnecting"
    assert [(one.key, one.connected) for one in remotes.connections().result(20)] == [(session.connection_id, False)]
    assert not remotes.check_viewer(session.id).result(20).ssh
    far_host.come_back()
    after = until(remotes, session, "running", within=15)
    assert (after.pid, after.restarts, after.next_try) == (session.pid, 0, None)


def test_who_connects_again_need_not_wait_for_the_next_try(far_host) -> None:
    remotes = far_host.remotes(lease=3600, first=3600, longest=3600)
    session = far_host.start(remotes)
    far_host.leave()
    eventually(lambda: now(remotes, session).next_try)
    far_host.come_back()
    far_host.connect(remotes)
    assert until(remotes, session, "running").pid == session.pid


def test_y03_an_outage_longer_than_the_lease_gets_a_new_process_told_once(far_host) -> None:
    remotes = far_host.remotes(lease=1.5)
    session = far_host.start(remotes)
    states = States(remotes, session)
    far_host.leave()
    eventually(lambda: not far_host.viewers())
    far_host.come_back()
    after = until(remotes, session, "running")
    assert (after.id, after.restarts) == (session.id, 1)
    assert after.pid != session.pid
    assert "away for longer" in (after.reason or "")
    assert sum("new viewer" in (reason or "") for _, reason in states.seen) == 1


def test_y04_after_a_restart_of_the_host_a_new_viewer_is_told_of(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    far_host.leave()
    os.kill(session.pid, signal.SIGKILL)
    (file,) = far_host.home.glob(".cache/runicorn-jupyter/far/*/session.json")
    file.write_text(json.dumps({**json.loads(file.read_text()), "boot": "another start of this machine"}))
    far_host.come_back()
    after = until(remotes, session, "running")
    assert (after.restarts, after.reason) == (1, "A new viewer was started: the host was restarted.")
    assert far_host.viewers() == [after.pid]


def test_y05_a_viewer_that_is_killed_is_started_again_three_times_then_no_more(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    for times in range(1, 4):
        os.kill(now(remotes, session).pid or 0, signal.SIGKILL)
        eventually(lambda times=times: now(remotes, session).restarts == times)
        assert until(remotes, session, "running").reason == "A new viewer was started: the one before had ended."
    os.kill(now(remotes, session).pid or 0, signal.SIGKILL)
    after = until(remotes, session, "degraded")
    assert "again and again" in (after.reason or "")
    assert "listening for" in (after.reason or "")  # the end of its log
    assert far_host.viewers() == []
    revived, running = remotes.start_viewer(session.connection_id, environment="standin").result(60)
    assert (revived.id, revived.state, revived.restarts, running) == (session.id, "running", 4, False)
    assert health(remotes, session) == b"HTTP/1.1 200"


def test_a_viewer_that_cannot_start_any_more_says_why(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    (far_host.home / "broken").touch()
    os.kill(session.pid, signal.SIGKILL)
    after = until(remotes, session, "degraded")
    told = "The viewer ended on the host before it answered. The end of its log: "
    assert after.reason == f"{told}listening for {far_host.home}/runicorn_data something is broken here"
    with pytest.raises(errors.ViewerFailed, match="is broken"):
        remotes.start_viewer(session.connection_id, environment="standin").result(60)
    assert now(remotes, session).state == "degraded"
    (far_host.home / "broken").unlink()
    assert remotes.start_viewer(session.connection_id, environment="standin").result(60)[0].state == "running"


def test_a_silent_viewer_is_degraded_until_it_answers(far_host) -> None:
    remotes = far_host.remotes(lease=4)
    session = far_host.start(remotes)
    os.kill(session.pid, signal.SIGSTOP)
    try:
        assert until(remotes, session, "degraded").reason == "The viewer on the host does not answer."
        with pytest.raises(errors.ViewerAway, match="does not answer"):
            remotes.open_channel(session.id).result(20)
    finally:
        os.kill(session.pid, signal.SIGCONT)
    assert until(remotes, session, "running").id == session.id


def test_a_viewer_whose_folder_was_cleaned_away_is_replaced(far_host) -> None:
    remotes = far_host.remotes(lease=60, tick=0.2)
    session = far_host.start(remotes)
    shutil.rmtree(far_host.home / ".cache")
    with pytest.raises(errors.ViewerAway, match="Nothing listens"):
        remotes.open_channel(session.id).result(20)
    eventually(lambda: now(remotes, session).restarts)
    assert until(remotes, session, "running").pid != session.pid
    assert health(remotes, session) == b"HTTP/1.1 200"
    os.kill(session.pid, signal.SIGKILL)  # it would end by its lease


def test_y15_a_changed_host_key_ends_it_at_once(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    session = far_host.start(remotes)
    host_key = far_host.sshd.key.with_name("host")
    far_host.leave()
    host_key.unlink()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", host_key], check=True)
    far_host.come_back()
    after = until(remotes, session, "stopped")
    assert "another one than the one that is known" in (after.reason or "")
    assert after.next_try is None
    assert after.id in {one.id for one in remotes.viewers().result(20)}  # somebody has to be told
    held = remotes._sessions._all[session.id]
    assert held.connection is None  # and with it its secrets
    assert held.care is None or eventually(held.care.done)
    assert far_host.sshd.log.read_text().count("Host key is not trusted") == 1
    remotes.stop_viewer(session.id).result(20)
    assert remotes.viewers().result(20) == []


def test_a_login_that_is_refused_now_ends_every_session_of_it(far_host) -> None:
    remotes = far_host.remotes(lease=60)
    one = far_host.start(remotes)
    (far_host.home / "other").mkdir()
    two = far_host.start(remotes, root="~/other")
    far_host.sshd.key.with_name("authorized").write_text("")
    far_host.cut()
    for session in (one, two):
        after = until(remotes, session, "stopped")
        assert "refused to let" in (after.reason or "")


def test_y06_who_starts_again_adopts_the_process_of_before(far_host) -> None:
    before = far_host.remotes(lease=60)
    session = far_host.start(before)
    before.close()
    assert far_host.viewers() == [session.pid]
    after = far_host.remotes(lease=30)
    connection = far_host.connect(after)
    adopted, running = after.start_viewer(connection.key, environment="standin").result(60)
    assert (adopted.id, adopted.pid, adopted.restarts, running) == (session.id, session.pid, 0, True)
    assert abs(adopted.started - session.started) < 10
    after.stop_viewer(adopted.id).result(20)
    assert far_host.viewers() == []


def test_y06_nobody_who_asks_means_that_it_ends_by_itself(far_host) -> None:
    remotes = far_host.remotes(lease=2)
    far_host.start(remotes)
    remotes.close()
    eventually(lambda: not far_host.viewers())
    assert not list(far_host.home.glob(".cache/runicorn-jupyter/far/*/????"))  # its socket


def test_two_clients_share_one_process_and_a_stop_of_one_is_not_undone_by_the_other(far_host) -> None:
    kernel, server = far_host.remotes(lease=60), far_host.remotes(lease=60)
    one, two = far_host.start(kernel), far_host.start(server)
    assert (one.id, one.pid) == (two.id, two.pid)
    kernel.stop_viewer(one.id).result(20)
    after = until(server, two, "stopped")
    assert after.reason == "It was stopped by somebody else."
    assert far_host.viewers() == []
    again, _ = server.start_viewer(two.connection_id, environment="standin").result(60)
    assert (again.id, again.state) == (one.id, "running")


def test_tries_are_close_together_while_the_lease_may_run_and_then_rare() -> None:
    pace = Pace(lease=120)
    waits = pace.waits(120)
    passed, longest = 0.0, 0.0
    for wait in waits:
        assert 0.25 <= wait <= 60
        if passed < 120:
            assert wait <= 10
        passed += wait
        longest = max(longest, wait)
        if passed > 1000:
            break
    assert longest > 25


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_no_orphans_after_cuts_and_kills(far_host) -> None:
    """Set RUNICORN_CUTS for more of them."""
    remotes = far_host.remotes(lease=60, restarts=10_000)
    session = far_host.start(remotes)
    descriptors = _descriptors()
    for times in range(int(os.environ.get("RUNICORN_CUTS", "20"))):
        before = now(remotes, session)
        with remotes.open_channel(session.id).result(20) as channel:
            channel.settimeout(20)
            if times % 2:
                far_host.cut()
            else:
                os.kill(before.pid or 0, signal.SIGKILL)
            assert channel.recv(1) == b""
        eventually(lambda before=before: now(remotes, session).since > before.since)
        after = until(remotes, session, "running")
        assert (after.pid == before.pid) == bool(times % 2)
        assert far_host.viewers() == [after.pid]
    assert _descriptors() <= descriptors + 8
    remotes.disconnect(session.connection_id).result(30)
    assert far_host.viewers() == []
