"""The calls of a run that store something to look at or listen to."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from runicorn_jupyter.tracking.calls import Calls, guarded
from runicorn_jupyter.tracking.writing.points import text_of


class RunMedia(Calls):
    """Pictures, tables, sounds, figures and files: each becomes a file in ``media`` and one event that names it.

    Each call returns the file's path relative to the run directory, None when it failed.
    """

    @guarded
    def log_image(
        self,
        key: str,
        image: Any,
        step: int | None = None,
        caption: str | None = None,
        format: str = "png",  # noqa: A002 - the documented name
        quality: int = 90,
    ) -> str:
        """Store a picture; return its path relative to the run directory, None when that failed.

        Parameters
        ----------
        key : str
            Under which it is shown; pictures of one key are frames of one strip.
        image : bytes, path, PIL image, numpy array or matplotlib figure
            Arrays are H x W or H x W x C, ``uint8`` or floats from 0 to 1.
        step : int, optional
            Goes along with the picture; the counter of `log` is left alone.
        caption : str, optional
            Shown below it.
        format : str
            The file format for arrays, PIL images and figures.
        quality : int
            For JPEG and WebP.
        """
        from runicorn_jupyter.tracking.media.pictures import picture

        made, extension = picture(image, format.lower().lstrip("."), quality)
        place = self._store(key, made, extension)
        self._log_media("image", key, place, step, caption)
        return place

    @guarded
    def log_file(self, key: str, path: str | PathLike[str], step: int | None = None, caption: str | None = None) -> str:
        """Copy a file into the run; return the copy's path relative to the run directory, None when that failed."""
        source = Path(path)
        place = self._store(key, source, source.suffix)
        self._log_media("file", key, place, step, caption)
        return place

    @guarded
    def log_table(
        self,
        key: str,
        table: Any,
        step: int | None = None,
        caption: str | None = None,
        columns: Any = None,
    ) -> str:
        """Store a table as JSON that ``pandas.read_json(path, orient="split")`` reads back.

        Parameters
        ----------
        key : str
            Under which it is shown.
        table : DataFrame, list of dicts, dict of columns, list of rows or 2-d array
            At most 10,000 rows are kept; the event says how many there were.
        step, caption : optional
            As in `log_image`.
        columns : sequence of str, optional
            Names for a list of rows or an array.
        """
        from runicorn_jupyter.tracking.media.sheets import sheet

        made = sheet(table, columns, self._faults.note)
        place = self._store(key, made.body, "json")
        self._log_media("table", key, place, step, caption, columns=made.columns, rows=made.rows)
        return place

    @guarded
    def log_audio(
        self,
        key: str,
        audio: Any,
        sample_rate: int | None = None,
        step: int | None = None,
        caption: str | None = None,
    ) -> str:
        """Store a sound.

        Parameters
        ----------
        key : str
            Under which it is shown.
        audio : array, bytes or path
            Arrays are samples, or samples x channels: floats from -1 to 1, or integers of up to 16 bits; they become a
            WAV file of 16 bits. Bytes and files keep what they are.
        sample_rate : int
            Samples a second; needed for arrays.
        step, caption : optional
            As in `log_image`.
        """
        from runicorn_jupyter.tracking.media.sounds import sound

        made = sound(audio, sample_rate)
        place = self._store(key, made.body, made.extension)
        self._log_media("audio", key, place, step, caption, sample_rate=made.rate, seconds=made.seconds)
        return place

    @guarded
    def log_figure(self, key: str, figure: Any, step: int | None = None, caption: str | None = None) -> str | None:
        """Store a plotly figure as JSON; a matplotlib figure becomes a picture, as `log_image` stores it."""
        if hasattr(figure, "savefig"):
            return self.log_image(key, figure, step, caption)
        if not hasattr(figure, "to_plotly_json"):
            raise TypeError(f"log_figure() takes a plotly or matplotlib figure, not {type(figure).__name__}")
        place = self._store(key, figure.to_json().encode(), "json")
        self._log_media("figure", key, place, step, caption, format="plotly")
        return place

    def _store(self, key: str, made: bytes | Path, extension: str) -> str:
        from runicorn_jupyter.tracking.media.files import file_name, store_bytes, store_copy

        name = file_name(text_of(key), extension)
        if isinstance(made, bytes):
            return store_bytes(self.run_dir, name, made)
        return store_copy(self.run_dir, name, made)
