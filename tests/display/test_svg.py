"""Pictures: well-formed, small, without script, the same colours everywhere."""

from __future__ import annotations

import base64
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sweeps import sweep

from runicorn_jupyter.display import palette, svg
from runicorn_jupyter.models import Curve

SVG = "{http://www.w3.org/2000/svg}"


def luminance(shade):
    parts = [int(shade[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("shade", [*palette.COLORS, palette.GREY, *palette.STATE_COLORS.values()])
def test_colours_are_seen_on_light_and_dark(shade):
    light, dark = 1.05 / (luminance(shade) + 0.05), (luminance(shade) + 0.05) / (luminance("#111111") + 0.05)
    assert light >= 3.0
    assert dark >= 3.0


def test_card_is_small():
    _, curves = sweep(1, 5000, [f"metric{i}" for i in range(6)])
    assert len(svg.data_url(svg.picture(curves, kind="card"))) <= 30_000


def test_thirty_runs_are_small():
    _, curves = sweep(30, 1000, ["loss", "acc"])
    assert len(svg.data_url(svg.picture(curves, kind="runs"))) <= 55_000


def test_one_line_a_run_in_a_panel_a_metric():
    _, curves = sweep(3, 50, ["loss", "acc"])
    tree = ET.fromstring(svg.picture(curves))
    strokes = [path.get("stroke") for path in tree.iter(f"{SVG}path")]
    for shade in palette.COLORS[:3]:
        assert strokes.count(shade) == 2
    words = [text.text for text in tree.iter(f"{SVG}text")]
    assert "loss" in words
    assert "acc" in words


@given(st.text(), st.lists(st.tuples(st.integers(0, 2**60), st.floats()), max_size=40))
def test_any_name_and_values_give_good_xml(name, points):
    xs, ys = sorted(x for x, _ in points), [y for _, y in points]
    made = svg.picture([Curve("r", name, xs, ys, len(xs), exact=True)])
    if any(map(math.isfinite, ys)):
        tree = ET.fromstring(made)
        assert tree.tag == f"{SVG}svg"
        assert not {"script", "foreignObject", "image", "a"} & {
            element.tag.removeprefix(SVG) for element in tree.iter()
        }
    else:
        assert made == ""


def test_a_gap_breaks_the_line():
    y = [1.0, 2.0, math.nan, 3.0, 4.0]
    tree = ET.fromstring(svg.picture([Curve("r", "m", range(5), y, 5, exact=True)]))
    line = next(p for p in tree.iter(f"{SVG}path") if p.get("stroke") == palette.COLORS[0])
    assert line.get("d", "").count("M") == 2


def test_the_picture_goes_where_the_curve_goes():
    """A falling curve falls on the screen too, from the left edge to the right."""
    tree = ET.fromstring(svg.spark(Curve("r", "m", [1, 2, 3], [3.0, 2.0, 1.0], 3, exact=True)))
    d = next(tree.iter(f"{SVG}path")).get("d", "")
    moves = [tuple(map(int, part.split())) for part in d.replace("h1", "").split("l")[1:]]
    assert all(dx > 0 and dy > 0 for dx, dy in moves)


def test_nothing_finite_gives_no_picture():
    curve = Curve("r", "m", [1, 2], [math.nan, math.inf], 2, exact=True)
    assert svg.picture([curve]) == svg.spark(curve) == svg.picture([]) == ""


def test_data_url_holds_the_picture():
    made = svg.picture([Curve("r", "m", np.arange(3.0), np.arange(3.0), 3, exact=True)])
    assert base64.b64decode(svg.data_url(made).split(",")[1]).decode() == made
