"""`runicorn remote`, as typed: through a viewer that runs here to a real sshd with a real viewer behind it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pexpect
import pytest
from client.standin import in_turn, sends, stand_in
from farviewers import FarHost, eventually, started_host
from rundirs import write_run
from viewers import running_viewer

from runicorn_jupyter.cli import main
from runicorn_jupyter.cli.remotelogin import Target, target_of
from runicorn_jupyter.errors import BadRequest

pytestmark = pytest.mark.sshd

FOLDERS = {"XDG_CACHE_HOME": ".cache", "XDG_CONFIG_HOME": ".config", "XDG_RUNTIME_DIR": "run", "HOME": "."}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarHost]:
    with started_host(tmp_path_factory.mktemp("host")) as host:
        write_run(host.home / "runicorn_data", project="far", name="away")
        yield host


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start the viewer of this module and return the environment of its user."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "root").mkdir()
    variables = {name: str((folder / path).resolve()) for name, path in FOLDERS.items()}
    for path in variables.values():
        Path(path).mkdir(mode=0o700, exist_ok=True)
    with running_viewer(folder / "root", env=variables):
        yield variables


@pytest.fixture
def user(here: dict[str, str], host: FarHost, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Be the user of that viewer, who has confirmed nobody's key; nothing stays connected."""
    for name, value in here.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    yield f"{host.sshd.user}@127.0.0.1:{host.sshd.port}"
    main(["remote", "disconnect", f"{host.sshd.user}@127.0.0.1:{host.sshd.port}"])
    for known in Path(here["XDG_CONFIG_HOME"]).rglob("known_hosts"):
        known.unlink()


@pytest.fixture
def key(host: FarHost) -> list[str]:
    """Return what names the key, and the host's own key as its owner would tell it."""
    public = asyncssh.read_public_key(host.sshd.key.with_name("host.pub"))
    return ["--key", str(host.sshd.key), "--no-agent", "--accept-fingerprint", public.get_fingerprint()]


def said(capsys: pytest.CaptureFixture[str], *words: str):
    """Return what a command prints as JSON, once it has ended well."""
    code = main(["remote", *words, "--json"])
    out, err = capsys.readouterr()
    assert code == 0, err
    return json.loads(out)


def test_a_session_from_login_to_goodbye(user, key, host, capsys) -> None:
    assert main(["remote", "connect", user, *key]) == 0
    assert capsys.readouterr().out.startswith(f"Connected: {user} ({os.uname().nodename}, Linux, 3.")
    assert "ours" in {one["name"] for one in said(capsys, "envs", user)}
    assert main(["remote", "start", user, "--env", "ours"]) == 0
    line, address = capsys.readouterr().out.splitlines()
    assert f"shows {host.home}/runicorn_data of {user}: running" in line
    assert address.startswith("http://localhost:")
    session = line.split()[0]
    again = said(capsys, "start", user, "--env", "ours", "--root", "~/runicorn_data")
    assert (again["session_id"], again["already_running"]) == (session, True)
    assert main(["remote", "status"]) == 0
    status = capsys.readouterr().out
    assert f"Connected: {user}" in status
    assert session in status
    assert "running" in status
    assert [one["session_id"] for one in said(capsys, "status", session[:4])["viewers"]] == [session]
    assert main(["remote", "logs", session, "--lines", "1"]) == 0
    assert "Listening on" in capsys.readouterr().out
    assert said(capsys, "logs")["end"] > 0
    assert main(["remote", "stop", user]) == 0
    assert capsys.readouterr().out == f"Stopped: {session} on {user}\n"
    eventually(lambda: host.viewers() == [])
    assert main(["remote", "stop", session]) == 1
    assert "no such viewer" in capsys.readouterr().err
    assert main(["remote", "disconnect", user]) == 0
    assert main(["remote", "disconnect", user]) == 1


def test_following_a_log_ends_with_its_viewer(user, key, capsys) -> None:
    session = said(capsys, "start", user, "--env", "ours", *key)["session_id"]
    command = [sys.executable, "-m", "runicorn_jupyter", "remote", "logs", "-f", session]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as follower:
        assert "Listening on" in follower.stdout.readline()
        assert main(["remote", "stop", session]) == 0
        assert follower.wait(60) == 0


def test_ctrl_c_ends_following(user, key, capsys) -> None:
    session = said(capsys, "start", user, "--env", "ours", *key)["session_id"]
    command = [sys.executable, "-m", "runicorn_jupyter", "remote", "logs", "--follow", session]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as follower:
        assert "Listening on" in follower.stdout.readline()
        follower.send_signal(signal.SIGINT)
        assert follower.wait(60) == 130
        assert "Traceback" not in follower.stderr.read()
    assert main(["remote", "stop", session]) == 0


def test_an_unknown_host_is_trusted_by_nobody_without_a_terminal(user, key, capsys) -> None:
    assert main(["remote", "connect", user, *key[:3]]) == 1
    error = capsys.readouterr().err
    assert "is not known yet" in error
    assert key[-1] in error
    assert error.count("\n") == 1
    assert main(["remote", "connect", user, *key[:4], "SHA256:another"]) == 1
    assert "nothing was sent" in capsys.readouterr().err
    assert said(capsys, "hosts")["open"] == []


def typed(*words: str) -> pexpect.spawn:
    """Run a command at a terminal."""
    command = ["-m", "runicorn_jupyter", "remote", *words]
    return pexpect.spawn(sys.executable, command, timeout=60, encoding="utf-8", env={**os.environ, "COLUMNS": "200"})


