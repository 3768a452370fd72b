"""`make demo` from a fresh clone in an empty HOME, up to the notebook that a person would see."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from places import REPOSITORY

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

URL = re.compile(rb"http://127\.0\.0\.1:\d+/lab/tree/\S+token=\S+")


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children_of(group: int) -> list[int]:
    """Return the processes of a process group that are still alive."""
    alive = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group and fields[0] != "Z":
                alive.append(int(entry.name))
    return alive


def test_make_demo_serves_the_executed_quickstart(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
    home = tmp_path / "home"
    home.mkdir()
    # An empty HOME; the registries this machine is told to use stay, and so does what was downloaded from them before.
    dropped = ("virtual_env", "jupyter", "runicorn", "xdg_", "python", "make", "mflags")
    environment = {name: value for name, value in os.environ.items() if not name.lower().startswith(dropped)}
    path = os.pathsep.join(
        part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(str(REPOSITORY))
    )
    environment |= {"HOME": str(home), "PATH": path}
    port = free_port()
    made = subprocess.Popen(
        ["make", "demo", f"PORT={port}", "BROWSER=none"],
        cwd=clone,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said = b""
        while not (found := URL.search(said)):
            line = made.stdout.readline()
            assert line, said.decode()
            said += line
        url = found[0].decode()
        with urllib.request.urlopen(url) as answer:
            assert answer.status == 200
        api = url.replace("/lab/tree/", "/api/contents/")
        with urllib.request.urlopen(api) as answer:
            notebook = json.load(answer)["content"]
        ours = url.split("/lab/")[0] + "/runicorn/api/runs?" + url.split("?")[1]
        with urllib.request.urlopen(ours) as answer:
            runs = json.load(answer)
    finally:
        os.killpg(made.pid, signal.SIGINT)
        made.wait(timeout=60)
        made.stdout.close()
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert all(cell["metadata"].get("trusted") for cell in notebook["cells"] if cell["cell_type"] == "code")
    assert [output for output in outputs if "application/vnd.runicorn.v1+json" in output.get("data", {})]
    trained = [run for run in runs if run["project"] == "digits" and run["name"] == "mlp"]
    assert len(trained) == 9
    assert {run["status"] for run in trained} == {"finished"}
    assert min(run["best_metric_value"] for run in trained) > 0.5
    deadline = time.monotonic() + 20
    while children_of(made.pid):
        assert time.monotonic() < deadline, "Ctrl-C left processes behind"
        time.sleep(0.1)
