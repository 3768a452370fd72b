"""``init``: from what a script asked for to a run."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.paths import find_root, safe_name
from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.noop import NoOpRun
from runicorn_jupyter.tracking.process import ranks
from runicorn_jupyter.tracking.process.ownership import living_owner
from runicorn_jupyter.tracking.process.place import Plan, home_of, names
from runicorn_jupyter.tracking.run import Run
from runicorn_jupyter.tracking.surroundings.options import Recorded, is_private, recorded
from runicorn_jupyter.tracking.switch import is_enabled
from runicorn_jupyter.tracking.writing.documents import fit
from runicorn_jupyter.tracking.writing.faults import tell
from runicorn_jupyter.tracking.writing.members import members

RUN_VARIABLE = "RUNICORN_RUN_ID"
RESUME = ("allow", "must", "never")

DEFAULTS: dict[str, Any] = {
    "project": None, "name": None, "path": None, "alias": None, "storage": None, "run_id": None, "config": None,
    "tags": None, "notes": None, "resume": None, "enabled": None, "capture_env": True, "capture_git_diff": False,
    "capture_console": False, "tqdm_mode": "smart", "snapshot_code": False, "workspace_root": None,
    "snapshot_format": "zip", "force_snapshot": False, "telemetry": False, "private": None, "strict": False,
}  # fmt: skip
"""Every keyword of `init`, with what it is without being given."""

_joined: dict[tuple[int, str], Run] = {}


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
    resume: str | bool | None = None,
    enabled: bool | None = None,
    capture_env: bool = True,
    capture_git_diff: bool = False,
    capture_console: bool = False,
    tqdm_mode: str = "smart",
    snapshot_code: bool = False,
    workspace_root: str | os.PathLike[str] | None = None,
    snapshot_format: str = "zip",
    force_snapshot: bool = False,
    telemetry: bool | float = False,
    private: bool | None = None,
    strict: bool = False,
    **unknown: Any,
) -> Run:
    """Start a run, or continue the one with `run_id`, and make it the active one; an older active run is finished.

    Parameters
    ----------
    project, name : str
        Where it belongs; both are ``default`` if not given. A project alone with slashes inside is a `path`.
    path, alias : str
        The other naming style: ``path="digits/mlp"`` instead of project and name, and a label for this run.
    storage : path, optional
        The storage root. Without it ``RUNICORN_DIR``, the user's config, or ``~/runicorn_data``.
    run_id : str, optional
        A name for the run directory; without it ``RUNICORN_RUN_ID``. If it exists the run goes on there, its steps
        after the last one; with neither project, name nor path it is looked for in the whole root. If another process
        is writing that run, this one joins it: its points get a rank of their own, the status stays the other's.
    config : mapping, argparse.Namespace or dataclass
        The parameters, shown with the run.
    tags : sequence of str
        Words to find it by.
    notes : str
        Free text.
    resume : {"allow", "must", "never"} or a run id, optional
        What `run_id` may mean: a run that may exist (the default), must exist, or must not. Any other text is a run id
        that must exist.
    enabled : bool, optional
        False gives a `NoOpRun`; without it `set_enabled` and ``RUNICORN_ON`` decide.
    capture_env : bool
        Write environment.json: interpreter, packages, platform, git commit, allowed environment variables with secrets
        masked. In a thread.
    capture_git_diff : bool
        Write git.diff, what differs from the last commit, masked.
    capture_console : bool
        Keep what is printed in logs.txt.
    tqdm_mode : {"smart", "all", "none"}
        What is kept of progress bars: the last state, all states, nothing.
    snapshot_code : bool
        Write code_snapshot.zip of `workspace_root`, without what ``.rnignore`` names. In a thread.
    workspace_root : path, optional
        Without it the repository around the current folder.
    snapshot_format : {"zip"}
        The only one there is.
    force_snapshot : bool
        Take the snapshot however large it is.
    telemetry : bool or float
        Sample load and memory of machine, process and GPUs every 5 seconds, or as many as given.
    private : bool, optional
        True writes nothing of the above and nothing else about this machine or notebook; without it
        ``RUNICORN_PRIVATE`` decides.
    strict : bool
        Raise every fault instead of counting it; for tests.

    Returns
    -------
    Run
        A `NoOpRun` when tracking is switched off.

    Raises
    ------
    ValueError, TypeError
        An argument is wrong. A disk that cannot be written is no reason: the run then keeps its points in the cache.
    """
    asked = {key: value for key, value in locals().items() if key != "unknown"}
    _refuse(unknown)
    if not (is_enabled() if enabled is None else enabled):
        endings.end_active()
        off = NoOpRun(project or "default", name or "default", path or "", alias)
        endings.activate(off)
        return off
    plan, parts = _plan(asked)
    endings.end_active()
    plan, meeting = _meet(plan)
    run = Run(plan, parts)
    endings.activate(run)
    if plan.joins is None:
        ranks.inherit(run.run_dir)
        run.call_at_end(ranks.disinherit)
        with contextlib.suppress(OSError):
            if meeting is not None:
                meeting.announce(run.run_dir)
        _announce(run)
    return run


def prepare(project: str | None, keywords: dict[str, Any]) -> tuple[Plan, Recorded]:
    """Return what ``Run(…)`` asks for, used as a class; it takes the keywords of `init`.

    Raises
    ------
    ValueError, TypeError
        As `init`.
    """
    _refuse({key: value for key, value in keywords.items() if key not in DEFAULTS})
    given = {} if project is None else {"project": project}
    return _plan({**DEFAULTS, **keywords, **given})


def join(root: str, project: str, name: str, run_id: str) -> Run:
    """Return the run of another process, to add points to: what a pickled run becomes where it is unpickled."""
    current = endings.active()
    if current is not None and (current.id, str(current.storage_root)) == (run_id, root):
        return current
    if not is_enabled():
        return NoOpRun(project, name)
    run_dir = Path(root, project, name, "runs", run_id)
    key = (os.getpid(), str(run_dir))
    if key not in _joined:
        known = ranks.current()
        rank = known.number if known is not None and known.number > 0 else None
        _joined[key] = Run(Plan(Path(root), project, name, f"{project}/{name}", joins=run_dir, rank=rank))
        if current is None:
            endings.activate(_joined[key])
    return _joined[key]


def _plan(asked: Mapping[str, Any]) -> tuple[Plan, Recorded]:
    root = find_root(asked["storage"]).path
    run_id, resume = _resumed(asked["run_id"], asked["resume"])
    by_variable = run_id is None and bool(os.environ.get(RUN_VARIABLE))
    run_id = os.environ[RUN_VARIABLE] if by_variable else run_id
    run_id = None if run_id is None else safe_name(run_id, "run id")
    project, name, path = asked["project"], asked["name"], asked["path"]
    home = home_of(root, run_id) if run_id and (by_variable or project is name is path is None) else None
    # What exists is taken as it is called; only what may be made is checked.
    project, name, path = (*home, "/".join(home)) if home else names(project, name, path)
    private = is_private(asked["private"])
    plan = Plan(
        root=root,
        project=project,
        name=name,
        path=path,
        run_id=run_id,
        alias=_text(asked["alias"], "alias"),
        config=_config(asked["config"]),
        tags=_tags(asked["tags"]),
        notes=_text(asked["notes"], "notes"),
        strict=bool(asked["strict"]),
        private=private,
    )
    _check_resume(plan, resume)
    if by_variable and run_id and (plan.folder / run_id).is_dir() and living_owner(plan.folder / run_id):
        plan = plan._replace(joins=plan.folder / run_id)
    return plan, recorded(dict(asked), private=private)


def _meet(plan: Plan) -> tuple[Plan, ranks.Meeting | None]:
    """Find the run of rank 0, as a process of a higher rank; make the meeting place, as rank 0."""
    rank = ranks.current()
    if rank is None:
        return plan, None
    meeting = ranks.Meeting(plan.root, rank)
    if rank.number == 0:
        above = plan.joins or ranks.inherited()
        return (plan, meeting) if above is None else (_in(plan, above), None)
    run_dir = plan.joins or meeting.find()
    if run_dir is None:
        tell(f"rank {rank.number} found no run of rank 0 in {ranks.RANK_WAIT:.0f} seconds and makes a run of its own.")
        return plan._replace(run_id=None), None
    return _in(plan, run_dir)._replace(rank=rank.number), None


def _in(plan: Plan, run_dir: Path) -> Plan:
    *_, project, name, _, _ = run_dir.parts
    return plan._replace(project=project, name=name, joins=run_dir)


def _resumed(run_id: str | None, resume: str | bool | None) -> tuple[str | None, str]:
    if resume is None or isinstance(resume, bool):
        return run_id, "allow"
    if not isinstance(resume, str):
        raise TypeError(f"resume must be {', '.join(map(repr, RESUME))} or a run id, not {type(resume).__name__}.")
    if resume in RESUME:
        return run_id, resume
    if run_id not in {None, resume}:
        raise BadRequest(f"resume={resume!r} and run_id={run_id!r} name two runs; give one of them.")
    return resume, "must"


def _check_resume(plan: Plan, resume: str) -> None:
    if resume == "must" and plan.run_id is None:
        raise BadRequest("resume='must' needs to know which run: give run_id=, or resume=<run id>.")
    there = plan.run_id is not None and (plan.folder / plan.run_id).is_dir()
    if resume == "must" and not there:
        raise BadRequest(f"There is no run {plan.run_id!r} in {plan.project}/{plan.name} to resume.")
    if resume == "never" and there:
        raise BadRequest(f"A run {plan.run_id!r} exists in {plan.project}/{plan.name}, and resume='never' forbids it.")


def _refuse(unknown: Mapping[str, Any]) -> None:
    for word in unknown:
        from difflib import get_close_matches

        near = get_close_matches(word, list(DEFAULTS), n=1, cutoff=0.0)
        raise TypeError(f"init() has no keyword {word!r}; did you mean {near[0]!r}?")


def _config(config: Any) -> dict[str, Any] | None:
    if config is None:
        return None
    found = None if isinstance(config, type) else members(config)
    found = getattr(config, "__dict__", None) if found is None else found
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
