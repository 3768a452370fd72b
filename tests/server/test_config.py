"""What a user may change over HTTP: the storage root (R23), column widths (X15), dismissed hints (X16)."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount
from rundirs import write_run
from traitlets.config import Config

from runicorn_jupyter.paths import config_folder, configured_root


async def post(mount: Mount, path: str, body: Any, code: int = 200, method: str = "POST") -> Any:
    headers = {**mount.token, "Content-Type": "application/json"}
    response = await mount.fetch(path, headers, method=method, body=json.dumps(body).encode())
    assert response.code == code, response.body
    return json.loads(response.body)


async def test_r23_a_root_that_was_named_outranks_the_saved_one(mount: Mount, root: Path, tmp_path: Path) -> None:
    """D21: the answer says so, and what was saved counts from the next start on."""
    chosen = tmp_path / "new" / "place"
    answer = await post(mount, "/config/user_root_dir", {"path": str(chosen)})
    assert (answer["ok"], answer["user_root_dir"], answer["storage"]) == (True, str(chosen), str(root))
    assert answer["effective"] is False
    assert "outranks" in answer["message"]
    assert chosen.is_dir()
    assert configured_root() == str(chosen) == (await mount.json("/config"))["user_root_dir"]
    assert len(await mount.json("/runs")) == 72
    saved = config_folder() / "config.json"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


async def test_k5_the_client_changes_the_root_by_put(mount: Mount, root: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "other"
    answer = await post(mount, "/config", {"user_root_dir": str(chosen)}, method="PUT")
    assert (answer["user_root_dir"], answer["storage"], answer["effective"]) == (str(chosen), str(root), False)
    assert answer["config_file"] == str(config_folder() / "config.json")
    assert (await mount.json("/config"))["user_root_dir"] == str(chosen)
    for wrong in ({}, {"user_root_dir": ""}, {"user_root_dir": 5}, {"user_root_dir": "E:\\data"}):
        assert (await post(mount, "/config", wrong, 400, "PUT"))["error"] in {"invalid_parameters", "root_unusable"}


class TestConfiguredRoot:
    """Neither argument, variable nor setting names a root."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: Config) -> Config:
        del jp_server_config["RunicornExtension"]["root_dir"]
        return jp_server_config

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return tmp_path / "first"

    async def test_r23_takes_effect_at_once_for_server_streams_and_new_kernels(
        self, jupyter_mount: Mount, tmp_path: Path
    ) -> None:
        mount = jupyter_mount
        assert (await mount.json("/health"))["storage_reason"] == "default"
        write_run(tmp_path / "second")
        stream = await mount.socket("/events/ws")
        await stream.read_message()
        answer = await post(mount, "/config/user_root_dir", {"path": str(tmp_path / "second")})
        assert (answer["effective"], answer["storage"]) == (True, str(tmp_path / "second"))
        assert await stream.read_message() is None, "the stream of the old root ends"
        assert [run["id"] for run in await mount.json("/runs")] == ["20260101_120000_abcdef"]
        health = await mount.json("/health")
        assert (health["storage"], health["storage_reason"]) == (str(tmp_path / "second"), "user config")
        assert os.environ["RUNICORN_DIR"] == str(tmp_path / "second")


@pytest.mark.parametrize("path", ["", "  ", "E:\\RunicornData", "/", "/etc", "/etc/runicorn", "a\0b", None, 5, ["x"]])
async def test_f09_a_wrong_root_is_refused_and_nothing_changes(mount: Mount, path: Any) -> None:
    answer = await post(mount, "/config/user_root_dir", {"path": path}, 400)
    assert answer["error"] in {"root_unusable", "invalid_parameters"}
    assert configured_root() is None
    assert not Path("/etc/runicorn").exists()  # noqa: ASYNC240 - one look


async def test_a_file_is_refused(mount: Mount, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    await post(mount, "/config/user_root_dir", {"path": str(tmp_path / "file")}, 400)
    await post(mount, "/config/user_root_dir", {"path": str(tmp_path / "file" / "below")}, 400)
    assert configured_root() is None


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"5", b'{"path": 1}', b"{}"])
async def test_a_body_that_is_no_object_is_a_400_with_a_sentence(mount: Mount, body: bytes) -> None:
    headers = {**mount.token, "Content-Type": "application/json"}
    response = await mount.fetch("/config/user_root_dir", headers, method="POST", body=body)
    assert (response.code, json.loads(response.body)["error"]) == (400, "invalid_parameters")


async def test_x15_column_widths_are_kept_by_table_and_size(mount: Mount) -> None:
    assert await mount.json("/config/column-widths?table=runs&size=lg") == {"table": "runs", "size": "lg", "widths": {}}
    await post(mount, "/config/column-widths", {"table": "runs", "size": "lg", "widths": {"name": 120}})
    await post(mount, "/config/column-widths", {"table": "runs", "size": "sm", "widths": {"name": 60.5}})
    assert (await mount.json("/config/column-widths?table=runs&size=lg"))["widths"] == {"name": 120}
    await post(mount, "/config/column-widths/reset", {"table": "runs", "size": "lg"})
    assert (await mount.json("/config/column-widths?table=runs&size=lg"))["widths"] == {}
    assert (await mount.json("/config/column-widths?table=runs&size=sm"))["widths"] == {"name": 60.5}
    await post(mount, "/config/column-widths", {}, method="DELETE")
    assert (await mount.json("/config/column-widths?table=runs&size=sm"))["widths"] == {}


@pytest.mark.parametrize(
    "body",
    [{}, {"table": "t"}, {"table": "t", "widths": {"a": "wide"}}, {"table": "t", "widths": {"a": -1}},
     {"table": "t" * 300, "widths": {}}, {"table": "t", "widths": {str(n): 1 for n in range(600)}}],
)  # fmt: skip
async def test_x15_refuses_what_is_no_width(mount: Mount, body: dict[str, Any]) -> None:
    await post(mount, "/config/column-widths", body, 400)
    assert not (config_folder() / "ui_preferences.json").exists()


async def test_x16_hints_are_dismissed_and_shown_again(mount: Mount) -> None:
    for alert in ("a", "b", "a"):
        await post(mount, "/config/dismissed-alerts/dismiss", {"alert_id": alert})
    assert await mount.json("/config/dismissed-alerts") == {"dismissed_alerts": ["b", "a"]}
    await post(mount, "/config/dismissed-alerts/undismiss", {"alert_id": "b"})
    assert await mount.json("/config/dismissed-alerts") == {"dismissed_alerts": ["a"]}
    await post(mount, "/config/dismissed-alerts/clear", {})
    assert await mount.json("/config/dismissed-alerts") == {"dismissed_alerts": []}
    await post(mount, "/config/dismissed-alerts/dismiss", {"alert_id": ""}, 400)


async def test_settings_that_cannot_be_saved_say_so(mount: Mount) -> None:
    config_folder().parent.mkdir(parents=True, exist_ok=True)
    config_folder().write_text("a file stands where the folder should be")
    answer = await post(mount, "/config/dismissed-alerts/dismiss", {"alert_id": "a"}, 403)
    assert answer["error"] == "settings_unwritable"
