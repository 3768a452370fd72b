from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from mounts import Mount

ITEM = [
    "id", "run_dir", "created_time", "status", "pid", "best_metric_value", "best_metric_name", "project", "name",
    "artifacts_created_count", "artifacts_used_count",
]  # fmt: skip


@pytest.fixture(params=["upstream-0.5.3", "upstream-0.7.2"])
def root(request: pytest.FixtureRequest, sample_roots: Path) -> Path:
    return sample_roots / request.param


async def test_r1_lists_all_72_runs_with_the_statuses_of_d24(mount: Mount, root: Path) -> None:
    response = await mount.fetch("/runs")
    runs = await mount.json("/runs")
    assert Counter(run["status"] for run in runs) == {"finished": 51, "failed": 6, "interrupted": 6, "running": 9}
    assert {run["state"] for run in runs if run["status"] == "running"} == {"unknown"}
    assert all(list(run)[: len(ITEM)] == ITEM for run in runs)
    assert all(Path(run["run_dir"]).is_relative_to(root) for run in runs)
    assert response.headers["X-Total-Count"] == "72"
    assert response.headers["X-Runicorn-Complete"] == "true"
    assert int(response.headers["X-Runicorn-Version"]) > 0


async def test_r1_is_ordered_by_project_then_name(mount: Mount) -> None:
    runs = await mount.json("/runs")
    projects = [run["project"].lower() for run in runs]
    assert projects == sorted(projects)


async def test_r1_filters_pages_and_columns(mount: Mount) -> None:
    whole = await mount.json("/runs")
    project = whole[0]["project"]
    of_project = [run["id"] for run in whole if run["project"] == project]
    assert [run["id"] for run in await mount.json(f"/runs?project={project}")] == of_project
    assert len(await mount.json("/runs?status=failed,interrupted")) == 12
    assert await mount.json("/runs?limit=5&offset=3") == whole[3:8]
    assert [run["id"] for run in await mount.json(f"/runs?text={whole[7]['id'].upper()}")] == [whole[7]["id"]]
    two = {whole[1]["id"], whole[4]["id"]}
    assert {run["id"] for run in await mount.json(f"/runs?ids={','.join(two)}")} == two
    wide = await mount.json("/runs?limit=1&columns=config,summary,metrics&unknown=ignored")
    assert {"config", "summary", "metrics"} <= wide[0].keys()
    assert set(next(iter(wide[0]["metrics"].values()))) == {"last", "min", "max", "first", "count"}


async def test_r1_answers_304_until_something_changes(mount: Mount) -> None:
    first = await mount.fetch("/runs")
    again = await mount.fetch("/runs", {**mount.token, "If-None-Match": first.headers["ETag"]})
    assert (again.code, again.body) == (304, b"")


async def test_r2_describes_one_run(mount: Mount) -> None:
    listed = (await mount.json("/runs"))[0]
    run = await mount.json(f"/runs/{listed['id']}")
    documented = {
        "id",
        "status",
        "pid",
        "run_dir",
        "project",
        "name",
        "artifacts_created_count",
        "artifacts_used_count",
    }
    assert {key: run[key] for key in documented} == {key: listed[key] for key in documented}
    assert run["logs"] == f"{run['run_dir']}/logs.txt"
    assert run["metrics"] == run["metrics_step"] == f"{run['run_dir']}/events.jsonl"
    assert {"created_at", "created_time", "summary", "config", "best_metric_value", "tags"} <= run.keys()


async def test_r2_of_no_run_is_404(mount: Mount) -> None:
    for run_id in ("20200101_000000_abcdef", "..%2F..%2Fetc", "%00", "a%0Ab"):
        response = await mount.fetch(f"/runs/{run_id}")
        assert response.code == 404, run_id


async def test_projects_names_and_their_runs(mount: Mount) -> None:
    whole = await mount.json("/runs")
    projects = (await mount.json("/projects"))["projects"]
    assert projects == sorted({run["project"] for run in whole})
    seen = []
    for project in projects:
        for name in (await mount.json(f"/projects/{_quote(project)}/names"))["names"]:
            seen += await mount.json(f"/projects/{_quote(project)}/names/{_quote(name)}/runs")
    assert Counter(run["id"] for run in seen) == Counter(run["id"] for run in whole)
    assert await mount.json("/projects/none/names") == {"names": []}
    assert await mount.json("/projects/none/names/none/runs") == []


def _quote(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")
