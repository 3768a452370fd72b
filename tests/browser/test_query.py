"""The search box: a query narrows the table, a mistake is underlined, names are offered."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect
from rundirs import append, write_run
from viewers import running_viewer

# lr and the best accuracy of each run; only r2 and r4 have lr < 1e-2 and acc.max > 0.9.
RUNS = {"r1": (0.1, 0.99), "r2": (0.001, 0.95), "r3": (0.001, 0.5), "r4": (0.0099, 0.91), "r5": ("auto", 0.97)}


@pytest.fixture
def viewer(tmp_path):
    for run_id, (lr, best) in RUNS.items():
        run_dir = write_run(tmp_path, run_id, name=f"mlp-{run_id}", tags=["baseline"] if run_id == "r1" else [])
        append(run_dir, *({"acc": value, "global_step": step} for step, value in enumerate((0.1, best, 0.4))))
        (run_dir / "assets.json").write_text(json.dumps({"config": {"args": {"lr": lr, "optimizer": "adam"}}}))
    with running_viewer(tmp_path) as running:
        yield f"http://127.0.0.1:{running.port}{running.login}"


def rows(page):
    return page.locator("tbody tr[data-run]")


def shown(page) -> list[str]:
    return sorted(rows(page).evaluate_all("rows => rows.map(row => row.dataset.run)"))


def box(page):
    return page.locator("main").get_by_role("combobox", name="Filter runs")


def top_of_table(page) -> float:
    return page.locator(".rn-table-box").bounding_box()["y"]


def test_a_query_leaves_just_the_right_rows(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    page.goto(viewer)
    expect(rows(page)).to_have_count(5)
    top = top_of_table(page)
    box(page).press_sequentially("lr < 1e-2 and acc.max > 0.9")
    expect(rows(page)).to_have_count(2)
    assert shown(page) == ["r2", "r4"]
    expect(page.get_by_text("2 of 5 runs").first).to_be_visible()
    assert page.locator(".rn-fault").count() == 0
    shot("query-light")
    page.emulate_media(color_scheme="dark")
    shot("query-dark")
    assert top_of_table(page) == top
    box(page).press("Escape")
    expect(rows(page)).to_have_count(5)
    box(page).fill("mlp-r3")
    expect(rows(page)).to_have_count(1)


def test_a_mistake_is_underlined_and_nothing_jumps(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    page.goto(viewer)
    expect(rows(page)).to_have_count(5)
    top = top_of_table(page)
    box(page).fill('"baseline" in tags')
    expect(rows(page)).to_have_count(1)
    box(page).fill("lr < 1e-2 and acc.max => 0.9")
    expect(page.get_by_role("alert")).to_have_text("Write >= instead of =>.")
    expect(page.locator(".rn-under u")).to_have_text("=>")
    expect(box(page)).to_have_attribute("aria-invalid", "true")
    assert shown(page) == ["r1"]
    assert top_of_table(page) == top
    mark, field = page.locator(".rn-under u").bounding_box(), box(page).bounding_box()
    assert field["x"] < mark["x"] < mark["x"] + mark["width"] < field["x"] + field["width"]
    assert abs(mark["y"] + mark["height"] / 2 - field["y"] - field["height"] / 2) < 4
    shot("query-error-light")
    page.emulate_media(color_scheme="dark")
    shot("query-error-dark")
    box(page).fill("lr < 1e-2 and acc.max >= 0.9")
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(rows(page)).to_have_count(2)


def test_the_line_stays_under_its_characters_when_the_text_is_longer_than_the_box(viewer, page, shot):
    page.goto(viewer)
    expect(rows(page)).to_have_count(5)
    box(page).fill(" or ".join(["lr < 1e-2 and acc.max > 0.9"] * 4) + " or lr =< 3")
    box(page).press("End")
    mark, field = page.locator(".rn-under u"), box(page).bounding_box()
    expect(mark).to_have_text("=<")
    placed = mark.bounding_box()
    assert field["x"] < placed["x"] < field["x"] + field["width"]
    shot("query-error-long")


def test_names_are_offered_and_taken_by_key(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    page.goto(viewer)
    expect(rows(page)).to_have_count(5)
    box(page).press_sequentially("lr < 1 and acc.m")
    options = page.get_by_role("listbox", name="Names").get_by_role("option")
    expect(options.first).to_contain_text("acc.min")
    shot("query-names-light")
    page.emulate_media(color_scheme="dark")
    shot("query-names-dark")
    box(page).press("ArrowDown")
    box(page).press("ArrowDown")
    expect(page.locator(".rn-names [aria-selected=true]")).to_contain_text("acc.max")
    box(page).press("Enter")
    expect(box(page)).to_have_value("lr < 1 and acc.max")
    expect(options).to_have_count(0)
    box(page).press_sequentially(" > 0.98")
    expect(rows(page)).to_have_count(1)
    assert shown(page) == ["r1"]


def test_the_tree_beside_the_table_takes_queries_too(viewer, page):
    page.goto(viewer)
    expect(rows(page)).to_have_count(5)
    page.locator(".rn-explorer").get_by_role("combobox").fill("acc.max > 0.98")
    expect(page.locator(".rn-leaf")).to_have_count(1)
    expect(page.locator(".rn-leaf")).to_have_attribute("data-run", "r1")
