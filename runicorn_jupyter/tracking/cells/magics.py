"""``%load_ext runicorn_jupyter`` and the magics that it brings: ``%%track`` and ``%runicorn``."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

from runicorn_jupyter.tracking.start import init

_USAGE = "%%track [name] [--project P] [--path P] [--tags a,b] [--notes TEXT] [--run-id ID] [--storage DIR] [--console]"
_WORDS = {
    "--project": "project", "--path": "path", "--tags": "tags", "--notes": "notes", "--run-id": "run_id",
    "--storage": "storage", "--alias": "alias",
}  # fmt: skip


Face = Callable[..., Any]


def load(shell: Any, faces: Callable[[], Mapping[str, Face]]) -> None:
    """Register the magics with an IPython shell; `faces` gives ``show`` and ``runs`` when they are first asked for."""
    shell.register_magic_function(lambda line, cell: track(shell, line, cell), magic_kind="cell", magic_name="track")
    shell.register_magic_function(lambda line: look(shell, line, faces()), magic_kind="line", magic_name="runicorn")


def look(shell: Any, line: str, faces: Mapping[str, Face]) -> Any:
    """Do ``%runicorn show [what]`` or ``%runicorn runs [what]``; without a word, show all runs.

    What follows the word is a run id, a project, a query with or without quotes around it, or the name of a variable
    that holds a run or runs.

    Raises
    ------
    ValueError
        The first word is neither.
    """
    word, _, rest = line.strip().partition(" ")
    face = faces.get(word or "show")
    if face is None:
        raise ValueError(f"{word!r} is not understood: %runicorn {'|'.join(faces)} [run, project or query]")
    text = rest.strip()
    if text[:1] in {"'", '"'} and text[0] == text[-1] and text.count(text[0]) == 2:
        text = text[1:-1]
    held = shell.user_ns.get(text)
    # A run, a frame of runs or a list of them; a project may well be called like some other variable.
    if isinstance(held, list) or hasattr(held, "storage_root") or hasattr(held, "columns"):
        return face(held)
    return face(text) if text else face()


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
