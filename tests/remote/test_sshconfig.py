"""~/.ssh/config as far as it is plain, against what OpenSSH makes of the same file; and going through a jump host."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from fixtures_sshd import Sshd

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.remote import sshconfig
from runicorn_jupyter.remote.hostkeys import HostKeys
from runicorn_jupyter.remote.remotes import Remotes

CONFIG = """
User everywhere
Host gpu1 gpu2
    HostName %h.cluster.example
    Port 2222
    IdentityFile ~/.ssh/cluster   # a comment
    ProxyJump login
Host login
    HostName = login.example
    User=gate
Host *.lab !secret.lab
    Port 2200
Match exec "touch canary"
    Port 1
Host "quo ted"
Include more/*.conf
Host *
    Port 2022
    User later
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.conf").write_text("Host included\n  HostName in.example\n")
    (tmp_path / "config").write_text(CONFIG)
    return tmp_path / "config"


def test_named_hosts_are_listed_in_order(file) -> None:
    assert [one.name for one in sshconfig.hosts(file)] == ["gpu1", "gpu2", "login", "quo ted", "included"]
    assert sshconfig.hosts(file.with_name("none")) == []


@pytest.mark.parametrize("name", ["gpu1", "login", "a.lab", "secret.lab", "included", "unknown"])
def test_a_host_is_resolved_as_openssh_resolves_it(file, name, tmp_path) -> None:
    plain = tmp_path / "plain"  # OpenSSH would run the command, and find included files elsewhere
    included = (tmp_path / "more" / "a.conf").read_text()
    plain.write_text(
        file.read_text()
        .replace('Match exec "touch canary"', "Match user nobody")
        .replace("Include more/*.conf\n", included)
    )
    told = subprocess.run(["ssh", "-G", "-F", plain, name], check=True, capture_output=True, text=True).stdout
    said = dict(line.partition(" ")[::2] for line in reversed(told.splitlines()))
    found = sshconfig.host(name, file)
    assert (found.host, str(found.port), found.username) == (said["hostname"], said["port"], said["user"])
    assert (found.jump or "none") == said.get("proxyjump", "none")
    assert found.identity_file is None or found.identity_file == said["identityfile"]


def test_s13_nothing_of_the_file_is_run(file, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    sshconfig.hosts(file)
    assert not (tmp_path / "canary").exists()


def test_a_file_that_includes_itself_ends(tmp_path) -> None:
    (tmp_path / "config").write_text("Host a\nInclude config\nHost b\n")
    assert {one.name for one in sshconfig.hosts(tmp_path / "config")} == {"a", "b"}


@pytest.mark.parametrize("text", ["Host a\nPort x\n", "Host a\nPort -1\n"])
def test_a_port_that_is_none_is_said(tmp_path, text) -> None:
    (tmp_path / "config").write_text(text)
    with pytest.raises(BadRequest, match="port"):
        sshconfig.host("a", tmp_path / "config")


def test_nonsense_says_nothing(tmp_path) -> None:
    (tmp_path / "config").write_bytes(b"\xff\n'\nHost\n=\nHost a\n")
    assert [one.name for one in sshconfig.hosts(tmp_path / "config")] == ["a"]


def test_an_alias_logs_in_through_a_jump_host(sshd: Sshd, tmp_path: Path) -> None:
    """The same sshd twice: as the host on the way by its address, as the goal by a name that only it resolves."""
    folder = Path.home() / ".ssh"
    folder.mkdir()
    (folder / "config").write_text(
        f"Host goal\n HostName localhost\n Port {sshd.port}\n User {sshd.user}\n IdentityFile {sshd.key}\n"
        f" ProxyJump way\nHost way\n HostName 127.0.0.1\n Port {sshd.port}\n User {sshd.user}\n"
    )
    line = sshd.known_hosts.read_text()
    (tmp_path / "known").write_text(line + line.replace("127.0.0.1", "localhost"))
    remotes = Remotes(HostKeys([tmp_path / "known"], tmp_path / "own"))
    before = sshd.log.read_text().count("Accepted publickey")
    try:
        connection, facts = remotes.connect("goal", "", ssh_config=True, use_agent=False).result(20)
        assert connection.key == f"{sshd.user}@localhost:{sshd.port}"
        assert facts is not None
        remotes.disconnect("localhost").result(20)
    finally:
        remotes.close()
    assert sshd.log.read_text().count("Accepted publickey") == before + 2
