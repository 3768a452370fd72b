"""The colours of curves, the same in a saved picture, a plotly figure and the live page."""

from __future__ import annotations

COLORS: tuple[str, ...] = (
    "#4e79a7",
    "#dd7a1f",
    "#4f9a46",
    "#dc4f51",
    "#8d6bb3",
    "#249a96",
    "#cf5f8d",
    "#a9841b",
    "#8b6f5e",
    "#5a86d6",
    "#7d8f2b",
    "#b0619f",
)
"""Each stands out at 3:1 or more on a white and on a near-black page, so no picture needs to know its theme."""

GREY = "#868686"
"""Words and frames inside a picture, where ``currentColor`` does not reach."""

STATE_COLORS = {
    "running": "#4e79a7",
    "idle": "#4e79a7",
    "finished": "#4f9a46",
    "failed": "#dc4f51",
    "lost": "#dc4f51",
    "interrupted": "#dd7a1f",
}


def color(index: int) -> str:
    """Return the colour of the `index`-th curve; after the last one they begin again."""
    return COLORS[index % len(COLORS)]


def state_color(state: str) -> str:
    """Return the colour of a run's state; grey when nothing is known."""
    return STATE_COLORS.get(state, GREY)
