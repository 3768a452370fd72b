"""Outputs whose runs the server does not know: counts, the bin, log search and artifacts come from the kernel."""

from __future__ import annotations

import nbformat
import pytest
from browser_parts import make_dark
from playwright.sync_api import expect

from notebooks import Notebook, write_notebook

LOG = """import runicorn as rn
for lr in (0.1, 0.01, 0.001):
    with rn.init("digits", "mlp", storage="elsewhere", config={"lr": lr}, capture_console=False) as run:
        for step in range(20):
            run.log({"loss": lr / (step + 1), "acc": step / 20}, step=step)
        run.log_text("first line")
        run.log_text("the needle is here")
        data = rn.Artifact("digits", type="dataset", metadata={"lr": lr})
        open("digits.csv", "w").write(f"id,lr\\n1,{lr}\\n")
        data.add_file("digits.csv")
        run.log_artifact(data)"""
TABLE = 'table = rn.show(storage="elsewhere")'
CARD = "card = rn.show(run)"
ARTIFACT = "shown = rn.show(data)"


@pytest.fixture
def notebook(tmp_path, jupyter, page):
    folder = tmp_path / "work"
    folder.mkdir()
    path = write_notebook(folder / "comm.ipynb", LOG, TABLE, CARD, ARTIFACT)
    with jupyter() as server:
        opened = Notebook(page, server.url("lab/tree/comm.ipynb"))
        for cell in range(4):
            opened.run(cell)
        opened.wait_idle()
        yield opened
        opened.save()
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error"]


def test_counts_bin_log_search_and_artifacts_without_a_server_that_knows_them(notebook, page, shot):
    notebook.show(1)
    table = notebook.cell(1)
    rows = table.locator("tbody tr[data-run]")
    expect(rows).to_have_count(3)
    table.get_by_role("button", name="Filters").click()
    table.get_by_role("region", name="lr").locator("label[title='0.01']").click()
    expect(table.get_by_role("combobox", name="Filter runs")).to_have_value("lr == 0.01")
    expect(rows).to_have_count(1)
    shot("comm-facets")
    table.get_by_role("region", name="lr").locator("label[title='0.01']").click()
    expect(rows).to_have_count(3)
    table.get_by_label("X axis").select_option("time")
    expect(table.locator("figure canvas").first).to_be_visible()

    rows.first.locator("input[type=checkbox]").click()
    table.locator("button[name=delete]").click()
    table.locator("button[name=confirm]").click()
    expect(rows).to_have_count(1)
    table.get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(3)

    notebook.show(2)
    card = notebook.cell(2)
    card.get_by_label("Search the log").fill("needle")
    expect(card.locator("mark")).to_have_text("needle")
    expect(card.get_by_role("link", name="Download")).to_have_count(0)

    card.get_by_role("button", name="digits:v3").click()
    expect(card.locator(".rn-versions button[aria-current]")).to_contain_text("v3")
    card.get_by_role("button", name="Back").click()
    expect(card.get_by_label("Search the log")).to_be_visible()

    notebook.show(3)
    artifact = notebook.cell(3)
    expect(artifact.locator(".rn-versions button")).to_have_count(3)
    artifact.locator("tr[data-path='digits.csv'] .rn-file").click()
    expect(artifact.get_by_role("cell", name="0.001", exact=True)).to_be_visible()
    shot("comm-artifact-light")
    with page.expect_download() as download:
        artifact.get_by_role("button", name="Download digits.csv").click()
    assert download.value.path().read_text() == "id,lr\n1,0.001\n"
    do_to_a_version(artifact, "verify")
    expect(artifact.locator(".rn-verify")).to_contain_text("All is as it was saved")
    do_to_a_version(artifact, "delete")
    expect(artifact.locator(".rn-versions button[aria-current]")).to_contain_text("deleted")
    artifact.get_by_role("button", name="Undo").click()
    expect(artifact.locator(".rn-versions button[aria-current]")).not_to_contain_text("deleted")
    do_to_a_version(artifact, "alias")
    artifact.get_by_label("Alias", exact=True).fill("best")
    page.keyboard.press("Enter")
    expect(artifact.locator(".rn-versions button[aria-current]")).to_contain_text("best")
    shot("comm-artifact-actions")
    artifact.locator(".rn-versions button", has_text="v1").click()
    artifact.get_by_role("button", name="Lineage").click()
    expect(artifact.locator(".rn-node")).to_have_count(2)
    make_dark(page)
    shot("comm-artifact-dark")


def do_to_a_version(artifact, name):
    artifact.locator(".rn-actions summary").click()
    artifact.locator(f".rn-actions button[name={name}]").click()
