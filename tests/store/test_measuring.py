"""Metrics that are summed up after the facts come to what a reading of the whole run comes to, and are not kept."""

from __future__ import annotations

import os
import time

import pytest
from rundirs import append, write_run

from runicorn_jupyter.store.refresh.survey import UNLIMITED, Surveyor
from runicorn_jupyter.store.runs.layout import Walker
from runicorn_jupyter.store.series.tables import TableCache

LONG_AGO = 1_790_000_000


@pytest.mark.parametrize("name", ["upstream-0.5.3", "upstream-0.7.2"])
def test_measured_later_is_measured_alike(sample_roots, name):
    root, now = sample_roots / name, time.time()
    walker, surveyor = Walker(root), Surveyor(root, TableCache(root=root))
    walker.poll()
    quick = 0
    for place in walker.places():
        facts = surveyor.look(place, None, now, limit=0)
        whole = surveyor.look(place, None, now, limit=UNLIMITED)
        later = surveyor.measured(facts)
        assert later in {None, whole}
        quick += later is not None
        assert surveyor.measured(whole) is None, "nothing is waiting there"
    assert quick > 50


@pytest.mark.parametrize("change", ["bad line", "a new file"])
def test_what_needs_more_than_events_is_read_as_a_whole(tmp_path, change):
    run_dir = write_run(tmp_path, "one", points=3)
    if change == "bad line":
        with (run_dir / "events.jsonl").open("ab") as events:
            events.write(b"torn\n")
    os.utime(run_dir, (LONG_AGO, LONG_AGO))
    walker, surveyor = Walker(tmp_path), Surveyor(tmp_path, TableCache(root=tmp_path))
    walker.poll()
    [place] = walker.places()
    facts = surveyor.look(place, None, time.time(), limit=0)
    if change == "a new file":
        (run_dir / "assets.json").write_text("{}")
    assert surveyor.measured(facts) is None


def test_a_short_run_is_summed_up_without_being_kept(tmp_path):
    tables = TableCache(root=tmp_path)
    run_dir = write_run(tmp_path, "short", points=5)
    found = tables.once(run_dir).summaries()
    assert found["loss"].count == 5
    assert tables.stats()["size"] == 0
    assert tables.table(run_dir).summaries() == found
    append(run_dir, {"loss": 7.0, "global_step": 6})
    assert tables.once(run_dir).summaries()["loss"].last == 7.0, "what somebody draws is kept up to date"
    assert tables.stats()["size"] == 1


def test_a_long_run_is_kept_since_reading_it_again_would_take_long(tmp_path):
    tables = TableCache(root=tmp_path)
    run_dir = write_run(tmp_path, "long")
    append(run_dir, *({"loss": 1.0, "global_step": step, "note": "x" * 1000} for step in range(1, 80)))
    assert tables.once(run_dir).summaries()["loss"].count == 79
    assert tables.stats()["size"] == 1
    assert tables.once(tmp_path / "nowhere").summaries() == {}
