"""A notebook in a real kernel: trained in a busy cell, saved, exported, read without us."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from runicorn_jupyter.display.bundle import WIDGET_MIME
from runicorn_jupyter.display.document import MIME
from runicorn_jupyter.display.packed import unpack

PREPARE = """
from runicorn_jupyter.widgets import _esm
_esm.source = lambda: "export default {}"  # outputs are what this is about; the page half has tests of its own
import time
import runicorn_jupyter as rn
run = rn.init(project="digits", name="mlp", config={"lr": 0.1})
"""
TRAIN = """
rn.show(run)
begin = time.monotonic()
for step in range(1, 201):
    run.log({"loss": 1 / step}, step=step)
    time.sleep(0.01)
lasted = time.monotonic() - begin
"""


@pytest.fixture
def played(tmp_path, monkeypatch, request):
    """Run cells in a real kernel; return the notebook as saved, and every message the page would have got."""

    def play(*cells):
        monkeypatch.setenv("RUNICORN_DIR", str(tmp_path / "secret-place" / "my-runs"))
        monkeypatch.setenv("JUPYTER_TOKEN", "planted-token-123")
        monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (PREPARE, *cells)])
        pushed = []

        class Client(NotebookClient):
            def process_message(self, msg, cell, cell_index):
                pushed.append((msg["header"]["msg_type"], msg["content"]))
                return super().process_message(msg, cell, cell_index)

        Client(notebook, timeout=90, kernel_name="python3", store_widget_state=False).execute()
        saved = tmp_path / "saved.ipynb"
        nbformat.write(notebook, saved)
        return saved, pushed

    return play


def bundles(saved: Path):
    cells = json.loads(saved.read_text())["cells"]
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error"], outputs
    return [output["data"] for output in outputs if MIME in output.get("data", {})]


def joined(value):
    return "".join(value) if isinstance(value, list) else value


def test_trained_in_a_busy_cell_saved_and_exported(played, tmp_path):
    saved, pushed = played(TRAIN + "run.finish()")
    (data,) = bundles(saved)
    assert WIDGET_MIME not in data
    assert data[MIME]["live"] is False
    assert data[MIME]["runs"][0]["state"] == "finished"
    (curve,) = unpack(data[MIME]["curves"])
    assert list(curve.x) == list(range(1, 201))
    assert curve.y == pytest.approx([1 / step for step in range(1, 201)], abs=1e-5)

    points = [c["data"]["content"] for kind, c in pushed if kind == "comm_msg" and "content" in c["data"]]
    points = [message for message in points if message["type"] == "points"]
    assert len(points) >= 4, "nothing came while the cell was busy"
    assert points[-1]["series"][0]["total"] == 200

    page, _ = HTMLExporter().from_filename(str(saved))
    table = re.search(r"<table[^>]*>.*?</table>", page, re.DOTALL)
    assert table
    assert "loss" in table.group()
    picture = re.search(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)"', page)
    assert picture
    assert b"<path" in base64.b64decode(picture.group(1))

    text = saved.read_text()
    assert len(text) < 30_000
    for secret in (str(tmp_path), "secret-place", "planted-token-123", str(Path.home()), "127.0.0.1"):
        assert secret not in text


def test_finished_in_a_later_cell_there_is_one_output(played):
    saved, _ = played(TRAIN, "run.log({'loss': 0.5}, step=201)", "run.finish()")
    (data,) = bundles(saved)
    assert WIDGET_MIME not in data
    assert unpack(data[MIME]["curves"])[0].x[-1] == 201
    assert "finished" in joined(data["text/plain"])


def test_a_run_as_last_expression_is_a_card(played):
    saved, _ = played("run.log({'loss': 1.0}); run.finish(); run", "rn.show()", "rn.runs()")
    card, table = bundles(saved)
    assert card[MIME]["kind"] == "run"
    assert table[MIME]["kind"] == "runs"
    assert WIDGET_MIME not in card
    assert "digits" in joined(table["text/html"])
    cells = json.loads(saved.read_text())["cells"]
    assert "<table" in joined(cells[-1]["outputs"][0]["data"]["text/html"])