def test_at_a_terminal_a_person_says_yes_to_a_key(user, key, host, capsys) -> None:
    for answer, code, end in (("", 1, "was not trusted"), ("n", 1, "was not trusted"), ("y", 0, "Connected: ")):
        with typed("connect", user, *key[:3]) as terminal:
            terminal.expect_exact(f"It shows ssh-ed25519 {key[-1]}")
            terminal.expect_exact("[y/N]")
            terminal.sendline(answer)
            terminal.expect_exact(end)
            terminal.expect(pexpect.EOF)
        assert terminal.exitstatus == code
    assert [one["key"] for one in said(capsys, "hosts")["open"]] == [user]


def test_a_passphrase_is_asked_for_and_shown_to_nobody(user, key, host, tmp_path) -> None:
    """Wrong once, right then; it stands in no argument, and the terminal does not echo it."""
    text = asyncssh.read_private_key(host.sshd.key).export_private_key(
        passphrase="open sesame", rounds=4, ignore_few_rounds=True
    )
    (tmp_path / "key").write_bytes(text)
    with typed("connect", user, *key, "--key", str(tmp_path / "key")) as terminal:
        seen = ""
        for attempt in ("hunter2", "open sesame"):
            terminal.expect_exact("Passphrase for ")
            terminal.waitnoecho()
            assert attempt not in " ".join(Path(f"/proc/{terminal.pid}/cmdline").read_text().split("\0"))
            terminal.sendline(attempt)
            seen += terminal.before
        terminal.expect_exact("Connected: ")
        seen += terminal.before
        terminal.expect(pexpect.EOF)
    assert terminal.exitstatus == 0
    assert "hunter" not in seen
    assert "sesame" not in seen


def test_a_password_is_not_asked_for_where_nobody_can_type_it(user, key, capsys, tmp_path) -> None:
    other = tmp_path / "other"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(other)
    assert main(["remote", "connect", user, *key, "--key", str(other)]) == 1
    assert "refused to let" in capsys.readouterr().err
    assert main(["remote", "connect", user, *key, "--password"]) == 1
    assert "only be typed at a terminal" in capsys.readouterr().err


def test_hosts_of_the_ssh_configuration_are_listed_and_completed(user, key, host, here, capsys) -> None:
    folder = Path(here["HOME"]) / ".ssh"
    folder.mkdir(exist_ok=True)
    lines = f"Host gpu1\n  HostName 127.0.0.1\n  Port {host.sshd.port}\n  User {host.sshd.user}\n"
    (folder / "config").write_text(f"{lines}  IdentityFile {host.sshd.key}\n")
    try:
        assert main(["remote", "hosts"]) == 0
        assert f"gpu1  {user}" in capsys.readouterr().out
        assert said(capsys, "connect", "gpu1", *key[2:])["connection_id"] == user
        assert main(["remote", "connect", "gpu1", "--no-ssh-config"]) == 1
        assert "gpu1" in capsys.readouterr().err
    finally:
        (folder / "config").unlink()


def test_nothing_is_installed_without_a_yes(user, key, capsys) -> None:
    assert main(["remote", "install", user, *key]) == 1
    assert "Nothing was installed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [
        ({"state": "done", "environment": "runicorn"}, 0, "Installed: runicorn on me@h:22\n"),
        ({"state": "failed", "reason": "There is no room left on the host."}, 1, "runicorn: There is no room left"),
    ],
)
def test_an_installation_is_waited_for(capsys, end, code, says) -> None:
    job = {"connection_id": "me@h:22", "step": "packages", "done": 1, "total": 4, "reason": "", "environment": None}
    running = {**job, "state": "running"}
    answers = in_turn(sends({"ok": True, "job": running}), sends(running), sends({**job, **end}))
    with stand_in(remote_connect=sends({"connection_id": "me@h:22"}), remote_viewer_install=answers) as server:
        assert main(["remote", "install", "me@h", "--yes", "--viewer", server.url]) == code
        assert server.count("/api/remote/viewer/install") == 3
    said = capsys.readouterr()
    assert says in said.out + said.err


def test_a_host_without_our_viewer_is_told_what_to_do(capsys) -> None:
    missing = sends({"error": "viewer_missing", "detail": "No environment there has runicorn-jupyter."}, 409)
    with stand_in(remote_connect=sends({"connection_id": "me@h:22"}), remote_viewer_start=missing) as server:
        assert main(["remote", "start", "me@h", "--viewer", server.url]) == 1
    said = capsys.readouterr().err
    assert "No environment there" in said
    assert "`runicorn remote install me@h`" in said


def test_without_a_viewer_one_is_asked_for(own_home, monkeypatch, capsys) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(own_home / "run"))
    assert main(["remote", "status"]) == 1
    assert "start `runicorn viewer` first" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("action", "code"), [("connect", 2), ("envs", 2), ("start", 2), ("install", 2), ("disconnect", 2), ("stop", 1)]
)
def test_which_host_is_asked_where_none_is_named(user, capsys, action, code) -> None:
    assert main(["remote", action]) == code
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("gpu1", Target("gpu1", None, None)),
        ("me@gpu1", Target("gpu1", "me", None)),
        ("me@gpu1:2222", Target("gpu1", "me", 2222)),
        ("ssh://me@gpu1:2222", Target("gpu1", "me", 2222)),
        ("[fe80::1]:22", Target("fe80::1", None, 22)),
        ("me@fe80::1", Target("fe80::1", "me", None)),
    ],
)
def test_what_a_target_says(text, meant) -> None:
    assert target_of(text) == meant


@pytest.mark.parametrize("text", ["", "a@b@c", "me@", "h:port", "h:"])
def test_what_is_no_target(text) -> None:
    with pytest.raises(BadRequest, match="user@host"):
        target_of(text)
