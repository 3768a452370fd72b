"""``rn.remote()``: a panel by comm, an output that names nobody, and messages that reach nothing but the verbs."""

from __future__ import annotations

import json
import socket
from concurrent.futures import Future
from typing import Any

import comm
import pytest
from fakeremotes import KEY, FakeRemotes
from farviewers import far_host  # noqa: F401 - a fixture
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from pages import FakeComm, until
from rundirs import append, write_run

import runicorn as rn
import runicorn_jupyter
from runicorn_jupyter.display.bundle import WIDGET_MIME
from runicorn_jupyter.display.document import MIME
from runicorn_jupyter.errors import AnswerRefused, BadRequest
from runicorn_jupyter.models.remoteseen import SeenSession
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes
from runicorn_jupyter.widgets import _esm, hosts
from runicorn_jupyter.widgets import remote as panels
from runicorn_jupyter.widgets.farruns import far_runs
from runicorn_jupyter.widgets.hosts import Cell
from runicorn_jupyter.widgets.remote import RemoteSessions, Wish
from runicorn_jupyter.widgets.remotecalls import RemoteCalls

TOLD = {
    "id": "0123abcd",
    "host": "gpu1.secret.example",
    "root": "/home/alice/vision runs",
    "environment": "torch",
    "state": "running",
    "reason": "A new viewer was started on gpu1.secret.example.",
    "since": 1.79e9,
}


@pytest.fixture(autouse=True)
def comms(monkeypatch):
    """Return the comms of panels, oldest first."""
    opened: list[FakeComm] = []

    def create(**options):
        made = FakeComm(**options)
        if "key" in made.opened:
            opened.append(made)
        return made

    monkeypatch.setattr(comm, "create_comm", create)
    monkeypatch.setattr(_esm, "source", lambda *_: "export default {}")
    yield opened
    panels.close_all()


@pytest.fixture
def notebook(monkeypatch):
    """A shell that publishes into a list; `notebook.cell` is the running cell."""
    monkeypatch.setattr(InteractiveShell, "_instance", None)
    shell = InteractiveShell.instance(display_pub_class=CapturingDisplayPublisher)
    shell.cell = Cell("cell-1", "execution-1")
    monkeypatch.setattr(hosts, "shell", lambda: shell)
    monkeypatch.setattr(hosts, "cell", lambda: shell.cell)
    yield shell
    panels.close_all()
    InteractiveShell.clear_instance()


def outputs(notebook):
    """What the notebook would save, the last bundle of each place."""
    saved = {}
    for message in list(notebook.display_pub.outputs):
        saved[message["transient"]["display_id"]] = message["data"]
    return list(saved.values())


def called(page, method, path, body=None, query=(), number=[0]):  # noqa: B006 - one count for all calls
    """Ask as the panel does, and return the answer when it is there."""
    number[0] += 1
    asked = number[0]
    page.say({"type": "call", "id": asked, "method": method, "path": path.split("/"), "query": [*query], "body": body})
    until(lambda: [one for one in page.messages if one.get("id") == asked], 60)
    (reply,) = [one for one in page.messages if one.get("id") == asked]
    json.dumps(reply)
    return reply["status"], reply["body"]


class NoRemotes:
    """Remotes that must not be asked anything but what the test allows."""

    def __init__(self, **allowed):
        self.__dict__.update(allowed)

    def watch(self, _callback):
        return lambda: None


def done(value):
    work = Future()
    work.set_result(value)
    return work


def test_one_word_for_the_room_and_the_panel():
    import runicorn_jupyter.remote.address as room

    assert rn.remote is runicorn_jupyter.remote
    assert room.address("gpu1", 22, "me").key == "me@gpu1:22"
    assert isinstance(rn.remote(), RemoteSessions)


