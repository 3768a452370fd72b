"""How runs end: scripts, exceptions, Ctrl-C, kill -9, forks and interrupted cells."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from jupyter_client.manager import start_new_kernel

from runicorn_jupyter import tracking as rn
from tracking.runfiles import document, only_run, points

START = "from runicorn_jupyter import tracking as rn\nrun = rn.init('p', 'n')\nrun.log(a=1)\n"


@pytest.mark.parametrize(
    ("ending", "status"),
    [
        ("", "finished"),
        ("import sys; sys.exit(0)", "finished"),
        ("raise ValueError('x')", "failed"),
        ("import sys; sys.excepthook = lambda *a: None; raise ValueError('x')", "failed"),
        ("raise KeyboardInterrupt", "interrupted"),
        ("import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(30)", "interrupted"),
        ("import sys; sys.last_value = None\ntry:\n  1/0\nexcept ZeroDivisionError:\n  pass", "finished"),
        ("import threading; t = threading.Thread(target=lambda: 1/0); t.start(); t.join()", "finished"),
        ("run.finish('interrupted'); raise ValueError('x')", "interrupted"),
        ("import sys; sys.exit(1)", "failed"),
        ("import sys; sys.exit('no GPU')", "failed"),
        ("import sys\ndef main():\n  sys.exit(3)\nmain()", "failed"),
        ("import argparse; argparse.ArgumentParser().error('bad')", "failed"),
        ("import sys\ntry:\n  sys.exit(1)\nexcept SystemExit:\n  pass", "finished"),
        ("import sys\ntry:\n  sys.exit(1)\nexcept BaseException as error:\n  kept = error", "finished"),
        ("import sys\ntry:\n  sys.exit(1)\nfinally:\n  run.log(b=1); sys.exit(0)", "finished"),
        ("import sys, threading\nt = threading.Thread(target=lambda: sys.exit(1)); t.start(); t.join()", "finished"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", "interrupted"),
        ("import os, signal, time\nos.kill(os.getpid(), 15)\nwhile True: time.sleep(1)", "interrupted"),
    ],
)
def test_the_status_tells_how_the_script_ended(root, script, ending, status):
    script(START + ending)
    run_dir = only_run(root)
    found = document(run_dir, "status")
    assert found["status"] == status
    assert found["ended_at"] >= found["started_at"]
    assert "a" in points(run_dir)[0]


def train(folder, root, source: str, *, as_module: bool = False) -> int:
    """Run a program that is a file, as people do; return its exit code."""
    (folder / "train.py").write_text(source)
    how = ["-m", "train"] if as_module else ["train.py"]
    environment = {**os.environ, "RUNICORN_DIR": str(root)}
    return subprocess.run([sys.executable, *how], cwd=folder, env=environment, check=False, timeout=60).returncode


@pytest.mark.parametrize(
    ("ending", "code", "as_module"),
    [
        ("raise SystemExit(1)", 1, False),
        ("raise SystemExit('no GPU')", 1, False),
        ("def main():\n  return 3\nraise SystemExit(main())", 3, True),
        ("def main():\n  raise SystemExit(256 + 2)\nmain()", 2, False),
    ],
)
def test_a_system_exit_that_the_program_raises_itself_is_a_failure(root, tmp_path, until, ending, code, as_module):
    assert train(tmp_path, root, START + ending, as_module=as_module) == code
    run_dir = only_run(root)
    until(lambda: document(run_dir, "status")["status"] == "failed")
    assert document(run_dir, "status")["exit_code"] == code
    assert [path.name for path in run_dir.iterdir() if path.name.endswith(".tmp")] == []


def test_other_endings_are_no_failure_by_their_code(root, tmp_path, until):
    endings = {
        "raise SystemExit(0)": "finished",
        "raise SystemExit": "finished",
        "try:\n  raise SystemExit(1)\nexcept SystemExit:\n  pass": "finished",
        "import os\nif os.fork() == 0: raise SystemExit(1)\nos.wait()": "finished",
        "run.finish('interrupted'); raise SystemExit(1)": "interrupted",
    }
    for number, ending in enumerate(endings):
        train(tmp_path, root, START.replace("'n'", f"'n{number}'") + ending)
    # What is wrong would have happened by the time at which the same is right for a later run.
    train(tmp_path, root, START.replace("'p'", "'q'") + "raise SystemExit(1)")
    (last,) = root.glob("q/n/runs/*")
    until(lambda: document(last, "status")["status"] == "failed")
    found = [document(next(root.glob(f"p/n{number}/runs/*")), "status")["status"] for number in range(len(endings))]
    assert found == list(endings.values())


def test_the_exit_codes_of_forked_and_joined_processes_are_not_that_of_the_run(root, script, until):
    child = "import sys\nsys.stdin.readline()\n" + START + "raise SystemExit(1)"
    source = START + (
        "import os, subprocess, sys\n"
        f"joined = subprocess.Popen([sys.executable, '-c', {child!r}], stdin=subprocess.PIPE, text=True,\n"
        "    env={**os.environ, **run.child_environment()})\n"
        "hold, let_go = os.pipe()\n"
        "forked = os.fork()\n"
        "if forked == 0:\n"
        "    os.read(hold, 1); run.log(a=2); raise SystemExit(1)\n"
        "joined.communicate('go\\n')\n"
        "run.finish()\n"
        "os.write(let_go, b'1')\n"
        "print(joined.returncode, os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]))\n"
    )
    done = script(source)
    assert done.stdout.splitlines()[-1] == "1 1", done.stderr
    # What is wrong would have happened by the time at which the same is right for another run.
    script(START.replace("'p'", "'q'") + "raise SystemExit(1)")
    (other,) = root.glob("q/n/runs/*")
    until(lambda: document(other, "status")["status"] == "failed")
    (run_dir,) = root.glob("p/n/runs/*")
    assert document(run_dir, "status")["status"] == "finished"
    assert "exit_code" not in document(run_dir, "status")


def test_the_exit_code_and_the_message_are_those_of_the_script(script):
    for ending, code, message in (
        ("sys.exit(3)", 3, ""),
        ("sys.exit('why')", 1, "why\n"),
        ("sys.exit()", 0, ""),
        ("os.kill(os.getpid(), 15)", -15, ""),
        ("assert type(capture()).__name__ == 'SystemExit'; sys.exit(capture().code)", 7, ""),
    ):
        capture = "def capture():\n  try: sys.exit(7)\n  except SystemExit as error: return error\n"
        done = script("import os, sys\n" + START + capture + ending)
        assert (done.returncode, done.stderr) == (code, message)


def test_the_exception_of_sys_exit_travels_to_another_process(script):
    source = START + (
        "import pickle, sys\n"
        "try: sys.exit(4)\n"
        "except SystemExit as error: again = pickle.loads(pickle.dumps(error))\n"
        "assert (type(again), again.code) == (SystemExit, 4)\n"
    )
    assert script(source).returncode == 0


def test_a_program_that_handles_sigterm_itself_is_left_alone(root, script):
    source = (
        "import os, signal, sys\nsignal.signal(signal.SIGTERM, lambda *a: print('mine'))\n"
        + START
        + "os.kill(os.getpid(), 15)\nrun.log(b=2)"
    )
    done = script(source)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "mine")
    assert document(only_run(root), "status")["status"] == "finished"


def test_a_worker_that_is_terminated_leaves_the_run_to_its_parent(root, script):
    source = START + (
        "import os, signal, time\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    run.log(a=2)\n"
        "    time.sleep(60)\n"
        "while (run.run_dir / 'events.jsonl').read_bytes().count(b'\\n') < 2: time.sleep(0.01)\n"
        "os.kill(pid, signal.SIGTERM)\n"
        "assert os.waitpid(pid, 0)[1] == signal.SIGTERM\n"
        "import json; assert json.load(open(run.run_dir / 'status.json'))['status'] == 'running'\n"
        "run.log(a=3)\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert document(only_run(root), "status")["status"] == "finished"


def test_an_error_that_was_handled_before_the_run_began_is_not_its_end(root, script):
    script("import sys\nsys.last_value = ValueError('old')\n" + START)
    assert document(only_run(root), "status")["status"] == "finished"


def test_logging_from_an_exit_handler_is_kept(root, script):
    script(START + "import atexit; atexit.register(lambda: run.log(a=2))")
    assert [point["a"] for point in points(only_run(root))] == [1, 2]


def test_logging_from_a_signal_handler_neither_hangs_nor_doubles_a_step(root, script):
    source = START + (
        "import signal\n"
        "signal.signal(signal.SIGALRM, lambda *a: run.log(b=1))\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)\n"
        "[run.log(a=i) for i in range(20000)]\n"
        "signal.setitimer(signal.ITIMER_REAL, 0)\n"
        "rn.finish()\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    found = points(only_run(root))
    steps = [point["global_step"] for point in found]
    assert len(steps) == len(set(steps)) > 20001
    assert sum("a" in point for point in found) == 20001


@pytest.mark.parametrize("attempt", range(5))
def test_c01_kill_9_loses_no_acknowledged_point(root, attempt):
    source = START + "import sys\nfor i in range(10**9):\n  run.log(a=i)\n  sys.stdout.write(f'{i}\\n')\n"
    environment = {**os.environ, "RUNICORN_DIR": str(root)}
    with subprocess.Popen(
        [sys.executable, "-u", "-c", source], env=environment, stdout=subprocess.PIPE, text=True
    ) as child:
        child.stdout.readline()
        acknowledged = -1
        for line in child.stdout:
            if not line.endswith("\n"):
                break
            acknowledged = int(line)
            if acknowledged == 200 * (attempt + 1) + attempt * 37:
                child.send_signal(signal.SIGKILL)
    path = only_run(root) / "events.jsonl"
    lines = path.read_bytes().split(b"\n")
    whole = [point["a"] for point in points(path.parent)][1:]
    assert whole == list(range(len(whole)))
    assert len(whole) > acknowledged > 0
    assert len(lines[-1]) < 200
    assert document(path.parent, "status")["status"] == "running"


def test_a_forked_child_logs_to_the_same_run_and_leaves_its_ending_to_the_parent(root, script):
    source = START + (
        "import os, sys, threading, time\n"
        "children = []\n"
        "for child in range(4):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        [run.log(child=child, i=i) for i in range(200)]\n"
        "        names = [t.name for t in threading.enumerate()]\n"
        "        sys.exit(0 if names.count('runicorn-keeper') == 1 else 3)\n"
        "    children.append(pid)\n"
        "codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]\n"
        "import json\n"
        "print(codes, json.load(open(run.run_dir / 'status.json'))['status'])\n"
        "run.log(a=2)\n"
    )
    done = script(source)
    assert done.stdout.splitlines()[-1] == "[0, 0, 0, 0] running", done.stderr
    run_dir = only_run(root)
    found = points(run_dir)
    assert {(point["child"], point["i"]) for point in found if "child" in point} == {
        (c, i) for c in range(4) for i in range(200)
    }
    assert len(found) == 802
    status = document(run_dir, "status")
    assert (status["status"], status["sdk_faults"]) == ("finished", {})


def test_a_fork_while_points_wait_does_not_write_them_twice(root, script):
    source = (
        "import os, shutil, sys, time\n"
        "from pathlib import Path\n"
        "from runicorn_jupyter import tracking as rn\n"
        "root = Path(os.environ['RUNICORN_DIR']); root.write_text('in the way')\n"
        "run = rn.init('p', 'n')\n"
        "[run.log(a=i) for i in range(20)]\n"
        "root.unlink()\n"
        "pid = os.fork()\n"
        "if pid == 0:\n"
        "    run.log(a=100); run.finish(); os._exit(0)\n"
        "os.waitpid(pid, 0)\n"
        "run.log(a=20)\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert sorted(point["a"] for point in points(only_run(root))) == [*range(21), 100]


def test_a_child_that_is_spawned_has_no_run(root, script):
    child = "from runicorn_jupyter import tracking as t; t.log(a=2)"
    source = START + f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])"
    done = script(source)
    assert "no active run" in done.stderr
    assert len(points(only_run(root))) == 1


def test_the_keeper_thread_ends_with_the_last_run(root, until):
    import threading

    run = rn.init(storage=root)

    def keepers() -> int:
        return sum(thread.name == "runicorn-keeper" for thread in threading.enumerate())

    assert keepers() == 1
    run.finish()
    until(lambda: keepers() == 0)
    again = rn.init(storage=root)
    assert keepers() == 1
    again.finish()


def test_an_interrupted_cell_marks_the_run_and_the_next_log_reopens_it(root, until):
    """D32, in a real kernel."""
    manager, client = start_new_kernel(env={**os.environ, "RUNICORN_DIR": str(root)})
    try:
        client.execute_interactive(START, timeout=60, output_hook=lambda message: None)
        run_dir = only_run(root)
        # Otherwise the kernel aborts what is sent before it has answered for the interrupted cell, the next log too.
        client.execute("import time\nwhile True:\n    run.log(a=0)\n    time.sleep(0.01)", stop_on_error=False)
        until(lambda: len(points(run_dir)) > 5)
        manager.interrupt_kernel()
        until(lambda: document(run_dir, "status")["status"] == "interrupted")
        kept = len(points(run_dir))
        client.execute_interactive("run.log(a=3)", timeout=60, output_hook=lambda message: None)
        until(lambda: document(run_dir, "status")["status"] == "running")
        assert points(run_dir)[kept:][-1]["global_step"] == kept + 1
        assert "ended_at" not in document(run_dir, "status")
        client.execute_interactive("1/0", timeout=60, output_hook=lambda message: None)
        client.shutdown()
        until(lambda: document(run_dir, "status")["status"] == "finished")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_run_left_interrupted_stays_so_when_the_next_one_begins_or_the_process_ends(root, script):
    left = rn.init(storage=root)
    left.interrupt()
    rn.init(storage=root)
    assert document(left.run_dir, "status")["status"] == "interrupted"
    assert left.finished
    source = START.replace("'p'", "'q'") + "run.interrupt()"
    script(source)
    (run_dir,) = root.glob("q/*/runs/*")
    assert document(run_dir, "status")["status"] == "interrupted"


def test_a_run_shows_itself_through_the_views_that_were_provided(root, monkeypatch, capsys):
    from runicorn_jupyter.tracking import views

    calls = []

    class Views:
        def bundle(self, run):
            return None

        def metrics(self, run, *, raw):
            return (run.id, raw)

        def display(self, run):
            calls.append(run.id)

    monkeypatch.setattr(views._Provided, "factory", None)
    monkeypatch.setattr(views._Provided, "views", None)
    run = rn.init(storage=root)
    capsys.readouterr()
    run._ipython_display_()
    assert capsys.readouterr().out == repr(run) + "\n"
    with pytest.raises(RuntimeError, match="import runicorn"):
        run.metrics()
    made = []
    views.provide(lambda: made.append(1) or Views())
    assert made == []
    run._ipython_display_()
    assert run.metrics(raw=True) == (run.id, True)
    assert (calls, made) == ([run.id], [1])

    def broken():
        raise ImportError("no ipywidgets here")

    views.provide(broken)
    run._ipython_display_()
    assert repr(run) in capsys.readouterr().out
