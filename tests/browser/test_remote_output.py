"""``rn.remote()`` in a notebook: the server's sessions where there is a server, the kernel's own by comm where not."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from farviewers import eventually
from playwright.sync_api import expect
from test_remote import Server, accept_key, gpu, show_runs  # noqa: F401 - gpu is a fixture

from notebooks import Notebook, write_notebook

pytestmark = pytest.mark.sshd

ASK = 'import runicorn as rn\npanel = rn.remote("gpu1")'
KNOWN = "[(one.label, one.state) for one in panel.sessions]"
PANEL = "rn.remote()"


def saved(path: Path) -> tuple[str, list[list[str]]]:
    """Return the outputs of a notebook as they lie on disk, and the forms of each."""
    outputs = [output for cell in nbformat.read(path, 4).cells for output in cell.get("outputs", [])]
    return str([output.get("data") for output in outputs]), [sorted(output.get("data", {})) for output in outputs]


def names_nobody(text: str, server: Server) -> bool:
    """Tell whether an output holds neither host, port and user, nor the homes of either side."""
    sshd = server.host.sshd
    known = ("gpu1", "127.0.0.1", f"{sshd.user}@", str(sshd.port), str(server.home), str(server.host.home))
    return not [word for word in known if word in text]


def test_the_output_shows_the_sessions_of_the_server(gpu, tmp_path, jupyter, monkeypatch, page, shot):  # noqa: F811
    monkeypatch.setenv("HOME", str(gpu.home))
    (tmp_path / "work").mkdir()
    path = write_notebook(tmp_path / "work" / "far.ipynb", ASK, KNOWN, PANEL)
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/far.ipynb"))
        notebook.run(0)
        panel = notebook.cell(0).locator(".rn-remote")
        accept_key(panel, gpu.host)
        expect(panel.get_by_label("Another folder…")).to_be_visible()
        shot("output-remote-place")
        row = show_runs(panel, gpu)
        expect(row).to_contain_text("gpu1")
        shot("output-remote-running")
        notebook.run(1)
        expect(notebook.output(1)).to_contain_text("[('runs', 'running')]")
        notebook.run(2)
        expect(notebook.cell(2).locator("[data-session]")).to_have_attribute("data-state", "running")

        notebook.command("kernelmenu:restart")
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        notebook.wait_idle()
        notebook.show(0)
        expect(row).to_have_attribute("data-state", "running")
        viewers = gpu.host.viewers()
        notebook.save()
        text, forms = saved(path)
        assert names_nobody(text, gpu)
        assert forms[0] == forms[2] == ["application/vnd.runicorn.v1+json", "text/html", "text/plain"]

        page.reload()
        page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length === 3")
        notebook.show(0)
        expect(row).to_have_attribute("data-state", "running")
        assert gpu.host.viewers() == viewers
        row.locator("[name=open]").click()
        expect(page.locator("#jp-main-dock-panel .rn-far-head")).to_contain_text("gpu1")
        shot("output-remote-opened")
        page.locator(".jp-SideBar [data-id='runicorn-explorer']").click()
        sidebar = page.locator("#runicorn-explorer")
        sidebar.get_by_role("button", name="Remote hosts").click()
        sidebar.locator("[data-session] [name=stop]").click()
        eventually(lambda: not gpu.host.viewers())


def test_without_a_server_the_kernel_logs_in(gpu, tmp_path, jupyter, monkeypatch, page, shot):  # noqa: F811
    """What VS Code and Colab see: the page has neither our extension nor our server, only the comm."""
    monkeypatch.setenv("HOME", str(gpu.home))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path / "config"))
    switched_off = '{"disabledExtensions": {"runicorn-jupyter": true}}'
    (tmp_path / "config" / "labconfig").mkdir(parents=True)
    (tmp_path / "config" / "labconfig" / "page_config.json").write_text(switched_off)
    (tmp_path / "config" / "jupyter_server_config.json").write_text(
        '{"ServerApp": {"jpserver_extensions": {"runicorn_jupyter": false}}}'
    )
    (tmp_path / "work").mkdir()
    path = write_notebook(tmp_path / "work" / "far.ipynb", ASK, KNOWN)
    with jupyter() as server:
        notebook = Notebook(page, server.url("lab/tree/far.ipynb"))
        notebook.run(0)
        panel = notebook.cell(0).locator(".rn-remote")
        accept_key(panel, gpu.host)
        row = show_runs(panel, gpu)
        expect(row.locator("[name=open]")).to_have_count(0)
        shot("output-remote-by-comm")
        notebook.run(1)
        expect(notebook.output(1)).to_contain_text("[('runs', 'running')]")
        row.locator("[name=log]").click()
        expect(row.get_by_role("log")).to_contain_text("Listening on")
        row.locator("[name=stop]").click()
        expect(row).to_have_count(0)
        eventually(lambda: not gpu.host.viewers())
        notebook.save()
        text, forms = saved(path)
        assert names_nobody(text, gpu)
        assert "application/vnd.jupyter.widget-view+json" in forms[0]
        notebook.run(0)
        expect(panel.locator("[data-connection]").or_(panel.get_by_label("Another folder…")).first).to_be_visible()
        notebook.command("kernelmenu:shutdown")
        expect(notebook.output(0)).to_contain_text("No viewers on other hosts.")
        expect(notebook.output(0)).not_to_contain_text("model not found")
