"""The hall on real roots: what both of upstream's SDKs wrote, growing runs, damaged files, hostile places."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from rundirs import append, write_run

from runicorn_jupyter.errors import AmbiguousRun, BadRequest, MediaNotFound, RootUnusable, RunNotFound
from runicorn_jupyter.models import RunFilter
from runicorn_jupyter.paths import cache_folder
from runicorn_jupyter.store.refresh import survey
from runicorn_jupyter.workspace import Workspace


def until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def opened():
    held = []

    def open_root(root, **options):
        workspace = Workspace(root, **options).start()
        held.append(workspace)
        assert workspace.wait_complete(20)
        return workspace

    yield open_root
    for workspace in held:
        workspace.close()


def run_dirs(root):
    """Find the runs of a sample root with plain Python: what holds a status.json is one."""
    return sorted(path.parent for path in root.rglob("status.json"))


def plain_points(run_dir):
    """Read metrics as a user would who knows only the JSON lines: {metric: [(step, value)]}, numbers only."""
    points = {}
    for line in (run_dir / "events.jsonl").read_text().splitlines():
        event = json.loads(line)
        if event["type"] == "metrics":
            data = event["data"]
            for name, value in data.items():
                if (
                    name not in {"global_step", "time"}
                    and isinstance(value, int | float)
                    and not isinstance(value, bool)
                ):
                    points.setdefault(name, []).append((data["global_step"], value))
    return points


@pytest.mark.parametrize("version", ["upstream-0.5.3", "upstream-0.7.2"])
def test_sample_roots_show_every_run_with_its_status_and_curves(sample_roots, opened, version):
    """D24, C16: 72 runs, 51 finished, 6 failed, 6 interrupted, 9 that say running on a host we cannot ask."""
    root = sample_roots / version
    page = opened(root).runs()
    assert page.total == len(page.runs) == len(run_dirs(root)) == 72
    assert page.complete
    assert Counter((run.status, run.state) for run in page.runs) == {
        ("finished", "finished"): 51,
        ("failed", "failed"): 6,
        ("interrupted", "interrupted"): 6,
        ("running", "unknown"): 9,
    }
    assert {run.run_dir for run in page.runs} == {str(path) for path in run_dirs(root)}
    assert not any(run.problems for run in page.runs)


@pytest.mark.parametrize("version", ["upstream-0.5.3", "upstream-0.7.2"])
def test_sample_roots_give_exactly_the_points_in_the_files(sample_roots, opened, version):
    root = sample_roots / version
    workspace = opened(root)
    for run_dir in run_dirs(root):
        expected = plain_points(run_dir) if (run_dir / "events.jsonl").exists() else {}
        curves = {curve.metric: list(zip(curve.x, curve.y, strict=True)) for curve in workspace.curves([run_dir.name])}
        assert repr(curves) == repr(
            {name: [(float(x), float(y)) for x, y in points] for name, points in expected.items()}
        )


def test_a_0_7_root_maps_paths_to_projects_and_shows_its_config(upstream_072, opened):
    """D14: the empty path and `default` are two groups of twelve and stay two."""
    workspace = opened(upstream_072)
    groups = Counter((run.project, run.name, run.path) for run in workspace.runs().runs)
    assert groups == {
        ("_root", "default", ""): 12,
        ("default", "default", "default"): 12,
        ("nlp", "bert-finetune", "nlp/bert-finetune"): 12,
        ("speech", "wav2vec", "speech/wav2vec"): 12,
        ("vision", "resnet50", "vision/resnet50"): 12,
        ("vision", "vit/base", "vision/vit/base"): 12,
    }
    assert any(run.config.get("layers") == [1, 2, 3] for run in workspace.runs().runs)


def test_lists_are_ordered_as_the_contract_says(upstream_053, opened):
    runs = opened(upstream_053).runs().runs
    places = [(run.project.lower(), run.name) for run in runs]
    assert places == sorted(places)
    for before, after in itertools.pairwise(runs):
        if (before.project, before.name) == (after.project, after.name):
            assert Path(before.run_dir).stat().st_mtime >= Path(after.run_dir).stat().st_mtime


def test_filters_join_with_and(upstream_053, opened):
    workspace = opened(upstream_053)
    assert workspace.runs(RunFilter(project="vision")).total == 24
    assert workspace.runs(RunFilter(project="vision", name="vit-base", status="failed,interrupted")).total == 2
    assert workspace.runs(RunFilter(status="unknown")).total == 9
    assert workspace.runs(RunFilter(text="中文")).total == 12
    assert workspace.runs(RunFilter(text="RESNET")).total == 12
    page = workspace.runs(order="created_at", descending=True, limit=5, offset=2)
    created = [run.created_at for run in page.runs]
    assert (len(created), page.total) == (5, 72)
    assert created == sorted(created, reverse=True)
    with pytest.raises(BadRequest, match="cannot be sorted by"):
        workspace.runs(order="id; DROP TABLE run")


def fingerprint(root):
    """Hash every file of a root with its times, so that any write would show."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, status.st_size, content)
    return found


