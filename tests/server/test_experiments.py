"""v2 (R18–R22), K2, K3 and X11 over HTTP: documented bodies, true numbers, plain refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mounts import Mount
from rundirs import append, write_run

RUN = "20260101_120000_abcdef"
E_KEYS = {
    "id", "run_dir", "created_time", "created_at", "ended_at", "status", "pid", "best_metric_value",
    "best_metric_name", "project", "name", "logs", "metrics", "metrics_step",
}  # fmt: skip


@pytest.fixture
def root(tmp_path: Path, scratch_053: Path) -> Path:
    run_dir = write_run(scratch_053, RUN, tags=["x"])
    append(run_dir, *({"loss": 1 / step, "text": "word", "global_step": step} for step in range(1, 301)), ts=1000.0)
    return scratch_053


async def send(mount: Mount, path: str, body: Any, method: str = "POST", code: int = 200) -> Any:
    headers = {**mount.token, "Content-Type": "application/json"}
    response = await mount.fetch(path, headers, method=method, body=json.dumps(body).encode())
    assert response.code == code, (path, response.code, response.body)
    return json.loads(response.body)


async def test_r18_pages_filters_and_answers_304(mount: Mount) -> None:
    first = await mount.fetch("/v2/experiments?per_page=10&page=2&order_by=created_at&order_desc=false")
    found = json.loads(first.body)
    assert (found["total"], found["page"], found["per_page"]) == (73, 2, 10)
    assert (found["has_next"], found["has_prev"]) == (True, True)
    assert isinstance(found["query_time_ms"], float)
    assert all(one.keys() >= E_KEYS and one["created_at"] == one["created_time"] for one in found["experiments"])
    again = await mount.fetch(
        "/v2/experiments?per_page=10&page=2&order_by=created_at&order_desc=false",
        {**mount.token, "If-None-Match": first.headers["ETag"]},
    )
    assert (again.code, again.body) == (304, b"")
    high = await mount.json("/v2/experiments?best_metric_min=0.8&per_page=1000")
    assert {one["best_metric_value"] >= 0.8 for one in high["experiments"]} == {True}
    assert [one["id"] for one in (await mount.json("/v2/experiments?tags=x"))["experiments"]] == [RUN]
    await send(mount, "/v2/experiments/batch-delete", {"exp_ids": [RUN]})
    assert (await mount.json("/v2/experiments?tags=x"))["total"] == 0
    assert (await mount.json(f"/v2/experiments?search={RUN}&include_deleted=true"))["total"] == 1
    changed = await mount.fetch("/v2/experiments", {**mount.token, "If-None-Match": first.headers["ETag"]})
    assert changed.code == 200


async def test_r19_r20_tell_of_one_experiment(mount: Mount) -> None:
    found = await mount.json(f"/v2/experiments/{RUN}")
    assert found["experiment"].keys() >= E_KEYS
    assert found["metrics_summary"] == {
        "total_data_points": 300,
        "available_metrics": ["loss"],
        "step_range": {"min": 1, "max": 300},
    }
    assert (found["environment_available"], found["file_count"]) == (False, 3)
    fast = await mount.json(f"/v2/experiments/{RUN}/metrics/fast?metric_names=loss&step_range=11:210&downsample=50")
    assert fast["columns"] == ["global_step", "loss", "time"]
    assert (fast["total_points"], len(fast["rows"])) == (200, 50)
    assert fast["applied_filters"] == {"metrics": ["loss"], "step_range": [11, 210], "downsampled": True}
    assert (fast["rows"][0]["global_step"], fast["rows"][-1]["global_step"]) == (11, 210)
    whole = await mount.json(f"/v2/experiments/{RUN}/metrics/fast")
    assert (whole["total_points"], whole["applied_filters"]["downsampled"]) == (300, False)
    for wrong in ("1", "a:b", "9:1", "1:2:3", ":"):
        refused = await mount.fetch(f"/v2/experiments/{RUN}/metrics/fast?step_range={wrong}")
        assert (refused.code, json.loads(refused.body)["detail"]) == (400, "Invalid step_range format, use 'min:max'")
    missing = await mount.fetch("/v2/experiments/nope")
    assert (missing.code, json.loads(missing.body)["detail"]) == (404, "Experiment nope not found")


async def test_r21_uses_the_one_bin(mount: Mount) -> None:
    deleted = await send(mount, "/v2/experiments/batch-delete", {"exp_ids": [RUN, "nope"], "reason": "old"})
    assert (deleted["deleted_count"], deleted["results"][RUN]) == (1, {"success": True})
    assert deleted["message"] == "Soft deleted 1 of 2 runs"
    assert [one["delete_reason"] for one in (await mount.json("/recycle-bin"))["deleted_runs"]] == ["old"]
    await send(mount, "/v2/experiments/batch-delete", {"exp_ids": []}, code=400)
    await send(mount, "/v2/experiments/batch-delete", {"exp_ids": ["x"] * 1001}, code=400)


async def test_x22_answers_for_the_whole_root(mount: Mount) -> None:
    overview = (await mount.json("/v2/analytics/overview"))["overview"]
    assert (overview["total_experiments"], overview["running_experiments"]) == (73, 9)
    projects = await mount.json("/v2/analytics/projects?days=36500")
    assert sum(one["recent_experiments"] for one in projects["projects"]) == 73
    trends = await mount.json("/v2/analytics/performance-trends?metric_name=loss&project=demo&days=36500")
    assert [(one["run_id"], one["value"]) for one in trends["trend_data"]] == [(RUN, pytest.approx(1 / 300))]
    assert (await mount.json("/v2/analytics/health"))["issues"] == []
    assert (await mount.fetch("/v2/analytics/performance-trends")).code == 400


async def test_k2_k3_are_what_the_client_reads(mount: Mount) -> None:
    found = await mount.json("/experiments?project=demo&limit=5")
    [one] = found["experiments"]
    assert one.keys() >= {"id", "project", "name", "status", "created_at", "updated_at", "summary", "tags"}
    assert len((await mount.json("/experiments?status=failed&limit=4&offset=1"))["experiments"]) == 4
    points = await mount.json(f"/metrics/{RUN}?metrics=loss,nope&limit=2")
    assert points == {
        "metrics": {
            "loss": [
                {"step": 299, "value": 1 / 299, "timestamp": 1298.0},
                {"step": 300, "value": 1 / 300, "timestamp": 1299.0},
            ]
        },
        "skipped": 0,
    }
    assert (await mount.json(f"/metrics/{RUN}"))["skipped"] == 300
    assert (await mount.fetch("/metrics/nope")).code == 404


async def test_x11_tags_searches_and_deletes(mount: Mount) -> None:
    assert (await send(mount, "/experiments/tag", {"run_id": RUN, "tags": ["y"]}))["success"] is True
    assert [one["id"] for one in (await mount.json("/experiments/search?tags=x,y"))["experiments"]] == [RUN]
    await send(mount, "/experiments/tag", {"run_id": RUN, "tags": ["z"], "append": False})
    assert (await mount.json(f"/runs/{RUN}"))["tags"] == ["z"]
    await send(mount, "/experiments/tag", {"run_id": "nope", "tags": ["z"]}, code=404)
    deleted = await send(mount, "/experiments/delete", {"run_ids": [RUN]}, "DELETE")
    assert (deleted["ok"], deleted["deleted_count"]) == (True, 1)
    assert (await mount.json("/experiments/search?tags=z"))["total"] == 0
    assert (await mount.json(f"/experiments/search?text={RUN}&archived=true"))["total"] == 1


async def test_x2_x10_progress_and_environment(mount: Mount, root: Path) -> None:
    place = root / "demo" / "first" / "runs" / RUN
    (place / "environment.json").write_text('{"python_version": "3.11"}')
    (place / "assets.json").write_text('{"config": {"args": {"max_steps": 400}}}')
    assert await mount.json(f"/environment/{RUN}") == {"available": True, "environment": {"python_version": "3.11"}}
    other = next(one["id"] for one in await mount.json("/runs") if one["id"] != RUN)
    assert await mount.json(f"/environment/{other}") == {"available": False}
    await send(mount, "/status/check", {})
    await mount.settled()
    progress = await mount.json(f"/runs/{RUN}/progress")
    assert (progress["available"], progress["current_step"], progress["status"]) == (True, 300, "finished")
    assert progress["eta_seconds"] is None
    assert (await mount.fetch("/runs/nope/progress")).code == 404
    assert (await mount.fetch("/environment/nope")).code == 404
