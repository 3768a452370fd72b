from __future__ import annotations

from importlib import metadata

import pytest
from viewers import running_viewer

from runicorn_jupyter import __version__
from runicorn_jupyter.cli import doctor, main


def test_it_names_versions_root_and_reason(capsys: pytest.CaptureFixture[str], monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "place"))
    main(["doctor"])
    said = capsys.readouterr().out
    assert f"runicorn-jupyter {__version__}" in said
    assert metadata.version("tornado") in said
    assert f"Storage root: {tmp_path / 'place'} (RUNICORN_DIR, does not exist yet" in said
    assert not (tmp_path / "place").exists()


def test_a_second_owner_of_the_name_is_a_problem_with_its_remedy(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"runicorn": ["runicorn_jupyter", "runicorn"]})
    assert doctor.second_owner() == "runicorn"
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "pip uninstall runicorn && pip install --force-reinstall" in said
    assert "import runicorn_jupyter as runicorn" in said


def test_alone_there_is_no_second_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"runicorn": ["runicorn-jupyter"]})
    assert doctor.second_owner() is None


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
    assert doctor._server_extension_enabled() is False
    (tmp_path / "jupyter_server_config.json").write_text(
        '{"ServerApp": {"jpserver_extensions": {"runicorn_jupyter": true}}}'
    )
    assert doctor._server_extension_enabled() is True
