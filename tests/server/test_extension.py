"""What is Jupyter's own: where the root comes from, what the page learns, and that Lab's start never suffers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mounts import Mount
from rundirs import write_run
from traitlets import TraitError
from traitlets.config import Config


def own_mount(app, jp_base_url: str, port: int) -> Mount:
    token = {"Authorization": f"token {app.identity_provider.token}"}
    return Mount("jupyter", port, f"{jp_base_url}runicorn/api", app.web_app, token)


def test_the_root_goes_to_the_kernels_and_the_address_to_the_page(jp_serverapp, root: Path) -> None:
    assert os.environ["RUNICORN_DIR"] == str(root)
    assert jp_serverapp.web_app.settings["page_config_data"]["runicornApi"] == "/a%40b/runicorn/api"


async def test_the_environment_outranks_the_trait(jupyter_mount: Mount, root: Path) -> None:
    assert (await jupyter_mount.json("/health"))["storage"] == str(root)


class TestEnvironment:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config, tmp_path: Path, monkeypatch) -> Config:
        monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "elsewhere"))
        return jp_server_config

    async def test_d21_the_environment_outranks_the_trait(self, jupyter_mount: Mount, tmp_path: Path) -> None:
        health = await jupyter_mount.json("/health")
        assert (health["storage"], health["storage_reason"]) == (str(tmp_path / "elsewhere"), "RUNICORN_DIR")
        assert os.environ["RUNICORN_DIR"] == str(tmp_path / "elsewhere")


class TestMissingRoot:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "not yet"

    async def test_a_root_to_come_is_empty_and_then_not(self, jupyter_mount: Mount, root: Path) -> None:
        assert await jupyter_mount.json("/runs") == []
        assert not os.path.lexists(root), "reading never writes"  # noqa: ASYNC240 - one look
        assert "does not exist yet" in (await jupyter_mount.json("/health"))["notes"][0]
        socket = await jupyter_mount.socket("/events/ws")
        await socket.read_message()
        write_run(root)
        assert "20260101_120000_abcdef" in await socket.read_message()
        assert len(await jupyter_mount.json("/runs")) == 1
        socket.close()


class TestFileAsRoot:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / "file").write_text("no folder")
        return tmp_path / "file"

    async def test_jupyter_starts_and_every_answer_says_what_is_wrong(self, jupyter_mount: Mount) -> None:
        for path in ("/runs", "/projects", "/health"):
            response = await jupyter_mount.fetch(path)
            assert response.code == 400, path
            assert b"root_unusable" in response.body
            assert b"is a file" in response.body


def test_a_windows_path_is_refused_with_a_sentence() -> None:
    from runicorn_jupyter.server.extension import RunicornExtension

    with pytest.raises(TraitError, match="Windows path"):
        RunicornExtension(root_dir="E:\\runs")


def test_polling_does_not_keep_an_idle_server_alive(jupyter_mount: Mount, jp_asyncio_loop) -> None:
    def seen() -> object:
        return jupyter_mount.application.settings.get("api_last_activity")

    before = seen()
    jp_asyncio_loop.run_until_complete(jupyter_mount.json("/runs"))
    jp_asyncio_loop.run_until_complete(jupyter_mount.json("/health"))
    assert seen() == before


def test_no_listening_socket_of_our_own(jp_serverapp) -> None:
    """J09: everything lies under Jupyter's base URL."""
    from mounts import patterns

    mount = Mount("jupyter", 0, "", jp_serverapp.web_app, {})
    assert all(pattern.startswith("/a%40b/runicorn/") for pattern, _ in patterns(mount))


class TestASecondOwnerOfTheName:
    @pytest.fixture(autouse=True)
    def beside(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lay what pip leaves of the other distribution where Python finds it."""
        info = tmp_path / "elsewhere" / "runicorn-0.5.3.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: runicorn\nVersion: 0.5.3\n")
        monkeypatch.syspath_prepend(str(info.parent))

    def test_is_told_once_when_the_server_starts(self, capfd, request: pytest.FixtureRequest) -> None:
        request.getfixturevalue("jp_serverapp")
        (line,) = [line for line in capfd.readouterr().err.splitlines() if "runicorn doctor" in line]
        assert "runicorn 0.5.3" in line


def test_alone_nothing_is_said_of_the_name(capfd, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("jp_serverapp")
    told = capfd.readouterr().err
    assert "Runs are read from" in told
    assert "runicorn doctor" not in told
