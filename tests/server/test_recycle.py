"""R3–R6 over HTTP: the documented bodies, texts and codes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount
from rundirs import write_run
from tornado.httpclient import HTTPResponse

from runicorn_jupyter.workspace import Workspace

RUN = "20260101_120000_abcdef"
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def root(tmp_path: Path, upstream_072: Path) -> Path:
    root = Path(shutil.copytree(upstream_072, tmp_path / "place", symlinks=True))
    write_run(root, RUN, points=3)
    going = write_run(root, "going", status="running", pid=os.getpid(), hostname=os.uname().nodename)
    (going / "heartbeat").write_text("{}")
    return root


async def post(mount: Mount, path: str, body: Any) -> HTTPResponse:
    return await mount.fetch(path, {**mount.token, **JSON}, method="POST", body=json.dumps(body).encode())


async def answered(mount: Mount, path: str, body: Any) -> Any:
    response = await post(mount, path, body)
    assert response.code == 200, response.body
    return json.loads(response.body)


async def ids(mount: Mount) -> set[str]:
    return {run["id"] for run in await mount.json("/runs")}


async def test_r3_r4_r5_r6_the_whole_way(mount: Mount, root: Path) -> None:
    before = await ids(mount)
    other = next(run for run in await mount.json("/runs") if run["path"] == "vision/resnet50")
    two = [RUN, other["id"]]
    assert await answered(mount, "/runs/soft-delete", {"run_ids": [*two, "none"]}) == {
        "deleted_count": 2,
        "results": {
            RUN: {"success": True},
            other["id"]: {"success": True},
            "none": {"success": False, "error": "run not found"},
        },
        "message": "Soft deleted 2 of 3 runs",
    }
    assert await ids(mount) == before - set(two), "the list right after no longer holds them"
    assert (await mount.fetch(f"/runs/{RUN}")).code == 404
    assert "demo" in (await mount.json("/projects"))["projects"]
    held = {entry["id"]: entry for entry in (await mount.json("/recycle-bin"))["deleted_runs"]}
    assert held.keys() == set(two)
    entry = held[other["id"]]
    assert entry.keys() >= {
        "id", "project", "name", "created_time", "deleted_at", "delete_reason", "original_status", "run_dir"
    }  # fmt: skip
    assert (entry["project"], entry["name"], entry["delete_reason"]) == ("vision", "resnet50", "user_deleted")
    assert entry["run_dir"] == str(root / "runs/.recycle" / other["id"])
    assert await answered(mount, "/recycle-bin/restore", {"run_ids": [other["id"], "going"]}) == {
        "restored_count": 1,
        "results": {other["id"]: {"success": True}, "going": {"success": False, "error": "run not deleted"}},
        "message": "Restored 1 of 2 runs",
    }
    assert await ids(mount) == before - {RUN}
    assert await answered(mount, "/recycle-bin/empty", {"confirm": True}) == {
        "permanently_deleted": 1,
        "message": "Permanently deleted 1 runs",
        "errors": {},
    }
    assert not (root / "demo/first/runs" / RUN).exists()
    assert (await mount.json("/recycle-bin"))["deleted_runs"] == []


async def test_the_change_feed_tells_a_deletion_and_a_restore(mount: Mount) -> None:
    version = int((await mount.fetch("/runs")).headers["X-Runicorn-Version"])
    socket = await mount.socket(f"/events/ws?since={version}")
    await socket.read_message()
    await answered(mount, "/runs/soft-delete", {"run_ids": [RUN]})
    while RUN not in json.loads(await socket.read_message() or "")["gone"]:
        pass
    await answered(mount, "/recycle-bin/restore", {"run_ids": [RUN]})
    while RUN not in json.loads(await socket.read_message() or "")["changed"]:
        pass
    socket.close()


async def test_f11_what_runs_is_left_unless_forced(mount: Mount) -> None:
    refused = await answered(mount, "/runs/soft-delete", {"run_ids": ["going"]})
    assert refused["results"] == {"going": {"success": False, "error": "run is running"}}
    forced = await answered(mount, "/runs/soft-delete", {"run_ids": ["going"], "force": True, "reason": "stuck"})
    assert forced["deleted_count"] == 1
    assert (await mount.json("/recycle-bin"))["deleted_runs"][0]["delete_reason"] == "stuck"


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("/runs/soft-delete", {}, "run_ids is required and must be a list"),
        ("/runs/soft-delete", {"run_ids": "a"}, "run_ids is required and must be a list"),
        ("/runs/soft-delete", {"run_ids": ["a"] * 101}, "Cannot delete more than 100 runs at once"),
        ("/runs/soft-delete", {"run_ids": ["../x"]}, "Invalid run_id format: ../x"),
        ("/runs/soft-delete", {"run_ids": ["a"], "paths": "x"}, "paths must be a list of texts."),
        ("/runs/soft-delete", {"run_ids": ["a"], "force": 1}, "force must be true or false."),
        ("/recycle-bin/restore", {"run_ids": []}, "run_ids is required and must be a list"),
        ("/recycle-bin/restore", {"run_ids": ["a"] * 101}, "Cannot restore more than 100 runs at once"),
        ("/recycle-bin/empty", {}, "Must set confirm=true to permanently delete"),
        ("/recycle-bin/empty", {"confirm": False}, "Must set confirm=true to permanently delete"),
        ("/recycle-bin/empty", {"confirm": "yes"}, "confirm must be true or false."),
        ("/recycle-bin/empty", [1], "The body must be a JSON object, in braces."),
    ],
)
async def test_what_is_asked_wrongly_is_said_and_changes_nothing(
    viewer_mount: Mount, root: Path, path: str, body: Any, sentence: str
) -> None:
    response = await post(viewer_mount, path, body)
    assert (response.code, json.loads(response.body)["detail"]) == (400, sentence)
    assert not (root / "runs/.recycle").exists()


async def test_d8_a_page_that_deletes_in_a_loop_is_slowed_down(viewer_mount: Mount) -> None:
    codes = [(await post(viewer_mount, "/runs/soft-delete", {"run_ids": ["none"]})).code for _ in range(12)]
    assert codes == [200] * 10 + [429] * 2


async def test_d7_two_runs_of_one_id_need_a_path(viewer_mount: Mount, root: Path) -> None:
    second = write_run(root, RUN, name="second")
    with Workspace(root) as hall:
        hall.refresh()
    answer = await answered(viewer_mount, "/runs/soft-delete", {"run_ids": [RUN]})
    assert "Say which with paths" in answer["results"][RUN]["error"]
    body = {"run_ids": [RUN], "paths": [str(second)]}
    assert (await answered(viewer_mount, "/runs/soft-delete", body))["deleted_count"] == 1
    assert (second / ".deleted").exists()


async def test_a_run_may_have_the_name_of_a_route(viewer_mount: Mount, root: Path) -> None:
    write_run(root, "soft-delete")
    answer = await answered(viewer_mount, "/runs/soft-delete", {"run_ids": ["soft-delete"]})
    assert answer["deleted_count"] == 1


async def test_x27_removed_for_good_after_a_dry_run(viewer_mount: Mount, root: Path) -> None:
    would = await answered(viewer_mount, "/runs/permanent-delete", {"run_ids": [RUN, "going"], "dry_run": True})
    assert (would["deleted_count"], would["dry_run"], would["total_runs"]) == (1, True, 2)
    assert would["total_bytes_freed"] > 100
    assert (root / "demo/first/runs" / RUN).is_dir()
    path = f"/runs/{RUN}/permanent"
    response = await viewer_mount.fetch(path, method="DELETE")
    assert json.loads(response.body)["results"] == {RUN: {"success": True}}
    assert not (root / "demo/first/runs" / RUN).exists()
    assert RUN not in await ids(viewer_mount)
    again = json.loads((await viewer_mount.fetch(path, method="DELETE")).body)
    assert again["results"] == {RUN: {"success": False, "error": "run not found"}}
