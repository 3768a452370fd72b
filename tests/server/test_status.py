"""POST /status/check (X1)."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from mounts import Mount
from rundirs import write_run

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def child():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield child
    child.kill()
    child.wait()


@pytest.fixture
def root(tmp_path: Path, child: subprocess.Popen[bytes]) -> Path:
    facts = {"hostname": socket.gethostname(), "pid": child.pid, "pid_start": psutil.Process(child.pid).create_time()}
    write_run(tmp_path / "place", "20260101_120000_abcdef", status="running", **facts)
    write_run(tmp_path / "place", "20260101_130000_abcdef")
    return tmp_path / "place"


def times(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in root.rglob("*")}


async def check(mount: Mount) -> dict[str, object]:
    response = await mount.fetch("/status/check", {**mount.token, **JSON}, method="POST", body=b"{}")
    assert response.code == 200, response.body
    return json.loads(response.body)


async def test_a_check_reports_and_writes_nothing(mount: Mount, root: Path, child: subprocess.Popen[bytes]) -> None:
    """X1, D16, D24: the index learns that a process died; the files of the run stay as they are."""
    await mount.json("/runs")
    before = times(root)
    assert await check(mount) == {
        "checked": 1,
        "updated": 0,
        "message": "Checked 1 run that says it is running; 0 changed.",
    }
    child.kill()
    child.wait()
    told = await check(mount)
    assert (told["checked"], told["updated"]) == (1, 1)
    run = await mount.json("/runs/20260101_120000_abcdef")
    assert (run["status"], run["state"]) == ("failed", "lost")
    assert (await check(mount))["checked"] == 0
    assert before == times(root)


async def test_only_a_post_checks(mount: Mount) -> None:
    assert (await mount.fetch("/status/check")).code == 405
