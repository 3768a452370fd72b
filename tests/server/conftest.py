"""Every test here runs against both mounts: Jupyter under pytest-jupyter's nasty base URL, and the bare viewer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from mounts import Mount

# pytest-jupyter's fixtures and hooks, for this folder only: its loop and clean-up would run around every test.
from pytest_jupyter.jupyter_core import *  # noqa: F403
from pytest_jupyter.jupyter_server import *  # noqa: F403
from pytest_jupyter.pytest_tornasync import *  # noqa: F403
from traitlets.config import Config

from runicorn_jupyter.viewer import Viewer

# pytest-jupyter would switch the terminals on, whose socket lacks the mark that test_gate looks for in ours.
EXTENSIONS = {"runicorn_jupyter": True, "jupyter_server_terminals": False}


@pytest.fixture
def root(upstream_053: Path) -> Path:
    """Return the root that the servers open; a test module may override it."""
    return upstream_053


@pytest.fixture
def jp_server_config(root: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    # The extension hands its root on through the environment; setenv makes monkeypatch take that back.
    monkeypatch.setenv("RUNICORN_DIR", "")
    monkeypatch.delenv("RUNICORN_DIR")
    return Config(
        {
            "ServerApp": {"jpserver_extensions": EXTENSIONS, "allow_unauthenticated_access": False},
            "RunicornExtension": {"root_dir": str(root)},
        }
    )


@pytest.fixture(params=["jupyter", "viewer"])
def mount(request: pytest.FixtureRequest, root: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Mount:
    """Return each mount in turn, once it has read all runs: what it says of them does not change any more."""
    mount: Mount = request.getfixturevalue(f"{request.param}_mount")
    jp_asyncio_loop.run_until_complete(mount.settled())
    return mount


@pytest.fixture
def jupyter_mount(request: pytest.FixtureRequest, jp_base_url: str) -> Mount:
    app = request.getfixturevalue("jp_serverapp")
    request.getfixturevalue("http_server")
    port = request.getfixturevalue("jp_http_port")
    token = {"Authorization": f"token {app.identity_provider.token}"}
    mount = Mount("jupyter", port, f"{jp_base_url}runicorn/api", app.web_app, token)
    loop = request.getfixturevalue("jp_asyncio_loop")
    # Jupyter gives its login cookie to whoever brings the token, and the XSRF cookie with its pages.
    known = loop.run_until_complete(mount.fetch("/health"))
    page = loop.run_until_complete(mount.fetch(f"{jp_base_url}login", {}, whole=True))
    mount.cookie = _cookies(known.headers.get_list("Set-Cookie") + page.headers.get_list("Set-Cookie"))
    return mount


@pytest.fixture
def viewer(root: Path, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[Viewer]:
    """Return a started viewer on a free port, in this process."""
    viewer = Viewer(root, port=0)
    jp_asyncio_loop.run_until_complete(viewer.start())
    yield viewer
    assert jp_asyncio_loop.run_until_complete(viewer.stop())


@pytest.fixture
def viewer_mount(viewer: Viewer, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Mount:
    mount = Mount(
        "viewer",
        viewer.port,
        "/api",
        viewer._server.request_callback,
        {"Authorization": f"Bearer {viewer.identity.token}"},
        stranger={"Sec-Fetch-Site": "same-origin"},
    )
    run = jp_asyncio_loop.run_until_complete
    login = run(mount.fetch(viewer.login_url().removeprefix(viewer.url), {}, whole=True)).headers.get_list("Set-Cookie")
    page = run(mount.fetch("/", _cookies(login), whole=True)).headers.get_list("Set-Cookie")
    mount.cookie = _cookies(login + page)
    return mount


def _cookies(lines: list[str]) -> dict[str, str]:
    assert lines, "the login set no cookie"
    return {"Cookie": "; ".join(line.split(";", 1)[0] for line in lines), "Sec-Fetch-Site": "same-origin"}
