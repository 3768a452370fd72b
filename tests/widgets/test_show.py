"""``rn.show`` and ``rn.runs``: what is meant, what is refused, and what is imported."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import pytest
from rundirs import append, write_run

from runicorn_jupyter.errors import BadRequest, QueryError, RootUnusable, RunNotFound
from runicorn_jupyter.widgets import runs, show
from runicorn_jupyter.widgets.run_views import RUN_VIEWS


@pytest.fixture
def root(tmp_path, monkeypatch):
    root = tmp_path / "my-runs"
    write_run(root, "20260101_120000_aaaaaa", project="digits", name="mlp", points=3)
    write_run(root, "20260101_130000_bbbbbb", project="digits", name="cnn", points=4)
    write_run(root, "20260101_140000_cccccc", project="speech", name="wav", points=5, status="failed")
    monkeypatch.setenv("RUNICORN_DIR", str(root))
    return root


A, B, C = "20260101_120000_aaaaaa", "20260101_130000_bbbbbb", "20260101_140000_cccccc"


def run_like(root, run_id):
    return SimpleNamespace(id=run_id, storage_root=root)


@pytest.mark.parametrize(
    ("what", "options", "meant"),
    [
        (None, {}, {A, B, C}),
        ("digits", {}, {A, B}),
        ("digits/mlp", {}, {A}),
        (A, {}, {A}),
        ([A, C], {}, {A, C}),
        (None, {"status": "failed"}, {C}),
        (None, {"project": "digits", "name": "cnn"}, {B}),
        ("digits", {"text": "cnn"}, {B}),
        ([], {}, set()),
        ("last_step >= 4", {}, {B, C}),
        ("last_step >= 4", {"project": "digits"}, {B}),
        ("last_step >= 4", {"query": "status == failed"}, {C}),
        ("digits", {"query": 'name =~ "^c"'}, {B}),
        (None, {"query": "loss.first == 1 and not (name == mlp)"}, {B, C}),
        ([A, B], {"query": "name == mlp"}, {A}),
    ],
)
def test_what_is_meant(root, comms, what, options, meant):
    assert set(runs(what, **options).index) == meant
    view = show(what, **options)
    assert {run["id"] for run in view.doc["runs"]} == meant
    assert view.kind == ("run" if what == A else "runs")


@pytest.mark.parametrize("project", ["a=b", "lr < 0.1"])
def test_what_looks_like_a_query_and_is_a_name_stays_a_name(root, comms, project):
    write_run(root, "20260101_180000_aaaaaa", project=project, name="x > 1", points=1)
    assert list(runs(project).index) == ["20260101_180000_aaaaaa"]
    assert list(runs(f"{project}/x > 1").index) == ["20260101_180000_aaaaaa"]
    assert show(project).doc["query"] == {"project": project}


@pytest.mark.parametrize("call", [show, lambda text: runs(query=text)])
def test_a_mistake_in_a_query_is_drawn_under_the_traceback(root, comms, call):
    with pytest.raises(QueryError, match="Write <= instead") as caught:
        call("lr =< 0.1")
    assert (caught.value.position, caught.value.length) == (3, 2)
    assert caught.value.__notes__ == ["lr =< 0.1\n   ^^"]


def test_a_view_of_a_query_says_so_and_can_ask_again(root, comms):
    doc = show("last_step >= 4", project="digits").doc
    assert doc["title"] == "digits: last_step >= 4"
    assert doc["query"] == {"project": "digits", "query": "last_step >= 4"}


def test_runs_as_objects_and_frames(root, comms):
    assert show(run_like(root, A)).kind == "run"
    assert set(show([run_like(root, A), B]).frame().index) == {A, B}
    assert set(show(runs("digits")).frame().index) == {A, B}


def test_a_run_is_looked_up_in_its_own_root(root, comms, tmp_path):
    other = tmp_path / "other"
    write_run(other, "20260101_150000_dddddd", points=2)
    assert show(run_like(other, "20260101_150000_dddddd")).doc["source"] == "other"
    assert list(runs(storage=other).index) == ["20260101_150000_dddddd"]
    with pytest.raises(BadRequest, match="different storage roots"):
        show([run_like(other, "20260101_150000_dddddd"), run_like(root, A)])


def test_a_run_made_a_moment_ago_is_there(root, comms):
    assert len(runs()) == 3
    write_run(root, "20260101_160000_eeeeee", project="digits", points=1)
    assert "20260101_160000_eeeeee" in runs().index
    write_run(root, "20260101_170000_ffffff", project="new", points=1)
    assert show("new").doc["total"] == 1


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("digit", "did you mean 'digits'"),
        ("digits/mpl", "did you mean 'digits/mlp'"),
        ("20260101_120000_aaaaab", f"did you mean '{A}'"),
        ("###", "its projects are 'digits', 'speech'"),
        ([A, "20260101_130000_bbbbb"], f"did you mean '{B}'"),
    ],
)
def test_the_nearest_name_is_told(root, what, hint):
    with pytest.raises(RunNotFound, match=hint) as caught:
        runs(what)
    assert str(root) not in str(caught.value)


def test_an_empty_root_says_so(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunNotFound, match="holds no runs yet"):
        runs("digits", storage=tmp_path / "empty")
    assert len(runs(storage=tmp_path / "empty")) == 0
    assert len(runs(storage=tmp_path / "not-there-yet")) == 0


def test_a_file_is_no_root(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RootUnusable, match="is a file"):
        runs(storage=tmp_path / "file")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: show(projct="digits"), r"show\(\) has no argument 'projct'; did you mean 'project'"),
        (lambda: runs(status_="failed"), r"runs\(\) has no argument 'status_'; did you mean 'status'"),
        (lambda: runs(zzzzqq=1), "it knows project, name"),
        (lambda: show(limit=0), "limit must be"),
        (lambda: runs(limit="many"), "limit must be"),
        (lambda: show(height=5), "height must be"),
        (lambda: show(3.5), "not float"),
    ],
)
def test_wrong_arguments_are_refused(root, comms, call, sentence):
    with pytest.raises(BadRequest, match=sentence):
        call()


def test_limit(root, comms):
    assert len(runs(limit=2)) == 2
    doc = show(limit=2).doc
    assert len(doc["runs"]) == 2
    assert doc["total"] == 3


def test_in_a_terminal_words_are_printed(root, comms, capsys):
    view = show("digits")
    said = capsys.readouterr().out
    assert A in said
    assert B in said
    assert repr(view) == "<RunicornView runs 'digits'>"
    assert comms[0].sent == []


def test_metrics_of_a_run_hold_the_last_line(root):
    run_dir = write_run(root, "20260101_180000_abcabc", status="running", points=3)
    run = run_like(root, run_dir.name)
    assert list(RUN_VIEWS.metrics(run).index) == [1, 2, 3]
    append(run_dir, {"loss": 0.1 + 0.2, "global_step": 4})
    frame = RUN_VIEWS.metrics(run)
    assert frame.loc[4, "loss"] == 0.1 + 0.2
    append(run_dir, {"loss": 9.0, "global_step": 4})
    assert RUN_VIEWS.metrics(run).loc[4, "loss"] == 9.0
    raw = RUN_VIEWS.metrics(run, raw=True)
    assert raw.loc[4, "loss"].tolist() == [0.1 + 0.2, 9.0]
    assert list(raw.index) == [1, 2, 3, 4, 4]


def test_bundle_of_a_run_is_final(root):
    data = RUN_VIEWS.bundle(run_like(root, A))
    assert list(data) == ["application/vnd.runicorn.v1+json", "text/html", "text/plain"]
    assert data["application/vnd.runicorn.v1+json"]["kind"] == "run"


def imported_by(code, environment):
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return {name.partition(".")[0] for name in done.stdout.splitlines()}


def test_runs_need_no_widget_and_no_plotly(root, monkeypatch):
    import os

    loaded = imported_by("import runicorn_jupyter.widgets as w; w.runs()", dict(os.environ))
    assert "pandas" in loaded
    assert not loaded & {"anywidget", "ipywidgets", "plotly", "tornado", "asyncssh"}


def test_show_needs_no_plotly_and_no_pandas(root):
    import os

    code = "from runicorn_jupyter.widgets import _esm, show\n_esm.source = lambda: 'x'\nshow()"
    loaded = imported_by(code, dict(os.environ))
    assert "anywidget" in loaded
    assert not loaded & {"plotly", "pandas"}


def test_a_widget_that_was_not_built_says_what_to_do(root, monkeypatch, tmp_path):
    from runicorn_jupyter.widgets import _esm

    with pytest.raises(LookupError, match="make build"):
        _esm.source(tmp_path / "widget.js")
