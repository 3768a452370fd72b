"""XGBoost and LightGBM, trained for real."""

from __future__ import annotations

import pytest

from loggers.recipes import recipe

DATA = """
import numpy as np
x = np.random.default_rng(0).normal(size=(200, 4))
y = (x[:, 0] + x[:, 1] > 0).astype(int)
"""


def test_the_xgboost_recipe_writes_what_xgboost_recorded(train):
    truth = "[history, booster.best_iteration, booster.best_score]"
    trained = train(recipe("XGBoost"), truth)
    history, best_iteration, best_score = trained.truth
    run = trained.run
    assert (run.meta["project"], run.meta["name"], run.status) == ("toy", "xgboost", "finished")
    for data, metrics in history.items():
        for metric, values in metrics.items():
            assert run.series(f"{data}/{metric}") == list(enumerate(values))
    assert len(run.points) < 40
    assert (run.summary["best_iteration"], run.summary["best_score"]) == (best_iteration, pytest.approx(best_score))
    assert (run.summary["best_metric_name"], run.summary["best_metric_mode"]) == ("val/auc", "max")
    assert run.summary["best_metric_value"] == max(history["val"]["auc"])
    assert (run.config["max_depth"], run.config["eta"]) == (2, 0.5)


def test_xgboost_cross_validation_gives_mean_and_deviation(train):
    source = (
        DATA
        + """
import xgboost as xgb
from runicorn.loggers import XGBoostCallback
table = xgb.cv({"objective": "binary:logistic", "eta": 0.5}, xgb.DMatrix(x, y), num_boost_round=4, nfold=3,
               as_pandas=False, callbacks=[XGBoostCallback()])
"""
    )
    trained = train(source, "table")
    assert trained.run.values("test/logloss") == pytest.approx(trained.truth["test-logloss-mean"])
    assert trained.run.values("test/logloss-std") == pytest.approx(trained.truth["test-logloss-std"])
    assert (trained.run.status, trained.run.summary["best_metric_mode"]) == ("finished", "min")


def test_two_xgboost_fits_with_one_callback_are_two_runs_and_a_failed_one_says_so(train):
    source = (
        DATA
        + """
import xgboost as xgb
from runicorn.loggers import XGBoostCallback
class Stop(xgb.callback.TrainingCallback):
    def after_iteration(self, model, epoch, evals_log):
        if epoch == 2:
            raise RuntimeError("out of memory")
callback = XGBoostCallback("p")
def fit(*more):
    model = xgb.XGBClassifier(n_estimators=4, callbacks=[callback, *more])
    model.fit(x, y, eval_set=[(x, y)], verbose=False)
fit()
fit()
try:
    fit(Stop())
except RuntimeError:
    pass
fit()
"""
    )
    runs = train(source).runs
    assert [run.status for run in runs] == ["finished", "finished", "failed", "finished"]
    assert [len(run.series("validation_0/logloss")) for run in runs] == [4, 4, 3, 4]


def test_the_lightgbm_recipe_writes_what_lightgbm_recorded(train):
    # Inside the program: the run is finished before the script ends, as soon as the callback is let go of.
    truth = (
        "[history, booster.best_iteration, [p.read_text() for p in _p.Path('../root').glob('*/*/runs/*/status.json')]]"
    )
    trained = train(recipe("LightGBM"), truth)
    history, best_iteration, statuses = trained.truth
    run = trained.run
    assert ['"finished"' in status for status in statuses] == [True]
    for data, metrics in history.items():
        for metric, values in metrics.items():
            assert run.series(f"{data}/{metric}") == list(enumerate(values))
    assert best_iteration + 3 == len(run.points) < 100
    assert run.summary["best_iteration"] == best_iteration
    assert (run.summary["best_metric_name"], run.summary["best_metric_mode"]) == ("val/binary_logloss", "min")
    assert run.summary["best_metric_value"] == min(history["val"]["binary_logloss"])
    assert (run.config["num_leaves"], run.config["learning_rate"]) == (4, 0.5)


def test_lightgbm_fits_in_a_row_are_runs_in_a_row(train):
    source = (
        DATA
        + """
import lightgbm as lgb
from runicorn.loggers import LightGBMCallback
def boom(env):
    if env.iteration == 2:
        raise RuntimeError("out of memory")
boom.order = 40
params = {"objective": "binary", "verbose": -1}
for more in ([], [boom], []):
    model = lgb.LGBMClassifier(n_estimators=4, verbose=-1)
    try:
        with LightGBMCallback("p") as callback:
            model.fit(x, y, eval_set=[(x, y)], callbacks=[callback, *more])
    except RuntimeError:
        pass
held = LightGBMCallback("q")
cv = lgb.cv(params, lgb.Dataset(x, y), num_boost_round=5, nfold=3, callbacks=[held])
cv = lgb.cv(params, lgb.Dataset(x, y), num_boost_round=5, nfold=3, callbacks=[held])
try:
    lgb.train(params, lgb.Dataset(x, y), num_boost_round=9, callbacks=[LightGBMCallback("r"), boom])
except RuntimeError:
    pass
"""
    )
    trained = train(source, "cv")
    runs = {project: [run for run in trained.runs if run.meta["project"] == project] for project in "pqr"}
    assert [run.status for run in runs["p"]] == ["finished", "failed", "finished"]
    assert [len(run.points) for run in runs["p"]] == [4, 3, 4]
    assert [run.status for run in runs["q"]] == ["finished", "finished"]
    mean = trained.truth["valid binary_logloss-mean"]
    assert runs["q"][1].values("valid/binary_logloss") == pytest.approx(mean)
    assert len(runs["q"][1].values("valid/binary_logloss-std")) == 5
    assert [run.status for run in runs["r"]] == ["failed"]