def test_the_saved_output_names_nobody(notebook, comms):
    shown = rn.remote("alice@gpu1.secret.example:2222", root="/home/alice/vision runs", environment="torch")
    comms[0].say({"type": "told", "sessions": [TOLD]})
    (live,) = outputs(notebook)
    assert live[WIDGET_MIME]["model_id"] == comms[0].comm_id == live[MIME]["key"]
    assert live["text/plain"] == "1 viewer on another host, 1 running\n  vision runs (torch) running"
    assert "<td>vision runs</td><td>torch</td><td>running</td>" in live["text/html"]
    comms[0].say({"type": "hello", "renderer": True})
    (drawn,) = outputs(notebook)
    assert WIDGET_MIME not in drawn
    shown.close()
    (final,) = outputs(notebook)
    assert final["text/plain"] == live["text/plain"]
    for said in (live, drawn, final, comms[0].opened):
        text = json.dumps(said)
        assert not [word for word in ("alice", "gpu1", "2222", "/home") if word in text]
    assert repr(shown) == "<RemoteSessions 1 viewer on another host, 1 running>"


def test_the_wish_of_the_cell_is_told_until_a_page_has_taken_it(notebook, comms):
    rn.remote("gpu1", root="~/runs")
    for _ in range(2):
        comms[0].say({"type": "hello", "renderer": False})
    assert comms[0].of("wish") == [{"type": "wish", "target": "gpu1", "root": "~/runs", "environment": ""}] * 2
    comms[0].say({"type": "begun"})
    comms[0].say({"type": "hello", "renderer": False})
    assert len(comms[0].of("wish")) == 2


def test_running_the_cell_again_takes_the_old_panel_away(notebook, comms):
    first = rn.remote()
    notebook.cell = Cell("cell-1", "execution-2")
    rn.remote()
    assert [page.closed for page in comms] == [True, False]
    first.close()
    notebook.cell = Cell("cell-2", "execution-3")
    rn.remote()
    assert [page.closed for page in comms] == [True, False, False]


def test_a_terminal_is_told_what_does_the_same_there(monkeypatch, capsys):
    monkeypatch.setattr(hosts, "has_page", lambda: False)
    rn.remote()
    assert "runicorn remote" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [("",), ("-oProxyCommand=x",), ("a b",), ("a\nb",), (3,), (None, "~/runs"), ("gpu1", "a\0b"), ("gpu1", 3)],
)
def test_what_cannot_be_a_host_or_folder_is_refused(arguments):
    host, root = (*arguments, None)[:2]
    with pytest.raises(BadRequest):
        rn.remote(host, root=root)


def test_sessions_are_what_the_page_told(comms):
    shown = RemoteSessions()
    assert shown.sessions == ()
    comms[0].say({"type": "told", "sessions": [TOLD]})
    assert shown.sessions == (SeenSession(**TOLD),)
    broken = [
        "no list",
        [3],
        [{**TOLD, "state": "exploded"}],
        [{**TOLD, "since": "now"}],
        [{**TOLD, "since": True}],
        [{**TOLD, "extra": "x"}],
        [{**TOLD, "id": None}],
        [{**TOLD, "host": "x" * 300}],
        [{**TOLD, "reason": "a\x1b[31mb"}],
        [TOLD] * 201,
    ]
    for sessions in broken:
        comms[0].say({"type": "told", "sessions": sessions})
        assert shown.sessions == (SeenSession(**TOLD),)
    comms[0].say({"type": "told", "sessions": []})
    assert shown.sessions == ()


