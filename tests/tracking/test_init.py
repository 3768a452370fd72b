"""What `init` accepts, refuses, continues and says."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from runicorn_jupyter import tracking as rn
from runicorn_jupyter.errors import UnsafeName
from tracking.runfiles import document, points


def test_one_line_on_stdout_says_what_and_where_without_the_home_path(own_home, capsys):
    run = rn.init("digits", "mlp")
    captured = capsys.readouterr()
    assert captured.out == f"runicorn: run {run.id} of digits/mlp, stored in ~/runicorn_data\n"
    assert captured.err == ""
    assert run.run_dir.is_relative_to(own_home / "runicorn_data")


@pytest.mark.parametrize(
    ("keywords", "folder", "path"),
    [
        ({}, "default/default", "default/default"),
        ({"project": "p"}, "p/default", "p/default"),
        ({"path": "a"}, "a/default", "a"),
        ({"path": "a/b/c"}, "a/b__c", "a/b/c"),
        ({"path": ""}, "_root/default", ""),
        ({"project": "vision/resnet"}, "vision/resnet", "vision/resnet"),
        ({"project": "演示项目", "name": "ü"}, "演示项目/ü", "演示项目/ü"),
    ],
)
def test_both_naming_styles_give_one_layout(root, keywords, folder, path):
    run = rn.init(storage=root, **keywords)
    assert run.run_dir.relative_to(root).as_posix() == f"{folder}/runs/{run.id}"
    meta = document(run.run_dir, "meta")
    assert (f"{meta['project']}/{meta['name']}", meta["path"]) == (folder, path)


@pytest.mark.parametrize("unsafe", ["../x", "/etc", "a//b", "", ".hidden", "con", "x" * 101, "a\n"])
def test_unsafe_names_are_refused_and_nothing_is_made(root, unsafe):
    attempts = [{"project": unsafe}, {"name": unsafe}, {"run_id": unsafe}] if unsafe else [{"run_id": unsafe}]
    for keywords in attempts:
        with pytest.raises(UnsafeName):
            rn.init(storage=root, **keywords)
    with pytest.raises(ValueError, match="path"):
        rn.init(storage=root, path=f"a/{unsafe or '..'}/../b")
    assert not root.exists()


def test_a_refused_init_leaves_the_active_run_alone(root):
    run = rn.init(storage=root)
    with pytest.raises(UnsafeName):
        rn.init("..", storage=root)
    assert rn.get_active_run() is run
    assert document(run.run_dir, "status")["status"] == "running"


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"projekt": "x"}, "did you mean 'project'"),
        ({"captureenv": True}, "did you mean 'capture_env'"),
        ({"storage_dir": "x"}, "did you mean 'storage'"),
    ],
)
def test_an_unknown_keyword_names_the_nearest(root, keywords, words):
    with pytest.raises(TypeError, match=words):
        rn.init(**keywords)


def test_mixed_naming_styles_and_wrong_types_are_refused(root):
    for keywords in ({"path": "a", "name": "b"}, {"config": 3}, {"tags": [1]}, {"notes": 5}, {"storage": "E:\\data"}):
        with pytest.raises(ValueError, match=r"\w+"):
            rn.init(**{"storage": root, **keywords})


@dataclass
class Config:
    lr: float = 0.1


@pytest.mark.parametrize("config", [{"lr": 0.1}, argparse.Namespace(lr=0.1), Config()])
def test_a_config_may_be_a_dict_a_namespace_or_a_dataclass(root, config):
    run = rn.init(storage=root, config=config)
    assert document(run.run_dir, "assets")["config"]["args"] == {"lr": 0.1} == run.config


def test_a_second_init_finishes_the_first(root):
    first = rn.init(storage=root)
    second = rn.init(storage=root)
    assert document(first.run_dir, "status")["status"] == "finished"
    assert document(second.run_dir, "status")["status"] == "running"
    assert rn.get_active_run() is second
    rn.finish()
    assert rn.get_active_run() is None


def test_a_known_run_id_goes_on_where_the_run_stopped(root):
    first = rn.init("p", "n", storage=root, run_id="mine", config={"lr": 1, "a": 1}, tags=["t"])
    for value in range(500):
        first.log({"a": value, "text": "x" * 300})
    first.log_text("one")
    first.set_primary_metric("a")
    first.log({"a": 900})
    first.summary({"note": 1})
    first.finish("failed")
    before = document(first.run_dir, "meta")

    again = rn.init("p", "n", storage=root, run_id="mine", config={"lr": 2})
    assert again.run_dir == first.run_dir
    status = document(again.run_dir, "status")
    assert status["status"] == "running"
    assert "ended_at" not in status
    again.set_primary_metric("a")
    again.log({"a": 1})
    again.log_image("p", b"\x89PNG\r\n\x1a\n")
    again.finish()
    assert [point["global_step"] for point in points(again.run_dir)] == list(range(1, 503))
    meta = document(again.run_dir, "meta")
    assert meta["created_at"] == before["created_at"]
    assert meta["tags"] == ["t"]
    assert [session["reason"] for session in meta["sessions"]] == ["start", "resume"]
    assert meta["sessions"][0] == before["sessions"][0]
    assert document(again.run_dir, "assets")["config"]["args"] == {"lr": 2, "a": 1}
    summary = document(again.run_dir, "summary")
    assert (summary["note"], summary["best_metric_value"], summary["best_metric_step"]) == (1, 900, 501)


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"sessions": 3, "config": []}'])
def test_a_run_with_broken_documents_can_go_on(root, broken):
    folder = root / "p" / "n" / "runs" / "mine"
    folder.mkdir(parents=True)
    for name in ("meta", "status", "summary", "assets"):
        (folder / f"{name}.json").write_bytes(broken)
    run = rn.init("p", "n", storage=root, run_id="mine", config={"lr": 2})
    run.log({"a": 1})
    run.finish()
    assert document(folder, "status")["status"] == "finished"
    assert len(document(folder, "meta")["sessions"]) == 1


@pytest.mark.parametrize("word", ["0", "false", "OFF", "no"])
def test_switched_off_by_the_environment_nothing_is_written(root, monkeypatch, word, capsys):
    monkeypatch.setenv("RUNICORN_ON", word)
    run = rn.init(storage=root)
    assert isinstance(run, rn.NoOpRun)
    assert run.id == "disabled"
    with run:
        run.log({"a": 1})
        run.log_text("x")
        assert run.log_image("k", object()) is None
        assert run.log_file("k", "missing") is None
        run.summary({"a": object()})
        run.set_primary_metric("a", "sideways")
        rn.log(a=1)
        assert run.metrics() is None
    assert not root.exists()
    assert capsys.readouterr() == ("", "")


def test_the_script_outranks_the_environment(root, monkeypatch):
    monkeypatch.setenv("RUNICORN_ON", "0")
    rn.set_enabled(True)
    assert rn.is_enabled()
    with rn.enabled(False):
        assert rn.init(storage=root).id == "disabled"
    assert rn.init(storage=root).id != "disabled"
    rn.reset_enabled()
    assert not rn.is_enabled()


def test_the_module_functions_act_on_the_active_run(root, tmp_path):
    (tmp_path / "f.txt").write_text("x")
    run = rn.init(storage=root)
    rn.set_primary_metric("loss", "min")
    rn.log({"loss": 1.0}, step=4, stage="s", acc=2)
    rn.log_text("hello")
    assert rn.log_image("k", b"GIF89a").endswith("_k.gif")
    assert rn.log_file("f", tmp_path / "f.txt").endswith("_f.txt")
    rn.summary({"a": 1}, b=2)
    rn.finish("failed")
    (point,) = points(run.run_dir)
    assert (point["loss"], point["acc"], point["global_step"], point["stage"]) == (1.0, 2, 4, "s")
    assert document(run.run_dir, "summary") == {
        "a": 1,
        "b": 2,
        "best_metric_value": 1.0,
        "best_metric_name": "loss",
        "best_metric_step": 4,
        "best_metric_mode": "min",
    }
    assert document(run.run_dir, "status")["status"] == "failed"


def test_without_a_run_the_module_functions_say_so_once(capsys):
    rn.log({"a": 1})
    rn.log_text("x")
    rn.finish()
    assert rn.log_image("k", b"x") is None
    assert capsys.readouterr().err.count("no active run") == 1


def test_ids_that_clash_are_tried_again(root, monkeypatch):
    monkeypatch.setattr("runicorn_jupyter.tracking.process.place.strftime", lambda *_: "20260101_000000")
    bytes_of_ids = iter([b"\1\1\1", b"\1\1\1", b"\2\2\2"])
    monkeypatch.setattr("runicorn_jupyter.tracking.process.place.os.urandom", lambda size: next(bytes_of_ids))
    first = rn.init(storage=root)
    second = rn.init(storage=root)
    assert (first.id, second.id) == ("20260101_000000_010101", "20260101_000000_020202")


def test_the_run_is_read_by_the_store_as_it_was_written(root):
    from runicorn_jupyter.workspace import Workspace

    run = rn.init("p", "n", storage=root, config={"lr": 0.5}, tags=["t"], notes="hm", alias="al")
    for value in range(10):
        run.log({"loss": 1 / (value + 1)})
    with Workspace(root) as workspace:
        assert workspace.wait_complete(20)
        record = workspace.run(run.id)
    assert (record.state, record.project, record.name, record.path) == ("running", "p", "n", "p/n")
    assert (dict(record.config), record.tags, record.notes, record.alias) == ({"lr": 0.5}, ("t",), "hm", "al")
    assert record.last_step == 10
    assert json.loads(json.dumps(record.item()))["pid"] is not None


@dataclass
class Optimizer:
    lr: float = 0.1
    betas: tuple[float, float] = (0.9, 0.99)


@dataclass(slots=True)
class Slotted:
    depth: int = 3
    optimizer: Optimizer = field(default_factory=Optimizer)


class Attrs:
    """As the attrs library makes a class, and pydantic below; neither is a dependency of ours."""

    __attrs_attrs__ = (SimpleNamespace(name="width"), SimpleNamespace(name="never_set"))
    width = 5


class Pydantic:
    model_fields = ("batch",)

    def __init__(self):
        self.batch = 32


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        (Slotted(), {"depth": 3, "optimizer": {"lr": 0.1, "betas": [0.9, 0.99]}}),
        (
            argparse.Namespace(o=Optimizer(), n=SimpleNamespace(a=1)),
            {"o": {"lr": 0.1, "betas": [0.9, 0.99]}, "n": {"a": 1}},
        ),
        ({"attrs": Attrs(), "model": Pydantic(), "kind": Optimizer}, {"attrs": {"width": 5}, "model": {"batch": 32}}),
    ],
)
def test_config_objects_are_kept_with_all_that_is_in_them(root, config, kept):
    run = rn.init(storage=root, config=config)
    run.log_config(config)
    run.finish()
    found = document(run.run_dir, "assets")["config"]["args"]
    assert {key: found[key] for key in kept} == kept


def test_a_config_that_holds_itself_is_cut(root):
    ring = SimpleNamespace(name="x")
    ring.me = ring
    ring.pair = [ring, {"again": ring}]
    run = rn.init(storage=root, config=ring)
    run.finish()
    cut = "SimpleNamespace"
    assert document(run.run_dir, "assets")["config"]["args"] == {
        "name": "x",
        "me": {"name": "x", "me": cut, "pair": [cut, {"again": cut}]},
        "pair": [
            {"name": "x", "me": cut, "pair": "list"},
            {"again": {"name": "x", "me": cut, "pair": "list"}},
        ],
    }
