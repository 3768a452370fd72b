"""Many processes, one run: ranks of a launcher, joined runs, spawned and forked workers (C14)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runicorn_jupyter import tracking as rn
from runicorn_jupyter.tracking.process import machine, ownership, ranks
from tracking.runfiles import document, only_run, points


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def files_of_ranks(run_dir: Path) -> dict[int, list[dict]]:
    """Return the events of each rank, as the file names and the lines both say."""
    found = {}
    for path in run_dir.glob("events.*.jsonl"):
        rank = int(path.stem.rsplit("-", 1)[1])
        found[rank] = lines(path)
        assert {event["rank"] for event in found[rank]} <= {rank}
    return found


def start(source: str, root: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", source],
        env={**os.environ, "RUNICORN_DIR": str(root), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def all_of(processes: list[subprocess.Popen[str]]) -> list[str]:
    errors = []
    for process in processes:
        _, error = process.communicate(timeout=120)
        assert process.returncode == 0, error
        errors.append(error)
    return errors


LAUNCHERS = {
    "torchrun": lambda rank, world: {
        "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500",
    },
    "slurm": lambda rank, world: {
        "SLURM_PROCID": rank, "SLURM_NTASKS": world, "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0",
    },
    "mpi": lambda rank, world: {"OMPI_COMM_WORLD_RANK": rank, "OMPI_COMM_WORLD_SIZE": world, "PMIX_NAMESPACE": "n1"},
}  # fmt: skip


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_the_ranks_of_a_job_log_into_one_run_and_rank_0_owns_it(root, launcher):
    source = (
        "import runicorn as rn\n"
        "for round in range(2):\n"
        "    run = rn.init('p', 'n', config={'lr': 1}, capture_env=False)\n"
        "    for i in range(50): run.log(loss=i)\n"
        "    run.log_text('hello')\n"
        "    run.summary({f'of {run.rank}': round})\n"
        "    run.finish()\n"
    )
    variables = [{key: str(value) for key, value in LAUNCHERS[launcher](rank, 3).items()} for rank in range(3)]
    all_of([start(source, root, **variables[rank]) for rank in (2, 1, 0)])
    found = sorted(root.glob("p/n/runs/*"), key=lambda run_dir: document(run_dir, "meta")["created_at"])
    assert len(found) == 2
    for number, run_dir in enumerate(found):
        assert [point["loss"] for point in points(run_dir)] == list(range(50))
        per_rank = files_of_ranks(run_dir)
        assert sorted(per_rank) == [1, 2]
        for events in per_rank.values():
            assert [event["data"]["global_step"] for event in events] == list(range(1, 51))
        assert document(run_dir, "status")["status"] == "finished"
        assert document(run_dir, "summary") == {f"of {rank}": number for rank in range(3)}
        assert len(document(run_dir, "meta")["sessions"]) == 1
        logged = (run_dir / "logs.txt").read_text()
        assert [logged.count(f"[rank {rank}] hello") for rank in range(3)] == [0, 1, 1]


def test_a_note_of_an_earlier_job_at_the_same_address_is_not_believed(root, monkeypatch):
    for key, value in LAUNCHERS["torchrun"](1, 2).items():
        monkeypatch.setenv(key, str(value))
    rank = ranks.current()
    assert rank is not None
    monkeypatch.setattr(ranks, "_ordinal", iter([1, 1]))
    earlier = root / "p" / "n" / "runs" / "old"
    earlier.mkdir(parents=True)
    ranks.Meeting(root, rank).announce(earlier)
    (note,) = (root / ".runicorn-jupyter" / "ranks").iterdir()
    written = json.loads(note.read_bytes())
    waiting = ranks.Meeting(root, rank)
    for gone in ({**written, "pid": 2**22 + 1, "parent": 1}, {**written, "pid": 2**22 + 1, "created_at": 0}):
        note.write_text(json.dumps(gone))
        assert waiting.find(0.1) is None
    # Rank 0 of this very job, which has ended already: the same launcher, at the same time.
    note.write_text(json.dumps({**written, "pid": 2**22 + 1}))
    assert waiting.find(5) == earlier
    note.write_text(json.dumps({**gone, "pid": os.getpid()}))
    assert waiting.find(5) == earlier
    away = {**gone, "host_id": "another", "created_at": time.time() - 3600}
    note.write_text(json.dumps(away))
    assert waiting.find(0.1) is None
    (earlier / "heartbeat").write_text("{}")
    assert waiting.find(5) == earlier


def test_a_rank_that_finds_no_rank_0_makes_its_own_run(root, monkeypatch, capsys):
    for key, value in LAUNCHERS["torchrun"](1, 2).items():
        monkeypatch.setenv(key, str(value))
    monkeypatch.setattr(ranks.Meeting.find, "__defaults__", (0.05,))
    run = rn.init("p", "n", storage=root)
    run.log(a=1)
    assert "no run of rank 0" in capsys.readouterr().err
    assert points(only_run(root))[0]["a"] == 1
    run.finish()
    assert document(run.run_dir, "status")["status"] == "finished"


@pytest.mark.parametrize(
    "variables",
    [{}, {"RANK": "0", "WORLD_SIZE": "1"}, {"RANK": "x", "WORLD_SIZE": "2"}, {"RANK": "5", "WORLD_SIZE": "2"},
     {"SLURM_PROCID": "0"}, {"LOCAL_RANK": "0"}],
)  # fmt: skip
def test_a_process_that_is_alone_has_no_rank(monkeypatch, variables):
    for key, value in variables.items():
        monkeypatch.setenv(key, value)
    assert ranks.current() is None


def test_workers_that_a_script_starts_with_a_rank_inherit_its_run(root):
    """As Lightning does: the main process runs on, its children have LOCAL_RANK and run the same script."""
    source = (
        "import os, subprocess, sys\n"
        "import runicorn as rn\n"
        "run = rn.init('p', 'n')\n"
        "run.log(a=run.rank)\n"
        "if 'LOCAL_RANK' not in os.environ:\n"
        "    env = {**os.environ, 'LOCAL_RANK': '1', 'WORLD_SIZE': '2', 'NODE_RANK': '0'}\n"
        "    subprocess.run([sys.executable, sys.argv[0]], env=env, check=True)\n"
    )
    script = root.parent / "train.py"
    script.write_text(source)
    environment = {**os.environ, "RUNICORN_DIR": str(root)}
    subprocess.run([sys.executable, str(script)], env=environment, check=True, timeout=60)
    run_dir = only_run(root)
    assert [point["a"] for point in points(run_dir)] == [0]
    assert [event["data"]["a"] for event in files_of_ranks(run_dir)[1]] == [1]


def test_a_launcher_that_a_run_starts_has_a_run_of_its_own(root):
    """The ranks are not children of the script, so they do not take its run for theirs."""
    worker = root.parent / "worker.py"
    worker.write_text("import runicorn as rn\nrun = rn.init('q', 'n', capture_env=False)\nrun.log(a=run.rank)\n")
    launcher = root.parent / "launcher.py"
    launcher.write_text(
        "import os, subprocess, sys\n"
        "started = [subprocess.Popen([sys.executable, sys.argv[1]], env={**os.environ, 'RANK': str(rank),\n"
        "    'WORLD_SIZE': '2', 'MASTER_ADDR': 'h', 'MASTER_PORT': '1'}) for rank in range(2)]\n"
        "sys.exit(max(each.wait() for each in started))\n"
    )
    source = (
        "import runicorn as rn, subprocess, sys\n"
        "run = rn.init('p', 'n', capture_env=False)\n"
        f"subprocess.run([sys.executable, {str(launcher)!r}, {str(worker)!r}], check=True)\n"
    )
    all_of([start(source, root)])
    (run_dir,) = root.glob("q/n/runs/*")
    assert [point["a"] for point in points(run_dir)] == [0]
    assert [event["data"]["a"] for event in files_of_ranks(run_dir)[1]] == [1]
    (above,) = root.glob("p/n/runs/*")
    assert list(above.glob("events*")) == []


JOINER = (
    "import runicorn as rn\n"
    "run = rn.init('p', 'n', run_id='shared', capture_env=False)\n"
    "for i in range({count}): run.log(who={who}, i=i)\n"
    "run.summary({{'by {who}': {who}}})\n"
    "run.finish()\n"
)


def test_c14_50_processes_with_1000_points_each_lose_none(root):
    """They start together on a run that does not exist yet: one of them owns it at any time, all of them keep all."""
    waiting = [(who, JOINER.format(who=who, count=1000)) for who in range(50)]
    running: list[subprocess.Popen[str]] = []
    while waiting or running:
        while waiting and len(running) < 10:
            running.append(start(waiting.pop()[1], root))
        all_of([running.pop(0)])
    run_dir = root / "p" / "n" / "runs" / "shared"
    everything = points(run_dir) + [event["data"] for events in files_of_ranks(run_dir).values() for event in events]
    assert len(everything) == 50_000
    assert {(point["who"], point["i"]) for point in everything} == {(who, i) for who in range(50) for i in range(1000)}
    assert document(run_dir, "summary") == {f"by {who}": who for who in range(50)}
    assert document(run_dir, "status")["status"] == "finished"
    steps = [(0, point["global_step"]) for point in points(run_dir)]
    steps += [
        (rank, event["data"]["global_step"]) for rank, found in files_of_ranks(run_dir).items() for event in found
    ]
    assert len(steps) == len(set(steps))


def test_two_processes_of_one_run_keep_each_others_summary_and_the_owners_status(root, script):
    run = rn.init("p", "n", storage=root, run_id="shared")
    run.summary({"a": 1, "both": "mine"})
    run._recorder.write_documents()
    done = script(
        JOINER.format(who=7, count=3) + "run = rn.init('p', 'n', run_id='shared'); run.summary(both='theirs')"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("written by another process") == 2
    assert document(run.run_dir, "status")["status"] == "running"
    assert document(run.run_dir, "meta")["pid"] == os.getpid()
    run.summary({"c": 3})
    run.finish()
    assert document(run.run_dir, "summary") == {"a": 1, "both": "theirs", "by 7": 7, "c": 3}


def test_a_run_whose_owner_is_dead_or_finished_is_taken_over(root, script):
    source = "import os, runicorn as rn\nrn.init('p', 'n', run_id='mine').log(a=1)\nos._exit(0)"
    assert script(source).returncode == 0
    run = rn.init("p", "n", storage=root, run_id="mine")
    assert (run.rank, document(run.run_dir, "meta")["pid"]) == (0, os.getpid())
    run.log(a=2)
    run.finish()
    assert script(source).returncode == 0
    assert [point["global_step"] for point in points(run.run_dir)] == [1, 2, 3]
    assert ownership.living_owner(run.run_dir) is None


def test_c15_a_pid_that_another_process_has_now_does_not_own_a_run(root):
    run = rn.init("p", "n", storage=root, run_id="mine")
    run.finish()
    with subprocess.Popen(["sleep", "60"]) as other:
        meta = {**document(run.run_dir, "meta"), "pid": other.pid, "pid_start": time.time() - 86_400}
        (run.run_dir / "meta.json").write_text(json.dumps(meta))
        (run.run_dir / "status.json").write_text('{"status": "running"}')
        assert ownership.living_owner(run.run_dir) is None
        import psutil

        meta["pid_start"] = psutil.Process(other.pid).create_time()
        (run.run_dir / "meta.json").write_text(json.dumps(meta))
        assert ownership.living_owner(run.run_dir) == meta
        other.kill()
    assert ownership.living_owner(run.run_dir) is None


def test_an_owner_on_another_host_counts_while_it_beats(root):
    run = rn.init("p", "n", storage=root, run_id="mine")
    run.finish()
    (run.run_dir / "meta.json").write_text(
        json.dumps({**document(run.run_dir, "meta"), "host_id": "elsewhere", "pid": 1})
    )
    (run.run_dir / "status.json").write_text('{"status": "running"}')
    (run.run_dir / "heartbeat").write_text("{}")
    joined = rn.init("p", "n", storage=root, run_id="mine")
    joined.log(a=1)
    joined.log_text("from here")
    assert joined.rank == 1
    host = ownership._host()
    assert lines(joined.run_dir / f"events.{host}-1.jsonl")[0]["rank"] == 1
    assert "from here" in (joined.run_dir / f"logs.{host}-1.txt").read_text()
    joined.finish()
    assert document(run.run_dir, "status") == {"status": "running"}
    os.utime(run.run_dir / "heartbeat", (0, 0))
    assert rn.init("p", "n", storage=root, run_id="mine").rank == 0


def test_a_run_that_was_taken_over_while_it_was_interrupted_keeps_its_new_owner(root, capsys):
    run = rn.init("p", "n", storage=root, run_id="mine")
    run.log(a=1)
    run.interrupt()
    taken = {**document(run.run_dir, "meta"), "pid": 1, "host_id": machine.host_id()}
    (run.run_dir / "meta.json").write_text(json.dumps(taken))
    run.log(a=2)
    run.finish()
    assert "taken over" in capsys.readouterr().err
    assert document(run.run_dir, "meta") == taken
    assert document(run.run_dir, "status")["status"] == "interrupted"
    assert [point["a"] for point in points(run.run_dir)] == [1, 2]


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver"])
def test_a_run_given_to_the_workers_of_a_pool_is_joined_there(root, method):
    source = (
        "import multiprocessing as mp\n"
        "import runicorn as rn\n"
        "def work(run, who):\n"
        "    for i in range(20): run.log(who=who, i=i)\n"
        "    run.summary({f'by {who}': who})\n"
        "if __name__ == '__main__':\n"
        "    run = rn.init('p', 'n')\n"
        f"    with mp.get_context({method!r}).Pool(2) as pool:\n"
        "        pool.starmap(work, [(run, who) for who in range(6)])\n"
        "    run.log(who=99, i=0)\n"
    )
    script = root.parent / "pool.py"
    script.write_text(source)
    subprocess.run([sys.executable, str(script)], env={**os.environ, "RUNICORN_DIR": str(root)}, check=True, timeout=90)
    run_dir = only_run(root)
    found = points(run_dir) + [event["data"] for events in files_of_ranks(run_dir).values() for event in events]
    assert sorted((point["who"], point["i"]) for point in found) == [
        *((who, i) for who in range(6) for i in range(20)),
        (99, 0),
    ]
    assert document(run_dir, "summary") == {f"by {who}": who for who in range(6)}
    assert document(run_dir, "status")["status"] == "finished"


def test_a_subprocess_joins_by_the_variables_of_its_parent(root):
    run = rn.init("p", "n", storage=root)
    child = "import runicorn as rn; run = rn.init('other', 'names'); run.log(a=5); print(run.rank)"
    environment = {**os.environ, **run.child_environment()}
    done = subprocess.run([sys.executable, "-c", child], env=environment, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert [event["data"]["a"] for event in files_of_ranks(run.run_dir)[1]] == [5]
    assert len(list(root.glob("*/*/runs/*"))) == 1


def test_the_store_reads_every_rank(root, script):
    from runicorn_jupyter.store.series.tables import TableCache

    run = rn.init("p", "n", storage=root, run_id="shared")
    run.log(a=0)
    script(JOINER.format(who=3, count=4))
    run.log(a=1)
    run.finish()
    tables = TableCache()
    assert tables.ranks(run.run_dir) == [0, 1]
    assert [tables.table(run.run_dir, rank).steps.cut(0, 9).tolist() for rank in (0, 1)] == [[1, 2], [1, 2, 3, 4]]
    assert "who" in tables.table(run.run_dir, 1).summaries()