@pytest.mark.parametrize(
    ("method", "path", "body", "query", "status"),
    [
        ("GET", "", None, (), 404),
        ("GET", "health", None, (), 404),
        ("GET", "remote/connections/saved", None, (), 404),
        ("POST", "remote/viewer/sessions", {}, (), 404),
        ("DELETE", "remote/connections", None, (), 404),
        ("GET", "remote/../runs", None, (), 404),
        ("POST", "remote/connect", {"ssh_config": True}, (), 400),
        ("POST", "remote/connect", {"host": "gpu1"}, (), 400),
        ("POST", "remote/connect", {"host": "gpu1", "ssh_config": False}, (), 400),
        ("POST", "remote/connect", {"host": "gpu1", "ssh_config": True, "port": 0}, (), 400),
        ("POST", "remote/connect", {"host": "gpu1", "ssh_config": True, "port": True}, (), 400),
        ("POST", "remote/connect", {"host": "gpu1", "ssh_config": True, "private_key_path": "key"}, (), 400),
        ("POST", "remote/connect", {"host": "gpu1", "ssh_config": True, "command": "id"}, (), 400),
        ("POST", "remote/connect", {"host": "x" * 254, "ssh_config": True}, (), 400),
        ("POST", "remote/connect", {"host": "a\nb", "ssh_config": True}, (), 400),
        ("POST", "remote/connect", {"host": ["gpu1"], "ssh_config": True}, (), 400),
        ("POST", "remote/viewer/install", {"connection_id": "a@b:22"}, (), 400),
        ("POST", "remote/viewer/install", {"connection_id": "a@b:22", "confirm": "yes"}, (), 400),
        ("GET", "remote/fs/list", None, [["connection_id", "a@b:22"]], 400),
        ("GET", "remote/viewer/logs", None, [["session_id", "1"], ["lines", "-1"]], 400),
        ("GET", "remote/viewer/logs", None, [["session_id", "1"], ["after", "1e3"]], 400),
        ("GET", "remote/viewer/sessions", None, [["path"]], 400),
        ("GET", "remote/viewer/sessions", None, [["x", 1]], 400),
    ],
)
def test_a_forged_message_reaches_nothing(comms, method, path, body, query, status):
    """J06: whatever is no verb, or has an argument that is not of its schema, is refused before anything is opened."""
    panel = RemoteSessions(remotes=lambda: pytest.fail("the logins were touched"))
    answered, problem = called(comms[0], method, path, body, query)
    assert (answered, bool(problem["message"])) == (status, True)
    panel.close()


def test_messages_that_are_no_calls_are_passed_over(comms):
    RemoteSessions(remotes=lambda: pytest.fail("the logins were touched"))
    for message in (3, [], {}, {"type": "call"}, {"type": "call", "id": "1"}, {"type": "exec", "id": 1}):
        comms[0].say(message)
    comms[0].say({"type": "call", "id": 1, "path": "remote", "method": "GET"})
    assert [one["status"] for one in comms[0].messages] == [400]


def test_five_failed_logins_in_a_minute_are_enough(comms):
    from runicorn_jupyter.errors import IdentityRequired

    tried = []

    def connect(host, *_, **__):
        tried.append(host)
        work = Future()
        work.set_exception(IdentityRequired("no"))
        return work

    panel = RemoteSessions(remotes=lambda: NoRemotes(connect=connect))
    login = {"host": "gpu1", "ssh_config": True}
    statuses = [called(comms[0], "POST", "remote/connect", login)[0] for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2
    assert called(comms[0], "POST", "remote/connect", {**login, "host": "gpu2"})[0] == 401
    assert tried == ["gpu1"] * 5 + ["gpu2"]
    panel.close()


def test_a_fault_of_ours_tells_nothing_of_itself(comms):
    def viewers():
        raise RuntimeError("secret")

    panel = RemoteSessions(remotes=lambda: NoRemotes(viewers=viewers))
    assert called(comms[0], "GET", "remote/viewer/sessions") == (
        500,
        {"message": "The kernel could not do this.", "error": "internal_error"},
    )
    panel.close()


def test_a_host_is_shown_by_comm_alone(far_host, comms):  # noqa: F811 - the fixture
    """Without a server: log in, look, start, read the log, stop, and log out, all from the kernel's own logins."""
    remotes = far_host.remotes()
    connection = far_host.connect(remotes)
    panel = RemoteSessions(remotes=lambda: remotes)
    page, about = comms[0], [["connection_id", connection.key]]
    assert called(page, "GET", "remote/connections")[1]["connections"][0]["connection_id"] == connection.key
    environments = called(page, "GET", "remote/environments", query=about)[1]["environments"]
    assert {one["name"] for one in environments} >= {"ours", "standin"}
    assert called(page, "GET", "remote/storage-candidates", query=about)[0] == 200
    listed = called(page, "GET", "remote/fs/list", query=[*about, ["path", "~"]])[1]
    assert "runicorn_data" in {one["name"] for one in listed["items"]}
    wanted = {"connection_id": connection.key, "conda_env": "standin", "remote_root": ""}
    status, body = called(page, "POST", "remote/viewer/start", wanted)
    assert (status, body["session"]["state"], body["session"]["proxyPath"]) == (200, "running", None)
    session = body["session"]["sessionId"]
    assert [one.state for one in panel.sessions] == ["running"]
    assert page.of("changed")
    until(lambda: "1 viewer on another host, 1 running" in repr(panel), 30)
    (listed,) = called(page, "GET", "remote/viewer/sessions")[1]["sessions"]
    assert listed["sessionId"] == session
    log = called(page, "GET", "remote/viewer/logs", query=[["session_id", session], ["lines", "10"]])[1]
    assert set(log) == {"logs", "total_lines", "end"}
    assert called(page, "POST", "remote/viewer/stop", {"session_id": session})[0] == 200
    assert panel.sessions == ()
    assert called(page, "DELETE", f"remote/connections/{connection.key}")[0] == 200
    assert called(page, "GET", "remote/environments", query=about)[1]["error"] == "connection_not_found"
    panel.close()


def test_the_runs_of_a_host_are_a_frame(far_host, comms):  # noqa: F811 - the fixture
    run = write_run(far_host.home / "runs", "20270101_120000_aaaaaa", project="digits", name="mlp", tags=["far"])
    append(run, {"loss": 0.5, "global_step": 1}, {"loss": 0.25, "global_step": 2})
    remotes = far_host.remotes()
    far_host.start(remotes, root=str(far_host.home / "runs"), environment="ours")
    panel = RemoteSessions(remotes=lambda: remotes)
    with pytest.raises(BadRequest, match="of the Jupyter server"):
        panel.runs()
    called(comms[0], "GET", "remote/viewer/sessions")
    until(lambda: len(panel.runs()) == 1, 30)
    frame = panel.runs(panel.sessions[0].id, limit=5)
    assert frame.loc["20270101_120000_aaaaaa", ["project", "name", "loss", "last_step"]].tolist() == [
        *("digits", "mlp", 0.25, 2)
    ]
    with pytest.raises(BadRequest, match="limit"):
        panel.runs(limit=0)
    panel.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]",
        b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n[{"id": 3}]',
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n[",
        b"SSH-2.0-nothing\r\n",
        b"",
    ],
)
def test_whatever_else_a_host_answers_is_refused(answer):
    ours, theirs = socket.socketpair()
    theirs.sendall(answer)
    theirs.shutdown(socket.SHUT_WR)
    with theirs, pytest.raises(AnswerRefused):
        far_runs(ours, 10)
    assert ours.fileno() == -1


