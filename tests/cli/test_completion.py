"""Completion, in a real bash, a real fish and a real zsh; and that every command and option is in the text."""

from __future__ import annotations

import argparse
import os
import pty
import select
import subprocess
import time

import pytest

from runicorn_jupyter.cli import main
from runicorn_jupyter.cli.commands import COMMANDS


@pytest.fixture
def complete(capsys, tmp_path):
    """Return a function that says what bash offers for the last word of a line."""
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "completion"
    script.write_text(capsys.readouterr().out)

    def offered(*words: str) -> set[str]:
        line = " ".join(f"'{word}'" for word in words)
        ask = f'source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _runicorn; echo "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stderr == ""
        return set(done.stdout.split())

    return offered


def test_bash_knows_commands_options_and_words(complete):
    assert complete("runicorn", "sh") == {"show"}
    assert {command.name for command in COMMANDS} <= complete("runicorn", "")
    assert complete("runicorn", "viewer", "--st") == {"--storage"}
    assert complete("runicorn", "manage", "--action", "re") == {"restore", "recycle-bin"}
    assert complete("runicorn", "cache", "cl") == {"clear"}
    assert complete("runicorn", "runs", "--project", "x") == set()


def test_bash_offers_folders_where_a_folder_is_wanted(complete, tmp_path):
    (tmp_path / "place").mkdir()
    assert complete("runicorn", "runs", "--storage", "pl") == {"place"}


@pytest.mark.shells
def test_fish_knows_commands_options_and_words(capsys, tmp_path):
    assert main(["completion", "fish"]) == 0
    script = tmp_path / "completion.fish"
    script.write_text(capsys.readouterr().out)

    def offered(line: str) -> set[str]:
        ask = ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"]
        done = subprocess.run(ask, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stderr == ""
        return {answer.split("\t")[0] for answer in done.stdout.splitlines()}

    assert offered("runicorn sh") == {"show"}
    assert {command.name for command in COMMANDS} <= offered("runicorn ")
    assert offered("runicorn viewer --st") == {"--storage"}
    assert offered("runicorn manage --action re") == {"restore", "recycle-bin"}
    assert offered("runicorn cache cl") == {"clear"}
    assert offered("runicorn runs --project x") == set()


@pytest.mark.shells
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("runicorn sho", "runicorn show"),
        ("runicorn viewer --sto", "runicorn viewer --storage"),
        ("runicorn manage --action rest", "runicorn manage --action restore"),
        ("runicorn cache cl", "runicorn cache clear"),
    ],
)
def test_zsh_completes_at_the_prompt(capsys, tmp_path, typed, completed):
    assert main(["completion", "zsh"]) == 0
    (tmp_path / "completion.zsh").write_text(capsys.readouterr().out)
    ours, its = pty.openpty()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    command = ["setsid", "--ctty", "zsh", "-f", "-i"]
    with subprocess.Popen(command, stdin=its, stdout=its, stderr=its, env=environment, cwd=tmp_path) as shell:
        try:
            screen = Screen(ours)
            screen.type("source completion.zsh; echo rea''dy\n", until=b"ready\r\n")
            # Tab, then the line is put between marks (Ctrl-A, Ctrl-E) and shown instead of run.
            screen.type(f"{typed}\t\x01echo '<\x05>'\n", until=f"\n<{completed}>\r\n".encode())
        finally:
            shell.kill()
    os.close(ours)
    os.close(its)


class Screen:
    """A terminal that is typed into until something stands on it."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def type(self, text: str, *, until: bytes) -> None:
        os.write(self.fd, text.encode())
        shown, deadline = b"", time.monotonic() + 60
        while until not in shown:
            assert time.monotonic() < deadline, shown
            if select.select([self.fd], [], [], 0.1)[0]:
                shown += os.read(self.fd, 65536)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_option_is_in_the_text(shell, capsys):
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        parser = argparse.ArgumentParser()
        command.load().add_options(parser)
        for option in parser._option_string_actions:
            assert f" {option.lstrip('-')} " in text if shell == "fish" else option in text
