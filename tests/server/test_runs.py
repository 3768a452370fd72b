from __future__ import annotations

import asyncio
import gzip
import json
from collections import Counter
from pathlib import Path

import pytest
from mounts import Mount

from runicorn_jupyter.models import ItemPage
from runicorn_jupyter.server.answer.wire import encode
from runicorn_jupyter.server.runs import lists
from runicorn_jupyter.store.index.listing import Listing
from runicorn_jupyter.workspace import Workspace

ITEM = [
    "id", "run_dir", "created_time", "status", "pid", "best_metric_value", "best_metric_name", "project", "name",
    "artifacts_created_count", "artifacts_used_count",
]  # fmt: skip


@pytest.fixture(params=["upstream-0.5.3", "upstream-0.7.2"])
def root(request: pytest.FixtureRequest, sample_roots: Path) -> Path:
    return sample_roots / request.param


async def test_r1_lists_all_72_runs_with_the_statuses_of_d24(mount: Mount, root: Path) -> None:
    response = await mount.fetch("/runs")
    runs = json.loads(response.body)
    assert Counter(run["status"] for run in runs) == {"finished": 51, "failed": 6, "interrupted": 6, "running": 9}
    assert {run["state"] for run in runs if run["status"] == "running"} == {"unknown"}
    assert all(list(run)[: len(ITEM)] == ITEM for run in runs)
    assert all(Path(run["run_dir"]).is_relative_to(root) for run in runs)
    assert response.headers["X-Total-Count"] == "72"
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
    assert set(next(iter(wide[0]["metrics"].values()))) == {"last", "min", "max", "first", "count", "mean"}


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


async def test_r1_is_filtered_sorted_and_paged_by_cursor(mount: Mount) -> None:
    await mount.fetch("/runs")
    query = "/runs?q=loss.last%20%3E%200%20and%20status%20!%3D%20%22running%22&order_by=loss.min&order_desc=true"
    listed = await mount.json(f"{query}&columns=metrics")
    lowest = [run["metrics"]["loss"]["min"] for run in listed]
    assert lowest == sorted(lowest, reverse=True)
    assert len(listed) > 20
    assert not [run for run in listed if run["status"] == "running"]
    seen, cursor = [], ""
    while cursor is not None:
        response = await mount.fetch(f"{query}&limit=7&cursor={cursor}")
        assert response.headers["X-Total-Count"] == str(len(listed))
        assert response.headers["X-Total-Is-Capped"] == "false"
        seen += json.loads(response.body)
        cursor = response.headers.get("X-Next-Cursor")
        if cursor is not None:
            assert f"cursor={cursor}" in response.headers["Link"]
            assert "limit=7" in response.headers["Link"]
    assert [run["id"] for run in seen] == [run["id"] for run in listed]


async def test_r1_sends_exactly_what_the_records_say(mount: Mount, root: Path) -> None:
    """The ready texts and the parsed records are one list; detail and query agree with it."""
    columns = ("summary", "config", "metrics")
    while (await mount.fetch("/runs?limit=1")).headers["X-Runicorn-Complete"] != "true":  # noqa: ASYNC110 - HTTP has no event
        await asyncio.sleep(0.02)
    listed = await mount.json(f"/runs?columns={','.join(columns)}")
    with Workspace(root) as hall:
        hall.refresh()
        assert listed == [json.loads(encode(run.item(columns))) for run in hall.runs().runs]
    one = listed[5]
    detail = await mount.json(f"/runs/{one['id']}")
    assert {name: detail[name] for name in one if name != "metrics"} == {k: v for k, v in one.items() if k != "metrics"}
    assert detail["metric_summaries"] == one["metrics"]
    [found] = await mount.json(f"/runs?columns={','.join(columns)}&q=id%20%3D%3D%20%22{one['id']}%22")
    assert found == one


async def test_r1_refuses_what_it_cannot_sort_or_continue(mount: Mount) -> None:
    first = await mount.fetch("/runs?limit=3&order_by=loss.last")
    cursor = first.headers["X-Next-Cursor"]
    for wrong in (
        "order_by=1%2B1",
        "order_desc=yes",
        "cursor=abc",
        f"cursor={cursor}",
        f"order_by=loss.last&order_desc=true&cursor={cursor}",
        "q=%3D%3D",
        "columns=signature",
        "limit=-1",
    ):
        response = await mount.fetch(f"/runs?{wrong}")
        assert response.code == 400, wrong
        assert json.loads(response.body)["message"], wrong


async def test_304_comes_before_any_run_is_read(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    await mount.fetch("/runs")
    for path in ("/runs", "/runs?order_by=loss.last&limit=5&columns=config", "/facets?keys=status"):
        first = await mount.fetch(path)
        with monkeypatch.context() as patch:
            patch.setattr(Listing, "_find", None)
            patch.setattr(Listing, "facets", None)
            known = {**mount.token, "If-None-Match": f'"other", {first.headers["ETag"]}'}
            again = await mount.fetch(path, known)
            assert (again.code, again.body) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
        other = await mount.fetch(f"{path}{'&' if '?' in path else '?'}project=none", known)
        assert other.code == 200, "the same tag of another list"


async def test_a_list_that_time_changes_is_never_304(mount: Mount) -> None:
    first = await mount.fetch("/runs?q=created_at%20%3C%20now")
    assert first.code == 200
    assert "ETag" not in first.headers


async def test_a_long_list_is_streamed_and_the_same(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = await mount.fetch("/runs")
    monkeypatch.setattr(lists, "_AT_ONCE", 10)
    monkeypatch.setattr(ItemPage.pieces, "__defaults__", (7,))
    streamed = await mount.fetch("/runs")
    assert streamed.body == at_once.body
    for name in ("Content-Length", "Content-Type", "ETag", "Vary", "X-Total-Count", "X-Runicorn-Version"):
        assert streamed.headers[name] == at_once.headers[name]


async def test_lists_are_compressed_only_over_a_network_and_when_asked(mount: Mount) -> None:
    asks, far = {"Accept-Encoding": "br, gzip"}, {"X-Forwarded-For": "203.0.113.5"}
    for headers, packed in ((asks, False), (far, False), ({**asks, **far}, True)):
        response = await mount.fetch("/runs", {**mount.token, **headers}, unpack=False)
        assert (response.headers.get("Content-Encoding") == "gzip") is packed
        body = gzip.decompress(response.body) if packed else response.body
        assert len(json.loads(body)) == 72


async def test_facets_count_the_runs_of_a_list(mount: Mount) -> None:
    runs = await mount.json("/runs")
    page = await mount.json("/facets?keys=project,status,loss.last,nowhere&limit=5")
    projects, status, loss, nowhere = page["facets"]
    assert page["total"] == len(runs)
    assert {one["value"]: one["count"] for one in status["values"]} == Counter(run["status"] for run in runs)
    assert sum(one["count"] for one in projects["values"]) + projects["rest"] == len(runs)
    assert loss["min"] <= loss["max"]
    assert (nowhere["missing"], nowhere["values"]) == (len(runs), [])
    some = await mount.json("/facets?keys=status&status=failed&q=loss.last%20%3E%200")
    assert {one["value"] for one in some["facets"][0]["values"]} == {"failed"}
    assert (await mount.fetch("/facets?keys=a%20b")).code == 400
