from __future__ import annotations

import json
import socket
from importlib import metadata

import pytest
from viewers import running_viewer

from runicorn_jupyter import __version__, paths
from runicorn_jupyter.cli import findings, main


def test_it_names_versions_root_and_reason(capsys: pytest.CaptureFixture[str], monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "place"))
    main(["doctor"])
    said = capsys.readouterr().out
    assert f"runicorn-jupyter: {__version__}" in said
    assert metadata.version("tornado") in said
    assert f"storage root: {tmp_path / 'place'} (RUNICORN_DIR, does not exist yet" in said
    assert not (tmp_path / "place").exists()


def test_a_second_owner_of_the_name_is_a_problem_with_its_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"runicorn": ["runicorn_jupyter", "runicorn"]})
    assert findings.second_owner() == "runicorn"
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "pip uninstall runicorn && pip install --force-reinstall" in said
    assert "import runicorn_jupyter as runicorn" in said


def test_alone_there_is_no_second_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"runicorn": ["runicorn-jupyter"]})
    assert findings.second_owner() is None


def test_a_running_viewer_is_named_without_its_token(upstream_053, capsys: pytest.CaptureFixture[str]) -> None:
    with running_viewer(upstream_053) as viewer:
        main(["doctor"])
        said = capsys.readouterr().out
        assert f"http://127.0.0.1:{viewer.port} (upstream-0.5.3, process {viewer.process.pid})" in said
        assert "login=" not in said


def test_a_disabled_extension_is_found(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Before everything else; in a virtual environment its own folder outranks the user's.
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    (tmp_path / "jupyter_server_config.json").write_text(
        '{"ServerApp": {"jpserver_extensions": {"runicorn_jupyter": false}}}'
    )
    assert findings.server_extension_enabled() is False
    (tmp_path / "jupyter_server_config.json").write_text(
        '{"ServerApp": {"jpserver_extensions": {"runicorn_jupyter": true}}}'
    )
    assert findings.server_extension_enabled() is True


def part(capsys: pytest.CaptureFixture[str], name: str) -> dict:
    """Return what the doctor says of one part."""
    main(["doctor", "--json"])
    return next(found for found in json.loads(capsys.readouterr().out) if found["part"] == name)


def test_every_part_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    parts = {found["part"] for found in json.loads(capsys.readouterr().out)}
    assert {"the name runicorn", "server part", "front end", "widget and page", "storage root", "SSH agent"} <= parts


def test_a_front_end_of_another_version_is_a_problem(tmp_path, monkeypatch, capsys) -> None:
    assert part(capsys, "front end")["ok"]
    folder = tmp_path / "labextensions" / "runicorn-jupyter"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text('{"version": "0.0.1"}')
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    found = part(capsys, "front end")
    assert (found["ok"], "0.0.1" in found["says"], "reload Lab" in found["remedy"]) == (False, True, True)


def test_a_front_end_that_cannot_be_read_is_a_problem_of_its_own(tmp_path, monkeypatch, capsys) -> None:
    folder = tmp_path / "labextensions" / "runicorn-jupyter"
    folder.mkdir(parents=True)
    (folder / "package.json").write_text("{")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    assert not part(capsys, "front end")["ok"]


def test_a_root_that_is_a_file_is_a_problem(tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "file"))
    found = part(capsys, "storage root")
    assert "is a file" in found["remedy"]
    assert "RUNICORN_DIR" in found["says"]


def test_the_agent_answers_is_dead_or_is_not_there(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    assert "none" in part(capsys, "SSH agent")["says"]
    monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "gone"))
    assert "ssh-add" in part(capsys, "SSH agent")["remedy"]
    with socket.socket(socket.AF_UNIX) as agent:
        monkeypatch.chdir(tmp_path)
        agent.bind("agent")
        agent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", "agent")
        assert part(capsys, "SSH agent")["says"] == "answers"


def test_a_folder_for_tokens_that_others_can_read_is_a_problem(capsys) -> None:
    folder = paths.runtime_folder()
    folder.chmod(0o755)
    found = part(capsys, "tokens of viewers")
    assert found["remedy"].startswith("chmod 700")
