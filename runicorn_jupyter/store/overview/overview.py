"""Counts and trends over all runs of a root, worked out in its index (contract X22)."""

from __future__ import annotations

import statistics
import time
from typing import Any

from runicorn_jupyter.models import RunFilter, RunRecord
from runicorn_jupyter.store.overview.candidates import candidates
from runicorn_jupyter.store.overview.usage import Usage
from runicorn_jupyter.store.query.keys import low_is_good
from runicorn_jupyter.store.store import Store

_DAY = 86_400.0
_RUNS = 10_000
_MIB = 1024 * 1024
_SLOW = 100.0
_ENDED = ("finished", "failed", "interrupted")
_BY_PROJECT = """
SELECT project, status, count(*), count(DISTINCT name), sum(created >= ?), max(created),
       sum(max(0.0, json_extract(record, '$.ended_at') - json_extract(record, '$.started_at'))),
       count(json_extract(record, '$.ended_at') - json_extract(record, '$.started_at'))
FROM run WHERE deleted = 0 GROUP BY project, status ORDER BY project, status
"""
_NAMES = "SELECT project, count(DISTINCT name) FROM run WHERE deleted = 0 GROUP BY project"
_STATES = "SELECT state, count(*) FROM run WHERE deleted = 0 GROUP BY state ORDER BY state"
_PROBLEMS = "SELECT count(*) FROM run WHERE deleted = 0 AND json_array_length(record, '$.problems') > 0"


class Overview:
    """Answers about one store as a whole, and where other roots may be."""

    candidates = staticmethod(candidates)

    def __init__(self, store: Store, usage: Usage) -> None:
        self._store = store
        self._usage = usage

    def totals(self) -> dict[str, Any]:
        """Return how many runs there are of which status, how they fared, and what they take on disk."""
        began = time.perf_counter()
        projects = self._projects(days=0)
        took = (time.perf_counter() - began) * 1000
        by_status = _added(project["by_status"] for project in projects)
        shown, binned = sum(by_status.values()), len(self._store.bin.entries())
        timed = sum(project["timed"] for project in projects)
        storage = self._storage(shown + binned, shown, took)
        return {
            "overview": {
                "total_experiments": shown + binned,
                "active_experiments": shown,
                "deleted_experiments": binned,
                "running_experiments": by_status.get("running", 0),
                "total_projects": len(projects),
                "by_status": by_status,
                "by_state": dict(self._store.index.select(_STATES)),
                "success_rate": _success(by_status),
                "avg_experiment_duration": sum(project["seconds"] for project in projects) / timed if timed else None,
                "storage_size_mb": self._usage.measure().total / _MIB,
                "query_performance": storage["performance"],
            },
            "storage_info": storage,
            "generated_at": time.time(),
        }

    def projects(self, days: float) -> list[dict[str, Any]]:
        """Return each project with its counts; ``recent_experiments`` were created in the last `days`."""
        inner = ("seconds", "timed")
        found = self._projects(days)
        return [{name: value for name, value in one.items() if name not in inner} for one in found]

    def _projects(self, days: float) -> list[dict[str, Any]]:
        names = dict(self._store.index.select(_NAMES))
        found: dict[str, dict[str, Any]] = {}
        rows = self._store.index.select(_BY_PROJECT, (time.time() - days * _DAY,))
        for project, status, count, _, recent, latest, seconds, timed in rows:
            one = found.setdefault(project, _empty(project, names[project]))
            one["by_status"][status] = count
            one["total_experiments"] += count
            one["recent_experiments"] += recent or 0
            one["last_created_at"] = max(filter(None, (one["last_created_at"], latest)), default=None)
            one["seconds"] += seconds or 0.0
            one["timed"] += timed
        for one in found.values():
            one["success_rate"] = _success(one["by_status"])
            one["avg_duration"] = one["seconds"] / one["timed"] if one["timed"] else None
        return list(found.values())

    def trends(self, metric: str, project: str | None, days: float) -> dict[str, Any]:
        """Return the best value of a metric in each run created in the last `days` days, in order of creation.

        ``truncated`` says that there are more than 10,000 such runs: the latest are here.
        """
        since = time.time() - days * _DAY
        where = RunFilter(project=project, query=f"created_at >= {since!r} and {_key(metric)} is not null")
        page = self._store.runs(where, "created_at", descending=True, limit=_RUNS)
        points = [_trend(run, metric) for run in reversed(page.runs)]
        values = [point["value"] for point in points]
        return {
            "trend_data": points,
            "statistics": {
                "total_experiments": len(values),
                "mean_value": statistics.fmean(values) if values else None,
                "std_dev": statistics.pstdev(values) if values else None,
                "min_value": min(values, default=None),
                "max_value": max(values, default=None),
            },
            "truncated": page.cursor is not None,
        }

    def health(self) -> dict[str, Any]:
        """Return whether index and files can be trusted, with a sentence for each thing that is worth knowing."""
        began = time.perf_counter()
        self._store.runs(RunFilter(), limit=1)
        took = (time.perf_counter() - began) * 1000
        state = self._store.index.state()
        [(broken,)] = self._store.index.select(_PROBLEMS)
        issues = [*self._store.index.notes]
        if not state.complete or state.pending:
            issues.append(f"{state.pending} runs are still being read.")
        if broken:
            issues.append(f"{broken} runs have files that cannot be read whole; each says so under problems.")
        if took > _SLOW:
            issues.append(f"A list of one run took {took:.0f} ms.")
        score = max(100.0 - 10.0 * len(issues), 0.0)
        storage = self._storage(state.runs, state.runs, took)
        return {
            "health_status": _word(score),
            "health_score": score,
            "issues": issues,
            "performance": {"test_query_time_ms": took, **storage["performance"]},
            "storage": {
                "backend_type": storage["backend_type"],
                "storage_type": storage["storage_type"],
                "db_size_mb": storage["statistics"]["db_size_mb"],
                "total_experiments": state.runs,
            },
            "checked_at": time.time(),
        }

    def _storage(self, total: int, active: int, took: float) -> dict[str, Any]:
        counts = self._store.tables.stats()
        reads = sum(counts.get(name, 0) for name in ("hits", "misses", "incremental_updates"))
        size = self._usage.index_bytes() / _MIB
        return {
            "backend_type": "files",
            "storage_type": "files_with_sqlite_index",
            "statistics": {"total_experiments": total, "active_experiments": active, "db_size_mb": size},
            "performance": {
                "avg_query_time_ms": took,
                "cache_hit_rate": counts.get("hits", 0) / reads if reads else 0.0,
            },
        }


