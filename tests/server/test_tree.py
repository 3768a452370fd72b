"""X23–X25 and X35 over HTTP: what people say of runs, and where runs lie."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount


@pytest.fixture
def root(tmp_path: Path, upstream_072: Path) -> Path:
    return Path(shutil.copytree(upstream_072, tmp_path / "place", symlinks=True))


async def send(mount: Mount, path: str, body: Any, method: str = "POST", code: int = 200) -> Any:
    headers = {**mount.token, "Content-Type": "application/json"}
    response = await mount.fetch(path, headers, method=method, body=json.dumps(body).encode())
    assert response.code == code, (path, response.code, response.body)
    return json.loads(response.body)


async def test_x23_an_edit_is_in_every_answer(mount: Mount) -> None:
    run = (await mount.json("/runs"))[0]["id"]
    before = await mount.fetch("/runs")
    told = await send(mount, f"/runs/{run}", {"alias": "best", "tags": ["a", "b"], "notes": "why"}, "PATCH")
    assert told == {"ok": True, "alias": "best", "tags": ["a", "b"], "notes": "why"}
    detail = await mount.json(f"/runs/{run}")
    assert (detail["alias"], detail["tags"], detail["notes"]) == ("best", ["a", "b"], "why")
    listed = await mount.fetch("/runs?q=b%20in%20tags", {**mount.token, "If-None-Match": before.headers["ETag"]})
    assert [one["id"] for one in json.loads(listed.body)] == [run]
    await send(mount, f"/runs/{run}", {"tags": ["x" * 101], "notes": "half"}, "PATCH", code=400)
    assert (await mount.json(f"/runs/{run}"))["notes"] == "why"
    await send(mount, "/runs/nope", {"alias": "x"}, "PATCH", code=404)


async def test_x24_x25_the_tree_and_its_runs(mount: Mount) -> None:
    paths = await mount.json("/paths?include_stats=true")
    assert paths["stats"]["vision"]["total"] == len(await mount.json("/paths/runs?path=vision"))
    assert paths["tree"]["vision"].keys() >= {"resnet50"}
    assert (await mount.json("/paths/tree"))["tree"] == paths["tree"]
    assert "stats" not in await mount.json("/paths")
    assert await mount.json("/paths/runs?path=vision&exact=true") == []
    at_none = await mount.json("/paths/runs?exact=true")
    assert {one["path"] for one in at_none} == {""}
    assert len(at_none) == paths["stats"][""]["total"] == 12
    page = await mount.fetch("/paths/runs?path=vision&limit=2")
    assert (len(json.loads(page.body)), int(page.headers["X-Total-Count"])) == (2, paths["stats"]["vision"]["total"])
    known = await mount.fetch("/paths/runs?path=vision&limit=2", {**mount.token, "If-None-Match": page.headers["ETag"]})
    assert known.code == 304


async def test_x35_paths_are_made_and_runs_moved(mount: Mount) -> None:
    assert await send(mount, "/paths/create", {"path": "new/place"}) == {"ok": True, "path": "new/place"}
    again = await send(mount, "/paths/create", {"path": "new/place"}, code=409)
    assert again["error"] == "conflict"
    assert "new/place" in (await mount.json("/paths"))["paths"]
    run = (await mount.json("/paths/runs?path=vision/resnet50"))[0]
    moved = await send(mount, "/runs/move", {"run_ids": [run["id"], "nope"], "target_path": "new/place"})
    assert (moved["ok"], moved["moved_count"], moved["failed_count"]) == (False, 1, 1)
    assert moved["moved"] == [{"run_id": run["id"], "old_path": "vision/resnet50", "new_path": "new/place"}]
    assert (await mount.json(f"/runs/{run['id']}"))["path"] == "new/place"
    for wrong in ("../out", "", "a/.b"):
        await send(mount, "/runs/move", {"run_ids": [run["id"]], "target_path": wrong}, code=400)
        await send(mount, "/paths/create", {"path": wrong}, code=400)
    await send(mount, "/runs/move", {"run_ids": ["x"] * 101, "target_path": "a"}, code=400)


async def test_x25_a_path_is_deleted_into_the_bin(mount: Mount) -> None:
    total = (await mount.json("/paths?include_stats=1"))["stats"]["vision"]["total"]
    told = await send(mount, "/paths/soft-delete", {"path": "vision", "exact": False})
    assert told == {"path": "vision", "deleted_count": total, "errors": []}
    assert await mount.json("/paths/runs?path=vision") == []
    assert len((await mount.json("/recycle-bin"))["deleted_runs"]) == total
    await send(mount, "/paths/soft-delete", {"path": ""}, code=400)
