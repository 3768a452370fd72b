"""Where in a notebook a run comes from: asked from the kernel and the Jupyter server, never guessed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from runicorn_jupyter.tracking.surroundings.secrets import masked_source, without_home

SOURCE_LIMIT = 64 * 1024
CELLS_KEPT = 100
_TIMEOUT = 2.0
_SERVERS = 20
_KERNEL_FILE = re.compile(r"kernel-(?P<id>[\w-]+)\.json")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_ANSWER_LIMIT = 4 * 1024 * 1024


def shell() -> Any:
    """Return the IPython shell of this kernel; None outside a kernel, and when nobody imported IPython."""
    module = sys.modules.get("IPython")
    get = getattr(module, "get_ipython", None)
    found = get() if get is not None else None
    return found if getattr(found, "kernel", None) is not None else None


def cell_now(found: Any) -> dict[str, Any]:
    """Return what the message says that runs this cell: its id, execution count and source, masked and cut.

    Called in the cell itself; a moment later another may run.
    """
    message: Mapping[str, Any] = {}
    parent = getattr(found.kernel, "get_parent", None)
    if parent is not None:
        message = parent("shell") or {}
    content = message.get("content") or {}
    metadata = message.get("metadata") or {}
    # Not the shell's execution_count: from version to version it counts on before or after the cell runs.
    inputs = found.user_ns.get("In")
    return cell(metadata.get("cellId"), len(inputs) - 1 if isinstance(inputs, list) else None, content.get("code", ""))


def cell(cell_id: Any, execution_count: Any, code: Any) -> dict[str, Any]:
    """Return one entry of ``cells``; the hash is of the masked source, or a short secret could be found by trying."""
    source = masked_source(code if isinstance(code, str) else "")
    return {
        "cell_id": cell_id if isinstance(cell_id, str) else None,
        "execution_count": execution_count if isinstance(execution_count, int) else None,
        "source_hash": hashlib.sha256(source.encode("utf-8", "replace")).hexdigest(),
        "source": source[:SOURCE_LIMIT],
        "cut": len(source) > SOURCE_LIMIT,
        "at": time.time(),
    }


def where(found: Any) -> dict[str, Any]:
    """Return the notebook of this kernel: its path, who said so, and the kernel's id.

    The running servers of this user on this machine are asked for the session of this kernel, so that a notebook that
    was renamed since is found. Without an answer: what VS Code tells its kernels, or what the server told this one when
    it started it. May take seconds; called in a thread.
    """
    kernel_id = _kernel_id(found)
    path, said_by = _from_servers(kernel_id), "server"
    if path is None:
        path, said_by = found.user_ns.get("__vsc_ipynb_file__"), "vscode"
    if not isinstance(path, str):
        path, said_by = os.environ.get("JPY_SESSION_NAME"), "environment"
    return {
        "path": without_home(path) if path else None,
        "said_by": said_by if path else None,
        "kernel_id": kernel_id,
    }


def _kernel_id(found: Any) -> str | None:
    """Return the id under which the server knows this kernel: it stands in the name of the connection file."""
    named = getattr(getattr(found.kernel, "parent", None), "connection_file", None)
    match = _KERNEL_FILE.fullmatch(os.path.basename(named)) if isinstance(named, str) else None  # noqa: PTH119
    return match["id"] if match else None


def _from_servers(kernel_id: str | None) -> str | None:
    if kernel_id is None:
        return None
    for server in _servers():
        try:
            for session in _sessions(server):
                if session["kernel"]["id"] == kernel_id:
                    return str(session["path"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _servers() -> Iterator[dict[str, Any]]:
    """Yield what this user's running servers wrote down about themselves, the newest first."""
    from jupyter_core.paths import jupyter_runtime_dir

    runtime = Path(jupyter_runtime_dir())
    notes = [*runtime.glob("jpserver-*.json"), *runtime.glob("nbserver-*.json")]
    dated = []
    for path in notes:
        try:
            dated.append((path.stat().st_mtime, path))
        except OSError:
            continue
    for _, path in sorted(dated, reverse=True)[:_SERVERS]:
        try:
            note = json.loads(path.read_bytes())
        except (OSError, ValueError):
            continue
        # The token is ours to use only towards this machine.
        if isinstance(note, dict) and (urlsplit(str(note.get("url", ""))).hostname in _LOOPBACK or note.get("sock")):
            yield note


def _sessions(server: Mapping[str, Any]) -> list[dict[str, Any]]:
    import http.client

    address = urlsplit(str(server["url"]))
    if address.scheme != "http" or server.get("sock"):
        # A server with a certificate or a socket of its own says no more than JPY_SESSION_NAME does.
        raise ValueError("not asked")
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=_TIMEOUT)
    try:
        base = quote(str(server.get("base_url") or address.path or "/"), safe="/%")
        headers = {"Authorization": f"token {server.get('token', '')}"}
        connection.request("GET", f"{base.rstrip('/')}/api/sessions", headers=headers)
        answer = connection.getresponse()
        body = answer.read(_ANSWER_LIMIT)
        if answer.status != http.client.OK:
            raise ValueError(f"the server answers {answer.status}")
        found = json.loads(body)
    finally:
        connection.close()
    return found if isinstance(found, list) else []
