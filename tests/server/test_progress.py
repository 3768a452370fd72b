"""X2: how far a run is, from its steps, its settings and the clock."""

from __future__ import annotations

import pytest

from runicorn_jupyter.models import RunRecord
from runicorn_jupyter.server.runs.progress import progress_of


def test_a_living_run_with_a_known_end() -> None:
    run = RunRecord("a", "p", "n", "", "running", "running", started_at=100.0, last_step=50, config={"max_steps": 200})
    told = progress_of(run, 150.0)
    assert (told["total_steps"], told["percent"], told["steps_per_second"], told["eta_seconds"]) == (200, 25, 1, 150)


def test_an_ended_run_has_nothing_left() -> None:
    run = RunRecord("a", "p", "n", "", "failed", "failed", started_at=100.0, ended_at=110.0, last_step=5)
    told = progress_of(run, 1e9)
    assert (told["elapsed_seconds"], told["eta_seconds"], told["total_steps"], told["percent"]) == (
        10,
        None,
        None,
        None,
    )


@pytest.mark.parametrize("total", [0, -1, True, "200", 2.5, None])
def test_a_setting_that_is_no_number_of_steps_says_nothing(total: object) -> None:
    run = RunRecord("a", "p", "n", "", "running", "running", last_step=None, config={"max_steps": total})
    told = progress_of(run, 1.0)
    assert (told["available"], told["total_steps"], told["eta_seconds"]) == (False, None, None)
