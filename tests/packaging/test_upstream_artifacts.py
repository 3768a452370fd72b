"""Upstream 0.5.3's own code loads, lists, uses and goes on with the artifacts that we save, and we with its."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runicorn_jupyter.store.artifacts import Artifacts
from runicorn_jupyter.tracking import init
from runicorn_jupyter.tracking.assets.artifact import Artifact
from runicorn_jupyter.tracking.ending import endings


@pytest.fixture(scope="module")
def upstream(tmp_path_factory) -> Path:
    """Return the Python of an environment with upstream 0.5.3; it is kept in a cache folder and made once."""
    cache = Path(os.environ.get("RUNICORN_TEST_CACHE") or tmp_path_factory.getbasetemp().parent / "upstream")
    folder = cache / "0.5.3"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python, "runicorn==0.5.3"]
        subprocess.run(install, check=True, timeout=170)
        (folder / "complete").touch()
    return python


PROGRAM = """
import json, os, sys
import runicorn as rn
root, out = sys.argv[1], sys.argv[2]
run = rn.init(project="p", name="up", storage=root, capture_env=False)
store = run.artifact_storage
told = {"listed": store.list_artifacts(), "stats": store.get_storage_stats(), "used": []}
for spec in ("net:v1", "net:latest", "net:best", "set:v1"):
    used = run.use_artifact(spec)
    folder = used.download(os.path.join(out, spec.replace(":", "_")))
    manifest, metadata = used.get_manifest(), used.get_metadata()
    told["used"].append({
        "spec": spec, "version": used.version, "metadata": used.metadata, "tags": metadata.tags,
        "digest": metadata.manifest_digest, "files": {f.path: f.digest for f in manifest.files},
        "references": [r.uri for r in manifest.references],
        "here": sorted(os.path.relpath(os.path.join(a, n), folder) for a, _, ns in os.walk(folder) for n in ns),
        "path": str(used.get_file_path("deep/x.bin")),
    })
source = os.path.join(out, "more.bin"); open(source, "wb").write(b"m" * 100)
again = rn.Artifact("net", type="model"); again.add_file(source)
told["next"] = run.log_artifact(again)
told["orphans"] = store.cleanup_orphaned_dedup()
run.finish()
print("TOLD" + json.dumps(told))
"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    root, source = tmp_path / "root", tmp_path / "src"
    (source / "deep").mkdir(parents=True)
    (source / "w.bin").write_bytes(os.urandom(2_000_000))
    (source / "deep" / "x.bin").write_bytes(b"x" * 500)
    run = init("p", "ours", storage=root, capture_env=False)
    for number in (1, 2):
        net = Artifact("net", "model", "a net", {"acc": 0.5 + number, "name": "演示"}).add_dir(source).add_tags("t")
        assert run.log_artifact(net, aliases=["best"] if number == 1 else None) == number
    (source / "w.bin").unlink()
    data = Artifact("set", "dataset").add_dir(source).add_reference("s3://b/k", "sha256:0", 12, region="eu")
    assert run.log_artifact(data) == 1
    endings.end_active()
    return root


def test_upstream_loads_all_that_we_saved_and_we_all_that_it_saved(upstream, saved, tmp_path):
    # A promotion of ours must not stop upstream's reader, as one of its own does.
    Artifacts(saved).promote("net", 2, "staging")
    Artifacts(saved).delete("set", 1)
    Artifacts(saved).restore("set", 1)
    out = tmp_path / "out"
    out.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "RUNICORN_DIR": str(saved)}
    command = [upstream, "-c", PROGRAM, str(saved), str(out)]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.split("TOLD")[1])
    artifacts = Artifacts(saved)
    assert {row["name"]: row["latest_version"] for row in told["listed"]} == {"net": 2, "set": 1}
    assert told["stats"]["total_versions"] == 3
    assert [used["version"] for used in told["used"]] == [1, 2, 1, 1]
    for used in told["used"]:
        name = used["spec"].split(":")[0]
        ours = artifacts.version(name, used["version"])
        files = artifacts.files(name, used["version"]).manifest
        assert used["metadata"] == ours.metadata
        assert (used["tags"], used["digest"]) == (list(ours.tags), ours.manifest_digest)
        assert used["files"] == {file.path: file.digest for file in files.files}
        assert used["references"] == [reference.uri for reference in files.references]
        assert used["here"] == sorted(used["files"])
        assert Path(used["path"]).read_bytes() == b"x" * 500
    assert (told["next"], told["orphans"]) == (3, 0)
    for number in (1, 2, 3):
        assert artifacts.verify("net", number).ok
    assert artifacts.find("net").aliases == {"latest": 3, "best": 1}
    assert artifacts.collect().blobs == artifacts.collect().leftovers == 0
