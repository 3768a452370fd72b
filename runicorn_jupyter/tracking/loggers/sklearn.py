"""scikit-learn: the candidates of a finished search."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.active import get_active_run
from runicorn_jupyter.tracking.loggers.guard import quiet
from runicorn_jupyter.tracking.loggers.hold import put_config
from runicorn_jupyter.tracking.loggers.values import as_name, number
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.start import init


def log_search(
    search: Any, run: Run | None = None, *, project: str | None = None, name: str | None = None, storage: Any = None
) -> list[Run]:
    """Record a fitted ``GridSearchCV``, ``RandomizedSearchCV`` or halving search.

    Without a run, each candidate becomes a run of its own, so that candidates can be compared, filtered and drawn like
    any other runs: its parameters are the config, the score of each split is a point, the means are in the summary,
    the best one has the tag ``best``. With a run, each candidate is a point of that run (its step is the candidate's
    number) and the whole of ``cv_results_`` lies beside it as a CSV file.

    Parameters
    ----------
    search : fitted search
        Anything with ``cv_results_``.
    run : Run, optional
        Without it the active run, if there is one; neither is finished.
    project, name : str, optional
        For the candidates' runs; ``default`` and the estimator's class if not given.
    storage : path, optional
        As of `init`.

    Returns
    -------
    list of Run
        The run that was given, or one finished run per candidate, in the order of ``cv_results_``.

    Raises
    ------
    ValueError
        The search has no ``cv_results_``: it was not fitted.
    """
    results = getattr(search, "cv_results_", None)
    if not results:
        raise ValueError("The search has no results yet: call its fit() first, then log_search().")
    run = run or get_active_run()
    if run is not None:
        _into(run, search, results)
        return [run]
    name = name or as_name(type(getattr(search, "estimator", search)).__name__)
    found = [_candidate(search, results, index, project, name, storage) for index in range(len(results["params"]))]
    return [made for made in found if made is not None]


@quiet
def _candidate(
    search: Any, results: Mapping[str, Any], index: int, project: str | None, name: str | None, storage: Any
) -> Run:
    best = index == getattr(search, "best_index_", None)
    run = init(
        project,
        name,
        alias=f"candidate-{index}",
        storage=storage,
        config=results["params"][index],
        tags=["sklearn", "best"] if best else ["sklearn"],
    )
    run.set_primary_metric(_primary(search), "max")
    splits = 0
    for splits, scores in enumerate(_splits(results, index), start=1):
        run.log(scores, step=splits)
    means = _means(results, index)
    run.log({key: value for key, value in means.items() if key.startswith("mean_") and "score" in key}, step=splits)
    run.summary(means)
    run.finish()
    return run


@quiet
def _into(run: Run, search: Any, results: Mapping[str, Any]) -> None:
    described = {"estimator": type(getattr(search, "estimator", search)).__name__, "search": type(search).__name__}
    grid = getattr(search, "param_grid", None) or getattr(search, "param_distributions", None)
    put_config(run, {**described, "grid": grid} if grid else described)
    if getattr(run, "_primary", None) is None:
        run.set_primary_metric(_primary(search), "max")
    for index, params in enumerate(results["params"]):
        run.log({**_means(results, index), "params": params}, step=index)
    if hasattr(search, "best_index_"):
        run.summary(best_params=search.best_params_, best_index=int(search.best_index_))
        if hasattr(search, "best_score_"):
            run.summary(best_score=float(search.best_score_))
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "cv_results.csv"
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(results)
            writer.writerows(zip(*(list(column) for column in results.values()), strict=True))
        run.log_file("cv_results", table)


def _primary(search: Any) -> str:
    refit = getattr(search, "refit", True)
    return f"mean_test_{refit}" if isinstance(refit, str) else "mean_test_score"


def _splits(results: Mapping[str, Any], index: int) -> Iterator[dict[str, float]]:
    """Give the scores of one candidate split by split, as ``test_score`` or ``test_<scorer>``."""
    split = 0
    while True:
        prefix = f"split{split}_"
        scores = {key[len(prefix) :]: number(results[key][index]) for key in results if key.startswith(prefix)}
        if not scores:
            return
        yield {key: value for key, value in scores.items() if value is not None}
        split += 1


def _means(results: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Return what is one number per candidate: means, deviations, ranks, times, and a halving search's resources."""
    wanted = {key: number(column[index]) for key, column in results.items() if not key.startswith(("split", "param"))}
    return {key: value for key, value in wanted.items() if value is not None}
