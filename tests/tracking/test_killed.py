"""C01, C02: a trainer that is killed at any moment, and an event file that was cut at any byte."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

from runicorn_jupyter import tracking as rn
from runicorn_jupyter.store.series.lines import parse_line
from tracking.runfiles import document, points

KILLS = 200

# One process imports the SDK and forks the trainers: importing it 200 times would take longer than their lives.
NURSERY = """
import os, sys
from runicorn_jupyter import tracking as rn
rn.init, rn.log
sys.stdout = open(os.devnull, "w")
for order in sys.stdin:
    number = int(order)
    acknowledged, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(acknowledged)
        run = rn.init("p", "n", run_id=f"run{number:03}", capture_env=False)
        run.set_primary_metric("i")
        for i in range(10**9):
            run.log(i=i, loss=0.5, acc=0.25, lr=1e-3)
            os.write(told, b"%d\\n" % i)
    os.close(told)
    os.write(2, b"%d %d\\n" % (child, acknowledged))
    os.waitpid(child, 0)
    heard = b""
    while data := os.read(acknowledged, 1 << 16):
        heard += data
    os.close(acknowledged)
    lines = heard.split(b"\\n")[:-1]
    os.write(2, b"%d\\n" % (int(lines[-1]) if lines else -1))
"""


def test_c01_200_trainers_killed_at_random_moments_lose_no_acknowledged_point(root, capsys):
    chance = random.Random(1)
    environment = {**os.environ, "RUNICORN_DIR": str(root)}
    acknowledged = []
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as nursery:
        for number in range(KILLS):
            nursery.stdin.write(f"{number}\n")
            nursery.stdin.flush()
            child = int(nursery.stderr.readline().split()[0])
            # Between nothing at all and some hundred points; the moment is all that matters, not its length.
            subprocess.run(["sleep", f"{chance.random() * 0.06:.4f}"], check=True)
            os.kill(child, 9)
            acknowledged.append(int(nursery.stderr.readline()))
        nursery.stdin.close()
    lost = doubled = torn = total = 0
    for number, last in enumerate(acknowledged):
        path = root / "p" / "n" / "runs" / f"run{number:03}" / "events.jsonl"
        data = path.read_bytes() if path.exists() else b""
        *whole, tail = data.split(b"\n")
        seen = [event["data"]["i"] for line in whole for event in parse_line(line)[0]]
        assert all(parse_line(line)[1] == 0 for line in whole)
        lost += len(set(range(last + 1)) - set(seen))
        doubled += len(seen) - len(set(seen))
        torn += bool(tail)
        total += last + 1
    with capsys.disabled():
        print(f"\nC01: {KILLS} kills, {total} acknowledged points, {lost} lost, {doubled} doubled, {torn} torn tails")
    assert (lost, doubled) == (0, 0)
    assert torn <= KILLS
    assert total > KILLS


def test_c01_a_killed_run_goes_on_as_one_curve(root, script):
    source = (
        "import os, sys\nfrom runicorn_jupyter import tracking as rn\n"
        "run = rn.init('p', 'n', run_id='mine', resume=sys.argv[1] if sys.argv[1:] else None)\n"
        "for i in range(100): run.log(i=i)\n"
        "run.log_text('here')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    for _ in range(3):
        assert script(source).returncode == -9
    run_dir = root / "p" / "n" / "runs" / "mine"
    assert [point["global_step"] for point in points(run_dir)] == list(range(1, 301))
    assert (run_dir / "logs.txt").read_text().count("here") == 3
    assert len(document(run_dir, "meta")["sessions"]) == 3


def test_c02_a_file_cut_at_every_byte_keeps_every_whole_line_and_takes_new_ones(root):
    run = rn.init("p", "n", storage=root, run_id="mine", capture_env=False)
    for i in range(60):
        run.log(i=i, text="größer")
    run.finish()
    path = run.run_dir / "events.jsonl"
    whole = path.read_bytes()
    for cut in range(len(whole) - 4096, len(whole)):
        path.write_bytes(whole[:cut])
        kept = whole[:cut].count(b"\n")
        last = whole[:cut].split(b"\n")[-1]
        again = rn.init("p", "n", storage=root, run_id="mine", capture_env=False) if cut % 64 == 0 else None
        if again is None:
            reopened = run._recorder.another_file("events.jsonl")
            reopened.append(b'{"ts":1.0,"type":"metrics","data":{"i":-1,"global_step":1}}\n')
            reopened.close()
        else:
            again.log(i=-1)
            again.finish()
        lines = path.read_bytes().split(b"\n")
        parsed = [json.loads(line)["data"]["i"] for line in lines[:kept]]
        assert parsed == list(range(kept))
        assert lines[-1] == b""
        assert json.loads(lines[-2])["data"]["i"] == -1
        if last and len(lines) - 2 == kept + 1:
            assert lines[kept] == last
