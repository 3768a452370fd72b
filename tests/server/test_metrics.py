from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from mounts import Mount
from rundirs import append, write_run


@pytest.fixture(params=["upstream-0.5.3", "upstream-0.7.2", "own"])
def root(request: pytest.FixtureRequest, sample_roots: Path, tmp_path: Path) -> Path:
    if request.param != "own":
        return sample_roots / request.param
    run_dir = write_run(tmp_path / "own", "20260101_120000_abcdef", points=300)
    append(run_dir, {"loss": math.nan, "note": "text", "global_step": 301}, {"acc": 2**53, "global_step": 302})
    write_run(tmp_path / "own", "20260101_120000_abcde0")
    return tmp_path / "own"


async def longest(mount: Mount) -> str:
    """Return the run with the most points, once the points of all are counted."""
    deadline = time.monotonic() + 20
    while True:
        response = await mount.fetch("/runs?columns=metrics")
        if response.headers["X-Runicorn-Complete"] == "true":
            break
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    runs = json.loads(response.body)
    return max(runs, key=lambda run: max((m["count"] for m in run["metrics"].values()), default=0))["id"]


def lines_of(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


async def test_r8_rows_are_exactly_the_points_of_the_file(mount: Mount) -> None:
    run = await longest(mount)
    response = await mount.fetch(f"/runs/{run}/metrics_step")
    body = json.loads(response.body)
    assert list(body) == ["columns", "rows", "total", "sampled"]
    assert body["columns"][0] == "global_step"
    assert body["columns"][1:] == sorted(body["columns"][1:])
    assert all(set(row) == set(body["columns"]) for row in body["rows"])
    detail = await mount.json(f"/runs/{run}")
    wanted: dict[int, dict] = {}
    for line in lines_of(detail["metrics"]):
        event = json.loads(line)
        if event["type"] == "metrics":
            # 0.5's lines repeat their ts as `time`; a row has it either way.
            wanted.setdefault(event["data"]["global_step"], {}).update({"time": event["ts"], **event["data"]})
    assert body["total"] == body["sampled"] == len(wanted)
    for row in body["rows"]:
        given = {key: value for key, value in row.items() if value is not None}
        told = wanted[row["global_step"]]
        assert given == {key: told[key] for key in given}
    last = max(wanted)
    assert response.headers["X-Row-Count"] == response.headers["X-Total-Count"] == str(len(wanted))
    assert response.headers["X-Last-Step"] == str(last)


async def test_r7_has_time_first_from_zero(mount: Mount) -> None:
    body = await mount.json(f"/runs/{await longest(mount)}/metrics")
    times = [row["time"] for row in body["rows"]]
    assert body["columns"][0] == "time"
    assert "global_step" in body["columns"]
    assert times == sorted(times)
    assert 0 <= times[0] < 1e6


async def test_downsample_keeps_true_totals_and_names_its_range(mount: Mount) -> None:
    run = await longest(mount)
    whole = await mount.json(f"/runs/{run}/metrics_step")
    thin = await mount.json(f"/runs/{run}/metrics_step?downsample=100")
    assert thin["total"] == whole["total"]
    assert thin["sampled"] == len(thin["rows"]) <= 100
    assert (thin["rows"][0], thin["rows"][-1]) == (whole["rows"][0], whole["rows"][-1])
    for wrong in ("99", "50001", "abc", "1e3", "-5", "1_000", "%D9%A3%D9%A0%D9%A0", "1" * 5000):
        response = await mount.fetch(f"/runs/{run}/metrics?downsample={wrong}")
        assert response.code == 400, wrong
        assert b"downsample" in response.body
    assert b"100 to 50000" in (await mount.fetch(f"/runs/{run}/metrics?downsample=99")).body


async def test_metrics_narrows(mount: Mount) -> None:
    run = await longest(mount)
    body = await mount.json(f"/runs/{run}/metrics_step?metrics=loss")
    assert set(body["columns"]) <= {"global_step", "loss", "stage", "time"}
    assert (await mount.fetch(f"/runs/{run}/metrics_step?format=xml")).code == 400


async def test_columns_keep_what_json_has_no_word_for(mount: Mount) -> None:
    """D11: per-metric envelopes; where a null stands for NaN or an infinity is said beside it."""
    run = await longest(mount)
    rows = (await mount.json(f"/runs/{run}/metrics_step"))["rows"]
    for route, axis in (("metrics", "time"), ("metrics_step", "step")):
        body = await mount.json(f"/runs/{run}/{route}?format=columns")
        assert body["x"] == axis
        loss = body["metrics"]["loss"]
        told = dict(zip(loss["x"], loss["y"], strict=True))
        key = "time" if axis == "time" else "global_step"
        wanted = rows if axis == "step" else (await mount.json(f"/runs/{run}/metrics"))["rows"]
        seen = {round(row[key], 6): row["loss"] for row in wanted if row.get("loss") is not None}
        assert {x: y for x, y in told.items() if y is not None} == seen
        assert all(loss["y"][at] is None for places in loss["kinds"].values() for at in places)
        assert sum(map(len, loss["kinds"].values())) == loss["y"].count(None)
        assert loss["exact"] is True
    thin = await mount.json(f"/runs/{run}/metrics_step?format=columns&downsample=100&metrics=loss")
    assert list(thin["metrics"]) == ["loss"]
    assert len(thin["metrics"]["loss"]["x"]) <= 100


async def test_arrow_holds_the_same_points(mount: Mount) -> None:
    run = await longest(mount)
    for query in (f"/curves?runs={run}&width=50", f"/runs/{run}/metrics_step?downsample=100"):
        joint = "&" if "?" in query else "?"
        response = await mount.fetch(f"{query}{joint}format=arrow")
        assert response.headers["Content-Type"] == "application/vnd.apache.arrow.stream"
        table = pa.ipc.open_stream(response.body).read_all()
        body = await mount.json(f"{query}{joint}format=columns")
        curves = body.get("curves") or [{"metric": name, **curve} for name, curve in body["metrics"].items()]
        for about, curve in zip(json.loads(table.schema.metadata[b"runicorn"]), curves, strict=True):
            mine = table.filter(pc.equal(table["metric"].cast(pa.string()), curve["metric"]))
            assert (about["run"], about["total"], about["n"]) == (run, curve["total"], len(curve["x"]))
            assert mine["x"].to_pylist() == curve["x"]
            kinds = {at: float(kind) for kind, places in curve["kinds"].items() for at in places}
            wanted = [kinds.get(at, y) for at, y in enumerate(curve["y"])]
            assert repr(mine["y"].to_pylist()) == repr([float(y) for y in wanted])


async def test_without_pyarrow_a_sentence_names_the_extra(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    response = await mount.fetch(f"/curves?runs={await longest(mount)}&format=arrow")
    assert response.code == 501
    assert json.loads(response.body)["error"] == "not_installed"
    assert "runicorn-jupyter[fast]" in json.loads(response.body)["message"]


async def test_a_metric_may_be_the_axis_and_stages_are_told(mount: Mount) -> None:
    run = await longest(mount)
    curve = (await mount.json(f"/curves?runs={run}&metrics=loss&x=metric:loss"))["curves"][0]
    assert curve["x"] == curve["y"] == sorted(curve["y"])
    assert (await mount.json(f"/curves?runs={run}&metrics=loss&x=metric:none"))["curves"] == []
    rows = (await mount.json(f"/runs/{run}/metrics_step"))["rows"]
    stages = (await mount.json(f"/curves?runs={run}&metrics=loss"))["stages"].get(run, [])
    for row in rows:
        within = {stage["stage"] for stage in stages if stage["x0"] <= row["global_step"] <= stage["x1"]}
        assert row.get("stage") is None or row["stage"] in within


async def test_ranks_are_asked_for_by_number(mount: Mount) -> None:
    run = await longest(mount)
    assert (await mount.json(f"/curves?runs={run}&rank=1"))["curves"] == []
    assert (await mount.fetch(f"/curves?runs={run}&rank=-1")).code == 400


async def test_curves_of_several_runs(mount: Mount) -> None:
    run = await longest(mount)
    other = next(one["id"] for one in await mount.json("/runs") if one["id"] != run)
    answer = await mount.json(f"/curves?runs={run},{other}&runs={run}&metrics=loss&width=50")
    assert answer["version"] > 0
    curve = next(curve for curve in answer["curves"] if curve["run"] == run)
    assert set(curve) == {"run", "metric", "x", "y", "total", "exact"}
    assert len(curve["x"]) == len(curve["y"]) <= 100
    assert curve["x"] == sorted(curve["x"])
    window = (await mount.json(f"/curves?runs={run}&metrics=loss&x=step&x0=3&x1=5"))["curves"][0]
    assert window["x"] == [2, 3, 4, 5, 6], "the window, and one point beyond each edge"


async def test_curves_of_a_wrong_question(mount: Mount) -> None:
    assert (await mount.fetch("/curves")).code == 400
    assert (await mount.fetch("/curves?runs=none")).code == 404
    for query in ("x=mass", "x0=left", "x0=nan", "width=0", "width=1&width=2"):
        assert (await mount.fetch(f"/curves?runs={await longest(mount)}&{query}")).code == 400, query


async def test_json_never_holds_nan(mount: Mount) -> None:
    def fail(token: str) -> None:
        raise AssertionError(token)

    for run in await mount.json("/runs"):
        for path in ("metrics", "metrics_step"):
            response = await mount.fetch(f"/runs/{run['id']}/{path}")
            assert response.code == 200
            json.loads(response.body, parse_constant=fail)
