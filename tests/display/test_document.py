"""The document and the bundle: complete, small, and without anything of this machine."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from sweeps import content, record, summary, sweep

from runicorn_jupyter.display.bundle import WIDGET_MIME, bundle
from runicorn_jupyter.display.document import MIME, Picture, document, row
from runicorn_jupyter.display.packed import unpack
from runicorn_jupyter.display.weight import weight
from runicorn_jupyter.models import Curve, ImageRecord, RunFilter


def test_shape_while_live_and_in_the_end():
    records, curves = sweep(3, 50)
    said = content(records, curves, where=RunFilter(project="digits"), total=7)
    live, final = document(said, "k1", "m1"), document(said, "k1")
    assert (live["version"], live["kind"], live["key"], live["model_id"], live["live"]) == (1, "runs", "k1", "m1", True)
    assert "model_id" not in final
    assert final["live"] is False
    assert final["query"] == {"project": "digits"}
    assert final["total"] == 7
    assert [run["id"] for run in final["runs"]] == [run.id for run in records]
    assert {curve.run for curve in unpack(final["curves"])} == {run.id for run in records}


def test_bundle_has_a_widget_view_only_while_live():
    records, curves = sweep(2, 10)
    live, _ = bundle(content(records, curves), "k", "m")
    final, _ = bundle(content(records, curves), "k")
    assert list(live) == [MIME, WIDGET_MIME, "text/html", "text/plain"]
    assert live[WIDGET_MIME]["model_id"] == "m"
    assert list(final) == [MIME, "text/html", "text/plain"]


@pytest.mark.parametrize("metrics", [["loss"], ["loss", "acc"], [f"m{i}" for i in range(12)]])
def test_thirty_runs_of_a_thousand_points_stay_small(metrics):
    records, curves = sweep(30, 1000, metrics)
    data, _ = bundle(content(records, curves), "k", "m")
    assert weight(data[MIME]) < 150_000
    assert weight(data) < 200_000
    series = data[MIME]["curves"]["series"]
    assert len(series) == 30 * len(metrics) or len(metrics) > 2
    assert len(series) >= 60 or len(metrics) == 1
    assert min(entry["n"] for entry in series) >= 64


def test_two_thousand_wide_runs_stay_small():
    config = {f"key{i}": "value" * 20 for i in range(50)}
    records = [record(f"r{i}", config=config, metrics={"loss": summary([1.0])}) for i in range(2000)]
    data, _ = bundle(content(records, []), "k")
    assert weight(data) < 200_000
    assert 10 < len(data[MIME]["runs"]) < 2000
    assert data[MIME]["total"] == 2000


def test_one_monstrous_run_is_cut_and_says_so():
    run = record(
        config={f"key{i}": "x" * 1000 for i in range(5000)}, metrics={f"m{i}": summary([1.0]) for i in range(9000)}
    )
    data, _ = bundle(content([run], [], "run", logs={run.id: ["y" * 10_000] * 500}), "k")
    assert weight(data) < 200_000
    assert "the run holds more" in data[MIME]["runs"][0]["problems"][-1]
    assert {len(line) for line in data[MIME]["logs"][run.id]} == {2000}


def test_nothing_of_this_machine(monkeypatch):
    home, host, token = "/home/planted-user", "planted-host.internal", "planted-token-123"
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("JUPYTER_TOKEN", token)
    monkeypatch.setenv("JUPYTER_SERVER_URL", f"http://{host}:8899/")
    run_dir = f"{home}/runicorn_data/digits/mlp/runs/a"
    run = record(
        "a",
        run_dir=run_dir,
        hostname=host,
        state_reason=f"its process on {host} is gone",
        problems=(f"{run_dir}/meta.json cannot be read", f"see {home}/notes"),
        metrics={"loss": summary([1.0])},
    )
    curves = [Curve("a", "loss", [1], [1.0], 1, exact=True)]
    for kind in ("run", "runs"):
        said = json.dumps(bundle(content([run], curves, kind), "k", "m")[0])
        for secret in (home, host, token, "planted", "8899", str(Path.home())):
            assert secret not in said
        assert "its directory/meta.json cannot be read" in said


def test_only_allowed_fields_pass():
    kept = set(row(record(hostname="h")))
    assert not kept & {"run_dir", "hostname", "storage_dir"}
    assert {"id", "state", "config", "summary", "metrics", "problems", "tags"} <= kept


@pytest.mark.parametrize("source", ["/srv/runs", "a/b", "C:\\runs", "..\\runs"])
def test_a_path_is_refused_as_a_label(source):
    with pytest.raises(ValueError, match="label"):
        document(content([], [], source=source), "k")


@pytest.mark.parametrize("path", ["/etc/passwd", "media/../../x.png", "C:\\x.png"])
def test_an_image_outside_its_run_is_refused(path):
    with pytest.raises(ValueError, match="relative"):
        Picture(ImageRecord("k", path, 1, None, 1.0)).item()


@pytest.mark.parametrize("src", ["http://host/x.png", "data:image/svg+xml;base64,AAAA", "data:text/html,<b>"])
def test_an_image_that_is_no_raster_is_refused(src):
    with pytest.raises(ValueError, match="raster"):
        Picture(ImageRecord("k", "media/x.png", 1, None, 1.0), src).item()


def test_images_keep_their_content_while_there_is_room():
    src = "data:image/png;base64," + "A" * 20_000
    pictures = [Picture(ImageRecord(f"k{i}", f"media/{i}.png", i, None, 1.0), src) for i in range(4)]
    run = record()
    items = document(content([run], [], "run", images={run.id: pictures}), "k")["images"][run.id]
    assert ["src" in item for item in items] == [True, True, False, False]


def test_strict_json_whatever_was_logged():
    odd = {"nan": math.nan, "inf": -math.inf, "deep": {1: [math.nan, {2}]}, "object": object, "torn": "a\ud800"}
    run = record(config=odd, summary=odd, metrics={"m": summary([math.nan])}, created_at=math.inf)
    made = document(content([run], [Curve(run.id, "m", [1], [math.nan], 1, exact=True)], "run"), "k")
    back = json.loads(json.dumps(made, allow_nan=False).encode())
    assert back["runs"][0]["config"]["nan"] is None
    assert back["runs"][0]["config"]["deep"]["1"][0] is None
    assert math.isnan(unpack(back["curves"])[0].y[0])
