"""docs/artifacts.md, run as it stands: its program, then its commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys

from places import REPOSITORY

from runicorn_jupyter.cli import main
from runicorn_jupyter.server.routes import ROUTES

TEXT = (REPOSITORY / "docs" / "artifacts.md").read_text()


def test_the_program_and_the_commands_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "weights.bin").write_bytes(os.urandom(1000))
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "a.yaml").write_text("lr: 1")
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "root"))
    program = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1]
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    commands = re.search(r"```sh\n(.*?)```", TEXT, re.DOTALL)[1].splitlines()
    assert len(commands) > 10
    for command in commands:
        words = [{"OUT": str(tmp_path / "out")}.get(word, word) for word in shlex.split(command)]
        assert main(words[1:]) == 0, command
        assert capsys.readouterr().out
    assert (tmp_path / "out" / "configs" / "a.yaml").read_text() == "lr: 1"


def test_every_noun_of_the_routes_is_told():
    nouns = {part for address, _ in ROUTES if address.startswith("/artifacts") for part in address.split("/")}
    plain = {noun for noun in nouns if noun and "{" not in noun}
    assert {noun for noun in plain if noun not in TEXT} == set()
