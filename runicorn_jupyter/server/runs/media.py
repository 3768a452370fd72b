"""Images and files of a run: bytes by range, never a page in our origin (W20, W21)."""

from __future__ import annotations

import mimetypes
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypedDict

from runicorn_jupyter.server.answer.ranges import FileGate
from runicorn_jupyter.server.gate import Gate
from runicorn_jupyter.server.request import query
from runicorn_jupyter.server.request.fields import RUN_ERRORS, answers

if TYPE_CHECKING:
    from runicorn_jupyter.workspace import MediaFile

# What a browser draws without running anything; all else is offered as a download.
INLINE = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp", "audio/mpeg", "audio/wav"}
    | {"audio/x-wav", "audio/ogg", "audio/flac", "video/mp4", "video/webm", "video/ogg"}
)
_STEP_LIMIT = 2**53


class Image(TypedDict):
    """One image; `path` is the end of its address under ``/runs/{run_id}/media/``."""

    key: str
    path: str
    step: int | None
    caption: str | None
    time: float | None


class Medium(Image):
    """One file that a run logged."""

    kind: str


class ImageKey(TypedDict):
    """The steps at which images of one key were logged."""

    key: str
    steps: list[int | None]


class Images(TypedDict):
    """The images of a run."""

    run_id: str
    images: list[Image]
    keys: list[ImageKey]


class Media(TypedDict):
    """The files of a run, in the order of logging."""

    run_id: str
    media: list[Medium]


class ImagesHandler(Gate):
    """X34: what a run logged as images, and the steps of each key; `key` and `step` narrow the list."""

    @answers(Images, raises=RUN_ERRORS)
    async def get(
        self,
        run_id: str,
        *,
        key: str | None = query.text("Only images of this key"),
        step: int | None = query.integer(-_STEP_LIMIT, _STEP_LIMIT, "Only images of this step"),
    ) -> None:
        """List the images of a run."""
        every = await self.ask(lambda hall: hall.images(run_id))
        steps: dict[str, list[int | None]] = {}
        for image in every:
            steps.setdefault(image.key, []).append(image.step)
        found = [one for one in every if key in {None, one.key} and step in {None, one.step}]
        keys = [{"key": name, "steps": held} for name, held in steps.items()]
        await self.reply({"run_id": run_id, "images": [_item(image) for image in found], "keys": keys})


class MediaListHandler(Gate):
    """Everything a run logged besides numbers: image, audio, table, file, figure (contract §5d)."""

    @answers(Media, raises=RUN_ERRORS)
    async def get(
        self, run_id: str, *, kinds: list[str] = query.words("Only files of these kinds", name="kind")
    ) -> None:
        """List the files of a run in the order of logging; `kind` narrows the list."""
        found = await self.ask(lambda hall: hall.files.media(run_id))
        media = [asdict(one) for one in found if not kinds or one.kind in kinds]
        await self.reply({"run_id": run_id, "media": media})


class MediaHandler(FileGate):
    """One file of a run's media folder."""

    async def open_file(self, *names: str) -> MediaFile:
        """Open it below the run."""
        run_id, path = names
        return await self.ask(lambda hall: hall.open_media(run_id, path))

    def describe(self, file: MediaFile) -> None:
        """Show pictures and sounds; all else is a download."""
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        self.set_header("Content-Type", kind)
        if kind not in INLINE:
            self.set_attachment_header(file.name)


def _item(image: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(image).items() if name != "kind"}
