"""`runicorn viewer` in a browser: the same screens without Jupyter."""

from __future__ import annotations

import re
import shutil
import threading

import pytest
from browser_parts import drag_over
from playwright.sync_api import expect
from rundirs import append, write_run
from viewers import running_viewer


def address(viewer, path: str = "") -> str:
    return f"http://127.0.0.1:{viewer.port}{viewer.login}{path}"


@pytest.mark.parametrize("version", ["upstream-0.5.3", "upstream-0.7.2"])
def test_all_runs_of_a_sample_root_are_shown_and_one_opens(sample_roots, version, page, shot):
    with running_viewer(sample_roots / version) as viewer:
        page.goto(address(viewer))
        expect(page.get_by_text("72 runs").first).to_be_visible()
        assert "login=" not in page.url
        for state, count in (("finished", 51), ("failed", 6), ("interrupted", 6), ("unknown", 9)):
            expect(page.locator(f"tbody [data-state={state}]")).to_have_count(count)
        shot(f"page-{version}")
        page.locator("tbody tr").filter(has_text="resnet50").first.locator("a, button").last.click()
        chart = page.locator("figure canvas").first
        expect(chart).to_be_visible()
        drag_over(page, chart, 0.3, 0.7)
        expect(page.get_by_title("Show everything (double click)").first).to_be_visible()
        shot(f"page-{version}-run")
        page.go_back()
        expect(page.get_by_text("72 runs").first).to_be_visible()


def test_a_growing_run_moves_by_itself_in_light_and_dark(tmp_path, page, shot):
    run_dir = write_run(tmp_path, "live-run", status="running", points=50)
    (run_dir / "heartbeat").write_text("{}")
    (run_dir / "logs.txt").write_text("\x1b[32mgreen\x1b[0m and \x1b]0;title\x07plain <b>bold</b>\n")
    page.emulate_media(color_scheme="light")
    with running_viewer(tmp_path) as viewer:
        page.goto(address(viewer, "#/run/live-run"))
        expect(page.locator("figure canvas").first).to_be_visible()
        append(run_dir, {"loss": 0.5, "global_step": 51})
        expect(page.locator("body")).to_contain_text("51")
        expect(page.locator("figure .rn-chart-value")).to_have_text("0.5")
        with (run_dir / "logs.txt").open("a") as log:
            log.write("a line that came later\n")
        expect(page.get_by_text("a line that came later")).to_be_visible()
        expect(page.get_by_text("and plain <b>bold</b>")).to_be_visible()
        shot("page-live-light")
        page.emulate_media(color_scheme="dark")
        shot("page-live-dark")


def test_a_run_that_never_pauses_is_drawn_all_the_while(tmp_path, page):
    """Points come faster than the page reads: it must not wait for a silence that never comes."""
    run_dir = write_run(tmp_path, "busy", status="running", points=1)
    (run_dir / "heartbeat").write_text("{}")
    over = threading.Event()

    def train():
        step = 1
        while not over.wait(0.02):
            step += 1
            append(run_dir, {"loss": 1000 + step, "global_step": step})

    trainer = threading.Thread(target=train)
    with running_viewer(tmp_path) as viewer:
        page.goto(address(viewer, "#/run/busy"))
        value = page.locator("figure .rn-chart-value")
        expect(value).to_have_text("1")
        trainer.start()
        try:
            expect(value).to_have_text(re.compile(r"^1,?\d{3}"))
            seen = value.inner_text()
            expect(value).not_to_have_text(seen)
            assert trainer.is_alive()
        finally:
            over.set()
            trainer.join()


def test_an_empty_root_says_how_to_begin(tmp_path, page, shot):
    with running_viewer(tmp_path) as viewer:
        page.goto(address(viewer))
        expect(page.get_by_role("main").get_by_text("rn.init")).to_be_visible()
        shot("page-empty")
        write_run(tmp_path, "first-run", points=3)
        expect(page.get_by_text("1 run").first).to_be_visible()


def test_hostile_names_stay_text(tmp_path, page):
    """J01 in its first form: nothing that a run is called runs in the page."""
    hostile = "<img src=x onerror=alert(1)>"
    run_dir = write_run(tmp_path, "hostile", project=hostile.replace("/", ""), name="__proto__", points=2)
    append(run_dir, {hostile: 1.0, "__proto__": 2.0, "constructor": 3.0, "global_step": 3})
    (run_dir / "summary.json").write_text('{"<script>alert(1)</script>": "<svg onload=alert(1)>"}')
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with running_viewer(tmp_path) as viewer:
        page.goto(address(viewer, "#/run/hostile"))
        expect(page.locator("figure[data-metric='__proto__'] canvas").first).to_be_visible()
        expect(page.locator("figure[data-metric='constructor'] canvas").first).to_be_visible()
        expect(page.get_by_text("<svg onload=alert(1)>").first).to_be_visible()
    assert dialogs == []
    shutil.rmtree(run_dir)
