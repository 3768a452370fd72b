"""scikit-learn's searches and Optuna's studies."""

from __future__ import annotations

import csv

import pytest

from loggers.recipes import recipe


def test_the_sklearn_recipe_gives_a_run_per_candidate(train):
    truth = (
        "{key: [str(v) if key == 'params' else float(v) for v in column] for key, column in search.cv_results_.items()}"
    )
    trained = train(recipe("scikit-learn"), f"[{truth}, search.best_params_, [run.id for run in runs]]")
    results, best, ids = trained.truth
    assert [run.folder.name for run in trained.runs] == ids
    assert [run.config for run in trained.runs] == [{"C": 0.01}, {"C": 0.1}, {"C": 1.0}]
    for index, run in enumerate(trained.runs):
        assert (run.meta["project"], run.meta["name"], run.status) == ("iris", "logistic", "finished")
        splits = [results[f"split{split}_test_score"][index] for split in range(3)]
        assert run.series("test_score") == list(enumerate(splits, start=1))
        mean = results["mean_test_score"][index]
        assert (run.summary["mean_test_score"], run.summary["best_metric_value"]) == (mean, mean)
        assert run.summary["rank_test_score"] == results["rank_test_score"][index]
        assert run.summary["mean_fit_time"] == results["mean_fit_time"][index]
        assert ("best" in run.meta["tags"]) == (run.config == best)


def test_a_search_goes_into_a_given_run_as_points_and_a_table(train):
    source = (
        recipe("scikit-learn").split("runs = log_search")[0]
        + """
import runicorn as rn
with rn.init("mine") as run:
    given = log_search(search) == [run]
"""
    )
    trained = train(source, "[given, list(map(float, search.cv_results_['mean_test_score'])), search.best_score_]")
    given, means, best = trained.truth
    run = trained.run
    assert given
    assert run.series("mean_test_score") == list(enumerate(means))
    assert run.values("params/C") == [0.01, 0.1, 1.0]
    assert (run.summary["best_score"], run.summary["best_metric_value"]) == (best, best)
    (file,) = [event["data"] for event in run.events if event["type"] == "file"]
    rows = list(csv.DictReader((run.folder / file["path"]).open()))
    assert [float(row["mean_test_score"]) for row in rows] == means


def test_a_search_that_was_not_fitted_is_refused_with_a_sentence(train):
    source = (
        "from sklearn.svm import SVC\nfrom sklearn.model_selection import GridSearchCV\n"
        "from runicorn.loggers import log_search\n"
        "try:\n    log_search(GridSearchCV(SVC(), {'C': [1]}))\nexcept ValueError as error:\n    said = str(error)\n"
    )
    trained = train(source, "said")
    assert "call its fit() first" in trained.truth
    assert trained.runs == []


def test_the_optuna_recipe_gives_a_run_per_trial(train):
    truth = (
        "[[t.number, t.params, t.value, t.state.name, "
        "sorted([int(k), v] for k, v in t.intermediate_values.items())] for t in study.trials]"
    )
    trained = train(recipe("Optuna"), truth)
    assert len(trained.runs) == len(trained.truth) == 8
    for run, (number, params, value, state, reported) in zip(trained.runs, trained.truth, strict=True):
        assert (run.meta["project"], run.meta["name"], run.meta["alias"]) == ("parabola", "trials", f"trial-{number}")
        assert (run.status, run.config) == ("finished", params)
        assert (run.summary["state"], run.summary["value"]) == (state, value)
        assert [list(point) for point in run.series("loss")] == reported
        assert [list(point) for point in run.series("value")][: len(reported)] == reported
        assert run.summary["best_metric_mode"] == "min"


STUDY = """
import optuna
import runicorn as rn
from runicorn.loggers import OptunaCallback
optuna.logging.disable_default_handler()
def objective(trial):
    x = trial.suggest_float("x", 0, 1)
    if trial.number == 2:
        raise RuntimeError("out of memory")
    return x
study = optuna.create_study(study_name="a/b: c", direction="maximize")
"""


def test_trials_of_several_threads_are_all_recorded_and_failed_ones_failed(train):
    source = (
        STUDY + "study.optimize(objective, n_trials=12, n_jobs=4, catch=(RuntimeError,), callbacks=[OptunaCallback()])"
    )
    trained = train(source, "{t.number: t.params['x'] for t in study.trials}")
    assert {run.meta["project"] for run in trained.runs} == {"a_b_ c"}
    found = {run.meta["alias"].removeprefix("trial-"): run.config["x"] for run in trained.runs}
    assert found == trained.truth
    failed = [run for run in trained.runs if run.status == "failed"]
    assert [run.meta["alias"] for run in failed] == ["trial-2"]
    assert {run.summary["best_metric_mode"] for run in trained.runs if run not in failed} == {"max"}


def test_trials_are_points_of_a_run_of_the_script(train):
    source = (
        STUDY
        + """
with rn.init("mine"):
    study.optimize(objective, n_trials=4, catch=(RuntimeError,), callbacks=[OptunaCallback()])
"""
    )
    trained = train(source, "[t.value for t in study.trials]")
    run = trained.run
    assert run.series("value") == [(n, value) for n, value in enumerate(trained.truth) if value is not None]
    assert run.values("state") == ["COMPLETE", "COMPLETE", "FAIL", "COMPLETE"]
    assert run.summary["best_metric_value"] == max(value for value in trained.truth if value is not None)


def test_a_tracked_trial_that_raises_is_a_failed_run(train):
    source = (
        STUDY
        + """
callback = OptunaCallback()
try:
    study.optimize(callback.track(objective), n_trials=4, callbacks=[callback])
except RuntimeError:
    pass
active = rn.get_active_run() is None
"""
    )
    trained = train(source, "active")
    assert trained.truth is True
    assert [run.status for run in trained.runs] == ["finished", "finished", "failed"]


def test_several_objectives_keep_their_names(train):
    source = """
import optuna
from runicorn.loggers import OptunaCallback
study = optuna.create_study(directions=["minimize", "maximize"])
study.set_metric_names(["loss", "accuracy"])
study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 0.5), n_trials=2, callbacks=[OptunaCallback("p")])
"""
    trained = train(source, "[t.values for t in study.trials]")
    assert [[run.values("loss")[0], run.values("accuracy")[0]] for run in trained.runs] == trained.truth
    assert {run.summary["best_metric_name"] for run in trained.runs} == {"loss"}
    assert trained.truth[0][1] == pytest.approx(0.5)
