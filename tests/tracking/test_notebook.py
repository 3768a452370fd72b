"""Where in a notebook a run comes from (N8), and the cell magic, in real kernels and with a real Jupyter server."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import uuid

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from runicorn_jupyter.tracking.cells import magics, notebook
from tracking.runfiles import document, only_run, points

INIT = "import runicorn as rn\nrun = rn.init('p', 'n')\nrun.log(a=1)\n"


@pytest.fixture
def kernel(root, tmp_path):
    manager, client = start_new_kernel(env={**os.environ, "RUNICORN_DIR": str(root)}, cwd=str(tmp_path))
    try:
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def execute(client, code: str, cell_id: str | None = None) -> list[str]:
    """Run a cell as a notebook does, with its id in the message; return what it printed, and its error's name."""
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
               "stop_on_error": True}  # fmt: skip
    message = client.session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else {})
    client.shell_channel.send(message)
    shown = []
    while True:
        reply = client.get_iopub_msg(timeout=60)
        if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            continue
        if reply["msg_type"] == "stream":
            shown.append(reply["content"]["text"])
        if reply["msg_type"] == "error":
            shown.append(reply["content"]["ename"])
        if reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle":
            return shown


def test_a_run_knows_its_cells_and_masks_their_secrets(root, kernel, until):
    cell = str(uuid.uuid4())
    execute(kernel, INIT + "api_key = 'abc123'", cell)
    execute(kernel, "x = 1", "another")
    execute(kernel, "run.log(a=2)", "logs")
    execute(kernel, "run.log(a=2)", "logs")
    path = only_run(root) / "provenance.json"
    until(lambda: path.exists() and len(document(path.parent, "provenance")["cells"]) == 3)
    found = document(path.parent, "provenance")
    assert [(entry["cell_id"], entry["execution_count"]) for entry in found["cells"]] == [
        (cell, 1), ("logs", 3), ("logs", 4),
    ]  # fmt: skip
    assert found["cells"][0]["source"] == INIT + "api_key = '***'"
    assert len(found["source_hash"]) == 64
    assert (found["cell_id"], found["source"]) == ("logs", "run.log(a=2)")
    assert found["notebook"]["path"] is None
    assert "abc123" not in path.read_text()
    execute(kernel, "run.finish()\nrun = rn.init('q', 'n', private=True); run.finish()")
    assert not list(root.glob("q/*/runs/*/provenance.json"))


def test_a_script_has_no_provenance(root, script):
    assert script(INIT).returncode == 0
    assert not (only_run(root) / "provenance.json").exists()
    assert (only_run(root) / "environment.json").exists()


def test_vs_code_and_the_variable_say_where_the_notebook_is_when_no_server_does(monkeypatch, own_home):
    class Shell:
        user_ns = {"__vsc_ipynb_file__": str(own_home / "a.ipynb")}  # noqa: RUF012

        class kernel:  # noqa: N801
            parent = None

    monkeypatch.setenv("JPY_SESSION_NAME", "/data/b.ipynb")
    assert notebook.where(Shell) == {"path": "~/a.ipynb", "said_by": "vscode", "kernel_id": None}
    Shell.user_ns = {}
    assert notebook.where(Shell) == {"path": "/data/b.ipynb", "said_by": "environment", "kernel_id": None}
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert notebook.where(Shell) == {"path": None, "said_by": None, "kernel_id": None}


def test_the_token_of_a_server_goes_nowhere_but_to_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    for number, url in enumerate(["http://evil.example:80/", "http://127.0.0.1:1/", "https://localhost:1/", "odd"]):
        (tmp_path / f"jpserver-{number}.json").write_text(json.dumps({"url": url, "token": "t"}))
    (tmp_path / "jpserver-9.json").write_text("garbage")
    assert [server["url"] for server in notebook._servers()] == ["https://localhost:1/", "http://127.0.0.1:1/"]
    assert notebook._from_servers("some-kernel") is None


