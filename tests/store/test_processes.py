"""Several processes of all kinds on one root (C13): one of them refreshes, all of them tell the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from rundirs import append, write_run

from runicorn_jupyter.workspace import Workspace

SPEAKER = """
import json, sys
from pathlib import Path
from runicorn_jupyter.workspace import Workspace
hall = Workspace(Path(sys.argv[1]), holder=sys.argv[2]).start()
hall.subscribe(lambda version: None)
for line in sys.stdin:
    page = hall.runs()
    told = [[run.id, run.state, run.last_step] for run in page.runs]
    print(json.dumps({"complete": page.complete and hall.health().complete, "runs": told}), flush=True)
"""


class Speaker:
    """Another process with its own workspace, that says what it sees when it is asked."""

    def __init__(self, root: Path, holder: str) -> None:
        command = [sys.executable, "-c", SPEAKER, str(root), holder]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def says(self):
        print("?", file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())


def until(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def agree(root, speakers, hall, expected):
    """Wait until everybody says that these runs are all there are; fail if somebody called anything else whole."""
    deadline = time.monotonic() + 30
    while True:
        said = [speaker.says() for speaker in speakers]
        page = hall.runs()
        said.append({"complete": page.complete, "runs": [[run.id, run.state, run.last_step] for run in page.runs]})
        if all(one["complete"] and {run_id for run_id, *_ in one["runs"]} == expected for one in said):
            break
        assert time.monotonic() < deadline, said
        time.sleep(0.05)
    assert all(one["runs"] == said[0]["runs"] for one in said)
    cli = [sys.executable, "-m", "runicorn_jupyter", "runs", "--json", "--storage", str(root)]
    listed = json.loads(subprocess.run(cli, capture_output=True, text=True, check=True).stdout)
    assert [[run["id"], run["state"], run["last_step"]] for run in listed] == said[0]["runs"]


def test_two_viewers_a_kernel_and_the_command_line_tell_the_same(tmp_path):
    root = tmp_path / "root"
    runs = {f"run-{at}": write_run(root, f"run-{at}", points=at) for at in range(5)}
    with ExitStack() as stack:
        speakers = [stack.enter_context(Speaker(root, holder)) for holder in ("viewer", "viewer", "server")]
        hall = stack.enter_context(Workspace(root, holder="kernel"))
        agree(root, speakers, hall, set(runs))
        runs["later"] = write_run(root, "later", name="other", points=2)
        agree(root, speakers, hall, set(runs))
        (runs.pop("run-1") / ".deleted").write_text("{}")
        agree(root, speakers, hall, set(runs))
        append(runs["run-2"], {"loss": 0.5, "global_step": 77})
        hall.refresh()
        speakers.pop().process.kill()
        agree(root, speakers, hall, set(runs))
        assert hall.run("run-2").last_step == 77


def test_whoever_reads_is_told_of_what_another_process_wrote(tmp_path):
    """The change feed of a process that does not refresh: another one writes, and the version tells."""
    root = tmp_path / "root"
    run_dir = write_run(root, "live", status="running", hostname="elsewhere", points=1)
    (run_dir / "heartbeat").write_text("{}")
    with Speaker(root, "server") as server, Workspace(root, holder="kernel") as hall:
        agree(root, [server], hall, {"live"})
        heard = []
        hall.subscribe(heard.append)
        until(lambda: not hall._store.refresher._lease.hold())
        for step in (2, 3):
            version = hall.version()
            append(run_dir, {"loss": 1.0, "global_step": step})
            until(lambda since=version: heard and heard[-1] > since and hall.changes(since).changed == ("live",))
        assert not hall._store.refresher._lease.hold()


@pytest.mark.parametrize("holder", ["kernel", "server"])
def test_a_holder_that_was_killed_is_followed_by_whoever_is_left(tmp_path, holder):
    root = tmp_path / "root"
    write_run(root, "one")
    with Speaker(root, holder) as first, Workspace(root, holder="kernel") as hall:
        agree(root, [first], hall, {"one"})
        first.process.kill()
        write_run(root, "two")
        agree(root, [], hall, {"one", "two"})
