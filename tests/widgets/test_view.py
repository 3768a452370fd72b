"""The widget: its traits, its outputs, and the thread that follows a run on a real disk."""

from __future__ import annotations

import json
import logging

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from pages import Page, until
from rundirs import append, write_run

from runicorn_jupyter.display.bundle import WIDGET_MIME
from runicorn_jupyter.display.document import MIME
from runicorn_jupyter.display.packed import unpack
from runicorn_jupyter.widgets import follow, hosts, show
from runicorn_jupyter.widgets.hosts import Cell
from runicorn_jupyter.widgets.view import close_all, views

RUN = "20260101_120000_abcdef"


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = tmp_path / "my-runs"
    root.mkdir()
    monkeypatch.setenv("RUNICORN_DIR", str(root))
    return root


@pytest.fixture
def notebook(monkeypatch, comms):
    """A shell that publishes into a list, as if a page stood behind it; `notebook.cell` is the running cell."""
    monkeypatch.setattr(InteractiveShell, "_instance", None)
    shell = InteractiveShell.instance(display_pub_class=CapturingDisplayPublisher)
    shell.cell = Cell("cell-1", "execution-1")
    monkeypatch.setattr(hosts, "shell", lambda: shell)
    monkeypatch.setattr(hosts, "cell", lambda: shell.cell)
    monkeypatch.delenv("VSCODE_PID", raising=False)
    yield shell
    close_all()
    InteractiveShell.clear_instance()


def outputs(notebook):
    """What the notebook would save: {display id: the last bundle}."""
    saved = {}
    for message in list(notebook.display_pub.outputs):
        saved[message["transient"]["display_id"]] = message["data"]
    return saved


def grow(run_dir, first, last):
    append(run_dir, *({"loss": 1 / step, "global_step": step} for step in range(first, last + 1)))


def finish(run_dir):
    (run_dir / "status.json").write_text(
        json.dumps({"status": "finished", "started_at": 1.79e9, "ended_at": 1.79e9 + 9})
    )


def hear(page, comm):
    """Let the page take what it has not heard yet."""
    heard = getattr(page, "heard", 0)
    for data, buffers in comm.sent[heard:]:
        if data["method"] == "custom":
            page.take(data["content"], buffers)
    page.heard = len(comm.sent)
    return page


def test_a_live_run_is_followed_to_its_final_form(root, notebook, comms):
    run_dir = write_run(root, RUN, status="running", points=5)
    view = show(RUN)
    (display_id, first), *_ = outputs(notebook).items()
    assert first[WIDGET_MIME]["model_id"] == comms[0].comm_id == view.model_id == first[MIME]["model_id"]
    assert first[MIME]["key"] == comms[0].opened["key"]
    assert comms[0].opened["doc"]["live"] is True
    page = Page()
    page.open(comms[0].opened["doc"])

    for last in (20, 40):
        grow(run_dir, last - 14 if last == 20 else 21, last)
        until(lambda last=last: len(hear(page, comms[0]).series[RUN, "loss"][0]) == last)
    assert page.series[RUN, "loss"][1][5:] == pytest.approx([1 / step for step in range(6, 41)], abs=1e-4)
    finish(run_dir)
    until(lambda: WIDGET_MIME not in outputs(notebook)[display_id])

    final = outputs(notebook)[display_id]
    assert len(outputs(notebook)) == 1
    assert final[MIME]["live"] is False
    assert "model_id" not in final[MIME]
    (curve,) = unpack(final[MIME]["curves"])
    assert list(curve.x) == list(range(1, 41))
    assert curve.exact
    assert "finished" in final["text/plain"]
    until(lambda: view.doc == {})
    assert hear(page, comms[0]).runs[RUN]["state"] == "finished"


def test_a_page_that_missed_messages_is_healed_unasked(root, notebook, comms, monkeypatch):
    monkeypatch.setattr(follow, "_HEALS", (0.6, 1.2))
    run_dir = write_run(root, RUN, status="running", points=5)
    show(RUN)
    grow(run_dir, 6, 9)
    until(lambda: comms[0].of("points"))
    late = Page()
    until(lambda: comms[0].of("snapshot"))
    at = next(i for i, (data, _) in enumerate(comms[0].sent) if data.get("content", {}).get("type") == "snapshot")
    grow(run_dir, 10, 12)
    late.heard = at
    until(lambda: len(hear(late, comms[0]).series[RUN, "loss"][0]) == 12)
    assert late.runs[RUN]["last_step"] == 12


def test_ended_runs_are_final_at_once_and_new_ones_make_the_table_live_again(root, notebook, comms):
    write_run(root, "20260101_110000_aaaaaa", points=3)
    view = show()
    (display_id, first), *_ = outputs(notebook).items()
    assert WIDGET_MIME not in first
    assert view.doc["live"] is False
    run_dir = write_run(root, RUN, status="running", points=3)
    until(lambda: WIDGET_MIME in outputs(notebook)[display_id])
    assert {run["id"] for run in outputs(notebook)[display_id][MIME]["runs"]} == {"20260101_110000_aaaaaa", RUN}
    finish(run_dir)
    until(lambda: WIDGET_MIME not in outputs(notebook)[display_id])


def test_close_leaves_the_final_form(root, notebook, comms):
    run_dir = write_run(root, RUN, status="running", points=3)
    view = show(RUN)
    grow(run_dir, 4, 6)
    follower = view._follower
    view.close()
    view.close()
    assert not follower.alive
    assert comms[0].closed
    assert comms[0].of("closed")
    final = list(outputs(notebook).values())[-1]
    assert WIDGET_MIME not in final
    assert view not in views()


