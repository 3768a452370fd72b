"""A line of 300 ms and 50 kB/s: slow, and usable; nobody takes it for a broken one (Y09)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from farviewers import FarHost
from slowline import SlowLine

from runicorn_jupyter.remote.remotes import Remotes

pytestmark = pytest.mark.sshd

SIZE = 400_000


@pytest.fixture
def slow(far_host: FarHost) -> Iterator[FarHost]:
    """Return a host that is reached only by such a line."""
    line = SlowLine(far_host.sshd.port, delay=0.15, rate=50_000)
    known = far_host.sshd.known_hosts
    known.write_text(known.read_text().replace(f":{far_host.sshd.port} ", f":{line.port} "))
    far_host.sshd.port = line.port
    yield far_host
    line.close()


def test_y09_a_slow_line_is_usable_and_not_taken_for_a_broken_one(slow) -> None:
    """While something large comes, for longer than an answer to a heartbeat may take, the session stays as it was."""
    remotes = slow.remotes(lease=12)
    session = slow.start(remotes)
    assert session.state == "running"
    states = set()
    remotes.watch(lambda: states.update(one.state for one in remotes._sessions.shown()))
    assert read(remotes, session.id, f"/bytes/{SIZE}") == SIZE
    assert read(remotes, session.id, "/api/health") > 0
    after = remotes.viewer(session.id).result(30)
    assert (after.state, after.pid, after.restarts) == ("running", session.pid, 0)
    assert states <= {"running"}
    assert remotes.exists(session.connection_id, "~").result(30)["exists"]
    assert remotes.ping(session.connection_id).result(30) >= 0.3


def read(remotes: Remotes, session_id: str, path: str) -> int:
    """Return how many bytes a far viewer answers."""
    with remotes.open_channel(session_id).result(30) as channel:
        channel.settimeout(60)
        channel.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = channel.makefile("rb")
        assert answer.readline().startswith(b"HTTP/1.1 200")
        while answer.readline().strip():
            pass
        return len(answer.read())
