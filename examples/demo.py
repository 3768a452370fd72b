"""`make demo`: train real models, run the quickstart notebook on them, and open JupyterLab on the result.

Everything it makes lies in the folder ``demo`` of the clone; Ctrl-C ends all that it started.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DEMO = REPOSITORY / "demo"
NOTEBOOK = "01_quickstart.ipynb"
SECONDS_TO_START = 120


def main() -> int:
    """Run the demo; the exit code is 0 when a person ended it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8888)
    parser.add_argument("--browser", default="default", help="'none' prints the URL only")
    options = parser.parse_args()
    if not free(options.port):
        print(f"Port {options.port} is taken. Choose another: make demo PORT={options.port + 1}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` ends the demo as Ctrl-C does
    DEMO.mkdir(exist_ok=True)
    os.environ["RUNICORN_DIR"] = str(DEMO / "runs")
    train()
    execute()
    return serve(options.port, options.browser)


def free(port: int) -> bool:
    """Tell whether `port` can be bound on loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def train() -> None:
    """Train the example grid unless an earlier demo has."""
    if any((DEMO / "runs").glob("digits/mlp/runs/*/status.json")):
        print("1/3  The runs of an earlier demo are still there; training is skipped.", flush=True)
        return
    print("1/3  Training nine small networks on scikit-learn's digits …", flush=True)
    subprocess.run([sys.executable, str(REPOSITORY / "examples" / "digits.py")], check=True)


def execute() -> None:
    """Execute a copy of the quickstart notebook, so that the one in git stays clean."""
    print("2/3  Executing the quickstart notebook …", flush=True)
    import nbformat
    from nbclient import NotebookClient
    from nbformat.sign import NotebookNotary

    notebook = nbformat.read(REPOSITORY / "notebooks" / NOTEBOOK, as_version=4)
    # The outputs hold all that is shown; saved widget state would add the whole bundle to the file.
    place = {"metadata": {"path": str(DEMO)}}
    NotebookClient(notebook, timeout=300, resources=place, store_widget_state=False).execute()
    nbformat.write(notebook, DEMO / NOTEBOOK)
    # Signed as if the person had run the cells here, so that Jupyter trusts the outputs it shows.
    NotebookNotary().sign(nbformat.read(DEMO / NOTEBOOK, as_version=4))


def serve(port: int, browser: str) -> int:
    """Start JupyterLab on the executed notebook, print one URL, and wait until a person ends it."""
    token = secrets.token_hex(16)
    url = f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK}?token={token}"
    command = [
        *(sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={DEMO}", "--ip=127.0.0.1", f"--port={port}"),
        *("--ServerApp.port_retries=0", "--no-browser", "--log-level=WARN"),
        "--LabApp.news_url=",
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    # The token travels by environment: a command line can be read by every user of the machine.
    lab = subprocess.Popen(command, env={**os.environ, "JUPYTER_TOKEN": token})
    try:
        if not answers(lab, f"http://127.0.0.1:{port}/api", SECONDS_TO_START):
            print("JupyterLab did not start; its own words are above.", file=sys.stderr)
            return 1
        print(f"3/3  JupyterLab is ready (Ctrl-C ends it):\n\n     {url}\n", flush=True)
        if browser != "none" and shutil.which("xdg-open" if sys.platform == "linux" else "open"):
            import webbrowser

            webbrowser.open(url)
        return lab.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        lab.terminate()
        try:
            lab.wait(timeout=15)
        except subprocess.TimeoutExpired:
            lab.kill()


def answers(process: subprocess.Popen[bytes], url: str, seconds: float) -> bool:
    """Wait until `url` answers, the process ends, or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    return False


if __name__ == "__main__":
    sys.exit(main())
