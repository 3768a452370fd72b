"""The benchmark itself, on next to nothing and against us alone, so that it does not rot between two real runs."""

from __future__ import annotations

import json
import math
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks import measure, report
from benchmarks.__main__ import main
from benchmarks.asks import curve, everything, page
from benchmarks.bench import Bench, Scale
from benchmarks.client import Client
from benchmarks.data import DataSet, root_of
from benchmarks.figures import CPU, OURS, SIZE, WALL, Figure, Target, judge
from benchmarks.places import DOCUMENT
from benchmarks.rows import ROWS
from benchmarks.truth import Run, best_page, values

TINY = Scale(
    runs=10,
    steps=2_000,
    compare=DataSet(3, 300),
    wide=DataSet(3, 5, 20),
    writers=2,
    live_seconds=1.5,
    growth_runs=(5, 10),
    growth_rows=20,
    growth_steps=(50, 2_000),
    logged=50,
    artifact_megabytes=(1, 2),
    artifact_files=20,
    artifacts=10,
    sockets=(3,),
    log_megabytes=1,
    remote_megabytes=1,
    silent_hosts=2,
    silent_seconds=0.5,
    cuts=2,
    leftover_seconds=0,
    repeats=1,
    budget=0.02,
    idle_seconds=0.2,
)


def without_sizes(text: str) -> str:
    return re.sub(r"\d[\d,]*", "#", text)


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "scratch", [], TINY, data=tmp_path / "data")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.sshd] if name == "remote" else []) for name in ROWS]
)
def test_every_row_runs_and_every_target_finds_its_figure(bench, name):
    row = ROWS[name]
    row.run(bench)
    assert [figure for figure in bench.figures if figure.problem] == []
    assert {figure.row for figure in bench.figures} == set(row.names)
    assert all(math.isfinite(value) for figure in bench.figures for value in figure.measures.values())
    seen = {(without_sizes(figure.call), measure) for figure in bench.figures for measure in figure.measures}
    owed = {(without_sizes(target.call), target.measure) for target in row.targets}
    assert owed <= seen
    assert report.section(row, bench.figures).count("\n") > len(bench.figures)


class Liar(BaseHTTPRequestHandler):
    """Answers everything at once with what looks like an answer."""

    protocol_version = "HTTP/1.1"
    answer: bytes = b"[]"

    def do_GET(self):
        self.send_response(200)
        for name, value in (("Content-Length", str(len(self.answer))), ("X-Total-Count", "10"), ("ETag", '"1"')):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_):
        pass


class LyingServer:
    """What `Bench` needs of a server, around a `Liar`."""

    def __init__(self, answer: object):
        kind = type("Told", (Liar,), {"answer": json.dumps(answer).encode()})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), kind)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.client = Client(self.http.server_address[1])

    def cpu(self):
        return 0.0

    def pause(self):
        pass

    resume = pause


@pytest.fixture
def lying():
    servers = []

    def serve(answer):
        servers.append(LyingServer(answer))
        return servers[-1]

    yield serve
    for server in servers:
        server.client.close()
        server.http.shutdown()
        server.http.server_close()


