"""The commands of docs/cli.md, in their order, as they stand; only folders and ids are put in."""

from __future__ import annotations

import re
import shlex

import pytest
from farviewers import started_host
from places import REPOSITORY
from rundirs import append, write_run
from viewers import running_viewer

from runicorn_jupyter.cli import main
from runicorn_jupyter.cli.commands import COMMANDS

TEXT = (REPOSITORY / "docs" / "cli.md").read_text()


@pytest.fixture
def root(tmp_path, monkeypatch):
    run_dir = write_run(tmp_path / "root", "20260101_120000_abcdef", points=9, ended_at=1.79e9)
    append(run_dir, {"acc": 0.9, "global_step": 10})
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "root"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def commands() -> list[list[str]]:
    return [
        shlex.split(line) for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
    ]


def test_every_command_runs(root, capsys):
    for words in commands():
        if words[1] == "remote":  # in the test below
            continue
        put_in = {"RUN": "20260101_120000_abcdef", "DIR": str(root / "mine")}
        code = main([put_in.get(word, word) for word in words[1:]])
        said = capsys.readouterr()
        if words[1:3] == ["viewer", "--url"]:  # none runs here
            assert code == 1
        elif words[1] == "doctor":
            assert code in {0, 1}
        else:
            assert code == 0, (words, said)
        assert said.out or said.err
    assert not (root / "root" / "demo" / "first" / "runs" / "20260101_120000_abcdef").exists()


@pytest.mark.sshd
def test_every_command_about_other_hosts_runs(root, own_home, tmp_path, capsys):
    """As somebody types them whose ~/.ssh/config and known_hosts know the host."""
    folder = own_home / ".ssh"
    folder.mkdir()
    (tmp_path / "sshd").mkdir()
    asked = [words for words in commands() if words[1] == "remote"]
    assert len(asked) == 8
    with started_host(tmp_path / "sshd") as host, running_viewer(root / "root"):
        sshd = host.sshd
        login = f"  HostName 127.0.0.1\n  Port {sshd.port}\n  User {sshd.user}\n  IdentityFile {sshd.key}\n"
        (folder / "config").write_text(f"Host gpu1\n{login}")
        (folder / "known_hosts").write_bytes(sshd.known_hosts.read_bytes())
        for words in asked:
            code = main([{"HOST": "gpu1"}.get(word, word) for word in words[1:]])
            said = capsys.readouterr()
            assert (code, said.err) == (0, ""), words
            assert said.out


def test_every_command_is_told():
    assert [
        command.name
        for command in COMMANDS
        if f"`{command.name}" not in TEXT and f"runicorn {command.name}" not in TEXT
    ] == []
