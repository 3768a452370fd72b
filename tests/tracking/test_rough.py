"""Rough input: monstrous numbers, special files under the names of ours, and lines that repeat."""

from __future__ import annotations

import json
import os
import threading
import time

import pytest

from runicorn_jupyter.tracking import init
from runicorn_jupyter.tracking.writing import appendfile, orphans
from runicorn_jupyter.tracking.writing.appendfile import AppendFile
from runicorn_jupyter.tracking.writing.backlog import Backlog
from runicorn_jupyter.tracking.writing.documents import Documents
from runicorn_jupyter.tracking.writing.faults import Faults
from tracking.runfiles import document, points

HUGE = 10**5000


def test_a_monstrous_int_costs_neither_its_point_nor_the_summary(root):
    run = init(storage=root, config={"big": HUGE, "deep": [HUGE, 1]})
    run.set_primary_metric("big")
    run.log({"loss": 2.0, "big": HUGE})
    run.log({"large": 2**70, "inner": {"big": -HUGE}}, step=HUGE)
    run.summary({"big": HUGE, "large": -(2**70), "most": 2**63 - 1, "fine": 1})
    assert run.id in repr(run)
    run.finish()
    first, second = points(run.run_dir)
    assert (first["loss"], first["big"]) == (2.0, "<int of 16610 bits>")
    assert (second["large"], second["inner/big"], second["global_step"]) == (2.0**70, "<int of 16610 bits>", 2)
    assert type(second["large"]) is float
    summary = document(run.run_dir, "summary")
    assert summary == {"big": "<int of 16610 bits>", "large": -(2.0**70), "most": 2**63 - 1, "fine": 1}
    args = document(run.run_dir, "assets")["config"]["args"]
    assert args == {"big": "<int of 16610 bits>", "deep": ["<int of 16610 bits>", 1]}
    assert document(run.run_dir, "status")["sdk_faults"]["value"] >= 4


def test_a_large_int_may_be_the_best_value(root):
    run = init(storage=root)
    run.set_primary_metric("big")
    run.log({"big": 2**70})
    run.log({"big": 1})
    run.finish()
    assert document(run.run_dir, "summary")["best_metric_value"] == 2.0**70


def test_a_document_that_cannot_be_encoded_does_not_stop_the_others(tmp_path, capsys):
    faults = Faults()
    documents = Documents(tmp_path, faults)
    documents.update("assets", {"bad": HUGE})
    documents.update("meta", {"bad": object()})
    documents.update("summary", {"good": 1})
    assert documents.write()
    assert document(tmp_path, "summary") == {"good": 1}
    assert faults.counts == {"document": 2}
    documents.update("assets", {"bad": 0})
    documents.write()
    assert document(tmp_path, "assets") == {"bad": 0}


@pytest.mark.parametrize("name", ["events.jsonl", "meta.json", "summary.json"])
def test_a_fifo_in_a_known_run_does_not_hold_init(root, script, name):
    folder = root / "p" / "n" / "runs" / "mine"
    folder.mkdir(parents=True)
    os.mkfifo(folder / name)
    source = (
        "import faulthandler; faulthandler.dump_traceback_later(15, exit=True)\n"
        "from runicorn_jupyter import tracking as rn\n"
        "rn.init('p', 'n', run_id='mine').log(a=1)\n"
        "print('trained')\n"
    )
    done = script(source)
    assert "trained" in done.stdout, done.stderr


def orphan(root, spool, file, lines):
    """Leave a spool as a process that is gone would have."""
    root.mkdir(exist_ok=True)
    spool.mkdir(parents=True, exist_ok=True)
    owner = {"run_dir": str(root), "made": True, "pid": 2**22 + 1, "pid_start": 1.0}
    header = json.dumps({**owner, "host_id": orphans.machine.host_id(), "file": file}).encode() + b"\n"
    (spool / f"x.{file}.abc").write_bytes(header + lines)


SPOOLED = b"10:00:00 | epoch 1 done\n10:00:00 | loss 0.3\n10:00:00 | saving\n"


@pytest.mark.parametrize(
    ("there", "whole"),
    [
        (b"10:00:00 | saving\n", b"10:00:00 | saving\n" + SPOOLED),
        (b"", SPOOLED),
        (b"a\n" + SPOOLED[:24], b"a\n" + SPOOLED),
        (b"a\n" + SPOOLED, b"a\n" + SPOOLED),
        (b"a\n" + SPOOLED[:30], b"a\n" + SPOOLED[:30] + b"\n" + SPOOLED[24:]),
    ],
    ids=["an old line repeats", "nothing merged", "one line merged", "all merged", "one line and a part merged"],
)
def test_log_lines_of_an_orphan_come_home_once_even_if_they_repeat_older_ones(root, spool, there, whole):
    orphan(root, spool, "logs.txt", SPOOLED)
    (root / "logs.txt").write_bytes(there)
    assert orphans.adopt() == 1
    assert (root / "logs.txt").read_bytes() == whole


def test_a_long_half_merged_log_is_not_merged_twice(root, spool):
    lines = [b"10:00:00 | %s %d\n" % (b"x" * 80, number % 7) for number in range(20_000)]
    orphan(root, spool, "logs.txt", b"".join(lines))
    (root / "logs.txt").write_bytes(b"old\n" + b"".join(lines[:19_001]))
    assert orphans.adopt() == 1
    assert (root / "logs.txt").read_bytes() == b"old\n" + b"".join(lines)


def test_a_fifo_in_place_of_meta_does_not_hold_the_keeper(root, spool):
    root.mkdir()
    os.mkfifo(root / "meta.json")
    spool.mkdir(parents=True)
    owner = {"run_dir": str(root), "made": True, "pid": 2**22 + 1, "pid_start": 1.0}
    kept = {**owner, "host_id": orphans.machine.host_id(), "documents": {}}
    (spool / "x.documents").write_text(json.dumps(kept))
    settled = []
    thread = threading.Thread(target=lambda: settled.append(orphans.adopt()), daemon=True)
    thread.start()
    thread.join(15)
    assert settled == [0]


def test_a_hung_write_is_remembered_though_other_threads_write_meanwhile(tmp_path, own_home, monkeypatch, until):
    file = AppendFile(tmp_path / "x", Backlog("a", b"{}\n"), Faults())
    file.append(b"first\n")
    answers, real = threading.Event(), os.write
    begun: list[bytes] = []

    def hanging(fd, data):
        begun.append(data)
        if data == b"held\n":
            assert answers.wait(30)
        return real(fd, data)

    monkeypatch.setattr(appendfile.os, "write", hanging)
    held = threading.Thread(target=file.append, args=(b"held\n",))
    held.start()
    until(lambda: begun == [b"held\n"])
    file.append(b"quick\n")
    late = time.monotonic() + 2 * appendfile.PATIENCE
    monkeypatch.setattr(appendfile, "monotonic", lambda: late)
    file.append(b"queued\n")
    assert file.hanging
    assert begun == [b"held\n", b"quick\n"]
    answers.set()
    held.join(30)
    monkeypatch.undo()
    assert file.recover()
    assert sorted((tmp_path / "x").read_bytes().split()) == [b"first", b"held", b"queued", b"quick"]
