"""The places on a page where one view stands, each under a display id of its own."""

from __future__ import annotations

import uuid
from typing import Any

from runicorn_jupyter.widgets.hosts import Cell

Bundle = tuple[dict[str, Any], dict[str, Any]]


class Outputs:
    """Shows a bundle in the running cell and later replaces it in every place at once, from any thread."""

    def __init__(self) -> None:
        self._places: list[tuple[str, Cell]] = []

    def __len__(self) -> int:
        return len(self._places)

    def show(self, bundle: Bundle, cell: Cell) -> None:
        """Display `bundle` in the running cell."""
        name = uuid.uuid4().hex
        self._places.append((name, cell))
        _publish(bundle, name, update=False)

    def note(self, cell: Cell) -> None:
        """Remember that the running cell said it in words, where nothing can be replaced."""
        self._places.append(("", cell))

    def update(self, bundle: Bundle) -> None:
        """Replace what stands in every place."""
        for name, _ in list(self._places):
            if name:
                _publish(bundle, name, update=True)

    def shown_in(self, cell: Cell) -> bool:
        """Tell whether this very execution of the cell has shown it already."""
        return any(place.execution == cell.execution for _, place in self._places if cell.execution)

    def forget(self, cell: Cell) -> None:
        """Drop the places of earlier executions of `cell`: running it again cleared them."""
        if cell.id:
            self._places = [
                (name, place)
                for name, place in self._places
                if place.id != cell.id or place.execution == cell.execution
            ]


def _publish(bundle: Bundle, name: str, *, update: bool) -> None:
    from IPython.display import display

    data, metadata = bundle
    display(data, metadata=metadata, raw=True, display_id=name, update=update)  # type: ignore[no-untyped-call]
