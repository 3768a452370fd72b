"""Logging on a system without the calls of POSIX: their absence is played, for the tests run on Linux."""

from __future__ import annotations

import os

import pytest

from runicorn_jupyter.tracking import portable
from tracking.runfiles import document, events, only_run, points

# What the standard library does by itself at its import is done before; what stays away is what Windows has not.
WITHOUT = """
import argparse, ctypes, hashlib, json, multiprocessing, os, platform, socket, subprocess, sys, tempfile, time
import platformdirs, psutil, orjson
platform.uname()
for name in ("pread", "pwrite", "O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_DIRECTORY", "register_at_fork", "uname",
             "sysconf", "getuid", "geteuid", "fdatasync", "fork", "posix_spawn", "openpty", "pipe2", "getpgid"):
    if hasattr(os, name):
        delattr(os, name)
os.supports_dir_fd = set()
os.O_BINARY = 0
sys.modules["fcntl"] = sys.modules["termios"] = sys.modules["pty"] = None
sys.platform = "win32"
import runicorn as rn
"""


def test_a_run_is_logged_resumed_and_ended_without_posix(root, script):
    source = WITHOUT + (
        "for word in ('a', 'b'):\n"
        "    run = rn.init('p', 'n', run_id='mine', config={'lr': 1})\n"
        "    for i in range(20): run.log(loss=i / 2)\n"
        "    run.log_text('hello'); run.summary({word: 1}); run.set_primary_metric('loss', 'min'); run.log(loss=-1)\n"
        "    run.finish()\n"
        "run = rn.init('p', 'n', run_id='mine'); run.log(loss=3)\n"
    )
    done = script(source)
    assert (done.returncode, done.stderr) == (0, "")
    run_dir = only_run(root)
    assert [point["global_step"] for point in points(run_dir)] == list(range(1, 44))
    assert document(run_dir, "summary")["best_metric_value"] == -1
    assert {"a", "b"} <= set(document(run_dir, "summary"))
    assert document(run_dir, "status")["status"] == "finished"
    assert document(run_dir, "status")["sdk_faults"] == {}
    assert len(document(run_dir, "meta")["sessions"]) == 3
    assert "python_version" in document(run_dir, "environment")


def test_points_wait_and_come_home_without_posix(root, script):
    source = WITHOUT + (
        "from pathlib import Path\n"
        "root = Path(os.environ['RUNICORN_DIR']); root.write_text('in the way')\n"
        "run = rn.init('p', 'n')\n"
        "for i in range(50): run.log(a=i)\n"
        "root.unlink()\n"
        "run.finish()\n"
    )
    done = script(source)
    assert done.returncode == 0, done.stderr
    assert [event["data"]["a"] for event in events(only_run(root))] == list(range(50))


def test_reading_and_writing_at_a_place_is_the_same_without_pread(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"abcdef")
    descriptor = os.open(tmp_path / "file", os.O_RDWR)
    monkeypatch.delattr(os, "pread")
    monkeypatch.delattr(os, "pwrite")
    assert portable.read_at(descriptor, 3, 2) == b"cde"
    assert portable.write_at(descriptor, b"XY", 1) == 2
    assert portable.read_at(descriptor, 9, 0) == b"aXYdef"
    os.close(descriptor)


def test_only_a_regular_file_is_opened_without_dir_fd(tmp_path, monkeypatch):
    monkeypatch.setattr(portable, "_BY_DESCRIPTOR", False)
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo")
    os.close(portable.open_file(tmp_path, "file"))
    for name in ("link", "fifo", "none"):
        with pytest.raises(OSError, match=r"regular|No such"):
            portable.open_file(tmp_path, name)
