"""Which files of a workspace are left out of a snapshot: lines as in a ``.gitignore``."""

from __future__ import annotations

import re
from collections.abc import Iterable

IGNORE_FILE = ".rnignore"

ALWAYS = (
    ".git/", ".hg/", ".svn/", "__pycache__/", ".ipynb_checkpoints/", "node_modules/", ".venv/", "venv/", ".tox/",
    ".nox/", ".mypy_cache/", ".ruff_cache/", ".pytest_cache/", ".idea/", ".vscode/", ".eggs/", "*.egg-info/",
    "build/", "dist/",
    ".runicorn/", ".runicorn-jupyter/", "wandb/", "mlruns/", "lightning_logs/", "*.pyc", "*.pyo", "*.so", "*.o",
    ".DS_Store", ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "id_rsa*", "id_ed25519*", "id_ecdsa*",
    ".netrc", ".npmrc",
    ".pypirc", "credentials*", "secrets*", "*.kdbx",
)  # fmt: skip
"""Left out unless the ignore file says ``!name``: caches, other programs' folders, and what usually holds secrets."""


class Ignore:
    """Decides by the last pattern that matches, as git does.

    Parameters
    ----------
    lines : iterable of str
        Patterns: ``*``, ``?``, ``[…]`` and ``**``; a trailing ``/`` means folders only, a ``/`` elsewhere anchors the
        pattern at the top, ``!`` takes a name back in, ``#`` begins a comment.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._rules = [rule for line in lines if (rule := _rule(line)) is not None]

    def leaves_out(self, relative: str, *, folder: bool) -> bool:
        """Tell whether `relative`, a path with ``/``, is left out; its folders are asked about before it."""
        left_out = False
        for pattern, only_folders, back in self._rules:
            if (folder or not only_folders) and pattern.fullmatch(relative):
                left_out = not back
        return left_out


def _rule(line: str) -> tuple[re.Pattern[str], bool, bool] | None:
    text = line.rstrip("\n").rstrip()
    if not text or text.startswith("#"):
        return None
    back = text.startswith("!")
    text = text[1:] if back else text
    only_folders = text.endswith("/")
    text = text.rstrip("/")
    anchored = "/" in text
    text = text.lstrip("/")
    if not text:
        return None
    try:
        return re.compile(("" if anchored else "(?:.*/)?") + _translated(text)), only_folders, back
    except re.error:
        return None


def _translated(text: str) -> str:
    out = ""
    at = 0
    while at < len(text):
        if text.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
        elif text.startswith("**", at):
            out, at = out + ".*", at + 2
        elif text[at] == "*":
            out, at = out + "[^/]*", at + 1
        elif text[at] == "?":
            out, at = out + "[^/]", at + 1
        elif text[at] == "[" and (end := text.find("]", at + 2)) > 0:
            inner = text[at + 1 : end].replace("\\", "\\\\")
            out, at = out + f"[{'^' + inner[1:] if inner[0] == '!' else inner}]", end + 1
        else:
            out, at = out + re.escape(text[at]), at + 1
    return out