def test_a_key_is_accepted_as_it_was_shown(far_host, tmp_path, comms):  # noqa: F811 - the fixture
    own = tmp_path / "accepted"
    remotes = Remotes(HostKeys([], own))
    panel = RemoteSessions(remotes=lambda: remotes)
    login = {"host": "127.0.0.1", "port": far_host.sshd.port, "username": far_host.sshd.user, "ssh_config": True}
    status, problem = called(comms[0], "POST", "remote/connect", login)
    assert (status, problem["error"]) == (409, "host_key_confirmation_required")
    forged = {**problem["host_key"], "fingerprint_sha256": "SHA256:" + "A" * 43}
    assert called(comms[0], "POST", "remote/known-hosts/accept", forged)[0] == 400
    assert called(comms[0], "POST", "remote/known-hosts/accept", problem["host_key"]) == (200, {"ok": True})
    assert problem["host_key"]["public_key"].split()[1] in own.read_text()
    panel.close()
    remotes.close()


def test_a_wish_is_no_trait(comms):
    RemoteSessions(Wish("alice@gpu1", "", ""))
    assert "gpu1" not in json.dumps(comms[0].opened)


def test_an_installation_is_begun_and_told_by_comm() -> None:
    """The same job as over HTTP; without a login, or before any, it is a sentence."""
    remotes, told = FakeRemotes(), list[dict[str, Any]]()
    calls = RemoteCalls(lambda: remotes)
    path = ["remote", "viewer", "install"]
    ask = {"method": "GET", "path": path, "query": [["connection_id", KEY]]}
    calls.answer(ask, told.append)
    calls.answer({"method": "POST", "path": path, "body": {"connection_id": KEY, "confirm": True}}, told.append)
    calls.answer(ask, told.append)
    calls.answer({**ask, "query": [["connection_id", "a@b:22"]]}, told.append)
    assert [one["status"] for one in told] == [404, 200, 200, 404]
    assert told[2]["body"]["state"] == "done"
