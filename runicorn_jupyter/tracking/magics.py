"""``%load_ext runicorn_jupyter`` and the cell magic that it brings: ``%%track``."""

from __future__ import annotations

import shlex
from typing import Any

from runicorn_jupyter.tracking.start import init

_USAGE = "%%track [name] [--project P] [--path P] [--tags a,b] [--notes TEXT] [--run-id ID] [--storage DIR] [--console]"
_WORDS = {
    "--project": "project", "--path": "path", "--tags": "tags", "--notes": "notes", "--run-id": "run_id",
    "--storage": "storage", "--alias": "alias",
}  # fmt: skip


def load(shell: Any) -> None:
    """Register the magics with an IPython shell."""
    shell.register_magic_function(lambda line, cell: track(shell, line, cell), magic_kind="cell", magic_name="track")


def track(shell: Any, line: str, cell: str) -> None:
    """Run a cell as one run: it is started before and finished after, and `run` names it inside.

    A cell that fails makes a run that failed, one that is interrupted a run that was interrupted.
    """
    run = init(**arguments(line))
    shell.user_ns["run"] = run
    with run:
        result = shell.run_cell(cell, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            # The traceback is shown already; only the status is left to say.
            run.__exit__(type(error), error, None)


def arguments(line: str) -> dict[str, Any]:
    """Return the keywords of `init` that the line of the magic asks for.

    Raises
    ------
    ValueError
        A word is not understood; the text shows the usage.
    """
    keywords: dict[str, Any] = {}
    words = iter(shlex.split(line))
    for word in words:
        option, equals, value = word.partition("=")
        if option == "--console":
            keywords["capture_console"] = True
        elif option in _WORDS:
            value = value if equals else next(words, "")
            if not value:
                raise ValueError(f"{option} needs a value: {_USAGE}")
            keywords[_WORDS[option]] = value.split(",") if option == "--tags" else value
        elif word.startswith("-") or "name" in keywords:
            raise ValueError(f"{word!r} is not understood: {_USAGE}")
        else:
            keywords["name"] = word
    return keywords