def _empty(project: str, names: int) -> dict[str, Any]:
    return {
        "project": project,
        "total_experiments": 0,
        "names": names,
        "recent_experiments": 0,
        "by_status": {},
        "last_created_at": None,
        "seconds": 0.0,
        "timed": 0,
    }


def _added(counts: Any) -> dict[str, int]:
    total: dict[str, int] = {}
    for one in counts:
        for word, count in one.items():
            total[word] = total.get(word, 0) + count
    return dict(sorted(total.items()))


def _success(by_status: dict[str, int]) -> float | None:
    """Return the share of finished runs among those that ended, None when none has."""
    ended = sum(by_status.get(word, 0) for word in _ENDED)
    return by_status.get("finished", 0) / ended if ended else None


def _key(metric: str) -> str:
    return "metrics.`" + metric.replace("\\", "\\\\").replace("`", "\\`") + "`.max"


def _trend(run: RunRecord, metric: str) -> dict[str, Any]:
    figures = run.metrics[metric]
    mode = run.best_metric_mode if run.best_metric_name == metric else None
    low = mode == "min" or (mode is None and low_is_good(metric))
    return {
        "run_id": run.id,
        "project": run.project,
        "name": run.name,
        "created_at": run.created_at,
        "value": figures.min if low else figures.max,
        "last": figures.last,
    }


def _word(score: float) -> str:
    return next(word for least, word in ((95, "excellent"), (80, "good"), (60, "fair"), (0, "poor")) if score >= least)
