"""The whole MIME bundle of an output: our document, the live view while there is one, the HTML twin, and text."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from runicorn_jupyter.display import html, text
from runicorn_jupyter.display.artifacts import artifact_html, artifact_text
from runicorn_jupyter.display.document import MIME, SIZE, Content, document
from runicorn_jupyter.display.public import public
from runicorn_jupyter.display.weight import weight

WIDGET_MIME = "application/vnd.jupyter.widget-view+json"
_BUNDLE = 188_000


def bundle(
    content: Content, key: str, model_id: str | None = None, *, widget_view: bool = True
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return data and metadata for ``display(..., raw=True)``.

    Parameters
    ----------
    content : Content
        What to say.
    key : str
        Where the page finds the live store.
    model_id : str, optional
        The comm's model while it lives. Without it the bundle is final: it holds no widget view, which a reopened
        notebook would show as "model not found" instead of the picture.
    widget_view : bool
        False leaves the widget view out although the model lives.
    """
    content = _public(content)
    twin, plain = _twin(content), words(content)
    made = document(content, key, model_id, size=min(SIZE, _BUNDLE - weight(twin) - weight(plain)))
    data: dict[str, Any] = {MIME: made}
    if model_id and widget_view:
        data[WIDGET_MIME] = {"version_major": 2, "version_minor": 1, "model_id": model_id}
    data["text/html"] = twin
    data["text/plain"] = plain
    return data, {}


def page(content: Content) -> str:
    """Return a whole HTML file that says `content` without any script."""
    return html.page(_twin(_public(content)), content.title or "Runicorn")


def words(content: Content) -> str:
    """Return the plain-text form."""
    if content.artifact is not None:
        return _clean(artifact_text(content.artifact))
    records = _public(content).records
    if content.kind == "run" and records:
        return _clean(text.run_text(records[0]))
    return _clean(text.runs_text(records, content.total, source=content.source))


def _public(content: Content) -> Content:
    return replace(content, records=[public(record) for record in content.records])


def _twin(content: Content) -> str:
    if content.artifact is not None:
        return _clean(artifact_html(content.artifact))
    if content.kind == "run" and content.records:
        record = content.records[0]
        pictures = [{**asdict(p.image), "src": p.src} for p in content.images.get(record.id, ())]
        return html.run_html(record, content.curves, pictures)
    return html.runs_html(content.records, content.curves, content.total, content.title, content.source)


def _clean(words: str) -> str:
    return words.encode("utf-8", "replace").decode("utf-8")
