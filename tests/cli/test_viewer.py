from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rundirs import write_run
from viewers import running_viewer

from runicorn_jupyter.cli import main


def viewer(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "runicorn_jupyter", "viewer", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def one_sentence(text: str) -> str:
    assert text.startswith("runicorn")
    assert text.count("\n") == 1, text
    return text


def test_a_root_that_is_missing_or_a_file_is_one_sentence_and_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    for name, reason in (("missing", "does not exist"), ("file", "is a file")):
        assert main(["viewer", "--storage", str(tmp_path / name)]) == 2
        said = one_sentence(capsys.readouterr().err)
        assert reason in said
        assert str(tmp_path / name) in said
    assert not (tmp_path / "missing").exists()


def test_a_root_that_cannot_be_read_is_one_sentence_and_code_2(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o000)
    command = [sys.executable, "-m", "runicorn_jupyter", "viewer", "--storage", str(tmp_path / "closed")]
    if os.geteuid() == 0:  # root reads everything: drop the capabilities that let it
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "permission denied" in one_sentence(done.stderr)


def test_an_empty_or_windows_root_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["viewer", "--storage", "E:\\runs"]) == 2
    assert "Windows path" in one_sentence(capsys.readouterr().err)


def test_foreign_files_are_no_runs_and_no_trouble(tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / "photos" / "2024").mkdir(parents=True)
    (place / "photos" / "2024" / "cat.jpg").write_bytes(b"\xff\xd8")
    (place / "notes.txt").write_text("hello")
    (place / "meta.json").write_text("[]")
    os.mkfifo(place / "pipe")
    (place / "loop").symlink_to(place)
    write_run(place)
    broken = write_run(place, "20260101_120000_bad000", name="broken")
    (broken / "meta.json").write_text('{"id": ')
    before = sorted(str(path) for path in place.rglob("*"))
    with running_viewer(place) as process:
        import json

        runs = {run["id"]: run for run in json.loads(process.get("/api/runs").body)}
    assert set(runs) == {"20260101_120000_abcdef", "20260101_120000_bad000"}
    assert runs["20260101_120000_bad000"]["problems"]
    assert not runs["20260101_120000_abcdef"]["problems"]
    assert sorted(str(path) for path in place.rglob("*")) == before


def test_a_root_to_come_is_fine_when_nobody_named_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The default root need not exist: a newcomer may open the viewer first."""
    import json

    from runicorn_jupyter import paths

    assert paths.find_root().reason == "default"
    (tmp_path / "later").mkdir()
    with running_viewer(tmp_path / "later") as process:
        assert json.loads(process.get("/api/runs").body) == []
        write_run(tmp_path / "later")
        import time

        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and not json.loads(process.get("/api/runs").body):
            time.sleep(0.1)
        assert len(json.loads(process.get("/api/runs").body)) == 1


def test_a_taken_port_names_the_remedy(upstream_053: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = viewer("--storage", str(upstream_053), "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "--port 0" in one_sentence(done.stderr)


def test_g5_another_address_needs_a_decision(upstream_053: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["viewer", "--storage", str(upstream_053), "--host", "0.0.0.0"]) == 2
    said = one_sentence(capsys.readouterr().err)
    assert "--certfile" in said
    assert "--allow-plain-http" in said


def test_remote_mode_binds_loopback_whatever_the_host(upstream_053: Path) -> None:
    with running_viewer(upstream_053, "--host", "0.0.0.0", "--remote-mode") as process:
        assert process.get("/api/health").status == 200
        assert "http://127.0.0.1:" in process.lines[0]


@pytest.mark.parametrize("origin", ["*", "null", "http://a/path", "http://A", "localhost:3000", "http://"])
def test_an_origin_that_is_none_is_refused(origin: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["viewer", "--allow-origin", origin]) == 2
    assert "http://localhost:3000" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["-1", "65536", "http", "1e3"])
def test_a_port_that_is_none_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["viewer", "--port", port]) == 2
    assert "65535" in capsys.readouterr().err


def test_asking_for_the_address_of_no_viewer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert main(["viewer", "--url"]) == 1
    assert "no viewer of yours runs on port 23300" in one_sentence(capsys.readouterr().err)


def test_the_reference_options_are_all_taken(upstream_053: Path) -> None:
    with running_viewer(upstream_053, "--host", "127.0.0.1", "--log-level", "INFO", "--reload") as process:
        assert process.get("/api/health").status == 200
