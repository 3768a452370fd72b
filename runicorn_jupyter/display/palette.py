"""The colours of curves, the same in a saved picture, a plotly figure and the live page."""

from __future__ import annotations

COLORS: tuple[str, ...] = (
    "#3b62d9",
    "#d2690e",
    "#218a55",
    "#c23f94",
    "#0e8299",
    "#7d55d4",
    "#c93c4c",
    "#857409",
    "#93593b",
    "#54647d",
)
"""Each stands out at 3:1 or more on a white and on a near-black page, so no picture needs to know its theme."""

GREY = "#868686"
"""Words and frames inside a picture, where ``currentColor`` does not reach."""

STATE_COLORS = {
    "running": "#3b62d9",
    "idle": "#3b62d9",
    "finished": "#218a55",
    "failed": "#c93c4c",
    "lost": "#c93c4c",
    "interrupted": "#d2690e",
}


def color(index: int) -> str:
    """Return the colour of the `index`-th curve; after the last one they begin again."""
    return COLORS[index % len(COLORS)]


def state_color(state: str) -> str:
    """Return the colour of a run's state; grey when nothing is known."""
    return STATE_COLORS.get(state, GREY)
