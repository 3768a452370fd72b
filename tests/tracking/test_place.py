"""Where `init` puts a run, and which run it means."""

from __future__ import annotations

import pytest

from runicorn_jupyter.errors import UnsafeName
from runicorn_jupyter.tracking import init
from tracking.runfiles import document, points


@pytest.mark.parametrize("taken", ["runs", "webui", "archive", "artifacts", "Runs"])
def test_folders_with_a_meaning_are_refused_as_projects_and_nothing_is_made(root, taken):
    for keywords in ({"project": taken}, {"path": taken}, {"path": f"/{taken}/mlp"}):
        with pytest.raises(UnsafeName, match="archive, artifacts, runs, webui"):
            init(storage=root, **keywords)
    assert not root.exists()
    assert init("p", taken, storage=root).run_dir.parts[-3] == taken


def test_a_run_id_alone_goes_on_with_the_one_run_of_that_id(root):
    first = init("digits", "mlp", storage=root, run_id="mine[1]")
    first.log({"a": 1})
    first.finish()
    again = init(storage=root, run_id="mine[1]")
    again.log({"a": 2})
    again.finish()
    assert (again.run_dir, again.project, again.name) == (first.run_dir, "digits", "mlp")
    assert [point["global_step"] for point in points(first.run_dir)] == [1, 2]
    assert len(document(first.run_dir, "meta")["sessions"]) == 2
    assert not (root / "default").exists()


def test_the_path_of_a_run_found_by_its_id_stays(root):
    first = init(path="a/b/c", storage=root, run_id="mine")
    first.finish()
    again = init(storage=root, run_id="mine")
    assert (again.run_dir, again.path) == (first.run_dir, "a/b/c")
    assert document(again.run_dir, "meta")["path"] == "a/b/c"


@pytest.mark.parametrize("keywords", [{"project": "new"}, {"name": "new"}, {"path": "new"}])
def test_a_run_id_with_a_place_means_that_place(root, keywords):
    first = init("digits", "mlp", storage=root, run_id="mine")
    assert init(storage=root, run_id="mine", **keywords).run_dir != first.run_dir


def test_a_run_id_of_no_run_of_several_or_of_a_link_means_the_default_place(root):
    assert init(storage=root, run_id="none").run_dir.relative_to(root).parts[:2] == ("default", "default")
    for project in ("p", "q"):
        init(project, storage=root, run_id="two")
    assert init(storage=root, run_id="two").run_dir.relative_to(root).parts[:2] == ("default", "default")
    (root / "p" / "default" / "runs" / "linked").symlink_to(root)
    (root / "artifacts" / "x" / "runs" / "linked").mkdir(parents=True)
    assert init(storage=root, run_id="linked").run_dir.relative_to(root).parts[:2] == ("default", "default")
