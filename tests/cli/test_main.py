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
        (["manage", "--action", "tga"], "tag"),
        (["cache", "claer"], "clear"),
        (["remote", "conect"], "connect"),
        (["rate-limit", "--endpiont", "v2"], "--endpoint"),
    ],
)
def test_a_wrong_option_names_the_nearest_right_one(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert f"did you mean {meant}?" in said
    assert said.count("\n") == 1


def test_a_documented_command_that_is_gone_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate-manifest", "--whatever", "it", "takes"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("runicorn: ")
    assert said.count("\n") == 1


def test_an_option_that_is_right_is_not_asked_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs", "--limit", "x"]) == 2
    said = capsys.readouterr().err
    assert "whole number" in said
    assert "did you mean" not in said
    assert main(["manage"]) == 2
    assert "--action" in capsys.readouterr().err


def test_what_fails_and_what_is_wrong_have_codes_of_their_own(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "nope", "--storage", str(tmp_path)]) == 1
    assert main(["show", "nope", "--storage", str(tmp_path / "nowhere")]) == 2
    assert capsys.readouterr().err.count("runicorn: ") == 2


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("runicorn_jupyter.cli.doctor.run", interrupted)
    assert main(["doctor"]) == 130
    assert capsys.readouterr().err == "\n"


def test_an_unknown_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["veiwer"]) == 2
    assert "did you mean viewer?" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["runicorn_jupyter", "runicorn"])
def test_python_dash_m(package: str) -> None:
    command = [sys.executable, "-m", package, "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().endswith(__version__)


def test_asking_for_the_version_loads_no_server() -> None:
    script = "import sys, runicorn_jupyter.cli as c; c.main(['--version']); print('tornado' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