class Jupyter:
    """A real Jupyter server under a base URL, as a hub gives one."""

    def __init__(self, folder, root) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}/user/a%20b/"
        command = [sys.executable, "-m", "jupyter_server", "--no-browser", f"--ServerApp.port={self.port}",
                   "--ServerApp.port_retries=0", "--ServerApp.base_url=/user/a%20b/", "--IdentityProvider.token=secret",
                   f"--ServerApp.root_dir={folder}", "--ServerApp.allow_root=True"]  # fmt: skip
        environment = {**os.environ, "RUNICORN_DIR": str(root), "JUPYTER_RUNTIME_DIR": str(folder.parent / "runtime")}
        environment.pop("PYTEST_CURRENT_TEST", None)
        self.runtime = folder.parent / "runtime"
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def ask(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Authorization": "token secret", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else {}

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                self.ask("GET", "api/status")
                return
            assert time.monotonic() < deadline
            time.sleep(0.1)


def ready(client: BlockingKernelClient) -> None:
    """Wait for a kernel that somebody else has just started: it counts as dead until its heartbeat begins."""
    deadline = time.monotonic() + 60
    while True:
        try:
            client.wait_for_ready(10)
        except RuntimeError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        else:
            return


@pytest.fixture
def jupyter(root, tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    server = Jupyter(folder, root)
    try:
        server.wait()
        yield server
    finally:
        server.process.terminate()
        server.process.wait(30)


def test_the_server_says_which_notebook_it_is_even_after_it_was_renamed(root, jupyter, until):
    session = jupyter.ask("POST", "api/sessions", {
        "path": "digits.ipynb", "name": "digits.ipynb", "type": "notebook", "kernel": {"name": "python3"},
    })  # fmt: skip
    client = BlockingKernelClient()
    client.load_connection_file(str(jupyter.runtime / f"kernel-{session['kernel']['id']}.json"))
    client.start_channels()
    try:
        ready(client)
        execute(client, INIT, "first")
        (run_dir,) = root.glob("p/n/runs/*")
        until((run_dir / "provenance.json").exists)
        found = document(run_dir, "provenance")
        assert found["notebook"] == {"path": "digits.ipynb", "said_by": "server", "kernel_id": session["kernel"]["id"]}
        jupyter.ask("PATCH", f"api/sessions/{session['id']}", {"path": "renamed.ipynb", "name": "renamed.ipynb"})
        execute(client, "run = rn.init('q', 'n')", "second")
        (again,) = root.glob("q/n/runs/*")
        until((again / "provenance.json").exists)
        assert document(again, "provenance")["notebook"]["path"] == "renamed.ipynb"
        assert "secret" not in (again / "provenance.json").read_text()
    finally:
        client.stop_channels()


def test_a_tracked_cell_is_a_run(root, kernel):
    assert execute(kernel, "%load_ext runicorn") == []
    shown = execute(kernel, "%%track mlp --project digits --tags a,b\nfor i in range(3): run.log(loss=i)\nlast = i")
    (run_dir,) = root.glob("digits/mlp/runs/*")
    assert [point["loss"] for point in points(run_dir)] == [0, 1, 2]
    assert document(run_dir, "status")["status"] == "finished"
    assert document(run_dir, "meta")["tags"] == ["a", "b"]
    assert "".join(shown).count("runicorn: run") == 1
    assert "".join(execute(kernel, "print(last)")) == "2\n"
    assert "ZeroDivisionError" in execute(kernel, "%%track bad --project digits\nrun.log(a=1)\n1/0")
    (failed,) = root.glob("digits/bad/runs/*")
    assert document(failed, "status")["status"] == "failed"
    assert "SyntaxError" in execute(kernel, "%%track worse --project digits\n1 +")
    (worse,) = root.glob("digits/worse/runs/*")
    assert document(worse, "status")["status"] == "failed"
    assert execute(kernel, "%%track a b\n1")[-1] == "ValueError"


def test_the_line_magic_shows_runs_and_gives_frames(root, kernel):
    assert execute(kernel, "%load_ext runicorn") == []
    execute(kernel, "%%track mlp --project digits\nrun.log(loss=0.5)")
    execute(kernel, "%%track cnn --project digits\nrun.log(loss=0.25)")
    one, both = (f"frame = %runicorn runs {what}\nprint(sorted(frame.name))" for what in ("loss < 0.3", "digits"))
    assert execute(kernel, one) == ["['cnn']\n"]
    assert execute(kernel, both) == ["['cnn', 'mlp']\n"]
    quoted = "last = run\nname = 'mlp'\nframe = %runicorn runs 'name = \"{name}\"'\nprint(*frame.name)"
    assert execute(kernel, quoted) == ["mlp\n"]
    assert execute(kernel, "frame = %runicorn runs last\nprint(*frame.name)") == ["cnn\n"]
    assert execute(kernel, "view = %runicorn show digits\nprint(len(view.frame()))")[-1] == "2\n"
    assert execute(kernel, "%runicorn dance")[-1] == "ValueError"


def test_the_words_of_the_line_magic():
    from types import SimpleNamespace

    asked = []
    faces = {"show": lambda *what: asked.append(("show", *what)), "runs": lambda *what: asked.append(("runs", *what))}
    run = SimpleNamespace(storage_root="x")
    shell = SimpleNamespace(user_ns={"run": run, "digits": {"an": "array"}, "some": [run]})
    for line in (
        "",
        "show",
        "runs  ",
        "show run",
        "show some",
        "runs digits",
        "runs 'a < 1 and b == \"x\"'",
        "show ''",
    ):
        magics.look(shell, line, faces)
    assert asked == [
        ("show",), ("show",), ("runs",), ("show", run), ("show", [run]), ("runs", "digits"),
        ("runs", 'a < 1 and b == "x"'), ("show",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "keywords"),
    [
        ("", {}),
        ("mlp", {"name": "mlp"}),
        ("'two words' --notes='why not' --console", {"name": "two words", "notes": "why not", "capture_console": True}),
        ("--path a/b --run-id x --storage /d --alias z", {"path": "a/b", "run_id": "x", "storage": "/d", "alias": "z"}),
    ],
)
def test_the_line_of_the_magic(line, keywords):
    assert magics.arguments(line) == keywords
    for wrong in ("--colour red", "a b", "--tags"):
        with pytest.raises(ValueError, match="%%track"):
            magics.arguments(wrong)
