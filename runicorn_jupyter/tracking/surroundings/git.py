"""What git says about the folder a program runs in: nothing of the repository's own configuration is executed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.surroundings.secrets import masked

DIFF_LIMIT = 1024 * 1024
_TIMEOUT = 5.0
_SAFE = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null", "-c", "diff.external=", "--no-optional-locks")


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return commit, branch, dirty and remote of the repository around `folder`; None where there is none.

    The remote's address comes without user name and password.
    """
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    remote = _git(folder, "config", "--get", "remote.origin.url")
    return {
        "commit": commit.strip(),
        "branch": (_git(folder, "symbolic-ref", "--short", "-q", "HEAD") or "").strip() or None,
        "dirty": None if changes is None else bool(changes.strip()),
        "remote": masked(remote.strip()) if remote else None,
    }


def git_diff(folder: Path) -> str | None:
    """Return what differs from the last commit, masked and cut at 1 MiB; None without a repository."""
    found = _git(folder, "diff", "HEAD", "--no-color", "--no-ext-diff", "--no-textconv")
    if found is None:
        return None
    cut = found[:DIFF_LIMIT]
    return masked(cut) + ("\n[cut at 1 MiB]\n" if len(found) > len(cut) else "")


def _git(folder: Path, *words: str) -> str | None:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            ["git", *_SAFE, *words],  # noqa: S607 - the user's own git
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
