"""What a run used and made, told of the root that is open (contract §5b)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rundirs import write_run

from runicorn_jupyter.errors import RunNotFound
from runicorn_jupyter.store.runs.assets import read_assets, read_environment, reroot
from runicorn_jupyter.workspace import Workspace

OLD = "/data/experiments"


def document(run_dir: Path, name: str):
    path = run_dir / name
    return json.loads(path.read_text()) if path.exists() else None


def entries(value):
    """Yield every entry that names a place in the archive, however deep."""
    if isinstance(value, dict):
        if "archive_path" in value:
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from entries(item)


def test_every_archive_path_of_the_sample_root_is_found_here(upstream_072):
    """The root was written at another place; whatever it archived is in the one that is open."""
    seen = 0
    for run_dir in sorted(path.parent for path in upstream_072.rglob("assets.json")):
        found = read_assets(upstream_072, str(run_dir.relative_to(upstream_072)))
        plain = document(run_dir, "assets.json")
        assert set(found["assets"]) == set(plain)
        assert found["outputs_state"] == (document(run_dir, ".outputs_state.json") or {})
        assert found["problems"] == []
        for told, written in zip(entries(found["assets"]), entries(plain), strict=True):
            seen += 1
            assert written["archive_path"].startswith(f"{OLD}/archive/")
            assert told["archive_path"] == written["archive_path"].replace(OLD, str(upstream_072))
            assert told["archive_state"] == "here"
            assert Path(told["archive_path"]).is_file()
            assert {key: value for key, value in told.items() if not key.startswith(("archive_", "manifest_"))} == {
                key: value for key, value in written.items() if not key.startswith(("archive_", "manifest_"))
            }
    assert seen > 60


def test_what_0_5_runs_made_and_used_and_where_they_ran(upstream_053, upstream_072):
    created = list(upstream_053.rglob("artifacts_created.json"))
    for path in created:
        directory = str(path.parent.relative_to(upstream_053))
        assert read_assets(upstream_053, directory)["artifacts_created"] == json.loads(path.read_text())["artifacts"]
    environments = list(upstream_072.rglob("environment.json"))
    for path in environments:
        assert read_environment(upstream_072, str(path.parent.relative_to(upstream_072))) == json.loads(
            path.read_text()
        )
    assert created
    assert environments


@pytest.mark.parametrize(
    ("path", "written_in", "relative"),
    [
        ("/old/archive/blobs/ab/abc", "/old", "archive/blobs/ab/abc"),
        ("/old/archive/blobs/ab/abc", None, "archive/blobs/ab/abc"),
        ("/moved/twice/archive/outputs/rolling/r/f", "/old", "archive/outputs/rolling/r/f"),
        ("C:\\data\\archive\\blobs\\ab\\abc", "C:\\data", "archive/blobs/ab/abc"),
        ("/older/archive/x", "/old", None),
        ("/etc/passwd", "/old", None),
        ("/old/../etc/passwd", "/old", None),
        ("/old", "/old", None),
        ("", None, None),
    ],
)
def test_paths_come_home_or_stay_out(tmp_path, path, written_in, relative):
    assert reroot(path, tmp_path, written_in) == relative


def test_missing_and_outside_ends_are_said_and_not_followed(tmp_path):
    root = tmp_path / "root"
    run_dir = write_run(root, "one", storage_dir="/old")
    (tmp_path / "secret").write_text("of somebody else")
    (root / "archive" / "blobs").mkdir(parents=True)
    (root / "archive" / "blobs" / "link").symlink_to(tmp_path / "secret")
    (root / "archive" / "blobs" / "near").symlink_to(root / "archive")
    paths = {"gone": "missing", "link": "outside", "near": "here"}
    outputs = [{"archive_path": f"/old/archive/blobs/{name}"} for name in paths] + [{"archive_path": "/etc/passwd"}]
    (run_dir / "assets.json").write_text(json.dumps({"outputs": outputs, "of a later version": {"kept": [1]}}))
    found = read_assets(root, "demo/first/runs/one")
    assert [entry["archive_state"] for entry in found["assets"]["outputs"]] == [*paths.values(), "outside"]
    assert found["assets"]["outputs"][-1]["archive_path"] == "/etc/passwd"
    assert found["assets"]["of a later version"] == {"kept": [1]}


@pytest.mark.parametrize("content", ["[]", "{", '{"outputs": 5, "datasets": [null, {"archive_path": []}]}'])
def test_whatever_is_in_the_files_is_told_or_said(tmp_path, content):
    run_dir = write_run(tmp_path, "one")
    for name in ("assets.json", "artifacts_used.json", ".outputs_state.json", "environment.json"):
        (run_dir / name).write_text(content)
    found = read_assets(tmp_path, "demo/first/runs/one")
    assert found["artifacts_used"] == []
    assert len(found["problems"]) == (0 if content.startswith('{"') else 3)
    assert (read_environment(tmp_path, "demo/first/runs/one") is None) == (not content.startswith('{"'))


def test_the_hall_finds_them_by_id(tmp_path):
    run_dir = write_run(tmp_path, "one")
    (run_dir / "environment.json").write_text('{"python_version": "3.11"}')
    (run_dir / "assets.json").symlink_to("elsewhere.json")
    (run_dir / "elsewhere.json").write_text('{"code": {}}')
    with Workspace(tmp_path) as hall:
        assert hall.environment("one") == {"python_version": "3.11"}
        assert hall.assets("one")["assets"] == {"code": {}}
        with pytest.raises(RunNotFound):
            hall.assets("two")
