"""The calls of a run that say what it was made from and what it made."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.calls import Calls, guarded
from runicorn_jupyter.tracking.writing.documents import fit
from runicorn_jupyter.tracking.writing.members import members
from runicorn_jupyter.tracking.writing.points import text_of

_MAX_BYTES = 5 * 1024**3
_MAX_FILES = 2_000_000


class RunAssets(Calls):
    """Parameters, data sets, pretrained models and outputs, in the run's assets.json."""

    config: dict[str, Any]
    _outputs: Any = None

    @guarded
    def log_config(
        self,
        args: Any = None,
        extra: Mapping[str, Any] | None = None,
        config_files: Sequence[str | PathLike[str]] | None = None,
    ) -> None:
        """Merge parameters into those that `init` was given.

        Parameters
        ----------
        args : mapping, argparse.Namespace or dataclass
            The parameters, shown with the run.
        extra : mapping, optional
            Kept beside them.
        config_files : sequence of paths, optional
            Named, not copied.
        """
        from runicorn_jupyter.tracking.writing.header import put_config

        note = self._faults.note
        found = {} if args is None else members(args)
        found = vars(args) if found is None else found
        fitted = fit(found, note)
        self.config.update(fitted)
        if self._recorder.owner:
            files = [str(Path(path).absolute()) for path in config_files or ()]
            put_config(self._recorder.documents, fitted, fit(extra or {}, note), files)

    @guarded
    def log_dataset(
        self,
        name: str,
        root_or_uri: str | PathLike[str] | Mapping[str, Any],
        context: str = "train",
        save: bool = False,
        description: str | None = None,
        force_save: bool = False,
        max_archive_bytes: int = _MAX_BYTES,
        max_archive_files: int = _MAX_FILES,
    ) -> None:
        """Say which data the run uses; a path of this machine is measured, and copied when asked, in the background.

        Parameters
        ----------
        name : str
            What it is called.
        root_or_uri : path, text or mapping
            A file, a folder, an address such as ``s3://…``, or anything that describes it.
        context : str
            ``train``, ``val`` and so on.
        save : bool
            Copy it into ``ROOT/archive``; equal files are kept once.
        description : str, optional
            Free text.
        force_save, max_archive_bytes, max_archive_files
            More than these limits is copied only with `force_save`; otherwise the entry says why it is not.
        """
        entry = {
            "name": text_of(name),
            "context": text_of(context),
            "uri": self._place_of(root_or_uri),
            "description": None if description is None else text_of(description),
            "saved": False,
            "fingerprint": None,
        }
        limits = (None, None) if force_save else (max_archive_bytes, max_archive_files)
        self._add_asset("datasets", entry, root_or_uri, save, limits)

    @guarded
    def log_pretrained(
        self,
        name: str,
        path_or_uri: str | PathLike[str] | Mapping[str, Any] | None = None,
        save: bool = False,
        source_type: str = "unknown",
        description: str | None = None,
        force_save: bool = False,
        max_archive_bytes: int = _MAX_BYTES,
        max_archive_files: int = _MAX_FILES,
    ) -> None:
        """Say which pretrained model the run starts from; as `log_dataset`, with a `source_type`."""
        entry = {
            "name": text_of(name),
            "source_type": text_of(source_type),
            "path_or_uri": self._place_of(path_or_uri),
            "description": None if description is None else text_of(description),
            "saved": False,
        }
        limits = (None, None) if force_save else (max_archive_bytes, max_archive_files)
        self._add_asset("pretrained", entry, path_or_uri, save, limits)

    @guarded
    def scan_outputs_once(
        self,
        output_dirs: Sequence[str | PathLike[str]],
        patterns: Sequence[str] | None = None,
        stable_required: int = 2,
        min_age_sec: float = 1.0,
        mode: str = "rolling",
        log_snapshot_interval_sec: float = 60.0,
        state_gc_after_sec: float = 604_800,
    ) -> dict[str, Any]:
        """Keep the files of some folders that have changed and come to rest; return what was seen and kept.

        Parameters
        ----------
        output_dirs : sequence of paths
            Looked through with all that is below them.
        patterns : sequence of str, optional
            File names such as ``*.pt``; every file without.
        stable_required : int
            Looks in a row that must find a file unchanged.
        min_age_sec : float
            Seconds since its last change.
        mode : str
            ``rolling``: the latest copy of each file, under ``ROOT/archive/outputs``.
        log_snapshot_interval_sec : float
            Files that grow (``.log``, ``.txt``, ``.out``, ``.err``) are copied once in so many seconds.
        state_gc_after_sec : float
            Files that were not seen for so long are forgotten; their copies stay.
        """
        from runicorn_jupyter.tracking.assets.outputs import rules_of

        _check_mode(mode)
        rules = rules_of(
            output_dirs, patterns, stable_required=stable_required, min_age_sec=min_age_sec,
            log_snapshot_interval_sec=log_snapshot_interval_sec, state_gc_after_sec=state_gc_after_sec,
        )  # fmt: skip
        found: dict[str, Any] = self._watched_outputs().scan(rules)
        return found

    @guarded
    def watch_outputs(
        self,
        output_dirs: Sequence[str | PathLike[str]],
        interval_sec: float = 10.0,
        patterns: Sequence[str] | None = None,
        stable_required: int = 2,
        min_age_sec: float = 1.0,
        mode: str = "rolling",
        log_snapshot_interval_sec: float = 60.0,
        state_gc_after_sec: float = 604_800,
    ) -> None:
        """Do what `scan_outputs_once` does every `interval_sec` seconds in a thread, and a last time at `finish`."""
        from runicorn_jupyter.tracking.assets.outputs import rules_of

        _check_mode(mode)
        rules = rules_of(
            output_dirs, patterns, stable_required=stable_required, min_age_sec=min_age_sec,
            log_snapshot_interval_sec=log_snapshot_interval_sec, state_gc_after_sec=state_gc_after_sec,
        )  # fmt: skip
        self._watched_outputs().watch(rules, interval_sec)

    @guarded
    def stop_outputs_watch(self) -> None:
        """Look a last time and end what `watch_outputs` began."""
        if self._outputs is not None:
            self._outputs.stop()

    def _watched_outputs(self) -> Any:
        if self._outputs is None:
            from runicorn_jupyter.tracking.assets.outputs import Outputs

            self._outputs = Outputs(self.storage_root, self.run_dir, self._add_output, self._faults)
        return self._outputs

    def _add_output(self, entry: dict[str, Any]) -> None:
        self._change_assets("outputs", lambda known: [*(old for old in known if old.get("key") != entry["key"]), entry])

    def _add_asset(
        self, kind: str, entry: dict[str, Any], source: Any, save: bool, limits: tuple[int | None, int | None]
    ) -> None:
        """Write the entry now, and what takes long to find out about it later; an entry of one name is replaced."""
        self._replace_asset(kind, entry)
        if not isinstance(source, str | os.PathLike) or "://" in os.fspath(source):
            return
        path = Path(os.path.abspath(os.path.expanduser(source)))  # noqa: PTH100, PTH111

        def finish() -> None:
            from runicorn_jupyter.tracking.assets import archive

            if not save:
                self._replace_asset(kind, {**entry, "fingerprint": archive.measure(path)})
                return
            try:
                kept = archive.keep(self.storage_root, path, kind, most_bytes=limits[0], most_files=limits[1])
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else str(error)
                self._replace_asset(kind, {**entry, "problem": f"not saved: {reason}"})
                raise
            self._replace_asset(kind, {**entry, **kept})

        if save or kind == "datasets":
            self._errands.add("archive", finish)

    def _replace_asset(self, kind: str, entry: dict[str, Any]) -> None:
        same = ("name", "context") if kind == "datasets" else ("name",)

        def put(known: list[dict[str, Any]]) -> list[dict[str, Any]]:
            places = [at for at, old in enumerate(known) if all(old.get(key) == entry[key] for key in same)]
            return [*known, entry] if not places else [*known[: places[0]], entry, *known[places[0] + 1 :]]

        self._change_assets(kind, put)

    def _change_assets(self, kind: str, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        from runicorn_jupyter.tracking.writing.header import EMPTY_ASSETS

        if self._recorder.owner:
            documents = self._recorder.documents
            with documents.held():
                known = documents["assets"].get(kind)
                listed = [entry for entry in known if isinstance(entry, dict)] if isinstance(known, list) else []
                documents.update("assets", {**EMPTY_ASSETS, **documents["assets"], kind: change(listed)})

    def _place_of(self, source: Any) -> Any:
        if isinstance(source, Mapping):
            return fit(source, self._faults.note)
        if source is None:
            return None
        text = os.fspath(source) if isinstance(source, str | os.PathLike) else text_of(source)
        return text if "://" in text else os.path.abspath(os.path.expanduser(text))  # noqa: PTH100, PTH111


def _check_mode(mode: str) -> None:
    if mode != "rolling":
        raise ValueError(f"mode can only be 'rolling', not {mode!r}")
