"""`runicorn artifacts`: list, look into, fetch, check, delete, and free what nobody needs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runicorn_jupyter.cli import parser as arguments
from runicorn_jupyter.cli.output import confirm, plain, say, say_json, size, table
from runicorn_jupyter.cli.place import opened
from runicorn_jupyter.cli.runs import moment
from runicorn_jupyter.errors import BadRequest
from runicorn_jupyter.models import STAGES

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import Workspace

_FAILED = 1
_LATEST = "latest"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the actions, and the documented options that say the same."""
    add = parser.add_argument
    add("verb", nargs="?", choices=tuple(_ACTIONS), metavar="ACTION", help=", ".join(_ACTIONS))
    add("spec", nargs="?", metavar="NAME[:VERSION]", help="which artifact, and which version: 3, v3 or an alias")
    add("--action", choices=tuple(_ACTIONS), help="the same as ACTION")
    add("--name", metavar="NAME", help="the same as NAME")
    add("--version", metavar="VERSION", help="the same as VERSION")
    add("--type", metavar="TYPE", help="with list: only this type; else which of several with one name")
    add("--permanent", action="store_true", help="with delete: for good, instead of so that it can be restored")
    add("--force", action="store_true", help="with delete and gc: do not ask first")
    add("--dry-run", action="store_true", help="with gc: only say what would be freed")
    add("--fetch", action="store_true", help="with verify: also read what http and https references lead to")
    add("--out", metavar="DIR", help="with download: the folder (default: NAME-vN here)")
    add("--alias", metavar="WORD", help="with alias: the word that is to mean the version")
    add("--stage", choices=STAGES, help="with promote: the stage to move to")
    add("--format", choices=("text", "json", "dot", "mermaid"), default="text", help="with lineage")
    add("--json", action="store_true", help="print JSON")
    arguments.storage(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Do the action; return 1 when something is not as it should be, or nobody said yes."""
    action = options.verb or options.action
    if action is None:
        raise BadRequest(f"What is to be done? One of {', '.join(_ACTIONS)}.")
    if options.verb and options.action and options.verb != options.action:
        raise BadRequest(f"{options.verb!r} and --action {options.action} say different things; give one.")
    _take_spec(options)
    with opened(options, whole=action == "lineage") as hall:
        return _ACTIONS[action](hall, options)


def _take_spec(options: argparse.Namespace) -> None:
    if options.spec:
        name, _, version = options.spec.partition(":")
        if options.name not in {None, name} or (version and options.version not in {None, version}):
            raise BadRequest(f"{options.spec!r} and --name or --version say different things; give one.")
        options.name, options.version = name, version or options.version


def _named(options: argparse.Namespace) -> str:
    if not options.name:
        raise BadRequest("Which artifact? Name it: NAME or NAME:VERSION; `runicorn artifacts list` shows them.")
    return str(options.name)


def _chosen(options: argparse.Namespace) -> tuple[str, str, str | None]:
    """Return name, version and type, for what has a harmless default."""
    return _named(options), options.version or _LATEST, options.type


def _meant(options: argparse.Namespace) -> tuple[str, str, str | None]:
    """Return the same, for what changes a version: that has to be named."""
    name = _named(options)
    if not options.version:
        raise BadRequest(f"Which version? Name it: {name}:v3, or an alias.")
    return name, options.version, options.type


def _list(hall: Workspace, options: argparse.Namespace) -> int:
    items = hall.artifacts.list(options.type)
    if options.json:
        say_json([item.item() for item in items])
        return 0
    rows = [("NAME", "TYPE", "VERSIONS", "SIZE", "CHANGED", "ALIASES")]
    for item in items:
        told = item.item()
        aliases = ", ".join(f"{alias}=v{number}" for alias, number in sorted(item.aliases.items()))
        counted = str(told["num_versions"])
        rows.append((item.name, item.type, counted, size(told["size_bytes"]), moment(item.updated_at), aliases))
    _print(rows, "artifact")
    return 0


def _versions(hall: Workspace, options: argparse.Namespace) -> int:
    found = hall.artifacts.versions(_named(options), options.type)
    if options.json:
        say_json([row.item() for row in found])
        return 0
    rows = [("VERSION", "SIZE", "FILES", "CREATED", "RUN", "ALIASES")]
    for row in found:
        marks = ", ".join([*row.aliases, *(["deleted"] if row.deleted else [])])
        run = row.created_by_run or "–"
        rows.append((f"v{row.version}", size(row.size_bytes), str(row.num_files), moment(row.created_at), run, marks))
    _print(rows, "version")
    return 0


def _info(hall: Workspace, options: argparse.Namespace) -> int:
    told = hall.artifacts.version(*_chosen(options)).item()
    if options.json:
        say_json(told)
        return 0
    told["size_bytes"] = size(told["size_bytes"])
    told["created_at"], told["updated_at"] = moment(told["created_at"]), moment(told["updated_at"])
    say(table([(key, plain(str(value))) for key, value in told.items() if value not in (None, "", [], {})]))
    return 0


def _files(hall: Workspace, options: argparse.Namespace) -> int:
    found = hall.artifacts.files(*_chosen(options))
    if options.json:
        say_json(found.item())
        return 0
    rows = [("PATH", "SIZE", "SHA-256")]
    rows += [(one.path, size(one.size), one.digest.removeprefix("sha256:")[:12]) for one in found.manifest.files]
    rows += [(one.uri, "–" if one.size is None else size(one.size), "reference") for one in found.manifest.references]
    _print(rows, "entry")
    return 0


def _download(hall: Workspace, options: argparse.Namespace) -> int:
    found = hall.artifacts.version(*_chosen(options))
    target = Path(options.out or f"{found.name}-v{found.version}")
    if not options.out and target.exists():
        raise BadRequest(f"There is a {target} already; name a folder with --out.")
    done = hall.artifacts.fetch(found.name, found.version, target, found.type)
    if options.json:
        say_json({"artifact": found.full_name, "folder": str(target), "files": done})
    else:
        say(f"{found.full_name}: {done} files, {size(found.size_bytes)}, in {target}")
    return 0


def _delete(hall: Workspace, options: argparse.Namespace) -> int:
    found = hall.artifacts.version(*_meant(options))
    how = "for good" if options.permanent else "so that it can be restored"
    if not options.force and not confirm(f"Delete {found.full_name} ({found.type}) {how}?"):
        say("Nothing was deleted. Say y, or give --force.")
        return _FAILED
    hall.artifacts.delete(found.name, found.version, found.type, permanent=options.permanent)
    _done(options, f"{found.full_name} is deleted {how}.")
    return 0


def _restore(hall: Workspace, options: argparse.Namespace) -> int:
    found = hall.artifacts.restore(*_meant(options))
    _done(options, f"{found.full_name} is back.")
    return 0


def _alias(hall: Workspace, options: argparse.Namespace) -> int:
    name, version, kind = _meant(options)
    if not options.alias:
        raise BadRequest("Which word? Give it with --alias.")
    item = hall.artifacts.set_alias(name, options.alias, version, kind)
    _done(options, f"{name}:{options.alias} is v{item.aliases[options.alias]}.")
    return 0


def _promote(hall: Workspace, options: argparse.Namespace) -> int:
    name, version, kind = _meant(options)
    if not options.stage:
        raise BadRequest(f"To which stage? Give --stage, one of {', '.join(STAGES)}.")
    before, now = hall.artifacts.promote(name, version, options.stage, type=kind)
    _done(options, f"{now.full_name} went from {before} to {now.lifecycle_stage}.")
    return 0


def _gc(hall: Workspace, options: argparse.Namespace) -> int:
    found = hall.artifacts.collect(dry_run=True)
    much = f"{found.blobs} contents and {found.leftovers} unfinished versions, {size(found.freed_bytes)}"
    asks = not (options.dry_run or options.force) and (found.blobs or found.leftovers)
    if asks and not confirm(f"Free {much}?"):
        say(f"Nothing was freed. {much} could be: say y, or give --force.")
        return _FAILED
    if not options.dry_run:
        found = hall.artifacts.collect(dry_run=False)
        much = f"{found.blobs} contents and {found.leftovers} unfinished versions, {size(found.freed_bytes)}"
    if options.json:
        say_json(found.item())
    else:
        say(f"{'Would free' if options.dry_run else 'Freed'} {much}.")
    return 0


def _verify(hall: Workspace, options: argparse.Namespace) -> int:
    """Check one version, or every version of one artifact, or of all."""
    items = [hall.artifacts.find(options.name, options.type)] if options.name else hall.artifacts.list(options.type)
    checked = []
    for item in items:
        wanted = [options.version] if options.version else [row.version for row in item.versions]
        checked += [hall.artifacts.verify(item.name, version, item.type, fetch=options.fetch) for version in wanted]
    if options.json:
        say_json([found.item() for found in checked])
    else:
        for found in checked:
            for path, problem in found.problems.items():
                say(f"{found.artifact}  {path} {problem}")
            for uri, reason in found.unchecked.items():
                say(f"{found.artifact}  {plain(uri)} {reason}")
        bad = sum(not found.ok for found in checked)
        read = size(sum(found.size_bytes for found in checked))
        say(f"{len(checked) - bad} of {len(checked)} versions are as they were saved, {read} read")
    return 0 if all(found.ok for found in checked) else _FAILED


def _stats(hall: Workspace, options: argparse.Namespace) -> int:
    told = hall.artifacts.stats().item()
    if options.json:
        say_json(told)
        return 0
    rows = [("TYPE", "ARTIFACTS", "VERSIONS", "SIZE")]
    for kind, one in sorted(told["by_type"].items()):
        rows.append((kind, str(one["count"]), str(one["versions"]), size(one["size_bytes"])))
    _print(rows, "type")
    kept, saved = size(told["dedup_pool_size_bytes"]), size(max(0, told["space_saved_bytes"]))
    say(f"{size(told['total_size_bytes'])} in {told['total_versions']} versions; {kept} on disk, {saved} saved")
    return 0


def _lineage(hall: Workspace, options: argparse.Namespace) -> int:
    graph = hall.artifacts.lineage(*_chosen(options))
    if options.json or options.format == "json":
        say_json(graph.item())
    elif options.format != "text":
        say(hall.artifacts.draw(graph, options.format).rstrip("\n"))
    else:
        labels = {node.node_id: node.label for node in graph.nodes}
        rows = [(labels[edge.source], edge.edge_type, labels[edge.target]) for edge in graph.edges]
        _print([("FROM", "", "TO"), *rows], "step")
    return 0


def _print(rows: Sequence[tuple[str, ...]], what: str) -> None:
    count = len(rows) - 1
    if count:
        say(table([tuple(map(plain, row)) for row in rows]))
    plural = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    say(f"{count} {what if count == 1 else plural}")


def _done(options: argparse.Namespace, sentence: str) -> None:
    if options.json:
        say_json({"success": True, "message": sentence})
    else:
        say(sentence)


_ACTIONS: dict[str, Callable[[Workspace, argparse.Namespace], int]] = {
    "list": _list,
    "versions": _versions,
    "info": _info,
    "files": _files,
    "download": _download,
    "delete": _delete,
    "restore": _restore,
    "alias": _alias,
    "promote": _promote,
    "lineage": _lineage,
    "gc": _gc,
    "verify": _verify,
    "stats": _stats,
}
