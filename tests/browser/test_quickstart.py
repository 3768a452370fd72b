"""The quickstart as a newcomer walks it: watch a run train, compare, close, reopen, share (journeys J1, J2, J4)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from browser_parts import double_click, drag_over, set_range
from places import REPOSITORY
from playwright.sync_api import expect

from notebooks import Notebook

MIME = "application/vnd.runicorn.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
SHOW_RUN, TRAIN, SHOW_ALL, RUN = 3, 4, 6, 12
"""Cells of the quickstart, markdown cells counted."""

PAUSE = "time.sleep(0.05)"


@pytest.fixture
def quickstart(tmp_path):
    """Return the folder with the quickstart notebook and four small runs trained before it."""
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = (REPOSITORY / "notebooks" / "01_quickstart.ipynb").read_text()
    assert PAUSE in notebook
    # Twice as long a training: on a loaded machine ten seconds may be over before the page has drawn anything.
    (folder / "01_quickstart.ipynb").write_text(notebook.replace(PAUSE, "time.sleep(0.1)"))
    command = [sys.executable, REPOSITORY / "examples" / "digits.py", "--epochs", "4", "--rates", "0.03", "0.3"]
    environment = {**os.environ, "RUNICORN_DIR": str(folder / "runs")}
    subprocess.run([*command, "--seeds", "0", "1"], env=environment, check=True, stdout=subprocess.DEVNULL)
    return folder


def run_all(notebook: Notebook) -> None:
    for cell in (1, SHOW_RUN, TRAIN, SHOW_ALL, 8, 9, 10, RUN):
        notebook.run(cell)
    notebook.wait_idle()


def figures_of(path: Path) -> list[dict]:
    cells = json.loads(path.read_text())["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]
    return [output["data"] for output in outputs if MIME in output.get("data", {})]


def test_charts_answer_at_once_while_the_cell_trains(quickstart, jupyter, page, shot):
    """J2: points come while the kernel is busy, and zoom, smoothing, log axis and hiding work on those shipped."""
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        for cell in (1, SHOW_RUN):
            notebook.run(cell)
        notebook.wait_idle()
        card = notebook.cell(SHOW_RUN)
        expect(card.locator("[data-state=running]")).to_be_visible()

        notebook.run(TRAIN)
        notebook.show(SHOW_RUN)
        chart = card.locator("[data-metric='train/loss'] canvas").first
        expect(chart).to_be_visible()
        accuracy = card.locator("figure[data-metric='valid/acc']")
        expect(accuracy).to_be_visible()

        drag_over(page, chart, 0.3, 0.6)
        expect(card.get_by_title("Show everything (double click)").first).to_be_visible()
        double_click(page, chart)
        expect(card.get_by_title("Show everything (double click)")).to_have_count(0)
        set_range(card.locator("input[name=smoothing]"), "0.6")
        expect(card.locator(".rn-smoothing")).to_have_text("0.60")
        card.locator("button[name=log-y]").click()
        expect(card.locator("button[name=log-y]")).to_have_attribute("aria-pressed", "true")
        card.locator(".rn-switches [data-metric='valid/acc']").click()
        expect(accuracy).to_have_count(0)
        shot("quickstart-busy-cell")
        assert notebook.busy(), "all of this was to happen while the cell trains"

        notebook.wait_idle()
        expect(card.locator("[data-state=finished]")).to_be_visible()
        expect(card).to_contain_text("200")
        expect(accuracy).to_have_count(0)
        card.locator(".rn-switches [data-metric='valid/acc']").click()
        expect(accuracy).to_be_visible()
        shot("quickstart-finished")


def test_a_saved_notebook_keeps_its_figures(quickstart, jupyter, page, shot):
    """J4: every figure is there after reopening without a kernel, small, and without a secret of ours."""
    path = quickstart / "01_quickstart.ipynb"
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        run_all(notebook)
        expect(notebook.cell(SHOW_RUN).locator("[data-state=finished]")).to_be_visible()
        notebook.show(SHOW_ALL)
        expect(notebook.cell(SHOW_ALL).locator(".rn-table tbody tr[data-run]")).to_have_count(5)
        shot("quickstart-table")
        page.wait_for_function(FINAL)
        notebook.save()
        secrets = (server.token, server.base.split("/")[2])
    figures = figures_of(path)
    assert len(figures) == 3
    for figure in figures:
        assert WIDGET not in figure
        assert set(figure) >= {MIME, "text/html", "text/plain"}
        assert len(json.dumps(figure)) < 200_000
    written = path.read_text()
    for secret in (*secrets, str(quickstart), os.environ["HOME"], os.uname().nodename):
        assert secret not in written

    with jupyter() as server:
        page.route("**/runicorn/api/**", lambda route: route.abort())  # nothing but what the file holds
        reopened = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        reopened.show(SHOW_RUN)
        expect(reopened.cell(SHOW_RUN).locator("figure canvas").first).to_be_visible()
        shot("quickstart-reopened")
        reopened.show(SHOW_ALL)
        expect(reopened.cell(SHOW_ALL).locator(".rn-table tbody tr[data-run]")).to_have_count(5)
        reopened.show(RUN)
        expect(reopened.cell(RUN).locator("figure canvas").first).to_be_visible()
        expect(page.get_by_text("model not found")).to_have_count(0)

    html = path.with_suffix(".html")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--output", html.name, str(path)]
    subprocess.run(command, check=True, capture_output=True)
    page.goto(f"file://{html}")
    pictures = page.locator("img[src^='data:image/svg+xml']")
    assert pictures.count() >= 3
    assert pictures.first.evaluate("image => image.naturalWidth > 100")
    pictures.first.scroll_into_view_if_needed()
    shot("quickstart-nbconvert")


FINAL = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.cells;
  for (const cell of cells) {
    for (const output of cell.toJSON().outputs ?? []) {
      if (output.data?.['application/vnd.runicorn.v1+json']?.live) {
        return false;
      }
    }
  }
  return true;
}"""


