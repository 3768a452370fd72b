"""Pictures as TensorBoard's callers hand them over, as the arrays that `Run.log_image` takes."""

from __future__ import annotations

from typing import Any

_COLUMNS = 8
"""Pictures side by side in one grid, as in TensorBoard."""


def picture(image: Any, dataformats: str) -> Any:
    """Return one picture as H x W or H x W x C.

    Parameters
    ----------
    image : array or tensor
        Of any framework.
    dataformats : str
        A letter per axis, such as ``CHW``, ``HWC`` or ``HW``.
    """
    array, axes = _array(image), dataformats.upper()
    if "N" in axes:
        return grid(image, dataformats)
    return array if axes == "HW" else array.transpose([axes.index(letter) for letter in "HWC"])


def grid(images: Any, dataformats: str) -> Any:
    """Return several pictures side by side as one of H x W x C, eight in a row."""
    import numpy as np

    array, axes = _array(images), dataformats.upper()
    if "C" not in axes:
        array, axes = array[..., None], f"{axes}C"
    array = array.transpose([axes.index(letter) for letter in "NHWC"])
    count, height, width, channels = array.shape
    columns = min(count, _COLUMNS)
    rows = -(-count // columns)
    canvas = np.zeros((rows * columns, height, width, channels), dtype=array.dtype)
    canvas[:count] = array
    return (
        canvas.reshape(rows, columns, height, width, channels)
        .transpose(0, 2, 1, 3, 4)
        .reshape(rows * height, columns * width, channels)
    )


def percentiles(values: Any) -> dict[str, float]:
    """Return what a histogram says in eight numbers; nothing for values that are all missing."""
    import numpy as np

    flat = _array(values).astype("float64").ravel()
    flat = flat[np.isfinite(flat)]
    if not flat.size:
        return {}
    low, p05, p25, p50, p75, p95, high = np.percentile(flat, (0, 5, 25, 50, 75, 95, 100)).tolist()
    return {
        "min": low,
        "p05": p05,
        "p25": p25,
        "p50": p50,
        "p75": p75,
        "p95": p95,
        "max": high,
        "mean": float(flat.mean()),
    }


def _array(value: Any) -> Any:
    import numpy as np

    if hasattr(value, "detach"):
        value = value.detach().cpu()
    return np.asarray(value)