def test_reading_changes_nothing_in_a_root(scratch_053, opened):
    """G2: lists, curves, rows, logs and images leave the storage as it was."""
    before = fingerprint(scratch_053)
    workspace = opened(scratch_053)
    for run in workspace.runs().runs:
        workspace.metric_rows(run.id)
        workspace.curves([run.id])
        workspace.log(run.id).tail(5)
        workspace.images(run.id)
    workspace.refresh()
    assert fingerprint(scratch_053) == before


def test_a_broken_run_is_marked_and_hides_no_other(tmp_path, opened):
    """I05: one poisoned file among good runs."""
    write_run(tmp_path, "good", points=3)
    for at, poison in enumerate(
        [b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"id": 1, "project": [], "created_at": "x"}']
    ):
        run_dir = write_run(tmp_path, f"poisoned-{at}", points=2)
        (run_dir / "meta.json").write_bytes(poison)
    listed = {run.id: run for run in opened(tmp_path).runs().runs}
    assert len(listed) == 6
    assert listed["good"].problems == ()
    for at in range(4):
        assert any("meta.json" in problem for problem in listed[f"poisoned-{at}"].problems)
        assert listed[f"poisoned-{at}"].metrics["loss"].count == 2


JSON_KINDS = [None, True, -1, 10**40, 1e308, "text", "\ud800", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("file", ["meta.json", "status.json", "summary.json", "assets.json", "artifacts_created.json"])
def test_every_field_may_be_of_any_type(tmp_path, opened, file):
    fields = [
        "id", "project", "name", "path", "alias", "created_at", "hostname", "pid", "pid_start", "tags", "notes",
        "status", "started_at", "ended_at", "best_metric_value", "best_metric_name", "config", "artifacts",
    ]  # fmt: skip
    count = 0
    for field in fields:
        for kind in JSON_KINDS:
            run_dir = write_run(tmp_path, f"run-{count}", points=1)
            known = json.loads((run_dir / file).read_text()) if (run_dir / file).exists() else {}
            (run_dir / file).write_text(json.dumps({**known, field: kind}))
            count += 1
    page = opened(tmp_path).runs()
    assert page.total == count
    assert json.dumps([run.item(("config", "summary", "metrics")) for run in page.runs], allow_nan=False)


def test_lines_that_cannot_be_read_are_counted(tmp_path, opened):
    """I02: every good point is kept, and the run says how many pieces were not."""
    run_dir = write_run(tmp_path, "torn", points=2)
    with (run_dir / "events.jsonl").open("a") as file:
        file.write('garbage\n{"ts": 1.0, "type": "met')
    append(run_dir, {"loss": 3.0, "global_step": 3})
    run = opened(tmp_path).run("torn")
    assert run.metrics["loss"].count == 3
    assert run.problems == ("2 pieces of events.jsonl could not be read and were passed over",)


def test_one_run_that_breaks_every_rule_hides_no_other(tmp_path, opened, monkeypatch):
    """Whatever fails while one run is looked at: the others are listed, and it is marked."""
    write_run(tmp_path, "good", points=2)
    write_run(tmp_path, "odd-pid", status="running", hostname=os.uname().nodename, pid=-1)
    write_run(tmp_path, "99991231_235959_abcdef", created_at=None)
    cursed = write_run(tmp_path, "cursed")
    real = survey.read_facts

    def read_facts(root, place):
        if place.directory.endswith("cursed"):
            raise RuntimeError("nobody thought of this")
        return real(root, place)

    monkeypatch.setattr(survey, "read_facts", read_facts)
    workspace = opened(tmp_path)
    assert {run.id for run in workspace.runs().runs} == {"good", "odd-pid", "99991231_235959_abcdef", "cursed"}
    assert workspace.run("cursed").problems == ("this run could not be read; the log says why",)
    monkeypatch.undo()
    workspace.refresh()
    assert workspace.run("cursed").problems == ()
    assert cursed.exists()


def test_a_run_that_goes_on_after_its_end_is_seen(tmp_path, opened):
    """D32: an interrupted cell is run again; nobody waits for the next walk over everything."""
    run_dir = write_run(tmp_path, "again", status="interrupted", hostname="elsewhere", points=1)
    workspace = opened(tmp_path)
    workspace.refresh()
    (run_dir / "heartbeat").write_text("{}")
    (run_dir / "status.json").write_text('{"status": "running", "started_at": 1790000000.0}')
    workspace.catch_up()
    assert workspace.run("again").state in {"running", "idle"}


def test_a_moved_run_is_changed_and_not_gone(tmp_path, opened):
    run_dir = write_run(tmp_path, "moves")
    workspace = opened(tmp_path)
    version = workspace.runs().version
    (tmp_path / "demo" / "second" / "runs").mkdir(parents=True)
    run_dir.rename(tmp_path / "demo" / "second" / "runs" / "moves")
    workspace.refresh()
    changes = workspace.changes(version)
    assert (changes.changed, changes.gone) == (("moves",), ())


def test_a_busy_index_is_read_and_not_thrown_away(tmp_path):
    """Another process writes: starting over would take its work from under it, waiting would serve nobody."""
    write_run(tmp_path / "root", "one")
    with Workspace(tmp_path / "root") as first:
        assert first.wait_complete(20)
    inode = index_file().stat().st_ino
    with sqlite3.connect(index_file(), isolation_level=None) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        second = Workspace(tmp_path / "root")
        assert [run.id for run in second.runs(order="loss.last").runs] == ["one"]
        holder.execute("ROLLBACK")
    second.close()
    assert index_file().stat().st_ino == inode


def test_readers_of_a_growing_run_never_see_it_half_grown(tmp_path, opened):
    """Rows, curves and frames are cut from one moment of the table, with texts beside the numbers."""
    run_dir = write_run(tmp_path, "grows", status="running", hostname="elsewhere")
    workspace = opened(tmp_path)
    faults = []
    over = threading.Event()

    def read():
        while not over.is_set():
            try:
                rows = workspace.metric_rows("grows")
                assert all(row["stage"] == "train" and row["loss"] is not None for row in rows.rows)
                workspace.curves(["grows"])
                workspace.frame_columns("grows")
            except Exception as fault:  # noqa: BLE001 - a thread's fault is shown by the test
                faults.append(fault)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for step in range(0, 3000, 10):
        append(run_dir, *({"loss": 1.0, "stage": "train", "global_step": step + at} for at in range(10)))
    over.set()
    for reader in readers:
        reader.join()
    assert faults == []


def test_special_files_never_block(tmp_path, opened):
    """F13, F17: a FIFO, a directory and a link out of the root in the place of a run's files are passed over."""
    secret = tmp_path / "secret.txt"
    secret.write_text("outside\n")
    root = tmp_path / "root"
    write_run(root, "good", points=1)
    fifo = write_run(root, "fifo")
    os.mkfifo(fifo / "events.jsonl")
    os.mkfifo(fifo / "logs.txt")
    folder = write_run(root, "folder")
    (folder / "events.jsonl").mkdir()
    linked = write_run(root, "linked")
    (linked / "logs.txt").symlink_to(secret)
    (linked / "media").mkdir()
    (linked / "media" / "x.png").symlink_to(secret)
    piped_meta = write_run(root, "piped-meta")
    (piped_meta / "meta.json").unlink()
    os.mkfifo(piped_meta / "meta.json")
    workspace = opened(root)
    assert {run.id for run in workspace.runs().runs} == {"good", "fifo", "folder", "linked", "piped-meta"}
    assert workspace.curves(["fifo", "folder"]) == []
    assert workspace.log("fifo").tail(10) == workspace.log("linked").tail(10) == ([], False)
    with pytest.raises(MediaNotFound):
        workspace.open_media("linked", "media/x.png")
    with pytest.raises(MediaNotFound):
        workspace.open_media("linked", "media/../meta.json")


def test_a_missing_root_is_empty_until_its_first_run(tmp_path, opened):
    root = tmp_path / "not yet"
    workspace = opened(root)
    assert workspace.runs().total == 0
    assert "does not exist yet" in workspace.health().notes[0]
    assert not root.exists()
    write_run(root)
    until(lambda: workspace.runs().total == 1)
    assert workspace.health().notes == ()


def test_a_root_that_is_a_file_is_refused_in_one_sentence(tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    with pytest.raises(RootUnusable, match="is a file; give the folder"):
        Workspace(file)


def test_an_unreadable_root_is_refused(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(65534)  # root reads everything: look with the eyes of nobody
        with pytest.raises(RootUnusable, match="permission denied"):
            Workspace(closed)
    finally:
        os.seteuid(me)


def test_foreign_files_are_passed_over(tmp_path, opened):
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "data" / "raw" / "runs").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "runs" / "empty").mkdir()
    (tmp_path / "data" / "raw" / "runs" / "file").write_text("")
    assert opened(tmp_path).runs().total == 0


def test_new_points_of_a_live_run_are_told(tmp_path, opened):
    """The change feed: what a training process appends reaches a subscriber without being asked for."""
    run_dir = write_run(tmp_path, "live", status="running", hostname="elsewhere", points=5)
    (run_dir / "heartbeat").write_text("{}")
    workspace = opened(tmp_path)
    assert workspace.wait_complete(20)  # the end of the first walk is told as well
    told = threading.Event()
    start = workspace.runs().version
    unsubscribe = workspace.subscribe(lambda version: told.set())
    append(run_dir, {"loss": 0.01, "global_step": 6})
    assert told.wait(10)
    until(lambda: "live" in workspace.changes(start).changed)  # what was told first may be that all was summed up
    unsubscribe()
    until(lambda: workspace.run("live").last_step == 6)
    assert workspace.run("live").metrics["loss"].last == 0.01


def test_a_run_that_appears_vanishes_or_is_deleted_is_told(tmp_path, opened):
    workspace = opened(tmp_path)
    version = workspace.runs().version
    run_dir = write_run(tmp_path, "comes-and-goes")
    assert workspace.run("comes-and-goes").id == "comes-and-goes"
    assert workspace.changes(version).changed == ("comes-and-goes",)
    version = workspace.runs().version
    (run_dir / ".deleted").write_text("{}")
    workspace.refresh()
    assert workspace.changes(version).gone == ("comes-and-goes",)
    assert workspace.runs().total == 0
    shutil.rmtree(run_dir)
    workspace.refresh()
    with pytest.raises(RunNotFound, match="comes-and-goes"):
        workspace.run("comes-and-goes")


def test_two_runs_of_one_id_are_ambiguous(tmp_path, opened):
    """D7: nothing is guessed; the sentence names both places."""
    write_run(tmp_path, "twin", name="a")
    write_run(tmp_path, "twin", name="b")
    with pytest.raises(AmbiguousRun, match="demo/a, demo/b"):
        opened(tmp_path).run("twin")


def test_ids_from_outside_are_only_looked_up(tmp_path, opened):
    """F01: no id becomes a path."""
    write_run(tmp_path / "root", "good")
    workspace = opened(tmp_path / "root")
    for run_id in ("../x", "..", "/etc", "%2e%2e", "good\n", "good\0", "", "x" * 10_000, "\\"):
        with pytest.raises(RunNotFound):
            workspace.run(run_id)


def index_file():
    [file] = (path for path in cache_folder().glob("*.sqlite") if "-curves-" not in path.name)
    return file


@pytest.mark.parametrize("damage", [b"", b"no database at all", None])
def test_a_damaged_index_is_built_again_and_says_so(tmp_path, opened, damage):
    """C08: empty, garbage or truncated, it never costs a run."""
    write_run(tmp_path / "root", "good", points=3)
    with Workspace(tmp_path / "root") as first:
        assert first.wait_complete(20)
    file = index_file()
    for leftover in (file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        leftover.unlink(missing_ok=True)
    file.write_bytes(file.read_bytes()[:5000] if damage is None else damage)
    workspace = opened(tmp_path / "root")
    assert workspace.run("good").metrics["loss"].count == 3
    if damage != b"":
        assert any("damaged" in note for note in workspace.health().notes)


def test_a_warm_index_spares_reading_the_events_again(tmp_path, opened):
    run_dir = write_run(tmp_path / "root", "good", points=3)
    with Workspace(tmp_path / "root") as first:
        assert first.wait_complete(20)
    workspace = opened(tmp_path / "root")
    assert workspace.health().curve_cache["misses"] == 0
    append(run_dir, {"loss": 0.0, "global_step": 4})
    workspace.refresh()
    assert workspace.run("good").metrics["loss"].count == 4


def test_a_second_process_reads_what_the_first_refreshes_and_takes_over(tmp_path, opened):
    """C13: one refresher a root; a server outranks a kernel, and whoever is left goes on."""
    root = tmp_path / "root"
    write_run(root, "one")
    script = (
        "import sys, time; from pathlib import Path; from runicorn_jupyter.workspace import Workspace\n"
        "w = Workspace(Path(sys.argv[1]), holder='server').start(); w.wait_complete(20); print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(root)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "ready\n"
        workspace = opened(root)
        with sqlite3.connect(index_file()) as connection:
            assert connection.execute("SELECT holder, rank FROM lease").fetchone() == (
                connection.execute("SELECT holder FROM lease WHERE rank = 2").fetchone()[0],
                2,
            )
        write_run(root, "two")
        until(lambda: workspace.runs().total == 2)
    finally:
        other.kill()
        other.wait()
        other.stdout.close()
    write_run(root, "three")
    until(lambda: workspace.runs().total == 3)


def test_logs_are_read_from_their_end_and_followed(tmp_path, opened):
    run_dir = write_run(tmp_path, "talks")
    (run_dir / "logs.txt").write_bytes("".join(f"line {at} ü\n" for at in range(20_000)).encode() + b"torn")
    log = opened(tmp_path).log("talks")
    lines, more = log.tail(3)
    assert (lines, more) == (["line 19997 ü", "line 19998 ü", "line 19999 ü"], True)
    assert log.read() == []
    with (run_dir / "logs.txt").open("ab") as file:
        file.write(b" and mended\r\nnext \xff\n")
    assert log.read() == ["torn and mended", "next �"]
    (run_dir / "logs.txt").write_bytes(b"begun again\n")
    assert log.read() == ["begun again"]


def test_images_are_listed_and_opened(upstream_053, opened):
    workspace = opened(upstream_053)
    records = {run.id: workspace.images(run.id) for run in workspace.runs().runs}
    run_id, images = next((run_id, images) for run_id, images in records.items() if images)
    media = workspace.open_media(run_id, images[0].path)
    with os.fdopen(media.fd, "rb") as file:
        content = file.read()
    assert content.startswith(b"\x89PNG")
    assert media.size == len(content)


def test_curves_tell_stages_ranks_and_the_size_of_their_cache(tmp_path, opened):
    run_dir = write_run(tmp_path / "root", "staged", points=0)
    append(
        run_dir, *({"a": step / 2, "global_step": step, "stage": "early" if step < 3 else "late"} for step in range(6))
    )
    other = json.dumps({"ts": 1.0, "type": "metrics", "rank": 1, "data": {"a": 9.5, "global_step": 0}})
    (run_dir / "events.node-1.jsonl").write_text(other + "\n")
    workspace = opened(tmp_path / "root")
    told = [(stage.stage, stage.x0, stage.x1) for stage in workspace.stages(["staged"])["staged"]]
    assert told == [("early", 0, 2), ("late", 3, 5)]
    assert [curve.y for curve in workspace.curves(["staged"], ["a"], rank=1)] == [[9.5]]
    assert workspace.curves(["staged"], ["a"])[0].y == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert workspace.frame_columns("staged", raw=True, rank=0)["step"] == list(range(6))
    with pytest.raises(BadRequest):
        workspace.curves(["staged"], x="mass")
    assert workspace.curve_cache.size()["runs"] == 0, "a short run is read from its file"
    workspace.curve_cache.clear()
    assert workspace.curves(["staged"], ["a"], x="metric:a")[0].x == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]


def test_who_only_listens_makes_nobody_look_more_often(opened, tmp_path):
    workspace = opened(tmp_path)
    pace = workspace._store.refresher._pace
    pace._asked = float("-inf")
    quiet = workspace.subscribe(lambda version: None, waiting=False)
    assert not pace._followed()
    unsubscribe = workspace.subscribe(lambda version: None)
    assert pace._followed()
    unsubscribe()
    unsubscribe()
    assert not pace._followed()
    quiet()
    assert not pace._followed()