def test_a_page_reloaded_while_the_cell_trains_catches_up(quickstart, jupyter, page):
    """Recipe A: pushes before a reload are gone from the page, yet the figure is there again and ends complete."""
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        for cell in (1, SHOW_RUN):
            notebook.run(cell)
        notebook.wait_idle()
        notebook.run(TRAIN)
        expect(notebook.cell(SHOW_RUN).locator("figure[data-metric='valid/acc'] canvas").first).to_be_visible()
        notebook.save()
        reloaded = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        reloaded.show(SHOW_RUN)
        card = reloaded.cell(SHOW_RUN)
        expect(card.locator("figure[data-metric='valid/acc'] canvas").first).to_be_visible()
        expect(card.locator("[data-state=finished]")).to_be_visible()
        expect(card.get_by_text("200", exact=True).first).to_be_visible()
        expect(page.get_by_text("model not found")).to_have_count(0)


def test_an_untrusted_notebook_shows_only_what_it_holds(quickstart, jupyter, page, shot, monkeypatch, tmp_path):
    """A notebook from a stranger draws its embedded figures and asks our server nothing."""
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", "01_quickstart.ipynb"]
    environment = {**os.environ, "RUNICORN_DIR": str(quickstart / "runs")}
    subprocess.run(command, cwd=quickstart, env=environment, check=True, capture_output=True)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/runicorn/api" in request.url else None)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "signatures of nobody"))
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        trusted = page.evaluate(
            "() => [...window.jupyterapp.shell.currentWidget.content.model.cells].every(cell => cell.trusted)"
        )
        assert not trusted
        for cell, marker in ((SHOW_RUN, "figure canvas"), (SHOW_ALL, ".rn-table tbody tr[data-run]")):
            notebook.show(cell)
            expect(notebook.cell(cell).locator(marker).first).to_be_visible()
        shot("quickstart-untrusted")
    assert asked == []


def test_an_interrupted_cell_keeps_its_points(quickstart, jupyter, page):
    """J2: interrupting the kernel marks the run, and what was logged stays."""
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/01_quickstart.ipynb"))
        for cell in (1, SHOW_RUN):
            notebook.run(cell)
        notebook.wait_idle()
        notebook.run(TRAIN)
        card = notebook.cell(SHOW_RUN)
        notebook.show(SHOW_RUN)
        expect(card.locator("figure[data-metric='valid/acc'] canvas").first).to_be_visible()
        notebook.command("notebook:interrupt-kernel")
        expect(card.locator("[data-state=interrupted]")).to_be_visible()
        expect(card.locator("figure[data-metric='train/loss'] canvas").first).to_be_visible()


def test_the_widget_works_in_notebook_7(quickstart, jupyter, page, shot):
    with jupyter("notebook") as server:
        notebook = Notebook(page, server.url("notebooks/01_quickstart.ipynb"))
        for cell in (1, SHOW_RUN, TRAIN):
            notebook.run(cell)
        card = notebook.cell(SHOW_RUN)
        expect(card.locator("figure[data-metric='valid/acc'] canvas").first).to_be_visible()
        notebook.show(SHOW_RUN)
        card.locator("button[name=log-y]").click()
        expect(card.locator("button[name=log-y]")).to_have_attribute("aria-pressed", "true")
        assert notebook.busy()
        shot("notebook7-busy-cell")
        notebook.wait_idle()
        expect(card.locator("[data-state=finished]")).to_be_visible()
