"""The counts beside the table, and a query whose rows come and go by themselves."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect
from rundirs import append, write_run
from viewers import running_viewer

LEARNING_RATES = (0.1, 0.1, 0.01, 0.01, 0.001, 0.001)


def lay(root, run_id, lr, status="finished", **meta):
    run_dir = write_run(root, run_id, project="digits", name=f"mlp-{run_id}", status=status, **meta)
    (run_dir / "assets.json").write_text(json.dumps({"config": {"args": {"lr": lr, "optimizer": "adam"}}}))
    append(run_dir, {"acc": 0.5, "global_step": 1})
    return run_dir


@pytest.fixture
def viewer(tmp_path):
    for number, lr in enumerate(LEARNING_RATES):
        status = "failed" if number == 5 else "finished"
        lay(tmp_path, f"r{number}", lr, status, tags=["baseline"] if number < 2 else ["sweep"])
    write_run(tmp_path, "other", project="images", name="resnet", points=3)
    with running_viewer(tmp_path) as running:
        yield f"http://127.0.0.1:{running.port}{running.login}"


def rows(page):
    return page.locator("main tbody tr[data-run]")


def box(page):
    return page.locator("main").get_by_role("combobox", name="Filter runs")


def facet(page, title, value):
    return page.get_by_role("region", name=title, exact=True).locator(f"label[title='{value}']")


def test_a_click_narrows_the_query_and_another_one_widens_it(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    page.goto(viewer)
    expect(rows(page)).to_have_count(7)
    assert page.locator(".rn-facets").count() == 0
    page.get_by_role("button", name="Filters").click()
    expect(facet(page, "State", "finished")).to_contain_text("6")
    expect(facet(page, "lr", "0.01")).to_contain_text("2")
    shot("facets-light")
    facet(page, "lr", "0.01").click()
    expect(box(page)).to_have_value("lr == 0.01")
    expect(rows(page)).to_have_count(2)
    expect(page.locator(".rn-legend-item")).to_have_count(2)  # curves are those of the rows, nobody ticked others
    facet(page, "lr", "0.001").click()
    expect(box(page)).to_have_value("lr in (0.01, 0.001)")
    expect(rows(page)).to_have_count(4)
    expect(facet(page, "State", "failed")).to_contain_text("1")
    facet(page, "Tags", "sweep").click()
    expect(box(page)).to_have_value('lr in (0.01, 0.001) and "sweep" in tags')
    shot("facets-picked-light")
    page.emulate_media(color_scheme="dark")
    shot("facets-picked-dark")
    facet(page, "lr", "0.01").click()
    facet(page, "lr", "0.001").click()
    facet(page, "Tags", "sweep").click()
    expect(box(page)).to_have_value("")
    expect(page.locator(".rn-legend-item")).to_have_count(7)
    page.reload()
    expect(facet(page, "State", "finished")).to_contain_text("6")


def test_runs_that_come_to_match_appear_and_those_that_stop_leave(viewer, page, tmp_path):
    page.goto(viewer)
    expect(rows(page)).to_have_count(7)
    box(page).fill("acc.max > 0.9")
    expect(rows(page)).to_have_count(0)
    page.locator(".rn-explorer").get_by_role("combobox").fill("acc.max > 0.9")
    expect(page.locator(".rn-leaf")).to_have_count(0)
    run_dir = lay(tmp_path, "fresh", 0.5, "running")
    (run_dir / "heartbeat").write_text("{}")
    append(run_dir, {"acc": 0.95, "global_step": 2})
    expect(rows(page)).to_have_count(1)
    expect(page.locator(".rn-leaf")).to_have_count(1)
    box(page).fill('state == "running"')
    expect(rows(page)).to_have_count(1)
    (run_dir / "status.json").write_text(json.dumps({"status": "finished", "started_at": 1.0, "ended_at": 2.0}))
    expect(rows(page)).to_have_count(0)
