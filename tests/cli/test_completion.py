"""Completion, in a real bash; for the other shells, that every command and option is in the text."""

from __future__ import annotations

import argparse
import subprocess

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


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_option_is_in_the_text(shell, capsys):
    assert main(["completion", shell]) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        parser = argparse.ArgumentParser()
        command.load().add_options(parser)
        for option in parser._option_string_actions:
            assert f" {option.lstrip('-')} " in text if shell == "fish" else option in text
