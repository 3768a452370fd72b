"""The Python client against both mounts, Jupyter's under a nasty base URL too."""

from __future__ import annotations

import asyncio

import pytest

from runicorn_jupyter.client import AuthenticationError, RunicornClient


def address(mount) -> str:
    """Return what a person knows: the server, and inside Jupyter its base URL."""
    return mount.url(mount.prefix.removesuffix("/api").removesuffix("/runicorn"))


def token(mount) -> str:
    return mount.token["Authorization"].split()[1]


async def test_it_finds_the_api_reads_and_changes(mount):
    def ask() -> tuple[int, int, bool]:
        with RunicornClient(address(mount), token=token(mount)) as client:
            assert client.api_url == mount.url(mount.prefix)
            return len(client.list_experiments()), len(client.list_projects()), "checked" in client.check_status()

    assert await asyncio.to_thread(ask) == (72, 5, True)


@pytest.mark.parametrize(
    "page", ["/lab?token={}", "/tree/folder?token={}", "/runicorn/?token={}", "/runicorn/api/?token={}"]
)
async def test_the_address_of_any_page_of_jupyter_will_do(jupyter_mount, page):
    def ask() -> str:
        with RunicornClient(address(jupyter_mount) + page.format(token(jupyter_mount))) as client:
            return client.health_check()["status"]

    assert await asyncio.to_thread(ask) == "ok"


async def test_jupyter_asks_strangers_for_the_token(jupyter_mount, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "nothing"))
    for given in (None, "wrong"):
        with pytest.raises(AuthenticationError, match="token"):
            await asyncio.to_thread(RunicornClient, address(jupyter_mount), token=given)


async def test_jupyters_token_is_found_in_its_own_file(jupyter_mount, jp_runtime_dir):
    (jp_runtime_dir / "jpserver-0.json").write_text("{")

    def ask() -> int:
        with RunicornClient(address(jupyter_mount).replace("127.0.0.1", "localhost")) as client:
            return len(client.list_runs(limit=3))

    assert await asyncio.to_thread(ask) == 3
