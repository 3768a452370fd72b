"""The twin without scripts: readable, escaped, for any theme."""

from __future__ import annotations

import math
from html.parser import HTMLParser

import pytest
from sweeps import content, record, summary, sweep

from runicorn_jupyter.display import bundle, html
from runicorn_jupyter.display.document import Picture
from runicorn_jupyter.models import Curve, ImageRecord

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


class Tags(HTMLParser):
    """Collects what a browser would make of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.words = [], [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.words += data


def evil_content(kind):
    metrics = {EVIL: summary([1.0, 2.0])}
    run = record(
        project=EVIL,
        name=EVIL,
        alias=EVIL,
        config={EVIL: EVIL, "nested": {EVIL: [EVIL]}},
        summary={EVIL: EVIL},
        problems=(EVIL,),
        metrics=metrics,
        state=EVIL,
    )
    other = record("another", config={EVIL: 1}, metrics=metrics)
    image = ImageRecord(EVIL, "media/a.png", 1, EVIL, 1.0)
    curves = [Curve(run.id, EVIL, [1, 2], [1.0, 2.0], 2, exact=True)]
    images = {run.id: [Picture(image, "data:image/png;base64,AAAA")]}
    records = [run] if kind == "run" else [run, other]
    return content(records, curves, kind, images=images, title=EVIL)


@pytest.mark.parametrize("kind", ["run", "runs"])
def test_hostile_names_stay_words(kind):
    seen = Tags(bundle.page(evil_content(kind)))
    assert "script" not in seen.tags
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert {value.split(",")[0] for _, name, value in seen.attributes if name == "src"} <= {
        "data:image/svg+xml;base64",
        "data:image/png;base64",
    }
    assert "onerror=alert(1)" in seen.words


@pytest.mark.parametrize("kind", ["run", "runs"])
def test_words_then_table_then_picture(kind):
    records, curves = sweep(1 if kind == "run" else 5, 100)
    seen = Tags(bundle.bundle(content(records, curves, kind), "k")[0]["text/html"])
    assert seen.tags.index("p") < seen.tags.index("table") < seen.tags.index("img")
    assert next(value for tag, name, value in seen.attributes if (tag, name) == ("img", "alt")).startswith(
        "Curves of loss"
    )
    assert "svg" not in seen.tags


def test_no_background_and_no_text_colour_but_the_palette():
    records, curves = sweep(5, 100)
    seen = Tags(html.runs_html(records, curves))
    styles = [value for _, name, value in seen.attributes if name == "style"]
    assert styles
    assert not [style for style in styles if "background" in style or "white" in style or "black" in style]


def test_a_run_says_what_it_is():
    run = record(
        config={"lr": 0.1}, metrics={"acc": summary([0.5, math.nan, 0.75])}, problems=("meta.json is broken.",)
    )
    words = Tags(html.run_html(run, [])).words
    for expected in ("digits / mlp", "finished", "1 min 05 s", run.id, "acc", "0.75", "lr=0.1", "meta.json is broken."):
        assert expected in words


def test_a_long_list_says_how_many_more():
    records, curves = sweep(80, 3)
    seen = Tags(html.runs_html(records, curves, total=5000))
    assert "5000 runs" in seen.words
    assert "and 4950 more" in seen.words


def test_nothing_logged_is_said():
    assert "No metrics logged" in Tags(html.run_html(record(), [])).words
    assert "0 runs" in Tags(html.runs_html([], [])).words


def test_lone_surrogates_can_be_written():
    run = record(name="a\ud800b", metrics={"m\udfff": summary([1.0])})
    curves = [Curve(run.id, "m\udfff", [1], [1.0], 1, exact=True)]
    data, _ = bundle.bundle(content([run], curves, "run"), "k")
    assert data["text/html"].encode()
    assert data["text/plain"].encode()
