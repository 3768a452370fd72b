"""How soon the refresher looks again: what nobody is told of is looked for less often."""

from __future__ import annotations

import pytest

from runicorn_jupyter.store.refresh import pace as module
from runicorn_jupyter.store.refresh.pace import Pace


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def due_after(clock, due, step=0.05):
    began = clock[0]
    while not due(clock[0]):
        clock[0] += step
    return clock[0] - began


def test_everything_is_due_at_first():
    pace = Pace(lambda: True, 0.08)
    assert pace.polls(1.0)
    assert pace.watches(1.0)
    assert pace.walks(1.0)


@pytest.mark.parametrize(("told", "rest"), [(True, 1.0), (False, 2.0)])
def test_a_quick_look_is_repeated_soon_and_sooner_while_somebody_is_told(clock, told, rest):
    pace = Pace(lambda: told, 0.08)
    pace.polled(clock[0])
    pace.watched(clock[0])
    assert due_after(clock, pace.polls) == pytest.approx(rest, abs=0.06)
    assert pace.watches(clock[0])


def test_live_runs_are_looked_at_every_tick_only_while_somebody_is_told():
    told = [True]
    pace = Pace(lambda: told[0], 0.08)
    assert (pace.live, pace.reading, pace.idle) == (0.08, 0.1, 0.25)
    told[0] = False
    assert (pace.live, pace.reading, pace.idle) == (0.25, 0.5, 1.0)


def test_who_asked_for_a_list_is_thought_to_ask_again_for_a_while(clock):
    pace = Pace(lambda: False, 0.08)
    pace.polled(clock[0])
    clock[0] += 1.5
    assert not pace.polls(clock[0])
    pace.asked()
    assert pace.polls(clock[0])
    assert pace.live == 0.08
    clock[0] += 10.5
    assert pace.live == 0.25


def test_a_look_takes_a_thousandth_of_the_time_up_to_the_longest_rest(clock):
    pace = Pace(lambda: True, 0.08)
    pace.polled(clock[0] - 0.003)
    assert due_after(clock, pace.polls) == pytest.approx(3.0, abs=0.06)
    pace.polled(clock[0] - 60)
    assert due_after(clock, pace.polls) == pytest.approx(5.0, abs=0.06)
    pace.walked(0.001)
    assert due_after(clock, pace.walks) == pytest.approx(10.0, abs=0.06)
    pace.walked(60)
    assert due_after(clock, pace.walks, 1.0) == pytest.approx(600.0, abs=1.1)
