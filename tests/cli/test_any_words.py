"""Whatever is typed ends with a documented code and, when it is wrong, with a sentence: never with a traceback."""

from __future__ import annotations

import argparse

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rundirs import write_run

from runicorn_jupyter.cli import main
from runicorn_jupyter.cli.commands import COMMANDS

SAFE = [command for command in COMMANDS if command.name not in {"viewer", "import", "export", "export-data"}]
"""Not those that serve for ever or write files where they stand."""


def words_of(command) -> list[str]:
    parser = argparse.ArgumentParser()
    command.load().add_options(parser)
    options = [
        option for option in parser._option_string_actions if option not in {"-h", "--storage", "--set-user-root"}
    ]
    return options + [str(word) for action in parser._actions for word in action.choices or ()]


LINES = st.sampled_from(SAFE).flatmap(
    lambda command: st.lists(
        st.one_of(st.sampled_from(words_of(command)), st.sampled_from(["run-1", "", "0", "-1", "\x00", "loss"]),
                  st.text(max_size=8)),
        max_size=5,
    ).map(lambda words: [command.name, *words])
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    write_run(root, "run-1", points=3)
    return root


@given(LINES)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_words(root, tmp_path, monkeypatch, capsys, words):
    monkeypatch.setenv("RUNICORN_DIR", str(root))
    monkeypatch.chdir(tmp_path)
    code = main(words)
    said = capsys.readouterr()
    assert code in {0, 1, 2}
    assert "Traceback" not in said.err
    assert code != 2 or said.err.count("\n") in {1, 3}  # three with the query and its carets
