"""What a script calls an image becomes the bytes of a picture file; an imaging library is imported only if needed."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
    (b"BM", "bmp"),
)
_PILLOW_NAMES = {"jpg": "JPEG", "tif": "TIFF"}
_CHANNELS = {1: 0, 2: 4, 3: 2, 4: 6}
"""Number of channels to the colour type of PNG."""


def picture(image: Any, extension: str, quality: int) -> tuple[bytes | Path, str]:
    """Return the bytes of `image`, or the path of the file to copy, and the file extension that fits.

    Parameters
    ----------
    image : bytes, path, PIL image, matplotlib figure or array
        Arrays are H x W or H x W x C with 1 to 4 channels, ``uint8`` or floats from 0 to 1; C x H x W is recognised
        when only the first axis can be channels.
    extension : str
        The wanted format, such as ``png`` or ``jpg``; bytes and files keep what they are.
    quality : int
        For formats that lose detail, 1 to 95.

    Raises
    ------
    TypeError
        `image` is none of these.
    """
    if isinstance(image, bytes | bytearray | memoryview):
        data = bytes(image)
        return data, next((name for magic, name in _MAGIC if data.startswith(magic)), extension)
    if isinstance(image, str | os.PathLike):
        source = Path(image)
        return source, source.suffix.lstrip(".") or extension
    if hasattr(image, "savefig"):
        buffer = io.BytesIO()
        image.savefig(buffer, format=extension, bbox_inches="tight")
        return buffer.getvalue(), extension
    if hasattr(image, "save") and hasattr(image, "mode") and hasattr(image, "size"):
        return _from_pillow(image, extension, quality), extension
    return _from_array(image, extension, quality), extension


def _from_pillow(image: Any, extension: str, quality: int) -> bytes:
    name = _PILLOW_NAMES.get(extension, extension.upper())
    if name == "JPEG" and image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, format=name, quality=quality)
    return buffer.getvalue()


def _from_array(image: Any, extension: str, quality: int) -> bytes:
    import numpy as np

    if hasattr(image, "detach"):
        image = image.detach().cpu()
    array = np.asarray(image)
    if array.dtype.kind not in "buif" or array.ndim not in {2, 3} or 0 in array.shape:
        raise TypeError(f"log_image() takes a picture of H x W or H x W x C, not {type(image).__name__}")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.shape[2] not in _CHANNELS and array.shape[0] in _CHANNELS:
        array = array.transpose(1, 2, 0)
    if array.shape[2] not in _CHANNELS:
        raise TypeError(f"a picture has 1 to 4 channels, not {array.shape[2]}")
    if array.dtype.kind in "bf":
        array = np.nan_to_num(array.astype("float64")).clip(0.0, 1.0) * 255.0 + 0.5
    array = array.clip(0, 255).astype("uint8")
    if extension == "png":
        return _png(array.tobytes(), array.shape[1], array.shape[0], array.shape[2])
    from PIL import Image

    return _from_pillow(Image.fromarray(array.squeeze(2) if array.shape[2] == 1 else array), extension, quality)


def _png(pixels: bytes, width: int, height: int, channels: int) -> bytes:
    """Return a PNG of 8 bits a channel: so that an array needs no imaging library."""
    row = width * channels
    rows = b"".join(b"\0" + pixels[at : at + row] for at in range(0, height * row, row))
    head = struct.pack(">IIBBBBB", width, height, 8, _CHANNELS[channels], 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )
