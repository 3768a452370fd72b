"""What stands below the charts: steps, times, or another metric; and the stages behind them."""

from __future__ import annotations

import re

import pytest
from browser_parts import double_click, drag_over
from playwright.sync_api import expect
from rundirs import append, write_run
from viewers import running_viewer

START = 1_790_000_000.0
LONG = 30_000
"""Points of the run that a page is sent a part of."""


def rows(steps, falling):
    stages = ["warmup"] * (steps // 5) + ["train"] * (steps * 3 // 5) + ["cooldown"] * steps
    for step in range(steps):
        share = step / steps
        yield {
            "loss": 2.0 ** (-4 * share) + 0.05 * (step % 7) / 7,
            "acc": share**0.5,
            "stage": stages[step],
            "global_step": step,
            **({"lr": 0.1 * (1 - share)} if falling else {}),
        }


@pytest.fixture(scope="module")
def viewer(tmp_path_factory):
    root = tmp_path_factory.mktemp("charts")
    append(write_run(root, "20260101_120000_aaaaaa", name="cosine"), *rows(400, falling=True), ts=START)
    append(write_run(root, "20260101_120000_bbbbbb", name="constant"), *rows(300, falling=False), ts=START)
    append(write_run(root, "20260101_120000_cccccc", name="long"), *rows(LONG, falling=True), ts=START)
    with running_viewer(root) as running:
        yield f"http://127.0.0.1:{running.port}{running.login}"


def open_run(page, viewer, run):
    page.goto(f"{viewer}#/run/{run}")
    expect(page.locator(".rn-chart").first.locator("canvas")).to_be_visible()


def axis(page):
    return page.get_by_label("X axis")


def reads(page, metric, text, share=0.5):
    """Point into a chart until its head says `text`: a chart that is drawn anew forgets who pointed at it."""
    plot = page.locator(f'.rn-chart[data-metric="{metric}"] .u-over')
    head = page.locator(f'.rn-chart[data-metric="{metric}"] .rn-chart-value')
    for _ in range(10):
        width, height = plot.evaluate("plot => [plot.clientWidth, plot.clientHeight]")
        plot.hover(position={"x": share * width, "y": height / 2})
        try:
            expect(head).to_contain_text(text, timeout=2000)
        except AssertionError:
            page.mouse.move(0, 0)
        else:
            return
    expect(head).to_contain_text(text)


def test_a_newcomer_finds_four_axes(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    open_run(page, viewer, "20260101_120000_aaaaaa")
    reads(page, "loss", re.compile(r"step (199|200|201)"))
    axis(page).select_option("time")
    reads(page, "loss", re.compile(r"3\.3\d?m|20\ds|199s"))
    axis(page).select_option("wall")
    reads(page, "loss", "2026-")
    shot("charts-wall-light")
    axis(page).select_option("metric:lr")
    expect(page.locator('.rn-chart[data-metric="lr"]')).to_have_count(0)  # the others are wider now
    reads(page, "loss", re.compile(r"lr 0\.0[45]"))
    expect(page.get_by_text("Without lr")).to_have_count(0)
    shot("charts-metric-light")
    page.emulate_media(color_scheme="dark")
    shot("charts-metric-dark")


def test_stages_are_shaded_and_can_be_switched_off(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    open_run(page, viewer, "20260101_120000_aaaaaa")
    button = page.get_by_role("button", name="Stages")
    expect(button).to_have_attribute("aria-pressed", "true")
    chart = page.locator('.rn-chart[data-metric="loss"] canvas')
    shaded = chart.screenshot()
    shot("charts-stages-light")
    page.emulate_media(color_scheme="dark")
    shot("charts-stages-dark")
    page.emulate_media(color_scheme="light")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert chart.screenshot() != shaded


def test_zoom_stays_on_the_clock_and_works_on_a_metric(viewer, page):
    open_run(page, viewer, "20260101_120000_aaaaaa")
    drag_over(page, page.locator('.rn-chart[data-metric="loss"] .u-over'), 0.25, 0.5)
    reset = page.locator('.rn-chart[data-metric="loss"]').get_by_title("Show everything")
    expect(reset).to_be_visible()
    axis(page).select_option("time")
    expect(reset).to_be_visible()
    reads(page, "loss", re.compile(r"10[0-4]s"), 0.02)
    axis(page).select_option("metric:lr")
    expect(reset).to_have_count(0)
    drag_over(page, page.locator('.rn-chart[data-metric="loss"] .u-over'), 0.25, 0.5)
    expect(reset).to_be_visible()
    reads(page, "loss", "lr 0.02", 0.02)
    double_click(page, page.locator('.rn-chart[data-metric="loss"] .u-over'))
    expect(reset).to_have_count(0)


def test_a_run_without_the_metric_is_named(viewer, page, shot):
    page.emulate_media(color_scheme="light")
    page.goto(viewer)
    expect(page.locator("tbody tr[data-run]")).to_have_count(3)
    expect(page.locator(".rn-legend-item")).to_have_count(3)
    axis(page).select_option("metric:lr")
    expect(page.get_by_text("Without lr, so not drawn: constant")).to_be_visible()
    expect(page.locator(".rn-legend-item")).to_have_count(3)
    shot("charts-lacking-light")
    axis(page).select_option("step")
    expect(page.get_by_text("Without lr")).to_have_count(0)


def test_a_thinned_run_is_joined_where_all_its_points_are(viewer, page):
    open_run(page, viewer, "20260101_120000_cccccc")
    with page.expect_response(lambda answer: "x=metric%3Alr" in answer.url):
        axis(page).select_option("metric:lr")
    note = page.locator('.rn-chart[data-metric="acc"] .rn-chart-note')
    expect(note).to_contain_text("of 30,000 points")
    reads(page, "acc", "lr 0.05")
