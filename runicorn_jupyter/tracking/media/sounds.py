"""What a script calls audio becomes the bytes of a sound file, by the standard library."""

from __future__ import annotations

import io
import os
import wave
from pathlib import Path
from typing import Any, NamedTuple

_MAGIC = ((b"RIFF", "wav"), (b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\xff\xfb", "mp3"))
_MOST_CHANNELS = 8
_FULL = 32_767


class Sound(NamedTuple):
    """The bytes or the file to copy, the file extension, and what is known of it."""

    body: bytes | Path
    extension: str
    rate: int | None
    seconds: float | None


def sound(audio: Any, rate: int | None) -> Sound:
    """Return `audio` as a sound file.

    Parameters
    ----------
    audio : array, bytes or path
        Arrays are samples or samples x channels; channels x samples is recognised when only the first axis can be.
    rate : int, optional
        Samples a second.

    Raises
    ------
    TypeError, ValueError
        `audio` is none of these, or an array comes without `rate`.
    """
    if isinstance(audio, bytes | bytearray | memoryview):
        data = bytes(audio)
        return Sound(data, next((name for magic, name in _MAGIC if data.startswith(magic)), "bin"), rate, None)
    if isinstance(audio, str | os.PathLike):
        source = Path(audio)
        return Sound(source, source.suffix, rate, None)
    if not isinstance(rate, int) or rate <= 0:
        raise ValueError("log_audio() needs sample_rate, such as 16000, for an array of samples")
    return _from_array(audio, rate)


def _from_array(audio: Any, rate: int) -> Sound:
    import numpy as np

    if hasattr(audio, "detach"):
        audio = audio.detach().cpu()
    samples = np.asarray(audio)
    if samples.dtype.kind not in "iuf" or samples.ndim not in {1, 2} or samples.size == 0:
        raise TypeError(f"log_audio() takes samples, or samples x channels, not {type(audio).__name__}")
    if samples.ndim == 1:
        samples = samples[:, None]
    if samples.shape[1] > _MOST_CHANNELS >= samples.shape[0]:
        samples = samples.T
    if samples.shape[1] > _MOST_CHANNELS:
        raise TypeError(f"a sound has 1 to {_MOST_CHANNELS} channels, not {samples.shape[1]}")
    if samples.dtype.kind == "f":
        samples = np.nan_to_num(samples.astype("float64")).clip(-1.0, 1.0) * _FULL
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.clip(-_FULL - 1, _FULL).astype("<i2").tobytes())
    return Sound(buffer.getvalue(), "wav", rate, samples.shape[0] / rate)
