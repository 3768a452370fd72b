from __future__ import annotations

import subprocess
import sys

import pytest

from runicorn_jupyter import __version__
from runicorn_jupyter.cli import main


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"runicorn-jupyter {__version__}\n"


def test_without_a_command_it_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "viewer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["viewer", "--storge", "x"], "--storage"),
        (["viewer", "--allow-orgin", "http://a"], "--allow-origin"),
        (["viewer", "--require-tokn"], "--require-token"),
        (["viewer", "--log-lvl=DEBUG"], "--log-level"),
    ],
)
def test_a_wrong_option_names_the_nearest_right_one(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert f"did you mean {meant}?" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("command", ["export", "manage", "rate-limit", "generate-manifest"])
def test_a_documented_command_to_come_says_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--whatever", "it", "takes"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("runicorn: ")
    assert said.count("\n") == 1


def test_an_unknown_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["veiwer"]) == 2
    assert "viewer" in capsys.readouterr().err


def test_python_dash_m() -> None:
    command = [sys.executable, "-m", "runicorn_jupyter", "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().endswith(__version__)


def test_asking_for_the_version_loads_no_server() -> None:
    script = "import sys, runicorn_jupyter.cli as c; c.main(['--version']); print('tornado' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
