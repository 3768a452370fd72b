"""Deleting runs, bringing them back and removing them for good: what a workspace answers about its recycle bin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from runicorn_jupyter.store.bin.outcomes import DeletedRun, Outcome, Removal

if TYPE_CHECKING:
    from runicorn_jupyter.store.store import Store


class RunBin:
    """Calls on the recycle bin of one store."""

    _store: Store

    def delete(
        self, run_ids: Sequence[str], *, reason: str = "user_deleted", force: bool = False, paths: Sequence[str] = ()
    ) -> Outcome:
        """Put at most 100 runs into the recycle bin; `paths` tell runs of one id apart, what is running needs `force`.

        Each that cannot be deleted is told in ``errors`` and holds up no other.
        """
        return self._store.bin.delete(run_ids, reason=reason, force=force, paths=paths)

    def recycle_bin(self) -> tuple[DeletedRun, ...]:
        """Return what is in the recycle bin, the latest deleted first."""
        return self._store.bin.entries()

    def restore(self, run_ids: Sequence[str], *, paths: Sequence[str] = ()) -> Outcome:
        """Put runs back where they were before they were deleted; what is there now is never covered."""
        return self._store.bin.restore(run_ids, paths=paths)

    def remove(self, run_ids: Sequence[str], *, dry_run: bool = False, paths: Sequence[str] = ()) -> Removal:
        """Remove runs for good, in the recycle bin or not; with `dry_run` only say what that would free."""
        return self._store.bin.remove(run_ids, dry_run=dry_run, paths=paths)

    def empty_bin(self) -> Outcome:
        """Remove everything in the recycle bin for good."""
        return self._store.bin.empty()
