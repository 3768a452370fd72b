"""``init``: from what a script asked for to a run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.paths import find_root, safe_name
from runicorn_jupyter.tracking import endings
from runicorn_jupyter.tracking.documents import fit
from runicorn_jupyter.tracking.faults import tell
from runicorn_jupyter.tracking.noop import NoOpRun
from runicorn_jupyter.tracking.place import Plan, home_of, names
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.switch import is_enabled

_KEYWORDS = ("project", "name", "path", "alias", "storage", "run_id", "config", "tags", "notes", "strict")
_LATER = {
    "capture_env": "the environment",
    "capture_console": "the console",
    "snapshot_code": "the code",
    "workspace_root": "",
    "snapshot_format": "",
    "force_snapshot": "",
    "tqdm_mode": "",
}
"""Documented keywords of upstream, and what of theirs is not recorded yet."""

_told: set[str] = set()


def init(
    project: str | None = None,
    name: str | None = None,
    *,
    path: str | None = None,
    alias: str | None = None,
    storage: str | os.PathLike[str] | None = None,
    run_id: str | None = None,
    config: Any = None,
    tags: Sequence[str] | None = None,
    notes: str | None = None,
    strict: bool = False,
    **unknown: Any,
) -> Run:
    """Start a run, or continue the one with `run_id`, and make it the active one; an older active run is finished.

    Parameters
    ----------
    project, name : str
        Where it belongs; both are ``default`` if not given.
    path, alias : str
        The other naming style: ``path="digits/mlp"`` instead of project and name, and a label for this run.
    storage : path, optional
        The storage root. Without it ``RUNICORN_DIR``, the user's config, or ``~/runicorn_data``.
    run_id : str, optional
        A name for the run directory. If it exists the run goes on there, its steps after the last one; with neither
        project, name nor path it is looked for in the whole root.
    config : mapping, argparse.Namespace or dataclass
        The parameters, shown with the run.
    tags : sequence of str
        Words to find it by.
    notes : str
        Free text.
    strict : bool
        Raise every fault instead of counting it; for tests.
    **unknown
        ``capture_env``, ``capture_console``, ``snapshot_code``, ``workspace_root``, ``snapshot_format``,
        ``force_snapshot`` and ``tqdm_mode`` are accepted.

    Returns
    -------
    Run
        A `NoOpRun` when tracking is switched off.

    Raises
    ------
    ValueError, TypeError
        An argument is wrong. A disk that cannot be written is no reason: the run then keeps its points in the cache.
    """
    _check_keywords(unknown)
    if not is_enabled():
        endings.end_active()
        off = NoOpRun(project or "default", name or "default", path or "", alias)
        endings.activate(off)
        return off
    root = find_root(storage).path
    run_id = None if run_id is None else safe_name(run_id, "run id")
    home = home_of(root, run_id) if run_id and project is name is path is None else None
    # What exists is taken as it is called; only what may be made is checked.
    project, name, path = (*home, "/".join(home)) if home else names(project, name, path)
    plan = Plan(
        root=root,
        project=project,
        name=name,
        path=path,
        run_id=run_id,
        alias=_text(alias, "alias"),
        config=_config(config),
        tags=_tags(tags),
        notes=_text(notes, "notes"),
        strict=strict,
    )
    endings.end_active()
    run = Run(plan)
    endings.activate(run)
    _announce(run)
    return run


def _check_keywords(unknown: Mapping[str, Any]) -> None:
    for word, value in unknown.items():
        if word not in _LATER:
            from difflib import get_close_matches

            near = get_close_matches(word, [*_KEYWORDS, *_LATER], n=1, cutoff=0.0)
            raise TypeError(f"init() has no keyword {word!r}; did you mean {near[0]!r}?")
        if value and _LATER[word] and word not in _told:
            _told.add(word)
            tell(f"{word} is accepted, but this version does not record {_LATER[word]} yet.")


def _config(config: Any) -> dict[str, Any] | None:
    if config is None:
        return None
    found = config if isinstance(config, Mapping) else getattr(config, "__dict__", None)
    if not isinstance(found, Mapping) or isinstance(config, type):
        raise BadRequest(f"config must be a dict, a namespace or a dataclass, not {type(config).__name__}.")
    fitted: dict[str, Any] = fit(found, lambda _kind, _sentence: None)
    return fitted


def _tags(tags: Sequence[str] | None) -> tuple[str, ...]:
    if tags is None:
        return ()
    listed = (tags,) if isinstance(tags, str) else tuple(tags)
    if not all(isinstance(tag, str) for tag in listed):
        raise BadRequest("tags must be texts, such as tags=['baseline'].")
    return listed


def _text(value: str | None, what: str) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadRequest(f"{what} must be text, not {type(value).__name__}.")
    return value


def _announce(run: Run) -> None:
    """Say in one line which run this is and where it lies; no home path, for this line is saved in notebooks."""
    root = run.storage_root
    with contextlib.suppress(Exception):
        home = Path.home()
        place = f"~/{root.relative_to(home).as_posix()}" if root.is_relative_to(home) else root.name or str(root)
        print(f"runicorn: run {run.id} of {run.project}/{run.name}, stored in {place}", flush=True)  # noqa: T201 - documented
