"""How much an archive may hold before it is refused: an archive may be anybody's, and may be made to burst a disk."""

from __future__ import annotations

from dataclasses import dataclass

from runicorn_jupyter.errors import TooLarge

_SMALL = 32 * 1024**2
"""Bytes that do no harm however well they were packed."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The limits of one import.

    ``entries`` files and folders, ``size`` bytes when unpacked, ``ratio`` unpacked bytes for each packed one (archives
    below 32 MiB are never refused for it), ``depth`` folders in each other, ``header`` bytes of one entry's
    description.
    """

    entries: int = 200_000
    size: int = 256 * 1024**3
    ratio: int = 200
    depth: int = 64
    header: int = 1024**2

    def check_entries(self, count: int) -> None:
        """Raise TooLarge when there are too many entries."""
        if count > self.entries:
            raise TooLarge(f"The archive holds more than {self.entries} files and folders; nothing was imported.")

    def check_size(self, size: int, packed: int) -> None:
        """Raise TooLarge when `size` bytes out of `packed` are too many, or too many for so few."""
        if size > self.size:
            raise TooLarge(f"The archive unpacks to more than {self.size / 1024**3:.3g} GiB; nothing was imported.")
        if size > _SMALL and size > self.ratio * max(packed, 1):
            raise TooLarge(
                f"The archive unpacks to more than {self.ratio} times its own size, as one does that is made to fill a"
                " disk; nothing was imported. If it is your own: runicorn import --trust."
            )


TRUSTED = Caps(entries=10_000_000, size=1 << 60, ratio=1 << 40)
"""For an archive that its owner vouches for; names, links and damage are refused all the same."""