def test_a_trailing_expression_shows_it_once_another_cell_again(root, notebook, comms):
    write_run(root, RUN, points=3)
    view = show(RUN)
    view._ipython_display_()
    assert len(outputs(notebook)) == 1
    notebook.cell = Cell("cell-2", "execution-2")
    view._ipython_display_()
    assert len(outputs(notebook)) == 2
    view.close()
    assert len({id(data) for data in outputs(notebook).values()}) <= 2
    # Beside them are updates: of the end, and of what the first look at the run had not read yet.
    assert len([one for one in notebook.display_pub.outputs if not one.get("update")]) == 2


def test_running_a_cell_again_closes_what_it_showed(root, notebook, comms):
    write_run(root, RUN, points=3)
    first = show(RUN)
    notebook.cell = Cell("cell-1", "execution-2")
    second = show(RUN)
    assert views() == [second]
    assert first._follower is not None
    assert not first._follower.alive
    notebook.cell = Cell("cell-2", "execution-3")
    show(RUN)
    assert len(views()) == 2


def test_the_end_of_a_cell_brings_the_saved_output_up_to_date(root, notebook, comms, monkeypatch):
    monkeypatch.setattr(follow.Follower, "start", lambda _self: None)
    run_dir = write_run(root, RUN, status="running", points=3)
    show(RUN)
    grow(run_dir, 4, 9)
    finish(run_dir)
    notebook.run_cell("1 + 1")
    (final,) = outputs(notebook).values()
    assert WIDGET_MIME not in final
    assert len(unpack(final[MIME]["curves"])[0].x) == 9


def test_where_our_renderer_cannot_be_the_widget_view_stays(root, notebook, comms, monkeypatch):
    monkeypatch.setenv("VSCODE_PID", "1")
    write_run(root, RUN, points=3)
    view = show(RUN)
    assert WIDGET_MIME in next(iter(outputs(notebook).values()))
    view.close()
    assert WIDGET_MIME not in next(iter(outputs(notebook).values()))


def test_a_page_that_says_it_has_no_renderer_gets_the_widget_view(root, notebook, comms):
    write_run(root, RUN, points=3)
    show(RUN)
    assert WIDGET_MIME not in next(iter(outputs(notebook).values()))
    comms[0].say({"type": "hello", "renderer": False})
    assert WIDGET_MIME in next(iter(outputs(notebook).values()))
    assert comms[0].of("snapshot")


def test_the_page_asks_and_is_answered(root, notebook, comms):
    write_run(root, RUN, points=30)
    show(RUN)
    comms[0].say({"type": "curves", "id": 1, "runs": [RUN], "metrics": ["loss"]})
    comms[0].say({"type": "curves", "id": 2, "runs": ["nobody"], "metrics": ["loss"]})
    good, bad = comms[0].of("reply")
    assert good["curves"][0]["y"] == [1 / step for step in range(1, 31)]
    assert (bad["id"], bad["ok"]) == (2, False)
    assert "nobody" in bad["error"]


def test_a_fault_does_not_end_following(root, notebook, comms, monkeypatch, caplog):
    run_dir = write_run(root, RUN, status="running", points=3)
    view = show(RUN)
    until(lambda: view._follower.alive)
    healthy = view._source.records
    monkeypatch.setattr(view._source, "records", lambda: 1 / 0)
    with caplog.at_level(logging.DEBUG):
        until(lambda: view._follower.faults)
    monkeypatch.setattr(view._source, "records", healthy)
    grow(run_dir, 4, 5)
    until(lambda: comms[0].of("points"))
    assert view._follower.alive


def test_nothing_of_this_machine_is_in_any_output_or_message(root, notebook, comms, monkeypatch, own_home):
    import socket

    monkeypatch.setenv("JUPYTER_TOKEN", "planted-token-123")
    monkeypatch.setenv("JUPYTER_SERVER_URL", "http://127.0.0.1:48899/")
    run_dir = write_run(root, RUN, status="running", points=3, hostname="planted-host", storage_dir=str(root))
    (run_dir / "summary.json").write_text("{broken")
    view = show(RUN)
    grow(run_dir, 4, 9)
    until(lambda: comms[0].of("points"))
    comms[0].say({"type": "hello"})
    view.close()
    state = {name: value for name, value in comms[0].opened.items() if name != "_esm"}
    said = json.dumps([notebook.display_pub.outputs, comms[0].messages, state], default=str)
    for secret in (str(root), str(own_home), "planted", ":48899", "127.0.0.1", socket.gethostname()):
        assert secret not in said


def test_a_change_just_after_a_rewrite_is_saved_too(root, notebook, comms):
    write_run(root, "20260101_110000_aaaaaa", points=3)
    show()
    for i in range(3):
        run_id = f"20260101_12000{i}_bbbbbb"
        write_run(root, run_id, points=3)
        until(lambda run_id=run_id: run_id in json.dumps(comms[0].of("runs")))
    until(lambda: len(list(outputs(notebook).values())[-1][MIME]["runs"]) == 4)


def test_figure_frame_and_html(root, notebook, comms, tmp_path):
    write_run(root, RUN, points=9)
    view = show(RUN, height=300)
    assert comms[0].opened["view"] == {"height": 300}
    assert list(view.figure(log_y=True).data[0].y) == [1 / step for step in range(1, 10)]
    assert list(view.frame().loss) == [1 / step for step in range(1, 10)]
    written = view.to_html(tmp_path / "out.html").read_text()
    assert "data:image/svg+xml" in written
    assert "<script" not in written