WRONG = {
    "an empty list": [],
    "runs without values": [{"id": Run(k).id, "best_metric_value": None} for k in range(10)],
    "another run for each": [{"id": Run(k + 1).id, "best_metric_value": 0.5} for k in range(10)],
    "no rows": {"rows": [], "columns": []},
    "rows that nobody logged": {"rows": [{"global_step": 1, "loss": 0.0}, {"global_step": 2000, "loss": 0.0}]},
    "an error told as 200": {"detail": "not yet"},
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_nobody_wins_by_answering_quickly_and_wrongly(bench, lying, answer):
    server = lying(answer)
    few, long = DataSet(10, 20), DataSet(1, 2_000)
    asks = [page(OURS, server, few), everything("runicorn-0.5.3", server, few), curve("runicorn-0.7.2", server, long)]
    bench.side_by_side("lies", asks)
    assert len(bench.figures) == 3
    assert all(figure.problem and not figure.measures for figure in bench.figures)


def test_the_right_answer_is_a_figure(bench, lying):
    right = [{"id": Run(k).id, "best_metric_value": values(k, 20)["acc"]} for k in range(10)]
    bench.side_by_side("truth", [everything("runicorn-0.5.3", lying(right), DataSet(10, 20))])
    [figure] = bench.figures
    assert not figure.problem
    assert figure.measures[WALL] > 0
    assert figure.measures[SIZE] == len(json.dumps(right)) / 1000


def test_the_best_page_is_worked_out_in_plain_python():
    last = {k: values(k, 20) for k in range(300)}
    matching = [k for k in last if last[k]["loss"] < 0.985]
    best = sorted(matching, key=lambda k: last[k]["acc"], reverse=True)
    assert best_page(300, 20) == (best[:50], len(matching))
    assert 50 < len(matching) < 300


def test_the_files_hold_what_the_truth_says(tmp_path):
    root = root_of(OURS, DataSet(2, 3), tmp_path)
    [events] = (root / Run(1).project).rglob("events.jsonl")
    data = [json.loads(line)["data"] for line in events.read_text().splitlines()]
    assert [{name: point[name] for name in values(1, 1)} for point in data] == [values(1, step) for step in (1, 2, 3)]
    upstream = root_of("runicorn-0.7.2", DataSet(2, 3), tmp_path)
    [linked] = (upstream / "runs" / Run(1).project).rglob("events.jsonl")
    assert linked.samefile(events)


def test_targets_are_judged_by_their_rule():
    figures = [
        Figure("row", OURS, "list", {CPU: 4.0, WALL: 6.0}),
        Figure("row", "slow", "list", {CPU: 100.0}),
        Figure("row", "broken", "list", problem="empty"),
        Figure("row", OURS, "long list", {CPU: 6.0}),
    ]
    reached = {
        Target("list", CPU, 4): True,
        Target("list", WALL, 5): False,
        Target("list", CPU, 25, "times less", "slow"): True,
        Target("list", CPU, 26, "times less", "slow"): False,
        Target("list", CPU, 2, "times less", "broken"): None,
        Target("long list", CPU, 1.5, "times as much", OURS, "list"): True,
        Target("long list", CPU, 1.4, "times as much", OURS, "list"): False,
        Target("no such call", CPU, 1): None,
    }
    assert {target: judge(target, figures).reached for target in reached} == reached


def test_tables_go_between_their_marks_and_prose_stays(tmp_path):
    document = tmp_path / "benchmarks.md"
    document.write_text(DOCUMENT.read_text() + "\nWhat a person wrote.\n")
    problem = "it ended: /somebody/private/place said | no"
    figures = [Figure("page", OURS, "page of 50", {CPU: 1.25}), Figure("page", "trackio", "x", problem=problem)]
    for _ in range(2):
        report.write(document, figures, "Seen on a machine.")
    text = document.read_text()
    assert text.count("| page of 50 | ours | 1.25 |") == 1
    assert text.count("Seen on a machine.") == 1
    assert "page of 50: ≤ 4 CPU ms: **reached** (1.25)" in text
    assert text.endswith("\nWhat a person wrote.\n")
    assert "private" not in text
    alone = [Figure("page", OURS, "page of 50", {CPU: 2.5})]
    report.write(document, alone, "Seen later.", ["page"])
    later = document.read_text()
    assert "| page of 50 | ours | 2.50 |" in later
    assert later.count("Seen later.") == later.count("Seen on a machine.") == 1
    document.write_text(text.replace("<!-- measured: page -->", ""))
    with pytest.raises(ValueError, match="no place for page"):
        report.write(document, figures, "")


def test_the_document_tells_no_name_of_the_place():
    seen_on = report.machine(60, 0.5)
    assert "cores" in seen_on
    assert "runicorn==0.5.3" in seen_on
    assert re.search(r"/\w+/|https?:", seen_on) is None


def test_cpu_clock_reads_a_process_to_the_microsecond():
    import os

    before, began = measure.cpu_seconds(os.getpid()), time.process_time()
    sum(range(200_000))
    grown, meant = measure.cpu_seconds(os.getpid()) - before, time.process_time() - began
    assert grown == pytest.approx(meant, rel=0.5, abs=0.05)
    assert grown > 0


def test_slope_of_linear_work_is_one():
    assert measure.slope([10, 100, 1000], [3, 30, 300]) == pytest.approx(1)
    assert measure.slope([10, 100, 1000], [3, 3, 3]) == pytest.approx(0)


def test_unknown_rows_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--row", "nonsense"])
    assert "nonsense" in capsys.readouterr().err
