"""What a run records about machine, code and program: defaults, secrets, and the one switch that turns it all off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from runicorn_jupyter import tracking as rn
from runicorn_jupyter.tracking.assets.ignore import Ignore
from runicorn_jupyter.tracking.assets.snapshot import SnapshotTooLarge, snapshot_workspace
from runicorn_jupyter.tracking.surroundings import environment, gpus, telemetry
from runicorn_jupyter.tracking.surroundings.git import git_diff, git_state
from runicorn_jupyter.tracking.surroundings.secrets import is_secret_name, masked, masked_source
from tracking.runfiles import document

GITHUB = "ghp_" + "a1B2" * 9
OPENAI = "sk-" + "abcdefgh12345678"


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()

    def git(*words: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=b", *words], cwd=folder, check=True)

    git("init", "-q", "-b", "trunk")
    (folder / "train.py").write_text("lr = 1\n")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    git("remote", "add", "origin", f"https://me:{GITHUB}@example.org/x.git")
    monkeypatch.chdir(folder)
    return folder


def test_the_environment_is_written_by_default_with_upstreams_keys(root, repository):
    run = rn.init(storage=root)
    run.finish()
    found = document(run.run_dir, "environment")
    assert set(found) >= {
        "python_version", "platform", "platform_details", "pip_packages", "conda_packages", "conda_env", "git_info",
        "env_variables", "gpu_info",
    }  # fmt: skip
    assert found["platform_details"]["python_implementation"] == "CPython"
    assert found["git_info"]["branch"] == "trunk"
    assert found["git_info"]["dirty"] is False
    assert found["git_info"]["remote"] == "https://***@example.org/x.git"
    assert not (run.run_dir / "git.diff").exists()


def test_the_packages_are_those_that_importlib_finds():
    from importlib.metadata import distributions

    def plain(name: str) -> str:
        return name.lower().replace("-", "_").replace(".", "_")

    real = {f"{plain(found.metadata['Name'])}=={found.version}" for found in distributions()}
    ours = {f"{plain(line.split('==')[0])}=={line.split('==')[1]}" for line in environment.packages()}
    assert ours == real


def test_only_allowed_variables_are_kept_and_secrets_among_them_are_masked(monkeypatch):
    for name, value in {
        "CUDA_VISIBLE_DEVICES": "0,1",
        "SLURM_JOB_ID": "7",
        "SLURM_JOB_USER": "a person",
        "TORCH_HUB_TOKEN": "hidden",
        "OMP_NUM_THREADS": GITHUB,
        "PYTHONPATH": f"{Path.home()}/code",
        "AWS_SECRET_ACCESS_KEY": "x",
        "MY_DIARY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    found = environment.variables()
    assert (found["CUDA_VISIBLE_DEVICES"], found["SLURM_JOB_ID"]) == ("0,1", "7")
    assert (found["TORCH_HUB_TOKEN"], found["OMP_NUM_THREADS"], found["PYTHONPATH"]) == ("***", "***", "~/code")
    assert not {"SLURM_JOB_USER", "AWS_SECRET_ACCESS_KEY", "MY_DIARY", "HOME", "PATH"} & set(found)


def test_the_command_line_is_kept_without_its_secrets(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["t.py", "--lr", "0.1", "--api-key", "abc", "--token=xyz", f"--x={OPENAI}"])
    assert environment.environment(Path.cwd())["command"] == [
        "t.py", "--lr", "0.1", "--api-key", "***", "--token=***", "--x=***",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "secret"),
    [("API_KEY", True), ("wandb_api_key", True), ("password", True), ("DB_PASSWD", True), ("hf_token", True),
     ("client_secret", True), ("AUTHORIZATION", True), ("learning_rate", False), ("monkey", False), ("keys", False),
     ("max_tokens", False), ("tokenizer", True), ("n_heads", False)],
)  # fmt: skip
def test_names_of_secrets_are_known(name, secret):
    assert is_secret_name(name) is secret


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"key {GITHUB} end", "key *** end"),
        (f'login("{OPENAI}")', 'login("***")'),
        ("postgres://me:pw@host/db", "postgres://***@host/db"),
        ("https://x.org/?a=1&access_token=abc&b=2", "https://x.org/?a=1&access_token=***&b=2"),
        ("AKIAABCDEFGHIJKLMNOP", "***"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest", "***\nrest"),
        ("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY12", "***"),
        ("0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef01234567"),
        ("learning_rate_schedule_with_a_long_name = 1", "learning_rate_schedule_with_a_long_name = 1"),
    ],
)
def test_what_looks_like_a_key_is_masked(text, shown):
    assert masked(text) == shown


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ('API_KEY = "abc"', 'API_KEY = "***"'),
        ("api_key: str = 'abc'", "api_key: str = '***'"),
        ('os.environ["HF_TOKEN"] = "abc"', 'os.environ["HF_TOKEN"] = "***"'),
        ('connect(host="h", password="abc")', 'connect(host="h", password="***")'),
        ("{'secret': 'abc', 'lr': '0.1'}", "{'secret': '***', 'lr': '0.1'}"),
        ('os.putenv("MY_TOKEN", "abc")', 'os.putenv("MY_TOKEN", "***")'),
        ("!curl --token abc x.org", "!curl --token *** x.org"),
        ('name = "mlp"\nlr = 0.1', 'name = "mlp"\nlr = 0.1'),
    ],
)
def test_secrets_in_program_text_are_masked(source, shown):
    assert masked_source(source) == shown


def test_git_says_what_changed_only_when_asked(root, repository):
    (repository / "train.py").write_text(f"lr = 2\nkey = '{GITHUB}'\n")
    state = git_state(repository)
    assert state is not None
    assert (len(state["commit"]), state["dirty"]) == (40, True)
    run = rn.init(storage=root, capture_git_diff=True)
    run.finish()
    diff = (run.run_dir / "git.diff").read_text()
    assert "+lr = 2" in diff
    assert "+key = '***'" in diff
    assert git_state(repository.parent) is None
    assert git_diff(repository.parent) is None


def test_nothing_that_a_repository_configures_is_executed(repository, tmp_path):
    canary = tmp_path / "canary"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {canary}\n")
    program.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.evil.textconv", "core.sshCommand"):
        subprocess.run(["git", "config", key, str(program)], cwd=repository, check=True)
    (repository / ".gitattributes").write_text("*.py diff=evil\n")
    (repository / "train.py").write_text("lr = 3\n")
    assert git_state(repository) is not None
    assert "+lr = 3" in (git_diff(repository) or "")
    assert not canary.exists()


def test_the_code_is_kept_without_what_is_no_code(root, repository, tmp_path):
    for name in ("a/b.py", ".env", "id_rsa", "node_modules/x.js", "__pycache__/a.pyc", "data/big.bin", "keep/big.bin",
                 "env/pyvenv.cfg", "env/lib.py"):  # fmt: skip
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (repository / ".rnignore").write_text("# mine\n*.bin\n!keep/*.bin\n")
    (repository / "link.py").symlink_to("/etc/passwd")
    run = rn.init(storage=root, snapshot_code=True, capture_env=False)
    run.finish()
    entry = document(run.run_dir, "assets")["code"]["snapshot"]
    with zipfile.ZipFile(entry["archive_path"]) as archive:
        assert sorted(archive.namelist()) == [".rnignore", "a/b.py", "keep/big.bin", "train.py"]
        assert archive.testzip() is None
    assert Path(entry["archive_path"]) == run.run_dir / "code_snapshot.zip"
    assert (entry["saved"], entry["format"], entry["workspace_root"]) == (True, "zip", str(repository))
    assert document(run.run_dir, "meta")["workspace_root"] == str(repository)


def test_a_snapshot_that_is_too_large_is_refused_and_leaves_nothing(tmp_path):
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").write_text("x" * 1000)
    for limit in ({"max_total_bytes": 999}, {"max_files": 0}):
        with pytest.raises(SnapshotTooLarge, match=r"\.rnignore"):
            snapshot_workspace(code, tmp_path / "o.zip", **limit)
    made = snapshot_workspace(code, tmp_path / "o.zip", max_files=0, force_snapshot=True)
    assert (made["file_count"], made["total_bytes"], made["format"]) == (1, 1000, "zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["code", "o.zip"]
    assert snapshot_workspace(code, code / "o.zip", extra_excludes=["*.py"])["file_count"] == 0


@pytest.mark.parametrize(
    ("pattern", "out", "kept"),
    [
        ("*.bin", ["a.bin", "x/a.bin"], ["a.bin.py"]),
        ("/top.py", ["top.py"], ["x/top.py"]),
        ("a/*.py", ["a/b.py"], ["a/b/c.py", "x/a/b.py"]),
        ("a/**/c", ["a/c", "a/b/c", "a/b/b/c"], ["c"]),
        ("[ab].py", ["a.py"], ["c.py"]),
        ("[!ab].py", ["c.py"], ["a.py"]),
        ("what?.py", ["what1.py"], ["what.py"]),
    ],
)
def test_patterns_mean_what_they_mean_to_git(pattern, out, kept):
    ignore = Ignore([pattern])
    assert [ignore.leaves_out(name, folder=False) for name in (*out, *kept)] == [True] * len(out) + [False] * len(kept)


def test_telemetry_is_sampled_only_when_asked(root, until):
    run = rn.init(storage=root, telemetry=0.1)
    path = run.run_dir / "telemetry.jsonl"
    until(lambda: path.exists() and path.read_bytes().count(b"\n") >= 3)
    run.finish()
    first = json.loads(path.read_text().splitlines()[0])
    assert set(first) == {"ts", "cpu", "mem", "mem_total", "proc_cpu", "proc_mem", "gpu"}
    assert 0 < first["proc_mem"] < first["mem_total"]
    quiet = rn.init(storage=root)
    quiet.finish()
    assert not (quiet.run_dir / "telemetry.jsonl").exists()


def test_gpus_are_asked_through_the_library_of_their_maker(monkeypatch):
    """No GPU here: a stand-in with the functions that pynvml documents."""
    import types

    memory = types.SimpleNamespace(total=8 * 1024**3, used=1024**3)
    library = types.SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetCount=lambda: 1,
        nvmlDeviceGetHandleByIndex=lambda at: at,
        nvmlDeviceGetName=lambda handle: b"Stand-in",
        nvmlDeviceGetMemoryInfo=lambda handle: memory,
        nvmlDeviceGetUtilizationRates=lambda handle: types.SimpleNamespace(gpu=50),
        nvmlDeviceGetTemperature=lambda handle, kind: 60,
        nvmlDeviceGetPowerUsage=lambda handle: 1 / 0,
    )
    assert gpus.gpu_names() is None
    monkeypatch.setitem(sys.modules, "pynvml", library)
    assert gpus.gpu_names() == [{"index": 0, "name": "Stand-in", "mem_total_mib": 8192.0}]
    with gpus.Gpus() as found:
        assert found.sample() == [
            {"index": 0, "util": 50, "mem_used_mib": 1024.0, "mem_total_mib": 8192.0, "temp_c": 60, "power_w": None}
        ]


@pytest.mark.parametrize("how", ["keyword", "variable"])
def test_one_switch_writes_nothing_about_the_machine(root, repository, monkeypatch, until, how):
    import getpass
    import platform

    everything = {
        "capture_env": True, "capture_git_diff": True, "capture_console": True, "snapshot_code": True, "telemetry": 0.1,
    }  # fmt: skip
    if how == "variable":
        monkeypatch.setenv("RUNICORN_PRIVATE", "1")
    else:
        everything["private"] = True
    (repository / "train.py").write_text("lr = 2\n")
    run = rn.init(storage=root, **everything)
    run.log(a=1)
    until((run.run_dir / "heartbeat").exists)
    run.finish()
    names = {path.name for path in run.run_dir.iterdir()}
    assert names == {"meta.json", "status.json", "events.jsonl", "heartbeat"}
    said = "".join(path.read_text() for path in run.run_dir.iterdir())
    for personal in (str(Path.home()), str(root), platform.node(), platform.release(), "trunk"):
        assert personal not in said, personal
    assert getpass.getuser() not in document(run.run_dir, "meta").values()


def test_the_script_outranks_the_variable(root, monkeypatch):
    monkeypatch.setenv("RUNICORN_PRIVATE", "1")
    run = rn.init(storage=root, private=False)
    run.finish()
    assert (run.run_dir / "environment.json").exists()


@pytest.mark.parametrize(
    "keywords",
    [
        {"tqdm_mode": "most"},
        {"snapshot_format": "tar"},
        {"telemetry": -1},
        {"telemetry": "often"},
        {"workspace_root": 3},
    ],
)
def test_values_that_make_no_sense_are_refused(root, keywords):
    with pytest.raises(ValueError, match=next(iter(keywords))):
        rn.init(storage=root, **keywords)
    assert not root.exists()


def test_a_companion_that_fails_costs_the_training_nothing(root, monkeypatch, capsys):
    def broken(*words):
        raise RuntimeError("broken")

    monkeypatch.setattr(environment, "environment", broken)
    monkeypatch.setattr(telemetry, "Telemetry", broken)
    run = rn.init(storage=root, telemetry=True)
    run.log(a=1)
    run.finish()
    assert document(run.run_dir, "status")["sdk_faults"] == {"telemetry": 1, "environment": 1}
    assert capsys.readouterr().err.count("broken") == 2
    assert os.path.exists(run.run_dir / "events.jsonl")  # noqa: PTH110
