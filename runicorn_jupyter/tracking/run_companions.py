"""What goes along with a run because `init` was asked for it: environment, provenance, code, console, telemetry."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runicorn_jupyter.paths import write_atomically
from runicorn_jupyter.tracking.calls import Calls
from runicorn_jupyter.tracking.ending import endings
from runicorn_jupyter.tracking.surroundings.options import Recorded
from runicorn_jupyter.tracking.writing.keeper import keeper


class RunCompanions(Calls):
    """Starts the companions of a run; each is imported only when it is asked for."""

    _at_end: list[Callable[[], object]]
    _last: dict[str, Any]

    def _accompany(self, asked: Recorded) -> None:
        """Start what `asked` says; what takes long runs in a thread, and nothing here raises into training."""
        owner = self._recorder.owner
        parts: tuple[tuple[str, bool, Callable[[], object]], ...] = (
            ("console", asked.console, lambda: self._capture(asked.tqdm_mode)),
            ("environment", asked.environment and owner, lambda: self._describe(git_diff=asked.git_diff)),
            # Outside a notebook this costs one look into a dict.
            ("provenance", asked.provenance and owner and "IPython" in sys.modules, self._trace),
            ("snapshot", asked.code and owner, lambda: self._keep_code(asked)),
            ("telemetry", asked.telemetry is not None and owner, lambda: self._measure(asked.telemetry or 0.0)),
        )
        for kind, wanted, start in parts:
            if wanted:
                try:
                    start()
                except Exception as error:  # noqa: BLE001 - nothing raises into training
                    self._faults.caught(kind, error)

    def _capture(self, mode: str) -> None:
        from runicorn_jupyter.tracking.printed.console import Console

        console = Console(self._recorder.logs.path, mode, self._faults)
        self._at_end.append(console.stop)
        keeper.keep(console)

    def _describe(self, *, git_diff: bool) -> None:
        folder = Path.cwd()

        def write() -> None:
            from runicorn_jupyter.tracking.surroundings import environment, git

            self._recorder.documents.update("environment", environment.environment(folder))
            diff = git.git_diff(folder) if git_diff else None
            if diff:
                write_atomically(self.run_dir / "git.diff", diff.encode("utf-8", "replace"), sync=False)

        self._errands.add("environment", write)

    def _trace(self) -> None:
        from runicorn_jupyter.tracking.cells import notebook
        from runicorn_jupyter.tracking.cells.provenance import Provenance

        shell = notebook.shell()
        if shell is None:
            return
        documents = self._recorder.documents
        kept = Provenance(documents.load("provenance"), shell)

        def write() -> None:
            documents.update("provenance", kept.describe())

        self._errands.add("provenance", write)

        seen = [self._last]

        def note(cell_id: Any, execution_count: Any, code: Any) -> None:
            if seen[0] is not self._last:
                seen[0] = self._last
                if kept.add(cell_id, execution_count, code):
                    self._errands.add("provenance", write)

        endings.after_cell(note)
        self._at_end.append(lambda: endings.after_cell(None))

    def _keep_code(self, asked: Recorded) -> None:
        from runicorn_jupyter.tracking.assets.snapshot import snapshot_entry, workspace

        top = workspace(asked.workspace_root)

        def write() -> None:
            entry = snapshot_entry(top, self.run_dir / "code_snapshot.zip", force=asked.force_snapshot)
            documents = self._recorder.documents
            with documents.held():
                code = documents["assets"].get("code")
                known = code if isinstance(code, dict) else {}
                documents.update("assets", {"code": {**known, "snapshot": entry}})

        documents = self._recorder.documents
        documents.update("meta", {"workspace_root": str(top)})
        self._errands.add("snapshot", write)

    def _measure(self, every: float) -> None:
        from runicorn_jupyter.tracking.surroundings.telemetry import Telemetry

        self._at_end.append(Telemetry(self._recorder.another_file("telemetry.jsonl"), every).stop)
