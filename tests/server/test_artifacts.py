"""R11–R17 and X3–X8 over HTTP, on the artifacts that upstream's own SDK wrote."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from mounts import Mount
from tornado.simple_httpclient import HTTPStreamClosedError

NAMES = {"vit-base-model", "resnet50-model", "bert-finetune-model", "nlp-data-2", "vision-data-0", "vision-data-1"}


@pytest.fixture
def root(scratch_053: Path) -> Path:
    return scratch_053


async def asked(mount: Mount, method: str, path: str, body: object = None, status: int = 200):
    headers = dict(mount.token)
    if body is not None:
        headers["Content-Type"] = "application/json"
    data = None if body is None else json.dumps(body).encode()
    answer = await mount.fetch(path, headers, method=method, body=data)
    assert answer.code == status, (path, answer.code, answer.body)
    return json.loads(answer.body)


async def test_the_sample_tree_is_told_exactly(mount: Mount, root: Path) -> None:
    listed = await mount.json("/artifacts")
    assert {row["name"] for row in listed} == NAMES
    assert [row["updated_at"] for row in listed] == sorted((row["updated_at"] for row in listed), reverse=True)
    assert await mount.json("/artifacts?limit=2&offset=1") == listed[1:3]
    assert {row["type"] for row in await mount.json("/artifacts?type=dataset")} == {"dataset"}
    assert await mount.json("/artifacts?type=none") == []
    for row in listed:
        folder = root / "artifacts" / row["type"] / row["name"]
        index = json.loads((folder / "versions.json").read_text())
        assert row["aliases"] == index["aliases"] == {"latest": 3}
        assert (row["num_versions"], row["latest_version"]) == (3, 3)
        assert (row["created_at"], row["updated_at"]) == (index["created_at"], index["updated_at"])
        versions = await mount.json(f"/artifacts/{row['name']}/versions")
        assert [one["version"] for one in versions] == [1, 2, 3]
        assert [one["aliases"] for one in versions] == [[], [], ["latest"]]
        for one, known in zip(versions, index["versions"], strict=True):
            assert {key: one[key] for key in known if key != "aliases"} == {
                key: value for key, value in known.items() if key != "aliases"
            }
            metadata = json.loads((folder / f"v{one['version']}" / "metadata.json").read_text())
            detail = await mount.json(f"/artifacts/{row['name']}/v{one['version']}")
            assert {key: detail[key] for key in metadata if key != "aliases"} == {
                key: value for key, value in metadata.items() if key != "aliases"
            }
            assert detail["aliases"] == one["aliases"]
            manifest = json.loads((folder / f"v{one['version']}" / "manifest.json").read_text())
            files = await mount.json(f"/artifacts/{row['name']}/v{one['version']}/files")
            assert files["references"] == manifest["references"]
            assert files["total_size"] == manifest["total_size"]
            for file, entry in zip(files["files"], manifest["files"], strict=True):
                assert {key: file[key] for key in entry} == entry
                assert file["absolute_path"] == f"{folder}/v{one['version']}/files/{entry['path']}"


async def test_stats_count_what_lies_in_the_pool(mount: Mount, root: Path) -> None:
    pool = [path for path in (root / "artifacts" / ".dedup").rglob("*") if path.is_file()]
    stats = await mount.json("/artifacts/stats")
    assert (stats["total_artifacts"], stats["total_versions"]) == (6, 18)
    assert stats["dedup_pool_size_bytes"] == sum(path.stat().st_size for path in pool)
    assert stats["space_saved_bytes"] == stats["total_size_bytes"] - stats["dedup_pool_size_bytes"]
    assert stats["by_type"]["model"] == {"count": 3, "versions": 9, "size_bytes": 45864}


async def test_the_bytes_of_a_file_come_whole_by_range_and_in_an_archive(mount: Mount) -> None:
    files = (await mount.json("/artifacts/vision-data-0/v2/files"))["files"]
    for file in files:
        address = f"/artifacts/vision-data-0/v2/files/{file['path']}"
        whole = await mount.fetch(address)
        assert f"sha256:{hashlib.sha256(whole.body).hexdigest()}" == file["digest"]
        part = await mount.fetch(address, {**mount.token, "Range": "bytes=2-5"})
        assert (part.code, part.body) == (206, whole.body[2:6])
        assert part.headers["Content-Range"] == f"bytes 2-5/{file['size']}"
    answer = await mount.fetch("/artifacts/vision-data-0/v2/archive")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert {entry.filename: entry.file_size for entry in archive.infolist()} == {
            file["path"]: file["size"] for file in files
        }


async def test_consumers_are_found_and_every_form_draws_the_same_graph(mount: Mount) -> None:
    graph = await mount.json("/artifacts/vision-data-0/v1/lineage")
    assert graph["root_artifact"] == "vision-data-0:v1"
    consumers = {edge["target"] for edge in graph["edges"] if edge["source"] == "vision-data-0:v1"}
    assert len(consumers) == 2
    made = {edge["target"] for edge in graph["edges"] if edge["source"] in consumers}
    assert made == {"resnet50-model:v2", "resnet50-model:v3"}
    assert (await mount.json("/artifacts/vision-data-0:v1/lineage"))["nodes"] == graph["nodes"]
    assert (await mount.json("/artifacts/vision-data-0/lineage?version=1"))["edges"] == graph["edges"]
    dot = (await mount.fetch("/artifacts/vision-data-0/v1/lineage?format=dot")).body.decode()
    assert dot.startswith("digraph")
    assert dot.count(" -> ") == len(graph["edges"])
    mermaid = (await mount.fetch("/artifacts/vision-data-0/v1/lineage?format=mermaid")).body.decode()
    assert mermaid.count("-->|") == len(graph["edges"])
    run = next(iter(consumers)).removeprefix("run:")
    assert (await mount.json(f"/runs/{run}/lineage"))["root_artifact"] == f"run:{run}"
    told = await mount.json(f"/runs/{run}/artifacts")
    assert [row["name"] for row in told["used"]] == ["vision-data-0"]
    assert told["created"][0]["lifecycle_stage"] == "experimental"
    related = (await mount.json(f"/experiments/{run}/artifacts?relation=used"))["artifacts"]
    assert [row["relation"] for row in related] == ["used"]


async def test_a_version_rises_is_read_and_judged(mount: Mount) -> None:
    up = await asked(mount, "POST", "/artifacts/resnet50-model/v2/promote", {"to_stage": "staging", "notes": "good"})
    assert (up["from_stage"], up["to_stage"], up["artifact"]) == ("experimental", "staging", "resnet50-model:v2")
    await asked(mount, "POST", "/artifacts/resnet50-model/v2/promote", {"to_stage": "production"})
    found = await mount.json("/artifacts/resnet50-model:production")
    assert (found["version"], found["lifecycle_stage"]) == (2, "production")
    assert [step["to_stage"] for step in found["stage_transitions"]] == ["staging", "production"]
    for wrong in ({"to_stage": "moon"}, {"to_stage": "experimental"}, {}):
        refused = await asked(mount, "POST", "/artifacts/resnet50-model/v2/promote", wrong, 400)
        assert refused["success"] is False
    about = {"model_name": "resnet50-model", "model_version": 2, "evaluation_date": 5.0, "status": "passed"}
    kept = await asked(mount, "POST", "/artifacts/resnet50-model/v2/evaluate", {**about, "metrics": {"acc": 0.9}})
    [evaluation] = await mount.json("/artifacts/resnet50-model/evaluations?version=2")
    assert (evaluation["id"], evaluation["metrics"], evaluation["evaluation_date"]) == (
        kept["eval_id"],
        {"acc": 0.9},
        5.0,
    )
    assert await mount.json("/artifacts/resnet50-model/evaluations?version=1") == []
    await asked(mount, "POST", "/artifacts/resnet50-model/v2/evaluate", {"metrics": {}}, 400)
    history = await mount.json("/artifacts/resnet50-model/performance-history?metric_name=best_metric_value")
    assert [row["version"] for row in history] == [1, 2, 3]
    training = await mount.json("/artifacts/resnet50-model/training-metrics?version=2")
    assert training["metrics"]["best_metric_value"] == history[1]["metrics"]["best_metric_value"]


async def test_a_version_goes_comes_back_and_goes_for_good(mount: Mount, root: Path) -> None:
    gone = await asked(mount, "DELETE", "/artifacts/nlp-data-2/v3")
    assert gone == {"success": True, "message": "Soft deleted nlp-data-2:v3 locally"}
    await asked(mount, "DELETE", "/artifacts/nlp-data-2/v3")
    assert [row["deleted"] for row in await mount.json("/artifacts/nlp-data-2/versions")] == [False, False, True]
    assert (await mount.json("/artifacts/nlp-data-2:latest"))["version"] == 2
    assert (await asked(mount, "POST", "/artifacts/nlp-data-2/v3/restore"))["deleted"] is False
    await asked(mount, "DELETE", "/artifacts/nlp-data-2/v3?permanent=true")
    await asked(mount, "DELETE", "/artifacts/nlp-data-2/v3", status=404)
    assert [row["aliases"] for row in await mount.json("/artifacts/nlp-data-2/versions")] == [[], ["latest"]]
    said = await asked(mount, "POST", "/artifacts/gc", {})
    assert said["dry_run"] is True
    assert said["blobs"] > 0
    assert await asked(mount, "POST", "/artifacts/gc", {"dry_run": False}) == {**said, "dry_run": False}
    assert (await asked(mount, "POST", "/artifacts/gc", {}))["blobs"] == 0
    for name in NAMES:
        for row in await mount.json(f"/artifacts/{name}/versions"):
            assert (await asked(mount, "POST", f"/artifacts/{name}/v{row['version']}/verify"))["ok"]
    moved = await asked(mount, "PUT", "/artifacts/vision-data-0/aliases/best", {"version": 2})
    assert moved["aliases"] == {"latest": 3, "best": 2}
    assert (await mount.json("/artifacts/vision-data-0:best"))["version"] == 2
    assert (await asked(mount, "DELETE", "/artifacts/vision-data-0/aliases/best"))["aliases"] == {"latest": 3}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/artifacts/nothing/versions", 404),
        ("/artifacts/vision-data-0/v9", 404),
        ("/artifacts/vision-data-0/v0", 400),
        ("/artifacts/vision-data-0/v-1", 400),
        ("/artifacts/vision-data-0/v1000000000000000000000000000000", 400),
        ("/artifacts/vision-data-0/vx", 400),
        ("/artifacts/..%2F..%2Fetc/versions", 400),
        ("/artifacts/%2e%2e/versions", 400),
        ("/artifacts/a%00b/versions", 400),
        ("/artifacts/vision-data-0/versions?type=..%2Fmodel", 400),
        ("/artifacts/vision-data-0/v1/files/..%2F..%2Fversions.json", 400),
        ("/artifacts/vision-data-0/v1/files/%2Fetc%2Fpasswd", 400),
        ("/artifacts/vision-data-0/v1/files/none.txt", 404),
        ("/artifacts/vision-data-0:nobody", 404),
        ("/artifacts/vision-data-0/versions?type=model", 404),
        ("/artifacts?limit=-1", 400),
        ("/artifacts/vision-data-0/v1/lineage?max_depth=x", 400),
        ("/runs/none/artifacts", 404),
        ("/runs/none/lineage", 404),
    ],
)
async def test_f06_names_versions_and_paths_that_are_none(mount: Mount, path: str, status: int) -> None:
    answer = await mount.fetch(path)
    assert answer.code == status, answer.body
    assert json.loads(answer.body)["ok"] is False


async def test_the_type_decides_when_a_name_is_there_twice(mount: Mount, root: Path) -> None:
    (root / "artifacts" / "code").mkdir()
    (root / "artifacts" / "model" / "vit-base-model").rename(root / "artifacts" / "code" / "nlp-data-2")
    refused = await asked(mount, "GET", "/artifacts/nlp-data-2/versions", status=409)
    assert refused["error"] == "ambiguous_artifact"
    assert "code, dataset" in refused["detail"] or "dataset, code" in refused["detail"]
    assert (await mount.json("/artifacts/nlp-data-2/v1?type=code"))["type"] == "code"
    graph = await mount.json("/artifacts/nlp-data-2/v1/lineage?type=dataset")
    assert graph["root_artifact"] == "dataset/nlp-data-2:v1"


async def test_an_archive_that_cannot_be_sent_to_its_end_is_cut_short_not_ended(mount: Mount, root: Path) -> None:
    files = root / "artifacts" / "dataset" / "vision-data-0" / "v1" / "files"
    (files / "weights.bin").unlink()
    with pytest.raises(HTTPStreamClosedError):
        await mount.fetch("/artifacts/vision-data-0/v1/archive")
    for path in ("config.json", "sub/shared_vocab.txt"):
        (files / path).unlink()
    missing = await mount.fetch("/artifacts/vision-data-0/v1/archive")
    assert (missing.code, json.loads(missing.body)["error"]) == (404, "version_not_found")
