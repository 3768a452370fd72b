"""Every name that upstream's users import is there, light, and written down (contract §3)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from places import REPOSITORY

import runicorn
from runicorn_jupyter import tracking
from runicorn_jupyter.tracking import Run
from runicorn_jupyter.tracking.start import DEFAULTS

UPSTREAM_053 = {"Run", "init", "__version__", "Artifact", "ArtifactType"}
UPSTREAM_072 = {
    "Run", "init", "get_active_run", "get_config", "snapshot_workspace", "enabled", "is_enabled", "set_enabled",
    "reset_enabled", "get_effective_rnconfig", "__version__", "MetricMonitor", "AnomalyDetector", "AlertRule",
    "EnvironmentCapture", "EnvironmentInfo",
}  # fmt: skip
RUN_METHODS = {
    "log", "log_text", "log_image", "log_config", "log_dataset", "log_pretrained", "summary", "set_primary_metric",
    "get_logging_handler", "scan_outputs_once", "watch_outputs", "stop_outputs_watch", "log_artifact", "use_artifact",
    "finish", "is_finished",
}  # fmt: skip
KEYWORDS = {
    "project", "storage", "run_id", "name", "capture_env", "path", "alias", "snapshot_code", "workspace_root",
    "snapshot_format", "force_snapshot", "capture_console", "tqdm_mode",
}  # fmt: skip


def test_upstreams_names_are_there():
    assert set(runicorn.__all__) >= UPSTREAM_053 | UPSTREAM_072
    assert [name for name in runicorn.__all__ if not hasattr(runicorn, name)] == []
    assert [name for name in RUN_METHODS if not hasattr(Run, name)] == []
    assert set(DEFAULTS) >= KEYWORDS


def test_the_keywords_of_init_are_those_of_its_table():
    import inspect

    signature = inspect.signature(tracking.init).parameters
    assert {name: given.default for name, given in signature.items() if name != "unknown"} == DEFAULTS


@pytest.mark.parametrize("name", ["ExperimentManager", "ExperimentMetadata", "MetricsExporter"])
def test_names_without_a_counterpart_say_what_does_their_work(name):
    done = subprocess.run(
        [sys.executable, "-c", f"from runicorn import {name}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"has no {name}; its work is done by" in done.stderr


def test_every_name_stands_in_the_documentation():
    text = (REPOSITORY / "docs" / "sdk.md").read_text("utf-8")
    named = {name for name in [*tracking.__all__, *UPSTREAM_072, *UPSTREAM_053] if not name.startswith("_")}
    assert sorted(name for name in named if name not in text) == []
    methods = {name for kind in Run.__mro__[:-1] for name in vars(kind) if not name.startswith("_")}
    unspoken = {"call_at_end", "finished", "is_finished"}
    assert sorted(name for name in methods - unspoken if name not in text) == []
    assert sorted(word for word in DEFAULTS if word not in text) == []


def test_what_costs_something_is_imported_only_when_it_is_asked_for(root):
    source = (
        "import json, sys, runicorn as rn\n"
        "run = rn.init(capture_env=False); run.log(a=1); run.log_text('x'); run.summary(b=2); run.finish()\n"
        "sys.__stdout__.write(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    ours = {name.rsplit(".", 1)[-1] for name in loaded if name.startswith("runicorn_jupyter.tracking.")}
    lazy = {"console", "drain", "tees", "environment", "git", "secrets", "gpus", "telemetry", "snapshot", "archive",
            "outputs", "notebook", "provenance", "magics", "files", "pictures", "sheets", "sounds", "monitors",
            "registry", "artifact", "capture", "loghandler"}  # fmt: skip
    assert ours & lazy == set()
    assert not {"subprocess", "asyncio", "numpy", "pandas", "logging", "ssl", "zipfile", "sqlite3"} & loaded


def test_run_used_as_a_class_is_a_run_that_is_not_the_active_one(root):
    run = Run(project="p", name="n", storage=root, capture_env=False)
    try:
        assert (run.project, run.name) == ("p", "n")
        assert tracking.get_active_run() is None
        assert Run("q", storage=root).project == "q"
        with pytest.raises(TypeError, match="did you mean 'project'"):
            Run(projekt="x")
    finally:
        run.finish()


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"resume": "must"}, "needs to know which run"),
        ({"resume": "must", "run_id": "none"}, "no run 'none'"),
        ({"resume": "20260101_000000_abcdef"}, "no run '20260101_000000_abcdef'"),
        ({"resume": "never", "run_id": "there"}, "forbids"),
        ({"resume": "a", "run_id": "b"}, "two runs"),
    ],
)
def test_resume_refuses_what_it_was_told_to_refuse(root, keywords, words):
    tracking.init("p", "n", storage=root, run_id="there").finish()
    with pytest.raises(ValueError, match=words):
        tracking.init("p", "n", storage=root, **keywords)
    assert [path.name for path in root.glob("p/n/runs/*")] == ["there"]
    for again in ({"resume": "there"}, {"resume": "must", "run_id": "there"}, {"resume": True, "run_id": "there"}):
        assert tracking.init("p", "n", storage=root, **again).run_dir.name == "there"


def test_the_monitors_tell_what_upstreams_tell():
    told = []
    monitor = runicorn.MetricMonitor(window_size=3)
    monitor.add_rule(
        runicorn.AlertRule("acc", "lt", 0.5, consecutive_count=2, callback=lambda text, _: told.append(text))
    )
    assert [len(monitor.check_metrics({"acc": value})) for value in (0.4, 0.6, 0.4, 0.4, 0.4)] == [0, 0, 0, 1, 0]
    assert told == ["acc=0.4 is lt 0.5"]
    assert monitor.check_metrics({"loss": float("nan")}) == ["loss is NaN"]
    assert monitor.get_statistics("acc") == {
        "mean": pytest.approx(0.4), "min": 0.4, "max": 0.4, "last": 0.4, "count": 3, "valid_count": 3,
    }  # fmt: skip
    assert monitor.get_statistics("loss") == {"has_nan": True, "has_inf": False}
    assert monitor.get_statistics("what") == {}
    detector = runicorn.AnomalyDetector()
    detector.update_baseline("loss", [1.0, 2.0, 3.0])
    assert [detector.is_anomaly("loss", value) for value in (2.0, 9.0, float("inf"))] == [False, True, True]
    assert detector.detect_trend_anomaly([1.0] * 5 + [2.0] * 5)
    assert not detector.detect_trend_anomaly([1.0] * 10)


def test_the_registry_reads_upstreams_files(own_home, tmp_path):
    folder = own_home / ".config" / "runicorn"
    (folder / "registry" / "paths").mkdir(parents=True)
    (folder / "registry" / "paths" / "data.toml").write_text('value = "/data"\n[sets]\nmnist = "m"\n')
    (folder / "rnconfig.toml").write_text("[a]\nx = 1\ny = 2\n")
    (tmp_path / "rnconfig.toml").write_text("[a]\ny = 3\n")
    assert runicorn.get_config("paths/data") == "/data"
    assert runicorn.get_config("paths/data/sets/mnist") == "m"
    for wrong, error in (
        ("paths/none", KeyError),
        ("paths/data/sets/x", KeyError),
        ("", ValueError),
        ("../x", ValueError),
    ):
        with pytest.raises(error):
            runicorn.get_config(wrong)
    assert runicorn.get_effective_rnconfig(tmp_path) == {"a": {"x": 1, "y": 3}}
    (folder / "rnconfig.toml").write_text("broken")
    with pytest.raises(ValueError, match="no TOML"):
        runicorn.get_effective_rnconfig(tmp_path)


def test_upstreams_environment_classes_write_what_they_see(tmp_path):
    found = runicorn.EnvironmentCapture(tmp_path).capture_all()
    found.save(tmp_path / "e.json")
    assert json.loads((tmp_path / "e.json").read_text())["git_info"] is None
    assert found.to_dict()["pip_packages"]
